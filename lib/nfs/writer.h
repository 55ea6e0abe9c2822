/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_WRITER_H
#define LIB_NFS_WRITER_H

/*
 * The write canary of a watch: which call is next, and what the answer to it means.
 * A beat is one WRITE of a few bytes, which must be on the disk before it is answered
 * (FILE_SYNC), to a file that is there; and whatever has to go before it when the
 * connection, the session or the file is new:
 *
 *	v3    LOOKUP of the name in the export's root
 *	4.0   LOOKUP of the path
 *	4.1   EXCHANGE_ID, CREATE_SESSION, LOOKUP of the path; 4.2 the same
 *
 * v4 writes with the anonymous stateid (RFC 8881, section 8.2.3): no OPEN, so that there
 * is no state that a server would have to keep, or that could get lost.
 *
 * One call at a time.  No I/O: lib/nfs/beater.c has the connection.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/nfs/beat.h"
#include "lib/nfs/nfs4.h"
#include "lib/nfs/rpc.h"

/* Room for the arguments of a call. */
#define WRITER_ARGS_SIZE 4096
#define WRITER_OWNER_SIZE 40
#define WRITER_TEXT_SIZE 33

struct writer {
	const struct beat_file *file;
	enum nfs_vers vers;
	unsigned step;     /* into the steps of that version */
	bool retried;      /* this beat has begun anew already */
	uint32_t writes;   /* goes into the file */
	uint64_t verifier; /* another one for each connection */
	char owner[WRITER_OWNER_SIZE];
	char text[WRITER_TEXT_SIZE]; /* what is written */
	struct nfs_handle handle;
	struct nfs4_client client;
	char session[NFS4_SESSION_SIZE];
	uint32_t seqid;
};

/* @file: kept.  @unique: a number that no other writer has. */
void writer_init(struct writer *w, const struct beat_file *file, enum nfs_vers vers,
		 uint64_t unique) __attribute__((nonnull));

/* The connection is a new one. */
void writer_reset(struct writer *w) __attribute__((nonnull));

/* The next call is the first one of another beat. */
void writer_begin(struct writer *w) __attribute__((nonnull));

/*
 * The next call, but for its tag.  @buf: WRITER_ARGS_SIZE bytes, that @ret points into.
 * Returns false if its arguments do not fit: a path that is too long.
 */
bool writer_call(struct writer *w, char *buf, struct rpc_request *ret)
	__attribute__((nonnull, warn_unused_result));

/*
 * The answer to it.  Returns true when the beat is over: @ret_result is one of
 * BEAT_ANSWERED, BEAT_REJECTED, BEAT_GARBAGE, BEAT_REFUSED_WRITE, BEAT_DELAYED,
 * BEAT_NO_FILE, @ret_status what the server said; false when another call is to follow.
 */
bool writer_take(struct writer *w, const struct rpc_reply *reply,
		 enum beat_result *ret_result, uint32_t *ret_status)
	__attribute__((nonnull, warn_unused_result));

#endif
