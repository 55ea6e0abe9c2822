/* SPDX-License-Identifier: MIT */
#ifndef LIB_MNT_MOUNTSTATS_H
#define LIB_MNT_MOUNTSTATS_H

/*
 * What an NFS mount's calls came to: /proc/self/mountstats, statvers=1.0 and 1.1
 * (Linux 5.3), as printed by nfs_show_stats() and rpc_clnt_show_stats().
 * Reading it never asks a server.
 *
 * The counters of an operation move when a call *ends*; those of the transport
 * at each message sent and received.  So progress shows in the transport, and the
 * verdict on a run in the operations.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define MOUNTSTATS_OPS_MAX 128
#define MOUNTSTATS_NAME_SIZE 32

struct mountstats_op {
	char name[MOUNTSTATS_NAME_SIZE]; /* "WRITE" */
	uint64_t calls;
	uint64_t transmissions; /* more than @calls: sent again */
	uint64_t major_timeouts;
	uint64_t bytes_sent;
	uint64_t bytes_received;
	uint64_t queue_ms;   /* sum of the time waiting to be sent */
	uint64_t rtt_ms;     /* sum of the time from sending to the answer */
	uint64_t execute_ms; /* sum of the whole time */
	uint64_t errors;     /* ended with an error, ENOENT too; statvers 1.1 */
};

/* All connections of the mount together (nconnect). */
struct mountstats_transport {
	uint64_t connections;
	uint64_t connects; /* attempts, the first one included */
	uint64_t sends;
	uint64_t receives;
	uint64_t bad_xids; /* answers that nobody waited for */
};

struct mountstats {
	uint64_t age_s; /* since the mount */
	uint64_t short_reads;
	uint64_t short_writes;
	uint64_t delays;        /* JUKEBOX or DELAY answers */
	uint64_t bytes_read;    /* from the server */
	uint64_t bytes_written; /* to the server */
	struct mountstats_transport transport;
	struct mountstats_op ops[MOUNTSTATS_OPS_MAX];
	size_t op_count;
};

/* Which mount: as mountinfo prints it. */
struct mountstats_key {
	const char *source;
	const char *mountpoint;
};

enum mountstats_outcome {
	MOUNTSTATS_FOUND = 0,
	MOUNTSTATS_ABSENT, /* no NFS mount of that source at that mountpoint */
};

/*
 * Find @key in @len bytes of @text; the last one, if several are stacked.
 * Returns an enum mountstats_outcome, or -ERROR_IO if that mount's part is not
 * understood (other mounts' parts are not looked at).
 */
int mountstats_parse(const char *text, size_t len, const struct mountstats_key *key,
		     struct mountstats *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* mountstats_parse() of /proc/self/mountstats.  Does not block. */
int mountstats_read(const struct mountstats_key *key, struct mountstats *ret,
		    struct error *err) __attribute__((nonnull, warn_unused_result));

/* NULL if there was no such operation. */
const struct mountstats_op *mountstats_op(const struct mountstats *s, const char *name)
	__attribute__((nonnull));

/*
 * What happened between @before and @after of the same mount.
 * Returns false, and leaves @ret alone, if a counter went backwards: then they
 * are not of the same mount.
 */
bool mountstats_difference(const struct mountstats *before,
			   const struct mountstats *after, struct mountstats *ret)
	__attribute__((nonnull, warn_unused_result));

struct mountstats_summary {
	uint64_t calls;
	uint64_t retransmissions;
	uint64_t major_timeouts; /* a run is good only if 0 */
	uint64_t write_errors;   /* of WRITE, COMMIT, LAYOUTCOMMIT: only if 0 */
	uint64_t errors;         /* of all operations, harmless ones too */
};

void mountstats_summarize(const struct mountstats *s, struct mountstats_summary *ret)
	__attribute__((nonnull));

/* Did the server answer anything between the two? */
bool mountstats_progress(const struct mountstats *before, const struct mountstats *after)
	__attribute__((nonnull));

#endif
