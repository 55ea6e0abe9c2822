/* SPDX-License-Identifier: MIT */
#ifndef LIB_PROC_SIGNALS_H
#define LIB_PROC_SIGNALS_H

/*
 * SIGINT, SIGTERM, SIGHUP and SIGQUIT as a descriptor: they are ordinary ends of a run,
 * looked at where the loop waits, never in a handler.
 */

#include <signal.h>

struct error;

struct signals {
	int fd;       /* readable while a signal is pending: a cancel_fd */
	int child_fd; /* readable once a child has ended: signals_child() */
	sigset_t old;
};

/*
 * Block the four and SIGCHLD, ignore what else would end or stop us, open the
 * descriptors.  Children can be waited for from now on, even if whoever started us had
 * SIGCHLD ignored.
 * Returns 0 or negative.
 */
int signals_init(struct signals *s, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* The number of a signal that has come, taken off the queue; 0 if none has. */
int signals_take(struct signals *s) __attribute__((nonnull));

/* Like signals_take(), but it stays pending: @s->fd remains readable. */
int signals_peek(const struct signals *s) __attribute__((nonnull));

/* Make @s->child_fd unreadable until the next child ends. */
void signals_child(const struct signals *s) __attribute__((nonnull));

/* Unblock them again.  What was pending is taken: it has had its effect. */
void signals_done(struct signals *s);

/* In a child after fork(2): default actions, nothing blocked. */
void signals_default(void);

#endif
