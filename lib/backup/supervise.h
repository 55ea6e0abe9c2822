/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_SUPERVISE_H
#define LIB_BACKUP_SUPERVISE_H

/*
 * The event loop while something works on the share: it ends by itself, or by its
 * deadline, by a signal to nfsafe, or because the server died; whichever is first.
 */

#include "lib/base/deadline.h"

struct command_run;
struct error;
struct signals;
struct watcher;

enum supervise_outcome {
	SUPERVISE_ENDED = 0, /* the command has ended, @run->status is set */
	SUPERVISE_TIMED_OUT, /* it is still running, as below */
	SUPERVISE_SIGNALLED, /* @signals has one waiting */
	SUPERVISE_TRIPPED,   /* the watch tripped */
};

/*
 * Wait, taking the output of @run and the beats of @watcher.  Does not end it.
 * @signals: NULL if they do not matter any more.
 * Blocks until @d at the latest, or the trip.
 * Returns an enum supervise_outcome, or a negative error.
 */
int supervise(struct command_run *run, struct watcher *watcher,
	      const struct signals *signals, struct deadline d, struct error *err)
	__attribute__((nonnull(1, 2, 5), warn_unused_result));

/* Like supervise(), for work that has no output: until @d or the others. */
int supervise_pause(struct watcher *watcher, const struct signals *signals,
		    struct deadline d, struct error *err)
	__attribute__((nonnull(1, 4), warn_unused_result));

#endif
