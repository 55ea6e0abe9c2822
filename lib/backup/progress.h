/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_PROGRESS_H
#define LIB_BACKUP_PROGRESS_H

/*
 * From the statistics of a mount, looked at now and then, to what they say of the
 * server: did calls succeed, was something written, and does the server owe answers?
 *
 * Measured on Linux 6.1: the counters of an operation move when a call ends, and an
 * answer of JUKEBOX or DELAY counts as a call that ended with an error, sent again or
 * not, on v3 and v4; so what ended without an error is what got done.  A call that is
 * under way shows in the transport alone: sent, and not received.
 *
 * A blocked task does not tell on which mount it is blocked; neither does its stack.
 * So one counts only while this mount's server owes something: calls that were sent
 * and not answered, or answered with "later", and nothing that succeeded since.  For
 * tasks that are known to wait in NFS or RPC calls that failed will do: v3 asks again
 * after JUKEBOX without counting it as such.
 *
 * Pure: the caller brings the statistics and the time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/backup/watch.h"

struct blocked;
struct mountstats;

/* A call that failed so long ago is not being tried again; a client waits 5 s. */
#define PROGRESS_RETRY_MS 7000

struct progress_counts {
	uint64_t succeeded; /* calls, but those that only keep the client known */
	uint64_t written;   /* of these, what writes */
	uint64_t failed;
	uint64_t delays;
	uint64_t sends, receives, connects;
};

struct progress {
	bool primed;
	int64_t looked_ns;
	struct progress_counts last;
	uint64_t floor;        /* sent and not received when nothing was owed */
	uint64_t sent_by_then; /* when the last answer was seen */
	int64_t owing_ns;      /* since when the server owes; WATCH_NOBODY: it does not */
	int64_t failing_ns;    /* since when calls fail, and none succeeds */
	int64_t failed_ns;     /* when one failed last */
	bool refused;          /* at the last look something had failed, or was delayed */
};

enum progress_kind {
	PROGRESS_NONE = 0,
	PROGRESS_ANSWERED,  /* something was received, whatever it was */
	PROGRESS_SUCCEEDED, /* or failed for the first time since: ENOENT is an answer */
	PROGRESS_WRITTEN,
};

void progress_count(const struct mountstats *stats, struct progress_counts *ret)
	__attribute__((nonnull));

/* Safe to be called at any time: begin anew. */
void progress_init(struct progress *p) __attribute__((nonnull));

/*
 * What has happened since the last look.  The first one, and one at another mount (a
 * counter went backwards), say nothing.
 */
enum progress_kind progress_look(struct progress *p, const struct progress_counts *counts,
				 int64_t now_ns) __attribute__((nonnull));

/* Could a task that is blocked be blocked on this mount? */
bool progress_is_owing(const struct progress *p) __attribute__((nonnull));

/*
 * Since when a task of @b has been blocked, and the server has owed something; for
 * watch_blocked().  WATCH_NOBODY: none, as far as can be told.
 */
int64_t progress_blocked_since(const struct progress *p, const struct blocked *b)
	__attribute__((nonnull));

#endif
