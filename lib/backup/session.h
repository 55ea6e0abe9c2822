/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_SESSION_H
#define LIB_BACKUP_SESSION_H

/*
 * A session of the supervisor: the signals, the lock and the record of one run.
 *
 * The order is the safety: the signals are blocked before there is anything that
 * one could interrupt, the lock is taken before anything can touch NFS, the run is
 * in the record before it starts.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/backup/ending.h"
#include "lib/proc/lock.h"
#include "lib/proc/signals.h"
#include "lib/record/mounted.h"
#include "lib/record/quarantine.h"
#include "lib/record/record.h"
#include "lib/record/run.h"

struct conf;
struct conf_destination;
struct log;
struct recover_report;
struct mount_identity;
struct mount_stuck;
struct timeline;

/* What waits to be written with the next phase, so that it costs no write of its own. */
struct session_waiting {
	bool mount_begins;
	bool mount_proved;
	const char *mount_ended; /* how; NULL: it has not */
	bool quarantine_begins;
	struct record_quarantine quarantine;
};

/* The phase in the lock's file of a run that has ended, but could not be recorded so. */
#define SESSION_UNRECORDED "unrecorded"
#define SESSION_UNRECORDED_REASON "it ended, but how could not be written into the record"

struct session {
	const struct log *log;
	const char *state_dir; /* of the configuration */
	const char *run_dir;
	struct signals signals; /* .fd is the cancel_fd of all that waits */
	struct lock lock;
	struct record *record;
	int64_t run; /* its number in the record; 0: not begun */
	/* The phase that is running, and one that has ended but is not written yet. */
	const char *phase;
	int64_t phase_started_ns;
	struct record_phase_end ended;
	char ended_detail[512];
	bool has_ended;
	struct timeline *timeline; /* owned; NULL without memory, which is fine */
	struct record_mount mount; /* the last one: .id is 0 unless it is in the record */
	struct session_waiting waiting;
	bool record_failed; /* something could not be written: never call it good */
	bool record_told;   /* and this was said, or is the reason of the ending */
	struct error record_error;
};

/*
 * Needs root.  @command: "run", "exec", "init", for who comes second.
 * What a dead nfsafe left behind is cleared first, and told (lib/backup/recover.h).
 * Blocks as long as the local disk does, or as recover_all() has to.
 * Returns 0, or a negative error: ERROR_PERMISSION without root, ERROR_BUSY when
 * another one holds the lock (who, since when, in which phase), or from the record.
 * @ret: on success to be ended by session_close().
 */
int session_open(struct session *ret, const struct conf *conf, const char *command,
		 const struct log *log, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* The same for `nfsafe recover`: looks everywhere, and tells in @report what there was.
 */
int session_recover(struct session *ret, const struct conf *conf, const struct log *log,
		    struct recover_report *report, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* Safe after a failed session_open() on a zeroed struct. */
void session_close(struct session *s);

#define SESSION_REQUESTER_SIZE 128

/* Who wants this, for the record: "root on /dev/pts/0", "root without a terminal". */
void session_requester(char *buf, size_t size) __attribute__((nonnull));

/* Put the run into the record, as running.  Returns 0 or a negative error. */
int session_begin(struct session *s, enum record_kind kind, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* Level, destination and label of the run, as far as known. */
void session_choose(struct session *s, const struct record_choice *choice)
	__attribute__((nonnull));

/*
 * The next phase begins: in the record and in the lock's file.  @phase is kept.
 * What the record refuses is said once, remembered, and makes the run no good.
 */
void session_phase(struct session *s, const char *phase) __attribute__((nonnull));

/* The phase that is running has ended. */
void session_phase_end(struct session *s, enum record_phase_outcome outcome,
		       const char *fmt, ...)
	__attribute__((format(printf, 3, 4), nonnull(1, 3)));

/*
 * For lib/backup/recover.h, should this process die: what is going to be mounted (call it
 * before session_phase(s, "mount")), that it is, that it is not any more.  On the disk
 * with the next phase.  @how: a constant, "by force" for example.
 */
void session_mounting(struct session *s, const struct conf_destination *conf)
	__attribute__((nonnull));
void session_mounted(struct session *s, const struct mount_identity *id)
	__attribute__((nonnull));
void session_unmounted(struct session *s, const char *how) __attribute__((nonnull));

/*
 * The server of @destination is given up: no new run there (lib/backup/quarantine.h).
 * On the disk with the next phase: call it before session_phase(s, "breaker").
 */
void session_quarantine(struct session *s, const char *destination, const char *reason)
	__attribute__((nonnull));

/* A process of ours that cannot be ended, for the timeline. */
void session_stuck(struct session *s, const struct mount_stuck *stuck)
	__attribute__((nonnull));

void session_verdict(struct session *s, const struct record_verdict *verdict)
	__attribute__((nonnull));

/*
 * The run is over.  @ending gets worse if the record does not take it: a run that
 * is not on the disk as good is not good.
 * @end: bytes, stall and output; the rest is filled in from @ending.
 * @exit_code: which code an ending has, for the record.
 */
void session_end(struct session *s, struct ending *ending, struct record_end *end,
		 int (*exit_code)(const struct ending *)) __attribute__((nonnull));

#endif
