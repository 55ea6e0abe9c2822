/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_SUPERVISE_H
#define LIB_BACKUP_SUPERVISE_H

/*
 * The event loop while something works on the share: it ends by itself, or by its
 * deadline, by a signal to nfsafe, or because the server died; whichever is first.
 */

#include <stdbool.h>

#include "lib/base/deadline.h"

struct command_run;
struct error;
struct keeper;
struct signals;
struct watcher;

enum supervise_outcome {
	SUPERVISE_ENDED = 0, /* the command has ended, @run->status is set */
	SUPERVISE_TIMED_OUT, /* it is still running, as below */
	SUPERVISE_SIGNALLED, /* @signals has one waiting */
	SUPERVISE_TRIPPED,   /* the watch tripped, or the keeper did by itself */
};

/*
 * Wait, taking the output of @run and the beats of @watcher.  Does not end it.
 * @keeper: told what the watch sees, and replaced if it dies (4 s); without another one
 *   nothing goes on: an error.
 * @signals: NULL if they do not matter any more.
 * Blocks until @d at the latest, or the trip.
 * Returns an enum supervise_outcome, or a negative error.
 */
int supervise(struct command_run *run, struct watcher *watcher, struct keeper *keeper,
	      const struct signals *signals, struct deadline d, struct error *err)
	__attribute__((nonnull(1, 2, 3, 6), warn_unused_result));

/*
 * Whether the server is dead by now: for steps that cannot sit in supervise().  Serves
 * the prober and tells the keeper.  Does not block.
 */
bool supervise_look(struct watcher *watcher, struct keeper *keeper)
	__attribute__((nonnull));

/* Like supervise(), for work that has no output: until @d or the others. */
int supervise_pause(struct watcher *watcher, struct keeper *keeper,
		    const struct signals *signals, struct deadline d, struct error *err)
	__attribute__((nonnull(1, 2, 5), warn_unused_result));

#endif
