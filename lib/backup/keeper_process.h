/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_KEEPER_PROCESS_H
#define LIB_BACKUP_KEEPER_PROCESS_H

/* The keeper's side of lib/backup/keeper.h. */

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/backup/keeper_page.h"

struct keeper_role {
	struct keeper_page *page;
	const _Atomic int64_t *answered_ns;
	const char *run_dir;
	int state_fd; /* a directory, for the note */
	int sock;
	pid_t supervisor;
	pid_t join; /* the hand of a keeper that has died, with the clone; or 0 */
};

/* In a child of child_fork().  Ends with it. */
_Noreturn void keeper_main(const struct keeper_role *role) __attribute__((nonnull));

#endif
