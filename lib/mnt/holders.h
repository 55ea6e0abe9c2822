/* SPDX-License-Identifier: MIT */
#ifndef LIB_MNT_HOLDERS_H
#define LIB_MNT_HOLDERS_H

/*
 * Who holds a mount, and in what a process waits.
 *
 * From /proc only: mnt_id in fdinfo, and the text of the cwd, root and exe links.
 * Links are read, never followed, so the server is not asked.  Mapped files are in
 * /proc/PID/maps, which waits for a lock of that process: a mount's victims may
 * hold it for ever, so the search runs in a task.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/deadline.h"

struct error;
struct mount_identity;
struct strbuf;

#define HOLDERS_MAX 32
#define HOLDERS_COMM_SIZE 64
#define HOLDERS_WHAT_SIZE 32
#define HOLDERS_WCHAN_SIZE 64

/* In what a process waits; proc_pid_stat(5), proc_pid_wchan(5). */
struct holders_wait {
	char state;                     /* 'D' blocked; '?' if there is no such process */
	char wchan[HOLDERS_WCHAN_SIZE]; /* function in the kernel; "" if not told */
	char comm[HOLDERS_COMM_SIZE];
};

/* @pid may be a thread.  Does not block. */
void holders_wait_of(pid_t pid, struct holders_wait *ret) __attribute__((nonnull));

struct holder {
	pid_t pid;
	char what[HOLDERS_WHAT_SIZE]; /* "cwd", "root", "exe", "map", "fd 3", "namespace"
				       */
	struct holders_wait wait;
};

struct holders {
	struct holder list[HOLDERS_MAX]; /* one a process: the first thing found */
	size_t count;                    /* in @list */
	size_t total;                    /* processes; may be more than @count */
	bool incomplete;                 /* not everything could be looked at in time */
};

/*
 * All processes that hold @id: open files, cwd, root, exe, mappings, and other
 * mount namespaces that have the same superblock mounted.  nfsafe's own are not
 * left out: a stuck task of ours is a holder like any.
 *
 * Blocks no longer than @d and a second.  If /proc/PID/maps blocks, the search is
 * done again without it, and @ret->incomplete set.
 * Returns 0 or a negative error.
 */
int holders_find(const struct mount_identity *id, struct deadline d, struct holders *ret,
		 struct error *err) __attribute__((nonnull, warn_unused_result));

/* "1234 java (fd 17, D in rpc_wait_bit_killable), 99 bash (cwd)" */
void holders_format(const struct holders *h, struct strbuf *out) __attribute__((nonnull));

#endif
