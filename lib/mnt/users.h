/* SPDX-License-Identifier: MIT */
#ifndef LIB_MNT_USERS_H
#define LIB_MNT_USERS_H

/*
 * Who uses a superblock, told by its device: also when no path leads to it any more
 * (lib/mnt/holders.h finds those of a mount that still has its place).
 *
 * Looks at open files, cwd, root, exe and mappings of all processes, and at the mounts of
 * all mount namespaces but our own; at nothing that asks a server.  What only the kernel
 * holds, a loop device for example, it does not see.  Reading the mappings needs a lock
 * that a blocked process may hold, so this runs in a process that may be lost.
 */

#include <stddef.h>
#include <sys/types.h>

/* The first one found is named. */
struct users {
	size_t count;
	pid_t pid;
	char what[16]; /* "cwd", "fd 17", "map"; "mount": in its namespace */
};

/*
 * @spare: pids not to be counted, as many as @n_spare.
 * Returns 0 with @ret filled, or -1 with errno if /proc cannot be read.
 */
int users_find(unsigned major, unsigned minor, const pid_t *spare, size_t n_spare,
	       struct users *ret) __attribute__((nonnull(5)));

#endif
