/* SPDX-License-Identifier: MIT */
#ifndef LIB_PROC_TASK_H
#define LIB_PROC_TASK_H

/*
 * Tasks: disposable processes for what may block.
 *
 * mount(2), umount2(2), getaddrinfo(3) and every path below a mountpoint can
 * hang, some of them beyond SIGKILL.  Such a step runs in a child made by
 * fork(2), which hands its result back through a pipe.  The child is waited for
 * with a deadline, then killed; if it outlives even that it is left behind, and
 * the caller is told its pid.
 *
 * The child has /dev/null as its standard descriptors and no other descriptor of
 * ours but those in @keep_fds: a child that cannot die must not hold a pipe that
 * somebody reads to its end (cron waits for that of its job).  It dies with its
 * parent, as far as it can.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/base/deadline.h"

struct error;
struct identity;

/*
 * The work, run in the child.  Fills @result (task_spec.result_size bytes, all
 * zero before) and returns 0, or sets @err and returns its negative kind.
 */
typedef int (*task_fn)(void *arg, void *result, struct error *err);

#define TASK_KEEP_MAX 4

struct task_spec {
	const char *name; /* for messages: "mount", "user lookup" */
	task_fn fn;
	void *arg; /* as it is at the fork */
	void *result;
	size_t result_size; /* may be 0 */
	struct deadline deadline;
	int cancel_fd; /* readable: give up; -1: none */
	/*
	 * Looked at every @look_ms while it runs: true is to give up, as if @cancel_fd
	 * could be read.  NULL: none.
	 */
	bool (*give_up)(void *arg);
	void *give_up_arg;
	int look_ms;
	const struct identity *identity; /* run with these ids; NULL: with ours */
	int keep_fds[TASK_KEEP_MAX];     /* the first @n_keep_fds stay open */
	size_t n_keep_fds;
};

enum task_outcome {
	TASK_DONE = 0,  /* @result is filled */
	TASK_TIMED_OUT, /* killed at the deadline, gone */
	TASK_CANCELLED, /* killed because of @cancel_fd or @give_up, gone */
	TASK_STUCK,     /* outlived SIGKILL for a second; left behind */
};

/*
 * Run @spec and wait.  Blocks no longer than its deadline and one second.
 *
 * @ret_stuck: pid of a task left behind, 0 if there is none; may be NULL.  One that
 *   has answered but does not go away counts too.
 * Returns an enum task_outcome, or a negative error: the one that fn returned, or
 * ERROR_SYSTEM if there was no process to be had, or ERROR_INTERNAL if the child
 * crashed.  @spec->result is written for TASK_DONE only.
 */
int task_run(const struct task_spec *spec, pid_t *ret_stuck, struct error *err)
	__attribute__((nonnull(1, 3), warn_unused_result));

/* "was killed at its deadline", for messages; @outcome as from task_run(). */
const char *task_outcome_text(int outcome);

#endif
