/* SPDX-License-Identifier: MIT */
#include "lib/mnt/span.h"

#include <string.h>

bool span_is(struct span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Cut the first character off @s, which is not empty; \ooo is one. */
static char take_char(struct span *s)
{
	const char *p = s->p;
	bool escaped = s->len >= 4 && p[0] == '\\' && p[1] >= '0' && p[1] <= '3' &&
		       is_octal(p[2]) && is_octal(p[3]);
	size_t len = escaped ? 4 : 1;

	s->p += len;
	s->len -= len;
	if (!escaped)
		return p[0];
	return (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 + (p[3] - '0'));
}

size_t span_unescape(struct span s, char *out)
{
	size_t len = 0;

	while (s.len > 0)
		out[len++] = take_char(&s);
	return len;
}

bool span_is_path(struct span s, const char *path)
{
	while (s.len > 0 && *path != '\0') {
		if (take_char(&s) != *path++)
			return false;
	}
	return s.len == 0 && *path == '\0';
}

bool span_skip(struct span *s, const char *prefix)
{
	size_t len = strlen(prefix);

	if (s->len < len || memcmp(s->p, prefix, len) != 0)
		return false;
	s->p += len;
	s->len -= len;
	return true;
}

bool span_next_line(struct span *text, struct span *line)
{
	const char *end;

	if (text->len == 0)
		return false;
	end = memchr(text->p, '\n', text->len);
	*line = (struct span){ text->p, end ? (size_t)(end - text->p) : text->len };
	text->p += line->len + (end != NULL);
	text->len -= line->len + (end != NULL);
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool span_next_word(struct span *line, struct span *word)
{
	while (line->len > 0 && is_blank(*line->p)) {
		line->p++;
		line->len--;
	}
	*word = (struct span){ line->p, 0 };
	while (line->len > 0 && !is_blank(*line->p)) {
		line->p++;
		line->len--;
		word->len++;
	}
	return word->len > 0;
}

bool span_number(struct span s, uint64_t *ret)
{
	uint64_t value = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c < '0' || c > '9' ||
		    __builtin_mul_overflow(value, UINT64_C(10), &value) ||
		    __builtin_add_overflow(value, (uint64_t)(c - '0'), &value))
			return false;
	}
	*ret = value;
	return true;
}

int span_numbers(struct span line, uint64_t *ret, int max)
{
	struct span word;
	int n = 0;

	for (; span_next_word(&line, &word); n++) {
		uint64_t value;

		if (!span_number(word, &value))
			return -1;
		if (n < max)
			ret[n] = value;
	}
	return n;
}

bool span_device(struct span s, unsigned *ret_major, unsigned *ret_minor)
{
	const char *colon = s.len > 0 ? memchr(s.p, ':', s.len) : NULL;
	uint64_t major, minor;
	size_t len;

	if (!colon)
		return false;
	len = (size_t)(colon - s.p);
	if (!span_number((struct span){ s.p, len }, &major) ||
	    !span_number((struct span){ colon + 1, s.len - len - 1 }, &minor) ||
	    major > UINT32_MAX || minor > UINT32_MAX)
		return false;
	*ret_major = (unsigned)major;
	*ret_minor = (unsigned)minor;
	return true;
}
