/* SPDX-License-Identifier: MIT */
#include "lib/conf/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes @text, which may be NULL: memory ran out. */
static void add(struct problems *p, enum severity severity, enum error_kind kind,
		struct place at, char *text)
{
	struct problem *items = realloc(p->items, (p->n + 1) * sizeof(*items));
	char *file = at.file ? strdup(at.file) : NULL;

	if (items)
		p->items = items;
	if (severity == SEVERITY_ERROR)
		p->n_errors++;
	if (!items || !text || (at.file && !file)) {
		p->failed = true;
		free(text);
		free(file);
		return;
	}
	p->items[p->n++] = (struct problem){
		.severity = severity,
		.kind = kind,
		.file = file,
		.line = at.line,
		.text = text,
	};
}

static char *vtext(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

static char *vtext(const char *fmt, va_list ap)
{
	char *text;

	return vasprintf(&text, fmt, ap) < 0 ? NULL : text;
}

void problems_error(struct problems *p, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(p, SEVERITY_ERROR, ERROR_CONFIG, at, vtext(fmt, ap));
	va_end(ap);
}

void problems_warning(struct problems *p, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(p, SEVERITY_WARNING, ERROR_CONFIG, at, vtext(fmt, ap));
	va_end(ap);
}

void problems_take(struct problems *p, struct place at, const struct error *err)
{
	add(p, SEVERITY_ERROR, err->kind, at, strdup(err->msg));
}

/* Which of the files, in the order in which they turned up. */
static size_t file_rank(const struct problems *p, const char *file)
{
	size_t i = 0;

	while (i < p->n && (!file || !p->items[i].file || strcmp(p->items[i].file, file)))
		i++;
	return i;
}

void problems_sort(struct problems *p)
{
	size_t *ranks = calloc(p->n + 1, sizeof(*ranks));

	if (!ranks)
		return; /* only less beautiful */
	for (size_t i = 0; i < p->n; i++)
		ranks[i] = file_rank(p, p->items[i].file);
	/* By insertion: stable, and there are few. */
	for (size_t i = 1; i < p->n; i++) {
		struct problem item = p->items[i];
		size_t rank = ranks[i], j = i;

		for (; j > 0 &&
		       (ranks[j - 1] > rank ||
			(ranks[j - 1] == rank && p->items[j - 1].line > item.line));
		     j--) {
			p->items[j] = p->items[j - 1];
			ranks[j] = ranks[j - 1];
		}
		p->items[j] = item;
		ranks[j] = rank;
	}
	free(ranks);
}

void problem_format(const struct problem *problem, char *buf, size_t size)
{
	const char *kind = problem->severity == SEVERITY_WARNING ? "warning: " : "";

	if (!problem->file)
		(void)snprintf(buf, size, "%s%s", kind, problem->text);
	else if (problem->line == 0)
		(void)snprintf(buf, size, "%s: %s%s", problem->file, kind, problem->text);
	else
		(void)snprintf(buf, size, "%s:%u: %s%s", problem->file, problem->line,
			       kind, problem->text);
}

int problems_to_error(const struct problems *p, struct error *err)
{
	const struct problem *first = NULL;
	char text[400];

	if (p->failed)
		return error_oom(err);
	if (p->n_errors == 0)
		return 0;
	for (size_t i = 0; !first; i++) {
		if (p->items[i].severity == SEVERITY_ERROR)
			first = &p->items[i];
	}
	problem_format(first, text, sizeof(text));
	if (p->n_errors == 1)
		return error_set(err, first->kind, 0, "%s", text);
	return error_set(err, first->kind, 0,
			 "%s (and %zu more: see nfsafe config check)", text,
			 p->n_errors - 1);
}

void problems_done(struct problems *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->items[i].file);
		free(p->items[i].text);
	}
	free(p->items);
	*p = PROBLEMS_INIT;
}
