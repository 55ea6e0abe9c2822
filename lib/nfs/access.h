/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_ACCESS_H
#define LIB_NFS_ACCESS_H

/*
 * May the backup's user write to the export, and if not, why not.  ACCESS only says
 * "no"; a read-only export, a squashed user and a directory of somebody else all
 * look the same in it.  Two more facts tell them apart: what the mode of the
 * directory promises this user, and whether the server says ROFS to the REMOVE of a
 * name that is not there.  (That it says NOENT proves nothing: some look the name up
 * before they look at the rights.)  Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/nfs/verdict.h"

struct access_facts {
	uint32_t granted; /* PROBE_ACCESS_… of ACCESS */
	uint32_t uid, gid;
	const uint32_t *groups;
	size_t n_groups;
	bool has_mode; /* and owner and group, as numbers */
	uint32_t mode, owner, group;
	bool read_only; /* the REMOVE was answered with ROFS */
};

/* All that a backup needs: to change the directory. */
bool access_can_write(uint32_t granted);

/* What the mode, if known, lets the user do, were it not for the export's options. */
bool access_mode_allows(const struct access_facts *facts) __attribute__((nonnull));

/* RESULT_OK, READ_ONLY, SQUASHED or DENIED. */
enum probe_result access_judge(const struct access_facts *facts) __attribute__((nonnull));

#endif
