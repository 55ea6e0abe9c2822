/* SPDX-License-Identifier: MIT */
#ifndef LIB_PROC_TREE_H
#define LIB_PROC_TREE_H

/*
 * Who descends from whom.  A command may leave processes behind that have changed
 * their group and lost their parent; with tree_adopt() they become children of this
 * process instead of init's, and can still be told from strangers.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Adopt orphaned descendants from now on (PR_SET_CHILD_SUBREAPER, prctl(2)). */
void tree_adopt(void);

/* @pid's parent, from /proc; 0 if there is no such process.  Touches no other file. */
pid_t tree_parent(pid_t pid);

/*
 * When @pid was started: field 22 of proc_pid_stat(5), clock ticks after the boot.  With
 * it a pid names one process of this boot, and no other that gets the pid later. Returns
 * -1 if there is no such process, or it has ended.
 */
int64_t tree_started(pid_t pid);

/* Whether @pid is @ancestor or descends from it.  False if it is gone. */
bool tree_descends(pid_t pid, pid_t ancestor);

/*
 * Send @sig (0: nothing) to each child of this process that lives, but the @n_spare in
 * @spare: what a command left behind, once it and all our own children but those are
 * gone. Their children become ours when they end: call it again until there are none.
 * Returns how many there were.
 */
size_t tree_signal_adopted(const pid_t *spare, size_t n_spare, int sig);

/*
 * Reap adopted children that have ended: in a long run they would pile up as zombies.
 * @spare's status belongs to somebody (0: none): it is left, and once it has ended
 * those that the kernel names after it are left too, until next time.
 */
void tree_reap(pid_t spare);

#endif
