/* SPDX-License-Identifier: MIT */
#include "lib/conf/entries.h"

#include <ini.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/strbuf.h"
#include "lib/conf/problems.h"

/*
 * libinih asks for lines by a callback, and hands keys to another one.  Between the
 * two stands the reader: it looks at each line before libinih does, gives it an
 * empty one for a line that is wrong, and finds out from a key that does not come
 * that a line was none.  So it does not matter how libinih was built (its limit of
 * line length, mostly 200, and its other switches are fixed at that time).
 */
struct reader {
	const char *file;
	const char *next; /* the line that comes next */
	const char *end;
	unsigned line;  /* number of the current one */
	bool expects;   /* the current line has to come back as a key */
	bool continues; /* it goes on with the value of the last entry */
	bool colon;     /* its key ends with ':', which libinih takes for '=' */
	bool lost;      /* below a section that could not be read */
	char *section;
	struct entries *out;
	struct problems *problems;
	bool no_memory;
};

#define BLANK " \t"
#define KEY_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_"

static struct place here(const struct reader *r)
{
	return (struct place){ r->file, r->line };
}

static void push(struct reader *r, const char *key, const char *value)
{
	struct entry *items = realloc(r->out->items, (r->out->n + 1) * sizeof(*items));
	struct entry e = { .line = r->line };

	if (items)
		r->out->items = items;
	e.section = strdup(r->section ? r->section : "");
	e.key = key ? strdup(key) : NULL;
	e.value = value ? strdup(value) : NULL;
	if (!items || !e.section || (key && !e.key) || (value && !e.value)) {
		free(e.section);
		free(e.key);
		free(e.value);
		r->no_memory = true;
		return;
	}
	items[r->out->n++] = e;
}

static void append(struct reader *r, const char *value)
{
	struct entry *e = &r->out->items[r->out->n - 1];
	struct strbuf joined = STRBUF_INIT;

	strbuf_puts(&joined, e->value);
	if (*e->value && *value)
		strbuf_putc(&joined, ' ');
	strbuf_puts(&joined, value);
	free(e->value);
	e->value = strbuf_steal(&joined);
	if (!e->value) {
		r->no_memory = true;
		r->out->n--;
		free(e->section);
		free(e->key);
	}
}

static int take_key(void *user, const char *section, const char *key, const char *value)
{
	struct reader *r = user;

	(void)section; /* cut at 50 bytes, and not told before its first key */
	r->expects = false;
	if (r->lost)
		return 1;
	if (r->continues) {
		append(r, value);
	} else if (*key == '\0') {
		problems_error(r->problems, here(r), "no key before the '='");
	} else if (r->colon) {
		problems_error(r->problems, here(r), "write 'key = value', with a '='");
	} else if (!r->section) {
		problems_error(r->problems, here(r),
			       "'%s' stands before the first [section]", key);
	} else {
		push(r, key, value);
	}
	return 1;
}

/*
 * "[destination  nas1]" at @line, into r->section as "destination nas1", and an
 * entry of its own.  Returns false if it is none.
 */
static bool take_section(struct reader *r, const char *line)
{
	const char *close = strchr(line, ']');
	struct strbuf name = STRBUF_INIT;
	const char *rest;

	free(r->section);
	r->section = NULL;
	if (!close)
		return false;
	rest = close + 1 + strspn(close + 1, BLANK);
	if (*rest != '\0' && *rest != ';')
		return false;
	for (const char *p = line + 1; *(p += strspn(p, BLANK)) != ']';) {
		size_t len = strcspn(p, BLANK "]");

		if (name.len > 0)
			strbuf_putc(&name, ' ');
		strbuf_add(&name, p, len);
		p += len;
	}
	r->section = strbuf_steal(&name);
	if (!r->section) {
		r->no_memory = true;
		return false;
	}
	push(r, NULL, NULL);
	return true;
}

/* Printable, tabs allowed; a carriage return only at the end. */
static bool is_text(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];

		if (c == 0x7f || (c < 0x20 && c != '\t'))
			return false;
	}
	return true;
}

