/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_WATCHER_H
#define LIB_BACKUP_WATCHER_H

/*
 * The watch with its prober: beats in, a state out.  The state machine is
 * lib/backup/watch.h; here is what feeds it.
 *
 * A prober that dies is started once more; after that its silence is the
 * server's.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/backup/watch.h"
#include "lib/nfs/beat.h"
#include "lib/proc/privilege.h"

struct error;
struct log;
struct probe_report;
struct timeline;

struct watcher {
	const struct log *log;
	struct timeline *timeline; /* borrowed, may be NULL */
	struct watch watch;
	struct beat_watch *beats; /* NULL: none left */
	struct beat_request request;
	struct identity identity;
	bool restarted;
	enum watch_state told; /* what was logged last */
};

struct watcher_spec {
	const struct probe_report *report; /* where the server was found */
	int64_t max_stall_ms;              /* at least WATCH_MAX_STALL_MIN_MS */
	const struct identity *identity;   /* of the prober, not root */
	_Atomic int64_t *last_answer_ns;   /* see struct beat_request; NULL: nowhere */
	struct timeline *timeline;         /* what is seen is noted there; NULL: no */
};

/* Watch a server.  @spec: copied.  Returns 0 or a negative error. */
int watcher_start(struct watcher *ret, const struct watcher_spec *spec,
		  const struct log *log, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* For poll(2); -1 when there is no prober. */
int watcher_fd(const struct watcher *w) __attribute__((nonnull));

/* The prober; 0 if there is none. */
pid_t watcher_prober(const struct watcher *w) __attribute__((nonnull));

/* When watcher_look() must be called at the latest. */
struct deadline watcher_next(const struct watcher *w) __attribute__((nonnull));

/*
 * Take the beats that have come and look at the clock.  Does not block.  A zeroed
 * watcher is healthy.
 */
enum watch_state watcher_look(struct watcher *w) __attribute__((nonnull));

/* When any call was answered last; CLOCK_MONOTONIC.  0: never started. */
int64_t watcher_alive_ns(const struct watcher *w) __attribute__((nonnull));

/* The longest wait for an answer so far; milliseconds. */
int64_t watcher_worst_ms(const struct watcher *w) __attribute__((nonnull));

/* End the prober; a second at most.  Safe on a zeroed struct and twice. */
void watcher_stop(struct watcher *w);

#endif
