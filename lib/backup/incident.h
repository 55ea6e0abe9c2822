/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_INCIDENT_H
#define LIB_BACKUP_INCIDENT_H

/*
 * What happened in a run, out of its record: was anything on this host blocked, for how
 * long, why; and one timeline of its phases and events.  Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/record/event.h"
#include "lib/record/query.h"

/* A task of the host that was blocked. */
struct incident_victim {
	const struct event *event; /* the one that told it */
	int64_t from_ms;           /* since the run began */
	int64_t ms;                /* for how long; -1: not known */
	bool released;             /* it was seen to go on, or to be gone */
};

/* A moment of the timeline: either of the two. */
struct incident_moment {
	int64_t t_ms;                     /* since the run began */
	const struct record_phase *phase; /* NULL: an event */
	bool phase_ends;                  /* else it begins */
	const struct event *event;
};

#define INCIDENT_SENTENCE_SIZE 640

/* What incident_make() is made of; borrowed as long as the incident is used. */
struct incident_source {
	const struct record_run *run;
	const struct record_phase *phases;
	size_t n_phases;
	const struct event *events;
	size_t n_events;
};

struct incident {
	struct incident_victim *victims; /* owned; the longest first */
	size_t n_victims;
	struct incident_moment *moments; /* owned; in their order */
	size_t n_moments;
	int64_t dropped; /* events that were not kept */
	bool was_mounted;
	bool tripped;                          /* the server was given up */
	char sentence[INCIDENT_SENTENCE_SIZE]; /* the answer */
};

/*
 * Returns 0, or a negative error if there is no memory.
 * @ret: freed by incident_done().
 */
int incident_make(const struct incident_source *source, struct incident *ret,
		  struct error *err) __attribute__((nonnull, warn_unused_result));

void incident_done(struct incident *incident);

#endif
