/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_TEARDOWN_H
#define LIB_BACKUP_TEARDOWN_H

/*
 * The end of a mount, in every case: plainly while the server lives, by force when
 * it does not.
 */

struct command_run;
struct destination;
struct ending;
struct session;

/*
 * Unmount @dest: phase unmount, or breaker if its server is dead; @run (may be NULL)
 * is what still works on it, and is ended first.  On a living server a stranger who
 * still holds the mount keeps its files, but the mount leaves its place, and who it
 * is is told: a mount that stays would hurt others when the server dies.
 *
 * Blocks no longer than umount_timeout and 10 s; when the server is dead, 7 s.
 */
void teardown_run(struct session *s, struct destination *dest, struct command_run *run,
		  struct ending *ending) __attribute__((nonnull(1, 2, 4)));

#endif
