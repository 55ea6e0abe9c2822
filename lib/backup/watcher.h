/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_WATCHER_H
#define LIB_BACKUP_WATCHER_H

/*
 * The watch with its prober: beats in, a state out.  The state machine is
 * lib/backup/watch.h, the host's part lib/backup/victims.h; here is what feeds it.
 *
 * A NULL call each second; and each two seconds, on another connection, a WRITE to
 * the file that the guard has made (a slow one must not delay a NULL).
 *
 * A prober that dies, or says nothing at all for WATCHER_DEAF_MS, is started once
 * more; after that there are no beats, which counts as the server's silence.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/backup/victims.h"
#include "lib/backup/watch.h"
#include "lib/nfs/beat.h"
#include "lib/proc/privilege.h"

struct error;
struct log;
struct mount_identity;
struct probe_report;
struct timeline;

/* A prober tells each beat when it is answered or has timed out. */
#define WATCHER_DEAF_MS 5000

enum watcher_beat { WATCHER_NULL, WATCHER_WRITE, WATCHER_BEATS };

/* Not to be moved while it runs: it has pointers into itself. */
struct watcher {
	const struct log *log;
	struct timeline *timeline; /* borrowed, may be NULL */
	struct watch watch;
	struct victims victims;
	struct beat_watch *beats; /* NULL: none left */
	struct beat_request requests[WATCHER_BEATS];
	size_t n_requests;
	struct beat_file file;
	struct identity identity;
	int64_t heard_ns; /* when the prober said something last */
	int64_t next_look_ns;
	bool restarted;
	uint32_t refusal;      /* of the canary, what was told last; 0: none */
	enum watch_state told; /* what was logged last */
};

struct watcher_spec {
	const struct probe_report *report; /* where the server was found */
	int64_t max_stall_ms;              /* at least WATCH_MAX_STALL_MIN_MS */
	const struct identity *identity;   /* of the prober, not root */
	/* Whom the canary writes as, and the export; either NULL: no canary. */
	const struct identity *user;
	const char *export;
	const struct mount_identity *mount; /* kept; NULL: it is not looked at */
	_Atomic int64_t *last_answer_ns;    /* see struct beat_request; NULL: nowhere */
	struct timeline *timeline;          /* what is seen is noted there; NULL: no */
};

/* Watch a server.  Returns 0, or a negative error: @ret is zeroed then. */
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
 * Take the beats that have come, look at the mount and at the clock.  Does not block.
 * A zeroed watcher is healthy.
 */
enum watch_state watcher_look(struct watcher *w) __attribute__((nonnull));

/* When any call was answered last; CLOCK_MONOTONIC.  0: never started. */
int64_t watcher_alive_ns(const struct watcher *w) __attribute__((nonnull));

/* The longest stall so far; milliseconds. */
int64_t watcher_worst_ms(const struct watcher *w) __attribute__((nonnull));

#define WATCHER_REASON_SIZE 256

/* For a trip: "no call answered for 8 s", and who was blocked, as far as known. */
void watcher_reason(const struct watcher *w, char ret[WATCHER_REASON_SIZE])
	__attribute__((nonnull));

/* End the prober; a second at most.  Safe on a zeroed struct and twice. */
void watcher_stop(struct watcher *w);

#endif
