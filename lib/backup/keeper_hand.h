/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_KEEPER_HAND_H
#define LIB_BACKUP_KEEPER_HAND_H

/*
 * The hand: a child of the keeper, made before it is needed, which does for it what may
 * hang or needs memory.  It may be killed at any time.  The namespace of both lives as
 * long as one of them; if the keeper dies the hand waits for another to take over, and
 * if none comes it breaks the mount off alone.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/mnt/handle.h"

struct error;
struct keeper_page;

enum hand_job {
	HAND_NONE = 0,
	HAND_OPEN,   /* the root of the clone, for HAND_FLUSH; value: an errno */
	HAND_SCAN,   /* value: how many use the superblock; into the page as well */
	HAND_ASK,    /* the server, by a call through the clone; value: an errno */
	HAND_FLUSH,  /* value: an errno */
	HAND_LET_GO, /* value: an errno */
};

struct hand {
	pid_t pid; /* 0: there is none */
	int sock;
	enum hand_job job; /* under way */
	int64_t since_ns;
};

/* Make one.  Returns 0 or a negative error. */
int hand_start(struct hand *ret, const struct handle *handle, struct keeper_page *page,
	       struct error *err) __attribute__((nonnull, warn_unused_result));

/* Give it @job; nothing if it is busy or gone.  Does not block. */
void hand_order(struct hand *h, enum hand_job job) __attribute__((nonnull));

/*
 * Take what it has to say.  Does not block.  Returns true with the job that is done and
 * its value.  A hand that has died is reaped: .pid is 0 afterwards.
 */
bool hand_take(struct hand *h, enum hand_job *ret_job, int *ret_value)
	__attribute__((nonnull));

/* Kill it.  Returns whether it is gone, within @wait_ms. */
bool hand_kill(struct hand *h, int wait_ms) __attribute__((nonnull));

#endif
