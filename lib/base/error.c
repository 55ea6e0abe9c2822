/* SPDX-License-Identifier: MIT */
#include "lib/base/error.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(struct error) <= 512,
	       "must cross a pipe in one write (PIPE_BUF >= 512)");

int error_set(struct error *err, enum error_kind kind, int errnum, const char *fmt, ...)
{
	va_list ap;

	err->kind = kind;
	err->errnum = errnum;
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return -(int)kind;
}

int error_errno(struct error *err, enum error_kind kind, const char *fmt, ...)
{
	int errnum = errno;
	size_t len;
	va_list ap;

	err->kind = kind;
	err->errnum = errnum;
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	len = strlen(err->msg);
	/* 512 is what the NFS client leaves behind after an abort: ERESTARTSYS. */
	(void)snprintf(err->msg + len, sizeof(err->msg) - len, ": %s",
		       errnum == 512 ? "Call aborted" : strerror(errnum));
	return -(int)kind;
}

int error_oom(struct error *err)
{
	return error_set(err, ERROR_INTERNAL, ENOMEM, "out of memory");
}

int error_prefix(struct error *err, const char *fmt, ...)
{
	char old[sizeof(err->msg)];
	size_t len;
	va_list ap;

	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	len = strlen(err->msg);
	(void)snprintf(err->msg + len, sizeof(err->msg) - len, ": %s", old);
	return -(int)err->kind;
}
