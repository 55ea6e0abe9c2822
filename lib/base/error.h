/* SPDX-License-Identifier: MIT */
#ifndef LIB_BASE_ERROR_H
#define LIB_BASE_ERROR_H

/*
 * Errors: what went wrong, set once at the origin, forwarded unchanged.
 *
 * A function returns 0, or a positive outcome that its header declares, or a
 * negative -(enum error_kind).  The struct is flat and of fixed size: it needs
 * no memory, and crosses a pipe in one write.  Its message names the object and
 * the reason, and where it helps what to do; it has no newline and no "error:".
 * cmd/exit.c alone turns a kind into an exit code.
 */

#include <errno.h>

enum error_kind {
	ERROR_USAGE = 1,   /* the command line is wrong */
	ERROR_CONFIG,      /* the configuration is wrong */
	ERROR_PERMISSION,  /* the caller may not do this */
	ERROR_UNREACHABLE, /* the server did not answer, or refused */
	ERROR_UNSAFE,      /* a guard refused; nothing was changed */
	ERROR_PROTOCOL,    /* the peer sent what its RFC forbids */
	ERROR_COMMAND,     /* the supervised command failed */
	ERROR_BUSY,        /* held by another run: try again later */
	ERROR_DEADLINE,    /* a deadline passed */
	ERROR_CREATE,      /* something could not be created */
	ERROR_IO,          /* reading or writing failed */
	ERROR_SYSTEM,      /* a system call failed; errnum says how */
	ERROR_INTERNAL,    /* memory, or a bug of ours */
};

struct error {
	enum error_kind kind;
	int errnum;    /* errno at the origin, 0 if there was none */
	char msg[480]; /* NUL-terminated, cut if too long, never empty */
};

/* Set @err; returns -@kind, for "return error_set(…)". */
int error_set(struct error *err, enum error_kind kind, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 4, 5), nonnull));

/* Like error_set() with the current errno, ": " and its text appended. */
int error_errno(struct error *err, enum error_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), nonnull));

#define error_sys(err, ...) error_errno((err), ERROR_SYSTEM, __VA_ARGS__)

/* Out of memory, which has no better story to tell. */
int error_oom(struct error *err) __attribute__((nonnull));

/* Put "PREFIX: " before the message that is there; returns -@err->kind. */
int error_prefix(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull));

#endif
