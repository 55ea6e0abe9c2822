/* SPDX-License-Identifier: MIT */
#ifndef LIB_CONF_PARAGRAPH_H
#define LIB_CONF_PARAGRAPH_H

struct strbuf;

/*
 * Append @text as lines of at most 78 columns (bytes), each after @prefix, broken at
 * spaces; "\n\n" begins a new paragraph, after a line with nothing but @prefix
 * without its blanks at the end.
 */
void paragraph_wrap(struct strbuf *out, const char *prefix, const char *text)
	__attribute__((nonnull));

#endif
