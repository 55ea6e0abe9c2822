/* SPDX-License-Identifier: MIT */
#include "lib/base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct strbuf *s, size_t more)
{
	size_t want = s->size ? s->size : 64;
	char *text;

	if (s->failed)
		return false;
	if (more < s->size - s->len)
		return true;
	while (want - s->len <= more) {
		if (want > (size_t)-1 / 2) {
			s->failed = true;
			return false;
		}
		want *= 2;
	}
	text = realloc(s->text, want);
	if (!text) {
		s->failed = true;
		return false;
	}
	s->text = text;
	s->size = want;
	return true;
}

void strbuf_add(struct strbuf *s, const char *data, size_t len)
{
	if (!reserve(s, len))
		return;
	if (len > 0)
		memcpy(s->text + s->len, data, len);
	s->len += len;
	s->text[s->len] = '\0';
}

void strbuf_puts(struct strbuf *s, const char *text)
{
	strbuf_add(s, text, strlen(text));
}

void strbuf_putc(struct strbuf *s, char c)
{
	strbuf_add(s, &c, 1);
}

void strbuf_printf(struct strbuf *s, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !reserve(s, (size_t)n)) {
		s->failed = true;
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf(s->text + s->len, s->size - s->len, fmt, ap);
	va_end(ap);
	s->len += (size_t)n;
}

const char *strbuf_str(const struct strbuf *s)
{
	return s->text ? s->text : "";
}

char *strbuf_steal(struct strbuf *s)
{
	char *text;

	strbuf_add(s, "", 0);
	text = s->failed ? NULL : s->text;
	if (s->failed)
		free(s->text);
	*s = STRBUF_INIT;
	return text;
}

void strbuf_done(struct strbuf *s)
{
	free(s->text);
	*s = STRBUF_INIT;
}
