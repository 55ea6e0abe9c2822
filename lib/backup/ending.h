/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_ENDING_H
#define LIB_BACKUP_ENDING_H

/*
 * How a run ended.  Kinds are ordered: a run that has come to one can become worse
 * by what happens later (a backup that was good, then a mount that cannot be taken
 * away), never better.
 */

#include "lib/base/error.h"
#include "lib/record/run.h"

enum ending_kind {
	ENDING_GOOD = 0,
	ENDING_SUSPECT,   /* perhaps usable: something cannot be vouched for */
	ENDING_REFUSED,   /* no destination passed; nothing was started.  @why.kind is
			   * ERROR_BUSY if they are all in quarantine */
	ENDING_FAILED,    /* the command failed: @status is its exit code */
	ENDING_SIGNALLED, /* nfsafe got a signal: @status is its number */
	ENDING_STOPPED,   /* the deadline of the backup passed */
	ENDING_TRIPPED,   /* the server died */
	ENDING_ERROR,     /* could not be done: @why.kind says what */
};

struct ending {
	enum ending_kind kind;
	int status;
	struct error why; /* one sentence for people, unless ENDING_GOOD */
};

#define ENDING_INIT ((struct ending){ .kind = ENDING_GOOD })

/*
 * Make @e end as @kind, unless it is as bad already; the first reason of the worst
 * kind is kept.
 */
void ending_worsen(struct ending *e, enum ending_kind kind, const struct error *why)
	__attribute__((nonnull));

/* The same with the words here. */
void ending_worsen_f(struct ending *e, enum ending_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), nonnull(1, 3)));

/* What the record calls it. */
enum record_outcome ending_outcome(const struct ending *e) __attribute__((nonnull));

#endif
