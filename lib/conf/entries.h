/* SPDX-License-Identifier: MIT */
#ifndef LIB_CONF_ENTRIES_H
#define LIB_CONF_ENTRIES_H

/*
 * From the text of a file to its sections and `key = value` lines, by libinih,
 * but strictly: what libinih passes over in silence (a line too long for it, a
 * line that is neither section nor key, text behind a section, a NUL byte) is a
 * problem with its line.
 *
 *   [section] or [section NAME]
 *   key = value     ; a comment, after a blank
 *     that goes on, since the line begins with a blank and is no "key ="
 *   ; or # a comment at the beginning
 *
 * Which sections and keys exist is not known here.
 */

#include <stddef.h>

struct error;
struct problems;

struct entry {
	char *section; /* "destination nas1", one space inside */
	char *key;     /* NULL: this is where the section begins */
	char *value;   /* NULL for a section; never with blanks around */
	unsigned line;
};

struct entries {
	struct entry *items;
	size_t n;
};

/*
 * Read @text of @len bytes.  @file is its name in @problems.
 * @ret: owned by the caller, entries_done(), also when there were problems.
 * Returns 0, with what is wrong in @problems, or -ERROR_INTERNAL.
 */
int entries_read(const char *file, const char *text, size_t len, struct entries *ret,
		 struct problems *problems, struct error *err)
	__attribute__((nonnull, warn_unused_result));

void entries_done(struct entries *entries);

#endif
