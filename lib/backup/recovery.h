/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_RECOVERY_H
#define LIB_BACKUP_RECOVERY_H

/* One recovery under way: what its parts share.  Internal to lib/backup/recover*.c. */

#include "lib/backup/recover.h"
#include "lib/record/event.h"

struct recovery {
	const struct recover_request *req;
	struct recover_report *report;
};

/*
 * Tell it: to the report, and to the timeline of @run (0: none), as @kind.
 * Returns 0 or a negative error from the record.
 */
int recovery_note(struct recovery *rec, enum recover_what what, bool cleared, int64_t run,
		  struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 6, 7), nonnull(1, 5, 6), warn_unused_result));

/* What keepers have left in writing.  Returns 0 or a negative error. */
int recover_note(struct recovery *rec, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * End what the commands of dead runs have left behind that worked on @mountpoint:
 * SIGTERM, and SIGKILL after @grace_ms.  Blocks no longer than @grace_ms and 3 s.
 * @run: whose timeline it belongs to; 0: none.
 * Returns 0 or a negative error.
 */
int recover_processes(struct recovery *rec, const char *mountpoint, int64_t run,
		      int64_t grace_ms, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* The mounts that dead runs have left, and their processes.  Returns as above. */
int recover_mounts(struct recovery *rec, struct error *err)
	__attribute__((nonnull, warn_unused_result));

#endif