/*
 * Some builds of libinih do this by themselves, some not for lines that go on.  The
 * rule is theirs: a ';' after a blank, whatever is quoted.
 */
static void cut_comment(char *line)
{
	for (char *p = line; *p; p++) {
		if (strchr(BLANK, *p) && p[1] == ';')
			p[1] = '\0';
	}
}

/* Does the line at @p begin with "key ="? */
static bool is_assignment(const char *p)
{
	size_t len = strspn(p, KEY_CHARS);

	return len > 0 && p[len + strspn(p + len, BLANK)] == '=';
}

static bool has_open_entry(const struct reader *r)
{
	return r->out->n > 0 && r->out->items[r->out->n - 1].key;
}

/*
 * What libinih is to see of the line in @line: itself, from its first letter or
 * with the blanks before it that make it a continuation; NULL: nothing.
 */
static const char *classify(struct reader *r, const char *line)
{
	const char *p = line + strspn(line, BLANK);

	r->continues = false;
	if (*p == '\0' || *p == ';' || *p == '#')
		return NULL;
	if (*p == '[') {
		r->lost = !take_section(r, p);
		if (r->lost)
			problems_error(r->problems, here(r),
				       "write a section as [name], alone on its line");
		return r->lost ? NULL : p;
	}
	r->expects = true;
	r->colon = p[strcspn(p, "=:")] == ':';
	if (p > line && !is_assignment(p) && has_open_entry(r)) {
		r->continues = true;
		return line;
	}
	return p;
}

/* The line before the one that is asked for now should have been a key. */
static void settle(struct reader *r)
{
	if (r->expects && !r->lost)
		problems_error(r->problems, here(r),
			       "neither [section] nor key = value nor ; comment");
	r->expects = false;
}

/* The next line without its end into @buf; what is wrong with it is told. */
static bool fetch(struct reader *r, char *buf, size_t size)
{
	const char *eol = memchr(r->next, '\n', (size_t)(r->end - r->next));
	const char *line = r->next;
	size_t len = (size_t)((eol ? eol : r->end) - line);

	r->next = eol ? eol + 1 : r->end;
	r->line++;
	if (r->line == 1 && len >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
		line += 3;
		len -= 3;
	}
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (!is_text(line, len)) {
		problems_error(r->problems, here(r),
			       "a control character: this is not a text file");
		return false;
	}
	/* libinih wants room for the newline and the NUL. */
	if (len + 2 > size) {
		problems_error(r->problems, here(r),
			       "longer than %zu bytes: go on in the next line, and begin "
			       "that with a space",
			       size - 2);
		return false;
	}
	memcpy(buf, line, len);
	buf[len] = '\0';
	cut_comment(buf);
	return true;
}

static char *read_line(char *buf, int size, void *stream)
{
	struct reader *r = stream;
	const char *shown = NULL;
	size_t len = 0;

	settle(r);
	if (r->next == r->end || r->no_memory)
		return NULL;
	if (fetch(r, buf, (size_t)size))
		shown = classify(r, buf);
	if (shown) {
		len = strlen(shown);
		memmove(buf, shown, len);
	}
	buf[len] = '\n';
	buf[len + 1] = '\0';
	return buf;
}

int entries_read(const char *file, const char *text, size_t len, struct entries *ret,
		 struct problems *problems, struct error *err)
{
	struct entries out = { 0 };
	struct reader r = {
		.file = file,
		.next = text,
		.end = text + len,
		.out = &out,
		.problems = problems,
	};
	int n = ini_parse_stream(read_line, &r, take_key, &r);

	free(r.section);
	if (r.no_memory || n == -2) {
		entries_done(&out);
		return error_oom(err);
	}
	*ret = out;
	return 0;
}

void entries_done(struct entries *entries)
{
	for (size_t i = 0; i < entries->n; i++) {
		free(entries->items[i].section);
		free(entries->items[i].key);
		free(entries->items[i].value);
	}
	free(entries->items);
	*entries = (struct entries){ 0 };
}
