/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_KEEPER_SETUP_H
#define LIB_BACKUP_KEEPER_SETUP_H

/* What a keeper is made of, before it waits: the last time that it allocates anything. */

#include "lib/backup/keeper_hand.h"
#include "lib/mnt/handle.h"
#include "lib/proc/lock.h"

struct error;
struct keeper_role;

struct keeper_place {
	struct handle handle; /* its mount namespace */
	struct hand hand;
	struct lock lock;  /* keeper.lock, until it ends */
	int supervisor_fd; /* a pidfd: readable once that is dead */
	int signal_fd;     /* SIGTERM; all others are blocked */
};

/*
 * In a new child: leave what is the supervisor's, take the lock, enter the namespace of
 * its own (or that of @role->join), make the hand, lock the memory, get out of reach of
 * the OOM killer.  Returns 0, or a negative error after which the process must end:
 * ERROR_BUSY if another keeper has the lock.
 */
int keeper_set_up(const struct keeper_role *role, struct keeper_place *ret,
		  struct error *err) __attribute__((nonnull, warn_unused_result));

#endif
