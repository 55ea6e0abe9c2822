/* SPDX-License-Identifier: MIT */
#ifndef LIB_MNT_HOLDERS_H
#define LIB_MNT_HOLDERS_H

/*
 * Who holds a mount, and in what a process waits: out of /proc.
 *
 * An open file tells its mount in fdinfo.  A cwd, root or exe link gives a path,
 * which may also be the directory below the mount; a mapping is told in
 * /proc/PID/maps.  To be sure of the first the link must be opened, which can ask
 * the server; to read the second one needs a lock that a victim of the mount may
 * hold for ever.  So the search runs in a task.
 *
 * A mount is copied into other mount namespaces (containers, services with a /tmp
 * of their own), under other ids: they are all counted as the one mount.
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
#define HOLDERS_WHAT_SIZE 64
#define HOLDERS_WCHAN_SIZE 64

/* In what a process waits; proc_pid_stat(5), proc_pid_wchan(5). */
struct holders_wait {
	char state;                     /* 'D' blocked; '?' if there is no such process */
	char wchan[HOLDERS_WCHAN_SIZE]; /* function in the kernel; "" if not told */
	char comm[HOLDERS_COMM_SIZE];
};

/*
 * Of a process the thread that is blocked, if there is one, else the first; @pid
 * may be a thread, too.  Does not block.
 */
void holders_wait_of(pid_t pid, struct holders_wait *ret) __attribute__((nonnull));

struct holder {
	pid_t pid;                    /* 0: not a process, but something mounted below */
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

/* Those whose holding is their task: the keeper, whose namespace has a clone. */
struct holders_spare {
	pid_t pids[2]; /* 0: none */
};

/*
 * All that holds @id: open files, cwd, root, exe and mappings; mount namespaces
 * whose copy would stay behind; mounts below it.  nfsafe's own processes are not
 * left out: a stuck task of ours is a holder like any.  But @spare is, NULL: nobody.
 *
 * Blocks no longer than @d and two seconds.  If a link or maps blocks, the search is
 * done again without them: links are then judged by their text.
 * Returns 0 or a negative error.
 */
int holders_find(const struct mount_identity *id, const struct holders_spare *spare,
		 struct deadline d, struct holders *ret, struct error *err)
	__attribute__((nonnull(1, 4, 5), warn_unused_result));

/* "1234 java (fd 17, D in rpc_wait_bit_killable), 99 bash (cwd)", "no process" */
void holders_format(const struct holders *h, struct strbuf *out) __attribute__((nonnull));

#endif
