/* SPDX-License-Identifier: MIT */
#include "lib/backup/ending.h"

#include <stdarg.h>
#include <stdio.h>

void ending_worsen(struct ending *e, enum ending_kind kind, const struct error *why)
{
	if (kind <= e->kind)
		return;
	e->kind = kind;
	e->why = *why;
}

void ending_worsen_f(struct ending *e, enum ending_kind kind, const char *fmt, ...)
{
	struct error why = { .kind = ERROR_COMMAND };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why.msg, sizeof(why.msg), fmt, ap);
	va_end(ap);
	ending_worsen(e, kind, &why);
}

enum record_outcome ending_outcome(const struct ending *e)
{
	static const enum record_outcome outcomes[] = {
		[ENDING_GOOD] = RECORD_GOOD,         [ENDING_SUSPECT] = RECORD_SUSPECT,
		[ENDING_REFUSED] = RECORD_SKIPPED,   [ENDING_FAILED] = RECORD_FAILED,
		[ENDING_SIGNALLED] = RECORD_ABORTED, [ENDING_STOPPED] = RECORD_ABORTED,
		[ENDING_TRIPPED] = RECORD_ABORTED,   [ENDING_ERROR] = RECORD_FAILED,
	};

	return outcomes[e->kind];
}
