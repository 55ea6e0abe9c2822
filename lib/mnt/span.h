/* SPDX-License-Identifier: MIT */
#ifndef LIB_MNT_SPAN_H
#define LIB_MNT_SPAN_H

/*
 * Pieces of a text that somebody else owns: what the parsers of /proc cut a file
 * into.  Pure, without memory of their own; not ended by a NUL.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const char *p;
	size_t len;
};

bool span_is(struct span s, const char *text) __attribute__((nonnull));

/* Is it @path as the kernel prints one, with \ooo for what would confuse a reader? */
bool span_is_path(struct span s, const char *path) __attribute__((nonnull));

/*
 * Undo the kernel's \ooo (mangle_path()).  @out: room for @s.len bytes, may be @s.p
 * itself.  Returns the number of bytes.
 */
size_t span_unescape(struct span s, char *out) __attribute__((nonnull));

/* Cut @prefix off; false, and @s as it was, if it does not begin with that. */
bool span_skip(struct span *s, const char *prefix) __attribute__((nonnull));

/* Cut the first line off @text, without its newline; false at the end. */
bool span_next_line(struct span *text, struct span *line) __attribute__((nonnull));

/* Cut the first word off @line, at spaces and tabs; false if there is none. */
bool span_next_word(struct span *line, struct span *word) __attribute__((nonnull));

/* All of it is one decimal number. */
bool span_number(struct span s, uint64_t *ret) __attribute__((nonnull));

/*
 * The words of @line, which all must be numbers, the first @max of them in @ret.
 * Returns how many there are, or -1 if one is not a number.
 */
int span_numbers(struct span line, uint64_t *ret, int max) __attribute__((nonnull));

/* "8:1", two decimal numbers of 32 bits. */
bool span_device(struct span s, unsigned *ret_major, unsigned *ret_minor)
	__attribute__((nonnull));

#endif
