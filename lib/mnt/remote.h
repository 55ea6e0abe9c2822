/* SPDX-License-Identifier: MIT */
#ifndef LIB_MNT_REMOTE_H
#define LIB_MNT_REMOTE_H

/*
 * Paths at and below a destination's mountpoint.
 *
 * Whoever looks one up may hang for as long as the server pleases.  So they are
 * not strings: only this module can unwrap one, and every function here that does
 * says "in a task".  Those must be called in a process made by task_run(), which is
 * waited for with a deadline; never in the supervisor.
 *
 * Symbolic links in the last component are never followed: what lies on the export
 * was written by others.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct error;
struct remote;

/*
 * The root of the mount at @mountpoint (absolute).  Looks nothing up.
 * @ret: owned by the caller, who calls remote_free().
 * Returns 0 or -ERROR_INTERNAL (no memory).
 */
int remote_new(const char *mountpoint, struct remote **ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * @name inside @dir.  Looks nothing up.
 * @name: one component, not "." or "..", without a slash.
 * Returns 0, or -ERROR_INTERNAL.
 */
int remote_join(const struct remote *dir, const char *name, struct remote **ret,
		struct error *err) __attribute__((nonnull, warn_unused_result));

void remote_free(struct remote *r);
static inline void remote_freep(struct remote **r)
{
	remote_free(*r);
}
#define cleanup_remote __attribute__((cleanup(remote_freep)))

/* For messages and for a command's environment, never to be opened. */
const char *remote_text(const struct remote *r) __attribute__((nonnull));

/*
 * In a task.  open(2) with O_NOFOLLOW, O_CLOEXEC and O_NOCTTY added.
 * Returns a descriptor, or -1 and errno.
 */
int remote_open(const struct remote *r, int flags, mode_t mode) __attribute__((nonnull));

/* In a task.  Return 0, or -1 and errno. */
int remote_unlink(const struct remote *r) __attribute__((nonnull));
int remote_link(const struct remote *from, const struct remote *to)
	__attribute__((nonnull));

/* Of the file system below a mount. */
struct remote_space {
	uint64_t total_bytes;
	uint64_t free_bytes; /* for users without privileges */
	uint64_t total_files;
	uint64_t free_files;
};

/* In a task.  statfs(2).  Returns 0, or -1 and errno. */
int remote_space(const struct remote *r, struct remote_space *ret)
	__attribute__((nonnull));

/* In a task.  open(2) and syncfs(2) of the mount.  Returns 0, or -1 and errno. */
int remote_syncfs(const struct remote *r) __attribute__((nonnull));

#endif
