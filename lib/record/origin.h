/* SPDX-License-Identifier: MIT */
#ifndef LIB_RECORD_ORIGIN_H
#define LIB_RECORD_ORIGIN_H

/*
 * Which process wrote a row, told so that it cannot be mistaken for another: a pid
 * alone is given again, after a boot at the latest.  Internal to lib/record.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct error;

#define ORIGIN_BOOT_ID_SIZE 40

struct origin {
	pid_t pid;
	int64_t started; /* clock ticks after the boot: field 22 of /proc/PID/stat */
	char boot_id[ORIGIN_BOOT_ID_SIZE];
};

/* This process.  Returns 0 or a negative error (no /proc). */
int origin_self(struct origin *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * Whether the process is still there, given that @boot_id is the current boot.  A
 * zombie is not; on doubt (/proc cannot be read) it is.
 */
bool origin_alive(const struct origin *origin, const char *boot_id)
	__attribute__((nonnull));

#endif
