/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_HANGING_H
#define TESTS_UNIT_HANGING_H

/*
 * A file system that hangs: FUSE, and nobody there to answer.  Whoever touches it waits
 * until he is killed, as with a dead NFS server.  Needs root; is in a mount namespace
 * of the test's own, and gone with it.
 */

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>

/* Mount it at @path.  False if this cannot be done here (not root, no FUSE). */
static inline bool hanging_mount(const char *path)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[96];

	if (fd < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	/* The descriptor stays open: closing it would end the waiting. */
	return mount("nfsafe-test", path, "fuse", 0, options) == 0;
}

#endif
