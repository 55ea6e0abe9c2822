/* SPDX-License-Identifier: MIT */
#include "lib/conf/argv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/strbuf.h"

struct splitter {
	const char *p; /* what comes next */
	struct strbuf word;
	char **argv;
	size_t n;
	struct error *err;
};

static int push(struct splitter *s)
{
	char **argv = realloc(s->argv, (s->n + 2) * sizeof(*argv));

	if (!argv)
		return error_oom(s->err);
	s->argv = argv;
	argv[s->n] = strbuf_steal(&s->word);
	if (!argv[s->n])
		return error_oom(s->err);
	argv[++s->n] = NULL;
	return 0;
}

static int no_shell(struct splitter *s, char c)
{
	if (c == '\n')
		return error_set(s->err, ERROR_USAGE, 0, "a line break");
	return error_set(s->err, ERROR_USAGE, 0,
			 "'%c' would need a shell, and there is none: quote it to pass "
			 "it on as it is, or put the line into a script",
			 c);
}

static int unclosed(struct splitter *s, char quote)
{
	return error_set(s->err, ERROR_USAGE, 0,
			 "a %c that is not closed (a ';' after a space begins a comment, "
			 "quoted or not: write \\;)",
			 quote);
}

static int take_single_quoted(struct splitter *s)
{
	const char *end = strchr(s->p, '\'');

	if (!end)
		return unclosed(s, '\'');
	strbuf_add(&s->word, s->p, (size_t)(end - s->p));
	s->p = end + 1;
	return 0;
}

static int take_double_quoted(struct splitter *s)
{
	for (; *s->p != '"'; s->p++) {
		if (*s->p == '\0')
			return unclosed(s, '"');
		if (*s->p == '$' || *s->p == '`')
			return no_shell(s, *s->p);
		if (*s->p == '\\' && s->p[1] == '\n')
			return no_shell(s, '\n');
		if (*s->p == '\\' && s->p[1] != '\0' && strchr("$`\"\\", s->p[1]))
			s->p++;
		strbuf_putc(&s->word, *s->p);
	}
	s->p++;
	return 0;
}

/* One character of a word, or one quoted stretch. */
static int take_part(struct splitter *s, bool first)
{
	char c = *s->p++;

	if (c == '\'')
		return take_single_quoted(s);
	if (c == '"')
		return take_double_quoted(s);
	if (strchr("|&;<>()$`*?[\n", c) || (first && strchr("#~", c)))
		return no_shell(s, c);
	if (c == '\\') {
		c = *s->p;
		if (c == '\0' || c == '\n')
			return error_set(s->err, ERROR_USAGE, 0,
					 "a \\ with nothing to quote at the end");
		s->p++;
	}
	strbuf_putc(&s->word, c);
	return 0;
}

static int take_word(struct splitter *s)
{
	for (bool first = true; *s->p && !strchr(" \t", *s->p); first = false) {
		int r = take_part(s, first);

		if (r < 0)
			return r;
	}
	return push(s);
}

int argv_split(const char *text, char ***ret_argv, struct error *err)
{
	struct splitter s = { .p = text, .err = err };
	int r = 0;

	s.argv = calloc(1, sizeof(*s.argv));
	if (!s.argv)
		return error_oom(err);
	while (r == 0) {
		s.p += strspn(s.p, " \t");
		if (*s.p == '\0')
			break;
		r = take_word(&s);
	}
	strbuf_done(&s.word);
	if (r < 0) {
		argv_free(s.argv);
		return r;
	}
	*ret_argv = s.argv;
	return 0;
}

static void join_word(const char *word, struct strbuf *out)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789%+,-./:=@_";

	if (*word && word[strspn(word, plain)] == '\0') {
		strbuf_puts(out, word);
		return;
	}
	strbuf_putc(out, '\'');
	for (; *word; word++) {
		if (*word == '\'' || *word == ';')
			strbuf_printf(out, "'\\%c'", *word);
		else
			strbuf_putc(out, *word);
	}
	strbuf_putc(out, '\'');
}

void argv_join(char *const *argv, struct strbuf *out)
{
	for (size_t i = 0; argv[i]; i++) {
		if (i > 0)
			strbuf_putc(out, ' ');
		join_word(argv[i], out);
	}
}

void argv_free(char **argv)
{
	for (size_t i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}
