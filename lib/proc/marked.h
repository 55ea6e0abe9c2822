/* SPDX-License-Identifier: MIT */
#ifndef LIB_PROC_MARKED_H
#define LIB_PROC_MARKED_H

/*
 * Processes that somebody who is dead has left behind, told by marks that they have
 * inherited: what their environment says, or the group that they are in.
 *
 * Each is held by a pidfd before it is looked at, so that none that gets its pid
 * meanwhile is taken for it.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/deadline.h"

struct error;

#define MARKED_NAMED 8
#define MARKED_COMM_SIZE 32

struct marked_request {
	/* "NAME=VALUE", or "NAME=" for any value: all of them, ended by NULL. */
	const char *const *vars;
	/*
	 * Or a process group, as long as its leader lives and was started then
	 * (tree_started()); 0: none.
	 */
	pid_t group;
	int64_t group_started;
	int sig; /* that each is sent; 0: none */
};

struct marked_process {
	pid_t pid;
	char state; /* proc_pid_stat(5): 'D' is blocked */
	char comm[MARKED_COMM_SIZE];
};

struct marked {
	size_t count;
	struct marked_process named[MARKED_NAMED]; /* the first ones of them */
};

/*
 * Find them, but for this process and zombies, and send them a signal; a stopped one is
 * continued.
 *
 * An environment cannot be read while its process holds a lock that it may wait for on a
 * dead server: so this runs in a task.  If that does not end by @d those of the group
 * have got the signal all the same; the others perhaps not. Blocks no longer than @d and
 * a second. Returns 0 with @ret filled, or a negative error (ERROR_DEADLINE).
 */
int marked_signal(const struct marked_request *req, struct deadline d, struct marked *ret,
		  struct error *err) __attribute__((nonnull, warn_unused_result));

#endif
