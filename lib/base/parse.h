/* SPDX-License-Identifier: MIT */
#ifndef LIB_BASE_PARSE_H
#define LIB_BASE_PARSE_H

/*
 * Text to numbers and back, strictly: the whole of @text must be the value,
 * without sign or surrounding space.  None of these touches @err's caller
 * context: they say what is wrong with the text, the caller adds whose it is.
 */

#include <stddef.h>
#include <stdint.h>

struct error;

/* Decimal, from @min to @max.  Returns 0 or -ERROR_USAGE. */
int parse_uint(const char *text, uint64_t min, uint64_t max, uint64_t *ret,
	       struct error *err) __attribute__((nonnull, warn_unused_result));

/*
 * A duration: a number (a fraction is allowed) and one of ms s m h d w, as in
 * "500ms", "2.5s", "90s", "8d"; several may follow each other ("1h30m").
 * @ret_ms: milliseconds.  Returns 0 or -ERROR_USAGE.
 */
int parse_duration(const char *text, int64_t *ret_ms, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * A size: a number and one of B KiB MiB GiB TiB (or K M G T, which mean the
 * same), as in "10GiB".  @ret: bytes.  Returns 0 or -ERROR_USAGE.
 */
int parse_size(const char *text, uint64_t *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* "90s" → "1m30s", the shortest text that parse_duration() reads back. */
void format_duration(int64_t ms, char *buf, size_t size);

/* For people: "1.5 GiB", "512 B". */
void format_size(uint64_t bytes, char *buf, size_t size);

#endif
