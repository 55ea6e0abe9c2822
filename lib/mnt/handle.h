/* SPDX-License-Identifier: MIT */
#ifndef LIB_MNT_HANDLE_H
#define LIB_MNT_HANDLE_H

/*
 * A handle on the superblock of a mount, out of everybody's sight.
 *
 * Once a mount has left its place (MNT_DETACH) no path leads to it, so that nobody can
 * walk in any more; but nobody can force it either, and whoever is blocked inside stays
 * so.  The handle is a second mount of the same superblock, a clone, in a mount
 * namespace that only its keeper is in.  Through it MNT_FORCE reaches the superblock
 * for as long as anybody uses it.  An open descriptor keeps the clone busy: without it
 * the first MNT_FORCE would take the clone away.
 *
 * While it exists no other process drops the last reference to the superblock, which
 * is what can hang for ever on a dead server (DESTROY_SESSION of NFS 4.1).
 *
 * Nothing here allocates memory, so that it works when there is none, and nothing but
 * handle_clone(), handle_open(), handle_ask(), handle_flush() and handle_let_go() can
 * hang. Measured on Linux 6.1; needs 5.2 (open_tree(2)).
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/mnt/mount.h"

struct error;

struct handle {
	int host_fd; /* the mount namespace of the host */
	int own_fd;  /* the keeper's own */
	int sys_fd;  /* /sys, or -1 */
	int tree_fd; /* the clone, as long as it must stay busy; or -1 */
	int knob_fd; /* /sys/fs/nfs/MAJ:MIN/shutdown, or -1: kernels before 6.5 */
	bool placed; /* the clone is mounted in the keeper's namespace */
	unsigned major, minor; /* of its superblock, if placed */
};

#define HANDLE_INIT                                                                      \
	((struct handle){ .host_fd = -1,                                                 \
			  .own_fd = -1,                                                  \
			  .sys_fd = -1,                                                  \
			  .tree_fd = -1,                                                 \
			  .knob_fd = -1 })

/*
 * In the task that mounted: a detached clone of what is mounted at @mountpoint.  It
 * vanishes with its last descriptor unless handle_place() takes it.
 * Returns a descriptor, or -1 with errno.
 */
int handle_clone(const char *mountpoint) __attribute__((nonnull));

/*
 * Leave the host's mount namespace for one of our own, which holds nothing but /proc:
 * no mount of the host is kept busy by us.  @scratch: a local directory to build it on,
 * for example run_dir; nothing is changed there for others.  Needs root, and a process
 * with one thread.  Returns 0 or a negative error.
 */
int handle_enter(struct handle *ret, const char *scratch, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * Enter the namespace of @pid, in which another keeper has placed a clone, and make it
 * ours.  The earlier one may be dead; @pid is its hand.  Returns 0 or a negative error.
 */
int handle_join(struct handle *ret, pid_t pid, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * Mount the clone @tree_fd, which is taken over, in our namespace.
 * Returns 0 or a negative error (@tree_fd is closed).
 */
int handle_place(struct handle *h, int tree_fd, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* Which mount it is a clone of: opens the shutdown knob where the kernel has it. */
void handle_identify(struct handle *h, const struct mount_identity *id)
	__attribute__((nonnull));

/*
 * Take @id out of its place in the host's namespace (MNT_DETACH), if it is top-most
 * there, and with it what else of the same superblock is mounted there (binds).  Without
 * an id (0), for when nobody lived long enough to tell, it is what has the clone's device
 * at that mountpoint; id and device are filled in.  Returns an enum mount_look_outcome as
 * @id was found (GONE: there was nothing to do; COVERED: left alone), or -1 with errno.
 */
int handle_detach_public(const struct handle *h, struct mount_identity *id)
	__attribute__((nonnull));

/*
 * Abort all calls that are under way, once: MNT_FORCE, and the shutdown knob, which
 * also refuses those that come.
 */
void handle_force(const struct handle *h) __attribute__((nonnull));

/*
 * In a process that may be lost: a descriptor of the root, for handle_flush().
 * Returns it, or -1 with errno.
 */
int handle_open(void);

/*
 * In a process that may be lost: one call to the server, FSSTAT or GETATTR (statfs(2)
 * never answers from the cache).  Returns 0 or an errno.
 */
int handle_ask(void);

/* In a process that may be lost: syncfs(2).  Returns 0 or an errno. */
int handle_flush(int root_fd);

/*
 * In a process that may be lost: unmount the clone, the last reference with it if
 * nobody else has one.  @h must not be busy any more in any process (handle_idle()).
 * Returns 0 or an errno.
 */
int handle_let_go(void);

/* Whether the clone is in our namespace; of a table that cannot be read: yes. */
bool handle_is_placed(const struct handle *h) __attribute__((nonnull));

/* Close the descriptor that keeps the clone busy. */
void handle_idle(struct handle *h) __attribute__((nonnull));

/* Close all descriptors; a clone that is still placed goes with the namespace. */
void handle_done(struct handle *h);

/*
 * Whether the superblock @major:@minor lives, whoever holds it: its backing device is
 * in /sys.  Returns 1, 0, or -1 if that cannot be told.
 */
int handle_superblock_lives(const struct handle *h, unsigned major, unsigned minor)
	__attribute__((nonnull));

#endif
