/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_BREAKER_H
#define LIB_BACKUP_BREAKER_H

/*
 * What the keeper (lib/backup/keeper.h) does for a run, and what came of it: in the
 * record, in the log, in the run's ending.
 */

#include <stdbool.h>

struct destination;
struct ending;
struct session;

/*
 * The server of @dest is dead: break its mount off.  If the keeper has begun by itself
 * only the result is waited for.  Blocks for 10 s at most; a mount that somebody still
 * uses out of sight then is left to the keeper, which outlives the run.
 * Returns whether the mount has left its place; if not, or without a keeper, nothing
 * but plain means is left (mount_detach()).
 */
bool breaker_trip(struct session *s, struct destination *dest, struct ending *ending)
	__attribute__((nonnull, warn_unused_result));

/*
 * The mount of @dest has left its place, but somebody still uses it: the keeper watches
 * over him, beyond the end of the run.  Does not block.
 */
void breaker_linger(struct session *s, struct destination *dest) __attribute__((nonnull));

/*
 * The mount of @dest has left its place in the ordinary way: let the superblock go, in
 * a process that may hang.  Blocks for 24 s at most.
 */
void breaker_release(struct session *s, struct destination *dest, struct ending *ending)
	__attribute__((nonnull));

#endif
