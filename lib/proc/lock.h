/* SPDX-License-Identifier: MIT */
#ifndef LIB_PROC_LOCK_H
#define LIB_PROC_LOCK_H

/*
 * The lock of a host: at most one run.  A record lock (fcntl(2)) on a file in
 * run_dir, which must be local: /run is a tmpfs.  Such a lock belongs to the
 * process, not to its children, and is gone with it however it dies; a stuck
 * child cannot hold it.  The file says who, since when, in which phase, for the
 * one who comes second; it is never removed.
 */

#include <stdint.h>
#include <sys/types.h>

struct error;

#define LOCK_TEXT_SIZE 64

enum lock_file {
	LOCK_RUN = 0, /* nfsafe.lock: at most one run a host */
	LOCK_KEEPER,  /* keeper.lock: of the keeper, which may outlive its run */
};

struct lock_holder {
	pid_t pid;
	int64_t since_ms;             /* wall clock, UTC */
	int64_t phase_since_ms;       /* wall clock, UTC */
	int64_t run_id;               /* in the record; 0 if it is not there yet */
	char command[LOCK_TEXT_SIZE]; /* "run", "exec" */
	char phase[LOCK_TEXT_SIZE];   /* "probe", "backup" */
	char destination[LOCK_TEXT_SIZE];
	/* The leader of the command's group, with its start so that no other process is
	 * taken for it (tree_started()); 0: none. */
	pid_t group;
	int64_t group_started;
};

struct lock {
	int fd;
	struct lock_holder self;
};

#define LOCK_INIT ((struct lock){ .fd = -1 })

enum lock_outcome {
	LOCK_TAKEN = 0,
	LOCK_HELD, /* by another process: @ret_holder */
};

/*
 * Take the lock in @run_dir (created, 0755, if missing) for @command.  Does not
 * block.  There must be one struct lock of a file at most in a process, and nothing else
 * may open the file: closing any descriptor of it gives the lock away.
 * @ret_holder: LOCK_TAKEN: who had it before, and is gone; pid 0 if nobody.  Its group
 * stays in the file until lock_set_group() says something else.
 * Returns an enum lock_outcome, or a negative error: ERROR_PERMISSION,
 * ERROR_CREATE, ERROR_CONFIG if @run_dir is on a network file system, or the lock no
 * file.
 */
int lock_take(const char *run_dir, enum lock_file which, const char *command,
	      struct lock *ret, struct lock_holder *ret_holder, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* Say in the file what the holder is doing now; NULL leaves a field as it was. */
void lock_set_phase(struct lock *lock, const char *phase, const char *destination)
	__attribute__((nonnull(1)));
void lock_set_run(struct lock *lock, int64_t run_id) __attribute__((nonnull));
/* @leader: 0: there is none (any more). */
void lock_set_group(struct lock *lock, pid_t leader) __attribute__((nonnull));

/* Give it back; safe on LOCK_INIT and twice. */
void lock_release(struct lock *lock);

/*
 * Give it back as if it had not been taken: the file tells of @previous again, as
 * lock_take() gave it.  For who could not even start.  Safe on LOCK_INIT.
 */
void lock_abandon(struct lock *lock, const struct lock_holder *previous)
	__attribute__((nonnull));

enum lock_peek_outcome {
	LOCK_PEEK_FREE = 0, /* @ret_holder: who had it last; pid 0 if nobody */
	LOCK_PEEK_HELD,     /* @ret_holder: who has it */
};

/*
 * Who holds the lock, without taking it; for readers, who may lack the right to
 * take it.  Must not be called by the holder.  Does not block, whatever the file is.
 * Returns an enum lock_peek_outcome, or a negative error: ERROR_CONFIG if it is no file.
 */
int lock_peek(const char *run_dir, enum lock_file which, struct lock_holder *ret_holder,
	      struct error *err) __attribute__((nonnull, warn_unused_result));

#endif
