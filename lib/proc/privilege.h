/* SPDX-License-Identifier: MIT */
#ifndef LIB_PROC_PRIVILEGE_H
#define LIB_PROC_PRIVILEGE_H

/*
 * Whose ids a process runs with.  Flat and of fixed size, so that it crosses a
 * pipe: the user database may be a directory server that hangs, and is asked in
 * a task.
 */

#include <stddef.h>
#include <sys/types.h>

#include "lib/base/deadline.h"

struct error;

#define IDENTITY_GROUPS_MAX 64

struct identity {
	uid_t uid;
	gid_t gid;
	gid_t groups[IDENTITY_GROUPS_MAX]; /* supplementary ones, with @gid */
	size_t n_groups;
	char name[64];
	char home[256];
	char shell[256];
};

/*
 * Look @user (a name, or a uid that has one) up in the user database (getpwnam(3),
 * getgrouplist(3)), in a task. Blocks no longer than @d, or until @cancel_fd (-1: none)
 * can be read. Returns 0, or a negative error: ERROR_CONFIG if there is no such user,
 * ERROR_DEADLINE if the database did not answer.
 */
int identity_lookup(const char *user, struct deadline d, int cancel_fd,
		    struct identity *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* The ids that this process has now; cannot fail. */
void identity_self(struct identity *ret) __attribute__((nonnull));

/* Nobody: 65534, no groups. */
void identity_nobody(struct identity *ret) __attribute__((nonnull));

/*
 * Take the ids of @id for good, in this process: groups, gid, uid, real,
 * effective and saved.  Without root it succeeds only if the ids are ours
 * already (the groups are then left alone).
 * Returns 0 or a negative error; after an error the process must end.
 */
int privilege_drop(const struct identity *id, struct error *err)
	__attribute__((nonnull, warn_unused_result));

#endif
