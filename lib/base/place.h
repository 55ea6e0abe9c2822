/* SPDX-License-Identifier: MIT */
#ifndef LIB_BASE_PLACE_H
#define LIB_BASE_PLACE_H

/*
 * Where a path leads, found out without touching a file system that may hang.
 *
 * stat(2) on a dead NFS mount blocks, so asking statfs(2) "are you NFS?" is the
 * very thing to avoid.  The path is walked component by component instead, and
 * each prefix looked up in mountinfo, which never blocks, before it is touched.
 */

#include <limits.h>
#include <stdbool.h>

struct error;

/*
 * Resolve @path (absolute): symbolic links followed, "." and ".." and "//" gone.
 * Components that do not exist are kept as they are.
 *
 * @mountinfo: the text of /proc/self/mountinfo.
 * @ret: the resolved path.  Messages begin with @path.
 * Returns 0, or a negative error: ERROR_CONFIG when it leads onto a file system
 * that another host or a daemon serves, is not absolute, is too long, or has too
 * many links; ERROR_PERMISSION and ERROR_IO as the system said.
 */
int place_resolve(const char *path, const char *mountinfo, char ret[PATH_MAX],
		  struct error *err) __attribute__((nonnull, warn_unused_result));

/* place_resolve() with the mounts that there are now; also ERROR_IO without a /proc. */
int place_find(const char *path, char ret[PATH_MAX], struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * Whether a write to @fd can hang for a server: by its mount (proc_pid_fdinfo(5),
 * proc_pid_mountinfo(5)), without touching what it is open on.  What is on no mount, a
 * pipe or a socket, cannot.
 * @name: for the message.  Returns 0 or a negative error (ERROR_USAGE).
 */
int place_refuse_remote_fd(int fd, const char *name, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* The same for @fdinfo and @mountinfo, the texts of these files. */
int place_judge_fd(const char *fdinfo, const char *mountinfo, const char *name,
		   struct error *err) __attribute__((nonnull, warn_unused_result));

/* Whether a file system of type @fstype (as in mountinfo) can hang for a server. */
bool place_is_remote(const char *fstype) __attribute__((nonnull));

#endif
