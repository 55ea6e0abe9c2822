/* SPDX-License-Identifier: MIT */
#ifndef LIB_RECORD_LABEL_H
#define LIB_RECORD_LABEL_H

/*
 * Levels, and the labels of sessions.
 *
 * A label is what Zimbra names its sessions by: the level, and the start in GMT
 * to the millisecond: "full-20261124.231705.042", "incr-20261125.220003.310".
 * Labels of one level sort by time as text.
 */

#include <stdint.h>

enum level {
	LEVEL_NONE = 0, /* not chosen yet, or the run has none (exec, init) */
	LEVEL_FULL,
	LEVEL_INCREMENTAL,
};

#define LABEL_SIZE 32 /* of a buffer that holds any label, with its NUL */

/* "full", "incremental"; "" for LEVEL_NONE. */
const char *level_name(enum level level);

/* The level called @name, as level_name() writes it; LEVEL_NONE if there is none. */
enum level level_from_name(const char *name) __attribute__((nonnull));

/*
 * The label of a session of @level (not LEVEL_NONE) that starts at @started_ms
 * (milliseconds since 1970, UTC, from 0 to the end of the year 9999).
 */
void label_format(enum level level, int64_t started_ms, char buf[LABEL_SIZE])
	__attribute__((nonnull));

/*
 * Read a label.  All of @text must be one, and its date must exist.
 * Returns 1 and sets both, or 0 and sets nothing.
 */
int label_parse(const char *text, enum level *ret_level, int64_t *ret_started_ms)
	__attribute__((nonnull, warn_unused_result));

#endif
