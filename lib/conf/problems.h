/* SPDX-License-Identifier: MIT */
#ifndef LIB_CONF_PROBLEMS_H
#define LIB_CONF_PROBLEMS_H

/*
 * What is wrong with a configuration: all of it, each with its place, in the
 * order in which it was found.  Errors keep nfsafe from starting, warnings do not.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/error.h"

enum severity {
	SEVERITY_ERROR = 0,
	SEVERITY_WARNING,
};

struct problem {
	enum severity severity;
	enum error_kind kind; /* of the error that it makes: mostly ERROR_CONFIG */
	char *file;           /* NULL: of no file, as something that is missing */
	unsigned line;        /* 0: of the file as a whole */
	char *text;           /* names the object and the reason; no newline */
};

struct problems {
	struct problem *items;
	size_t n;
	size_t n_errors;
	bool failed; /* memory ran out: some are not in the list */
};

#define PROBLEMS_INIT ((struct problems){ 0 })

/* A place in a file; @file NULL: nowhere, @line 0: the whole file. */
struct place {
	const char *file;
	unsigned line;
};

void problems_error(struct problems *p, struct place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), nonnull(1, 3)));
void problems_warning(struct problems *p, struct place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), nonnull(1, 3)));

/* An error of another kind than ERROR_CONFIG; the text is @err's. */
void problems_take(struct problems *p, struct place at, const struct error *err)
	__attribute__((nonnull(1, 3)));

/* By file, in the order in which those turned up, and line; without a file last. */
void problems_sort(struct problems *p) __attribute__((nonnull));

/*
 * "FILE:LINE: TEXT", "FILE: TEXT" or "TEXT", warnings with "warning: " before
 * the text; without a newline.  Cut at @size.
 */
void problem_format(const struct problem *problem, char *buf, size_t size)
	__attribute__((nonnull));

/*
 * The first error and how many more there are.  Returns 0 if there is no error,
 * else -@err->kind.
 */
int problems_to_error(const struct problems *p, struct error *err)
	__attribute__((nonnull));

void problems_done(struct problems *p);

#endif
