/* SPDX-License-Identifier: MIT */
#ifndef LIB_RECORD_EVENT_H
#define LIB_RECORD_EVENT_H

/*
 * Events: what a run saw and did, moment by moment, for `nfsafe incident`.
 *
 * There is a limit to what a run keeps, and to how many runs are kept; what could
 * not be kept is counted.  Writers go through lib/backup/timeline.h.
 */

#include <stddef.h>
#include <stdint.h>

struct error;
struct record;

enum event_kind {
	EVENT_NOTE = 0,   /* a sentence for people */
	EVENT_BEAT,       /* answers of the server; value: microseconds, -1: none */
	EVENT_STATE,      /* the watch has changed its mind */
	EVENT_BLOCKED,    /* a task of the host; value: milliseconds since when */
	EVENT_RELEASED,   /* it goes on, or is gone; value: milliseconds it was blocked */
	EVENT_SIGNAL,     /* somebody was sent a signal; value: its number */
	EVENT_MOUNTSTATS, /* what the mount's calls came to since the last one */
	EVENT_FORCE,      /* MNT_FORCE; value: how often */
	EVENT_DETACH,     /* the mount left its place, or did not */
	EVENT_UNMOUNT,    /* the superblock was let go, or not */
	EVENT_KEEPER,     /* the keeper was started, lost, took over */
	EVENT_PROBER,     /* the prober was started, lost */
	EVENT_DROPPED,    /* value: how many events could not be kept */
	EVENT_KINDS,
};

/* "beat", "mountstats": what the database, --json and people get to see. */
const char *event_kind_name(enum event_kind kind);

#define EVENT_SUBJECT_SIZE 48
#define EVENT_TEXT_SIZE 256

struct event {
	enum event_kind kind;
	int64_t at_ms; /* wall clock, UTC */
	int64_t t_ms;  /* since the run began, by a clock that does not jump */
	int64_t value; /* as its kind says; -1: none */
	char subject[EVENT_SUBJECT_SIZE]; /* "1234 java", "" */
	char text[EVENT_TEXT_SIZE];
};

/*
 * What one run keeps.  Of those that come by the thousand while a server is ill (beats,
 * blocked tasks and their release, mountstats) less, so that there is room for how it
 * ended.
 */
#define EVENT_RUN_MAX 4000
#define EVENT_CHATTY_MAX 3000
/* Of the runs that had any the last ones keep them; good ones, and those that were
 * skipped, not for so long. */
#define EVENT_RUNS_KEPT 400
#define EVENT_GOOD_RUNS_KEPT 60

/*
 * Add @n events to @run, in one transaction; durable when it returns 0.
 * @dropped: how many the caller lost itself, since the last call that succeeded.
 */
int event_add(struct record *record, int64_t run, const struct event *events, size_t n,
	      int64_t dropped, struct error *err)
	__attribute__((nonnull(1, 6), warn_unused_result));

/*
 * Those of @run in the order in which they were added; one of EVENT_DROPPED, if there is
 * any, is the last.
 * @ret: an array of @ret_n, freed with free() by the caller; NULL when it is 0.
 */
int event_list(struct record *record, int64_t run, struct event **ret, size_t *ret_n,
	       struct error *err) __attribute__((nonnull, warn_unused_result));

/* Forget those of runs that are too many.  Costs next to nothing if there are none. */
int event_prune(struct record *record, struct error *err)
	__attribute__((nonnull, warn_unused_result));

#endif
