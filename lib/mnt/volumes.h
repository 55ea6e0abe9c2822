/* SPDX-License-Identifier: MIT */
#ifndef LIB_MNT_VOLUMES_H
#define LIB_MNT_VOLUMES_H

/*
 * The fsid that the NFS client got from the server for a mount, out of
 * /proc/fs/nfsfs/volumes: what is really mounted, told without asking the server
 * (statfs(2) on NFS leaves f_fsid zero).
 */

#include <stddef.h>

struct error;

/* "1b9e:0": major and minor in hexadecimal; NFSv3 has no minor. */
#define VOLUMES_FSID_SIZE 40

enum volumes_outcome {
	VOLUMES_FOUND = 0,
	VOLUMES_ABSENT,
};

/*
 * Find the volume of device @major:@minor in @len bytes of @text.
 * Returns an enum volumes_outcome, or -ERROR_IO if the table is not understood.
 */
int volumes_parse(const char *text, size_t len, unsigned major, unsigned minor,
		  char ret_fsid[VOLUMES_FSID_SIZE], struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* volumes_parse() of /proc/fs/nfsfs/volumes.  Does not block. */
int volumes_read(unsigned major, unsigned minor, char ret_fsid[VOLUMES_FSID_SIZE],
		 struct error *err) __attribute__((nonnull, warn_unused_result));

#endif
