/* SPDX-License-Identifier: MIT */
#ifndef LIB_MNT_MOUNTINFO_H
#define LIB_MNT_MOUNTINFO_H

/*
 * The table of mounts, /proc/self/mountinfo (proc_pid_mountinfo(5)).
 *
 * It is what proves a mount: reading it never asks a server, while stat(2) and
 * statfs(2) on the path hang with it.  No path is looked up and none is made
 * canonical: paths are compared as the kernel prints them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

struct mountinfo_entry {
	uint64_t id; /* unique while the mount lives, then given to another */
	uint64_t parent_id;
	unsigned major; /* of the superblock's anonymous device */
	unsigned minor;
	const char *root; /* of the mount within its filesystem */
	const char *mountpoint;
	const char *options; /* of the mount: "rw,nosuid" */
	bool shared;         /* it passes on what is mounted and unmounted on it */
	bool slave;          /* it gets what is mounted and unmounted on its master */
	const char *fstype;
	const char *source;
	const char *super_options; /* of the superblock: "rw,vers=3,soft" */
};

struct mountinfo {
	struct mountinfo_entry *entries; /* in the order of the file */
	size_t count;
	char *text; /* what the entries point into */
};

/*
 * Parse @len bytes of @text, unescaping \ooo.  Strict: one line that is not
 * understood fails the whole, because nothing can be proved with half a table.
 * @ret: owned by the caller, who calls mountinfo_done().
 * Returns 0, or -ERROR_IO with the number of the line.
 */
int mountinfo_parse(const char *text, size_t len, struct mountinfo *ret,
		    struct error *err) __attribute__((nonnull, warn_unused_result));

/* mountinfo_parse() of /proc/self/mountinfo.  Does not block. */
int mountinfo_read(struct mountinfo *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* Safe on a zeroed struct and twice. */
void mountinfo_done(struct mountinfo *m);

/*
 * The mount on which @path lies, walking from the root as the kernel does: of
 * mounts stacked on one another the top-most counts, and one that is hidden by a
 * later mount on a directory above is not found.
 * @path: absolute, without "//", "." or "..", no part of it a symbolic link.
 * Returns an entry of @m, or NULL if not even "/" is in the table (chroot).
 */
const struct mountinfo_entry *mountinfo_covering(const struct mountinfo *m,
						 const char *path)
	__attribute__((nonnull));

/* mountinfo_covering(), but NULL unless it is mounted at @path itself. */
const struct mountinfo_entry *mountinfo_at(const struct mountinfo *m, const char *path)
	__attribute__((nonnull));

/* How many mounts have @path for their mountpoint, hidden ones too. */
size_t mountinfo_count_at(const struct mountinfo *m, const char *path)
	__attribute__((nonnull));

const struct mountinfo_entry *mountinfo_by_id(const struct mountinfo *m, uint64_t id)
	__attribute__((nonnull));

/* Is @fstype one whose server can hang whoever looks up a path on it? */
bool mountinfo_is_remote(const char *fstype) __attribute__((nonnull));

/* "nfs" or "nfs4" */
bool mountinfo_is_nfs(const char *fstype) __attribute__((nonnull));

/*
 * Do two sources name the same export?  The kernel prints "nas:/backup" for
 * "nas:/backup/", so trailing slashes do not count; all else does.
 */
bool mountinfo_same_source(const char *a, const char *b) __attribute__((nonnull));

#endif
