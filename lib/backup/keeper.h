/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_KEEPER_H
#define LIB_BACKUP_KEEPER_H

/*
 * The keeper: the breaker's hand on the superblock.
 *
 * A process made before the mount, which gets a clone of it (lib/mnt/handle.h) and does
 * nothing until it must break: take the public path away, end the command's group, force
 * every 20 ms until nobody uses the superblock, let it go.  It does so when it is told;
 * by itself when no call was answered for longer than the watch would have borne, should
 * the supervisor hang; and when the supervisor dies.  Then it also leaves a note.
 *
 * It is out of reach of the OOM killer, locked in memory, parses nothing that comes over
 * a network, and allocates nothing once it has begun.  What can hang it leaves to its
 * hand, a child that may be lost.
 *
 * When its run is over and somebody still uses the mount, it stays with him, gives up
 * keeper.lock, and is in nobody's way.
 *
 * If the keeper dies, keeper_replace() makes another: from the public mount, or from the
 * clone in the namespace that its hand is still in.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/backup/keeper_page.h"
#include "lib/base/deadline.h"
#include "lib/proc/child.h"

struct error;
struct log;

struct keeper_spec {
	const char *run_dir;   /* local */
	const char *state_dir; /* local; for the note */
	const char *destination;
	const char *source;
	const char *mountpoint;
	int64_t run;
	int64_t max_stall_ms;
	const struct log *log;
};

struct keeper {
	struct keeper_spec spec;
	struct keeper_page *page; /* NULL: there is none */
	_Atomic int64_t *answered_ns;
	struct child child;
	int sock; /* ours; the keeper has the other end */
	unsigned replaced;
};

#define KEEPER_NONE ((struct keeper){ .child = { .pidfd = -1 }, .sock = -1 })

/*
 * Start one; it waits for the clone.  Needs root.  Blocks for 2 s at most.
 * @ret: on success to be ended by keeper_stop().  Strings in @spec are kept.
 * Returns 0 or a negative error.
 */
int keeper_start(struct keeper *ret, const struct keeper_spec *spec, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* Where mount_attach() sends the clone; -1 without a keeper. */
int keeper_clone_sock(const struct keeper *k) __attribute__((nonnull));

/*
 * From now on it watches over @mount.  Blocks until it has taken the clone, @d at most.
 * Returns 0 or a negative error.
 */
int keeper_watch(struct keeper *k, const struct mount_identity *mount, struct deadline d,
		 struct error *err) __attribute__((nonnull, warn_unused_result));

/* For struct beat_request: when the prober had its last answer; NULL: no keeper. */
_Atomic int64_t *keeper_answered(const struct keeper *k) __attribute__((nonnull));

/* Where the group of the command is to be stored once it is forked; NULL: no keeper. */
_Atomic int *keeper_group(const struct keeper *k) __attribute__((nonnull));

/* The watch saw a sign of life at @at_ns (CLOCK_MONOTONIC). */
void keeper_alive(const struct keeper *k, int64_t at_ns) __attribute__((nonnull));

enum keeper_look {
	KEEPER_LOOK_WATCHING = 0, /* or there is none */
	KEEPER_LOOK_TRIPPED,      /* it has broken the mount off, by itself or ordered */
	KEEPER_LOOK_DEAD,         /* it has ended before it should have */
};

/* Does not block. */
enum keeper_look keeper_look(const struct keeper *k) __attribute__((nonnull));

/* For poll(2): readable once it is dead; -1 without a keeper. */
int keeper_fd(const struct keeper *k) __attribute__((nonnull));

/*
 * Another one in place of one that has died, which goes on where that was.  Blocks for
 * 4 s at most.  Returns 0 or a negative error: there is none now.
 */
int keeper_replace(struct keeper *k, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* Break: the server is dead.  Does not block. */
void keeper_trip(const struct keeper *k) __attribute__((nonnull));

/* The public mount is gone, or has left its place: let go.  Does not block. */
void keeper_release(const struct keeper *k) __attribute__((nonnull));

/*
 * The public mount has left its place, but somebody still uses it: go on watching, by a
 * call of its own each second, until nobody does, and break if the server dies.  For
 * when the run is over: keeper_stop() lets it be then.  Does not block.
 */
void keeper_linger(const struct keeper *k) __attribute__((nonnull));

/*
 * Wait until it is done, replacing it if it dies meanwhile.  Blocks no longer than @d
 * and 4 s.  Returns whether it is done; its page tells how far it is.
 */
bool keeper_wait(struct keeper *k, struct deadline d) __attribute__((nonnull));

/* The pids of keeper and hand that are ours, in @ret; returns how many. */
size_t keeper_pids(const struct keeper *k, pid_t ret[2]) __attribute__((nonnull));

/*
 * No more business with it.  One that is not done goes on by itself if it breaks, and is
 * ended if it only waits.  Safe on KEEPER_NONE and twice.
 */
void keeper_stop(struct keeper *k);

#endif
