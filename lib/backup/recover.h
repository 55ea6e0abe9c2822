/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_RECOVER_H
#define LIB_BACKUP_RECOVER_H

/*
 * What a dead nfsafe has left behind, found and cleared: by each run before it begins,
 *and by `nfsafe recover`.
 *
 *	keeper     one that lives is waited for: it does its work
 *	note       what it left in writing goes into the record
 *	runs       those that are running in the record, but have no process, are aborted
 *	processes  of the command: known by their environment and their group; ended
 *	mounts     ours by the record: the very mount that a dead run has written down,
 *or, if it died before it could, an NFS mount of its source at its mountpoint with our
 *options that nobody had there before; unmounted as by teardown. No other one is touched.
 *	tasks      of ours that are stuck in a dead server; named
 *
 * May be done at any time, by the holder of the lock, and again: what was done half is
 *done to its end.  What could not be cleared is told, and found again the next time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf;
struct error;
struct json;
struct lock;
struct lock_holder;
struct log;
struct record;

enum recover_what {
	RECOVER_RUN = 0,
	RECOVER_NOTE,
	RECOVER_KEEPER,
	RECOVER_PROCESS,
	RECOVER_MOUNT,
	RECOVER_FOREIGN, /* what is mounted at a mountpoint of ours is not */
	RECOVER_TASK,
};

struct recover_item {
	enum recover_what what;
	bool cleared; /* else it is still there */
	char text[320];
};

#define RECOVER_ITEMS_MAX 24

struct recover_report {
	struct recover_item items[RECOVER_ITEMS_MAX];
	size_t n;           /* in @items */
	size_t left;        /* that could not be cleared */
	bool still_mounted; /* one of these is a mount of ours */
};

struct recover_request {
	const struct conf *conf;
	struct record *record;
	const struct log *log;
	struct lock *lock; /* ours */
	const struct lock_holder *previous;
	int cancel_fd; /* readable: no longer wait than it must; -1: none */
	bool thorough; /* look also where nothing says that something was left */
};

/*
 * Blocks as long as the local disk does, if nothing was left.  Else RECOVER_KEEPER_MS for
 * a keeper, and for each mount its probe_timeout and umount_timeout, and 10 s.
 * Returns 0 with @ret filled, whatever could be cleared; or a negative error from the
 * record.
 */
int recover_all(const struct recover_request *req, struct recover_report *ret,
		struct error *err) __attribute__((nonnull, warn_unused_result));

#define RECOVER_KEEPER_MS 20000

/* One line each: a warning for what was cleared, an error for what was not. */
void recover_tell(const struct recover_report *report, const struct log *log)
	__attribute__((nonnull));

/* "mount", "process": for --json. */
const char *recover_what_name(enum recover_what what);

#endif
