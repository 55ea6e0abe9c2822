/* SPDX-License-Identifier: MIT */
#include "lib/base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "lib/base/strbuf.h"

/* Length of the valid UTF-8 sequence at @p (RFC 3629), 0 if there is none. */
static size_t utf8_length(const unsigned char *p)
{
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		return (p[1] & 0xc0) == 0x80 ? 2 : 0;
	if (p[0] >= 0xe0 && p[0] <= 0xef) {
		if ((p[1] & 0xc0) != 0x80 || (p[0] == 0xe0 && p[1] < 0xa0) ||
		    (p[0] == 0xed && p[1] > 0x9f))
			return 0;
		return (p[2] & 0xc0) == 0x80 ? 3 : 0;
	}
	if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		if ((p[1] & 0xc0) != 0x80 || (p[0] == 0xf0 && p[1] < 0x90) ||
		    (p[0] == 0xf4 && p[1] > 0x8f))
			return 0;
		return (p[2] & 0xc0) == 0x80 && (p[3] & 0xc0) == 0x80 ? 4 : 0;
	}
	return 0;
}

static void quoted(struct strbuf *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	strbuf_putc(out, '"');
	while (*p) {
		size_t len = utf8_length(p);

		if (len == 0) {
			strbuf_puts(out, "\\ufffd");
			len = 1;
		} else if (*p == '"' || *p == '\\') {
			strbuf_putc(out, '\\');
			strbuf_putc(out, (char)*p);
		} else if (*p == '\n') {
			strbuf_puts(out, "\\n");
		} else if (*p == '\t') {
			strbuf_puts(out, "\\t");
		} else if (*p < 0x20 || *p == 0x7f) {
			strbuf_printf(out, "\\u%04x", *p);
		} else {
			strbuf_add(out, (const char *)p, len);
		}
		p += len;
	}
	strbuf_putc(out, '"');
}

static void begin_value(struct json *j, const char *key)
{
	if (j->comma)
		strbuf_putc(j->out, ',');
	j->comma = true;
	if (key) {
		quoted(j->out, key);
		strbuf_putc(j->out, ':');
	}
}

void json_object_begin(struct json *j, const char *key)
{
	begin_value(j, key);
	strbuf_putc(j->out, '{');
	j->comma = false;
}

void json_object_end(struct json *j)
{
	strbuf_putc(j->out, '}');
	j->comma = true;
}

void json_array_begin(struct json *j, const char *key)
{
	begin_value(j, key);
	strbuf_putc(j->out, '[');
	j->comma = false;
}

void json_array_end(struct json *j)
{
	strbuf_putc(j->out, ']');
	j->comma = true;
}

void json_string(struct json *j, const char *key, const char *value)
{
	begin_value(j, key);
	if (value)
		quoted(j->out, value);
	else
		strbuf_puts(j->out, "null");
}

void json_int(struct json *j, const char *key, int64_t value)
{
	begin_value(j, key);
	strbuf_printf(j->out, "%" PRId64, value);
}

void json_uint(struct json *j, const char *key, uint64_t value)
{
	begin_value(j, key);
	strbuf_printf(j->out, "%" PRIu64, value);
}

void json_decimal(struct json *j, const char *key, double value)
{
	begin_value(j, key);
	if (isfinite(value))
		strbuf_printf(j->out, "%.3f", value);
	else
		strbuf_puts(j->out, "null");
}

void json_bool(struct json *j, const char *key, bool value)
{
	begin_value(j, key);
	strbuf_puts(j->out, value ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
	begin_value(j, key);
	strbuf_puts(j->out, "null");
}
