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

struct error;

/*
 * Adopt orphaned descendants from now on (PR_SET_CHILD_SUBREAPER, prctl(2)).
 * Returns 0 or a negative error: this kernel cannot, or does not list children
 * (CONFIG_PROC_CHILDREN, proc_pid_children(5)).
 */
int tree_adopt(struct error *err) __attribute__((nonnull, warn_unused_result));

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
 * Send @sig (0: nothing) to each child of this process that lives, and reap each that has
 * ended, but the @n_spare in @spare (0 is nobody): what a command left behind, once it
 * and all our own children but those are gone.  One whose main thread has ended lives as
 * long as any of its threads.
 *
 * Returns how many there were, those that had ended included: they may have left others,
 * who are ours only now.  Call it again until it is 0: then nobody was left when it was
 * called.
 */
size_t tree_signal_adopted(const pid_t *spare, size_t n_spare, int sig);

/*
 * Reap adopted children that have ended: in a long run they would pile up as zombies.
 * @spare: those whose status belongs to somebody.  Costs one system call if there are
 * none.
 */
void tree_reap(const pid_t *spare, size_t n_spare);

#endif
