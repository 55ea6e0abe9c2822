/* SPDX-License-Identifier: MIT */
#ifndef LIB_BASE_STRBUF_H
#define LIB_BASE_STRBUF_H

/*
 * A string that grows.  Out of memory is remembered, not returned: append as
 * you like, then look at @failed once, at the end.
 */

#include <stdbool.h>
#include <stddef.h>

struct strbuf {
	char *text; /* NUL-terminated once anything was appended; else NULL */
	size_t len;
	size_t size;
	bool failed; /* memory ran out: what is in @text is not all */
};

#define STRBUF_INIT ((struct strbuf){ 0 })

void strbuf_add(struct strbuf *s, const char *data, size_t len);
void strbuf_puts(struct strbuf *s, const char *text);
void strbuf_putc(struct strbuf *s, char c);
void strbuf_printf(struct strbuf *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The text, "" when there is none; owned by @s. */
const char *strbuf_str(const struct strbuf *s);

/* Hand over the text (NULL if memory ran out) and make @s empty. */
char *strbuf_steal(struct strbuf *s);

void strbuf_done(struct strbuf *s);

#endif
