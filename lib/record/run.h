/* SPDX-License-Identifier: MIT */
#ifndef LIB_RECORD_RUN_H
#define LIB_RECORD_RUN_H

/*
 * Writing down a run: begun, its phases and verdicts, ended.
 *
 *	record_run_begin()	before anything touches NFS; outcome "running"
 *	record_run_choose()	once level, destination and label are known
 *	record_phase_change()	at each step from one phase to the next
 *	record_verdict()	for each destination that was probed
 *	record_run_end()	the outcome, once
 *
 * Each call is one transaction and durable when it returns 0.  Times are
 * milliseconds since 1970, UTC (lib/base/clock.h), durations milliseconds; -1 is
 * "not known".  Strings are copied; NULL is "none".
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/record/label.h"

struct error;
struct record;

enum record_kind {
	RECORD_KIND_RUN = 0,
	RECORD_KIND_EXEC,
	RECORD_KIND_INIT,
};

enum record_outcome {
	RECORD_RUNNING = 0,
	RECORD_GOOD,
	RECORD_PARTIAL, /* usable, but not all of it */
	RECORD_SUSPECT, /* perhaps usable: something cannot be vouched for */
	RECORD_FAILED,  /* tried; nothing usable */
	RECORD_ABORTED, /* stopped: breaker, deadline, signal, or nfsafe died */
	RECORD_SKIPPED, /* nothing was started */
};

enum record_phase_outcome {
	RECORD_PHASE_RUNNING = 0,
	RECORD_PHASE_OK,
	RECORD_PHASE_FAILED,
	RECORD_PHASE_SKIPPED,   /* not needed this time */
	RECORD_PHASE_TIMED_OUT, /* its deadline passed */
	RECORD_PHASE_STUCK,     /* its process outlived SIGKILL */
	RECORD_PHASE_ABORTED,   /* by a signal, or because nfsafe died */
};

/* "run", "good", "timed-out": what the database, --json and people get to see. */
const char *record_kind_name(enum record_kind kind);
const char *record_outcome_name(enum record_outcome outcome);
const char *record_phase_outcome_name(enum record_phase_outcome outcome);

struct record_begin {
	enum record_kind kind;
	const char *requested_by; /* "cron", "root on pts/0" */
	int64_t started_ms;
};

/*
 * Begin a run of this process, which must be alive as long as the run is: the
 * row keeps its pid, its start time and the host's boot id.
 * @ret_run: the run's number; numbers grow and are never used twice.
 */
int record_run_begin(struct record *record, const struct record_begin *begin,
		     int64_t *ret_run, struct error *err)
	__attribute__((nonnull, warn_unused_result));

struct record_choice {
	enum level level;        /* LEVEL_NONE: stays */
	const char *destination; /* NULL: stays */
	const char *label;       /* NULL: stays; no two runs share one */
};

/* May be called again, as when falling back to another destination. */
int record_run_choose(struct record *record, int64_t run,
		      const struct record_choice *choice, struct error *err)
	__attribute__((nonnull, warn_unused_result));

struct record_phase_end {
	enum record_phase_outcome outcome;
	int64_t duration_ms;
	const char *detail;
};

/*
 * The phase that is running ended as @ended (NULL: none is running), and @next
 * began at @now_ms (NULL: none did).  One transaction, so that a phase change
 * costs one write to the disk.
 */
int record_phase_change(struct record *record, int64_t run,
			const struct record_phase_end *ended, const char *next,
			int64_t now_ms, struct error *err)
	__attribute__((nonnull(1, 6), warn_unused_result));

/* What a probe found, in the words of lib/nfs. */
struct record_verdict {
	const char *destination;
	const char *source;  /* "nas1:/export" */
	const char *verdict; /* "ok", "frozen" */
	const char *layer;   /* the layer that named it, or NULL */
	const char *detail;
	int64_t elapsed_ms;
	int64_t total_bytes; /* -1: not known */
	int64_t free_bytes;
	int64_t at_ms;
};

/* @run: 0 for a probe that belongs to no run. */
int record_verdict(struct record *record, int64_t run,
		   const struct record_verdict *verdict, struct error *err)
	__attribute__((nonnull, warn_unused_result));

#define RECORD_OUTPUT_MAX (64 * 1024)
/* The output of this many runs is kept, of older ones all but the output. */
#define RECORD_OUTPUTS_KEPT 200

struct record_end {
	enum record_outcome outcome; /* not RECORD_RUNNING */
	int exit_code;
	int64_t ended_ms;
	const char *reason;     /* one sentence, for people */
	int64_t bytes;          /* written to the destination; -1: not known */
	int64_t worst_stall_ms; /* longest time without an answer; -1: not known */
	const void *output;     /* of the backup: its last bytes, or NULL */
	size_t output_len;      /* of more than RECORD_OUTPUT_MAX the end is kept */
};

/*
 * End @run, which must be running; a phase that is still running becomes
 * RECORD_PHASE_ABORTED.  A run that is not running is left as it is, and
 * ERROR_INTERNAL returned: an outcome is given once.
 */
int record_run_end(struct record *record, int64_t run, const struct record_end *end,
		   struct error *err) __attribute__((nonnull, warn_unused_result));

/*
 * End, as RECORD_ABORTED, each run that is "running" while its process is gone:
 * no such pid, a pid that another process has got since, or another boot.  Their
 * end is the last time that the record knows of them.  For the holder of the lock.
 * @ret_settled: how many there were.
 */
int record_settle_dead(struct record *record, int *ret_settled, struct error *err)
	__attribute__((nonnull, warn_unused_result));

#endif
