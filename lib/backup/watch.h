/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_WATCH_H
#define LIB_BACKUP_WATCH_H

/*
 * The watch: from the answers of a server, and their absence, to a verdict.
 *
 * max_stall is counted from the last answered call.  Releasing whoever is blocked
 * by then takes time too, so the watch trips WATCH_RELEASE_MS before max_stall is
 * over.  Slow is not dead: an answer, however late, starts the count anew.
 *
 * Pure: the caller brings the time (CLOCK_MONOTONIC, nanoseconds).
 */

#include <stdbool.h>
#include <stdint.h>

/* What ending the command and tearing the mount down may take. */
#define WATCH_RELEASE_MS 2000

/* The shortest max_stall that can be kept. */
#define WATCH_MAX_STALL_MIN_MS 10000

enum watch_state {
	WATCH_HEALTHY = 0,
	WATCH_LATE,    /* no answer for three beats */
	WATCH_TRIPPED, /* for good: act now */
};

struct watch {
	int64_t beat_ns;
	int64_t trip_ns;        /* without an answer for so long: tripped */
	int64_t last_answer_ns; /* when */
	int64_t worst_ns;       /* the longest wait for an answer so far */
	enum watch_state state;
	unsigned times_late; /* how often it went from healthy to late */
};

/*
 * @beat_ms: time between two calls; @max_stall_ms: at least
 * WATCH_MAX_STALL_MIN_MS.  @now_ns: counts as an answer.
 */
void watch_start(struct watch *w, int64_t beat_ms, int64_t max_stall_ms, int64_t now_ns)
	__attribute__((nonnull));

/* The server answered a call at @now_ns. */
void watch_answer(struct watch *w, int64_t now_ns) __attribute__((nonnull));

/* Look at the clock.  Returns the state, which is also kept. */
enum watch_state watch_look(struct watch *w, int64_t now_ns) __attribute__((nonnull));

/* When watch_look() has something new to say, if no answer comes. */
int64_t watch_next_ns(const struct watch *w) __attribute__((nonnull));

/* "healthy", "late", "tripped" */
const char *watch_state_text(enum watch_state state);

#endif
