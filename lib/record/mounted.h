/* SPDX-License-Identifier: MIT */
#ifndef LIB_RECORD_MOUNTED_H
#define LIB_RECORD_MOUNTED_H

/*
 * What a run mounts: written before it does, with the identity once that is known, and
 * that it is gone.  So a later nfsafe can tell a mount that a dead run left behind from
 * one that is somebody else's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/record/query.h"

#define RECORD_PATH_SIZE 1024
#define RECORD_SOURCE_SIZE 1304
#define RECORD_FSTYPE_SIZE 16

struct record_mount {
	int64_t id;  /* of this row */
	int64_t run; /* whose it is */
	char destination[RECORD_NAME_SIZE];
	char source[RECORD_SOURCE_SIZE];
	char mountpoint[RECORD_PATH_SIZE];
	bool proved; /* the mount was seen: what follows is set */
	uint64_t mount_id;
	unsigned major;
	unsigned minor;
	char fstype[RECORD_FSTYPE_SIZE];
	/* Of record_mounts_left() only. */
	bool running;   /* the run has not ended */
	bool this_boot; /* a mount of another boot is gone, whatever has its id now */
};

/*
 * Before mount(2): @m's run, destination, source, mountpoint; @now_ms, wall clock.
 * @ret_id: for the two below.
 */
int record_mount_begin(struct record *record, const struct record_mount *m,
		       int64_t now_ms, int64_t *ret_id, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* It was seen: @m's id, source, mount_id, major, minor, fstype. */
int record_mount_prove(struct record *record, const struct record_mount *m,
		       struct error *err) __attribute__((nonnull, warn_unused_result));

/* It is not mounted any more, or never was.  @how: "by force", for example. */
int record_mount_end(struct record *record, int64_t id, int64_t now_ms, const char *how,
		     struct error *err) __attribute__((nonnull, warn_unused_result));

/*
 * Those that have not ended, the last one first.
 * @ret: an array of @ret_n, freed with free() by the caller; NULL when it is 0.
 */
int record_mounts_left(struct record *record, struct record_mount **ret, size_t *ret_n,
		       struct error *err) __attribute__((nonnull, warn_unused_result));

#endif
