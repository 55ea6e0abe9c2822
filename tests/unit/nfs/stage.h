/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_NFS_STAGE_H
#define TESTS_UNIT_NFS_STAGE_H

/*
 * An attempt on a stage: each of its connections is a socketpair, whose other end
 * answers as a healthy server does, but where a test says otherwise.  No network,
 * no time: a round is everything that is under way at once, so rounds are round
 * trips.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/nfs/attempt.h"
#include "tests/unit/nfs/peer.h"

/* What becomes of a call. */
enum stage_act {
	STAGE_ANSWER = 0, /* as is usual, or with what the test has put into @body */
	STAGE_SILENT,
	STAGE_CLOSE,
	STAGE_UNAVAILABLE, /* PROC_UNAVAIL */
	STAGE_GARBAGE,
};

struct stage;

/* The last word on @call.  @body: the usual answer's; may be changed. */
typedef enum stage_act (*stage_fn)(struct stage *stage, const struct peer_call *call,
				   struct peer_body *body);

struct stage {
	struct attempt *attempt;
	int peers[CONN_COUNT]; /* the servers' ends; -1: none */
	unsigned rounds;
	char calls[64][24]; /* the names of all calls, in order */
	size_t n_calls;
	stage_fn fn;        /* NULL: all as is usual */
	const char *faulty; /* for @fn: the name of a call … */
	enum stage_act act; /* … and what becomes of it */
	unsigned refuse;    /* bits of connections that are refused */
	unsigned hang;      /* … that do not come up */
	/* The server's state. */
	uint32_t nfs_port, mountd_port;
	uint32_t mode, access, owner_of_new;
	uint64_t free_bytes, free_files;
	char written[CANARY_BYTES];
	bool exists; /* the canary */
};

/* A healthy server, and an attempt at it that has not started. */
void stage_open(struct stage *stage, const struct probe_request *request);

/* Until nothing moves any more. */
void stage_run(struct stage *stage);

/* attempt_conclude(). */
const struct probe_report *stage_report(struct stage *stage);

/* How often a call of that name was made. */
unsigned stage_count(const struct stage *stage, const char *name);

void stage_close(struct stage *stage);

/* Is @call the v3 procedure, or the compound with the v4 operation, of that name? */
bool stage_is(const struct peer_call *call, const char *name);

/* The usual answer to nothing but a status. */
void stage_status(struct peer_body *body, uint32_t status);

#endif
