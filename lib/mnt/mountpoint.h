/* SPDX-License-Identifier: MIT */
#ifndef LIB_MNT_MOUNTPOINT_H
#define LIB_MNT_MOUNTPOINT_H

/*
 * The bare mountpoint: the local directory below the mount.
 *
 * It belongs to root, nobody may write to it (0555) and it is immutable where the
 * filesystem can do that, so that a backup that starts without the mount fails
 * instead of filling the system disk.
 *
 * Everything here looks at mountinfo first and touches nothing that is, or lies on,
 * a mount of a network: it does not block but for the local disk.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct error;
struct mountinfo;

enum mountpoint_verdict {
	MOUNTPOINT_SAFE = 0,
	MOUNTPOINT_MISSING,
	MOUNTPOINT_BAD_PATH, /* not absolute, "//", "." or "..", a symbolic link in it */
	MOUNTPOINT_MOUNTED,  /* something is mounted there already */
	MOUNTPOINT_REMOTE,   /* it, or a directory above it, is on a network */
	MOUNTPOINT_NOT_A_DIRECTORY,
	MOUNTPOINT_NOT_EMPTY,
	MOUNTPOINT_UNSAFE, /* not root's, or somebody may write to it */
};

enum mountpoint_flag {
	MOUNTPOINT_FLAG_UNSUPPORTED = 0, /* the filesystem has no such flag */
	MOUNTPOINT_FLAG_CLEAR,
	MOUNTPOINT_FLAG_SET,
};

#define MOUNTPOINT_NAME_SIZE 64

/* What was seen.  Fields below the first that settles the verdict are not set. */
struct mountpoint_facts {
	bool well_formed;
	bool mounted;
	bool remote;
	bool exists;
	bool symlink;
	bool directory;
	uid_t uid;
	mode_t mode; /* permission bits */
	bool empty;
	char first_entry[MOUNTPOINT_NAME_SIZE]; /* something that is in it */
	enum mountpoint_flag immutable;
};

/*
 * Gather the facts about @path, judged against the table of mounts @m.
 * Returns 0, or -ERROR_SYSTEM if something could not be looked at.
 */
int mountpoint_inspect(const char *path, const struct mountinfo *m,
		       struct mountpoint_facts *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* Pure.  Sets @why (ERROR_UNSAFE, what is wrong and what to do) unless SAFE. */
enum mountpoint_verdict mountpoint_judge(const char *path,
					 const struct mountpoint_facts *facts,
					 struct error *why) __attribute__((nonnull));

/*
 * Both, with the current table.  Before every mount.
 * Returns an enum mountpoint_verdict with the words in @err, or a negative error.
 */
int mountpoint_check(const char *path, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * Make @path safe: create it (and missing directories above, 0755), give it to
 * root, mode 0555, immutable where possible.  Removes nothing: something in it is
 * refused.  Can be repeated.  Needs root.
 *
 * @ret_immutable: what came of the flag.
 * Returns MOUNTPOINT_SAFE, or the verdict that it cannot mend with the words in
 * @err, or a negative error (ERROR_CREATE).
 */
int mountpoint_prepare(const char *path, enum mountpoint_flag *ret_immutable,
		       struct error *err) __attribute__((nonnull, warn_unused_result));

#endif
