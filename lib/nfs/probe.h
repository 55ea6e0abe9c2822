/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_PROBE_H
#define LIB_NFS_PROBE_H

/*
 * Probe: is this NFS server fit for use, asked by real calls, without a mount.
 *
 * One or a thousand sources at once, in one event loop.  Two kinds of process take
 * part.  The caller is the *broker* (lib/nfs/broker.h): it resolves names in
 * disposable children and makes the sockets, since only root may bind reserved
 * ports; it reads no byte from the network.  The *prober*, a child without any
 * privilege, gets connected sockets, speaks RPC and hands back reports, which the
 * broker checks as it would a stranger's.  If the prober crashes, the source that
 * it was busy with has the verdict "garbage", and another prober goes on with the
 * others.
 *
 * The cost is counted in round trips, a connect being one: v3 takes 5 (3 with
 * pinned ports), v4.0 2, v4.1 5; with the canary 9, 7 and 9.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/source.h"
#include "lib/nfs/report.h"
#include "lib/nfs/verdict.h"
#include "lib/nfs/vers.h"

struct error;
struct identity;

/* As many as AUTH_SYS carries (RFC 5531, appendix A). */
#define PROBE_GROUPS_MAX 16

struct probe_request {
	struct source source;
	enum nfs_vers vers;
	int64_t timeout_ms; /* > 0; a verdict comes not later, + 100 ms */
	uint16_t port;      /* of nfsd; 0: 2049, for v3 what rpcbind says */
	uint16_t mountport; /* of mountd; 0: ask rpcbind; if set, rpcbind is not asked */
	uint32_t uid, gid;  /* of the backup: whom ACCESS and the canary are about */
	uint32_t groups[PROBE_GROUPS_MAX];
	size_t n_groups;
	bool write; /* the canary too */
};

/* A report has come; @index into the requests.  Not called from a signal or thread. */
typedef void (*probe_report_fn)(void *data, size_t index,
				const struct probe_report *report);

struct probe_job {
	const struct probe_request *requests;
	size_t n;
	const struct identity *identity; /* of the prober and the resolvers: not root */
	int cancel_fd;                   /* readable: give up; -1: none */
	probe_report_fn on_report;
	void *data;
};

enum probe_outcome {
	PROBE_DONE = 0,  /* one report for each request was handed over */
	PROBE_CANCELLED, /* @cancel_fd could be read; some reports are missing */
};

/*
 * Run all of @job at once and hand over each report as it comes.  Blocks no longer
 * than the longest time-out and one second; unless there are more than 4096, or a
 * user may not have six descriptors for each: then they are probed in turns, and
 * each turn has that time.
 * Returns an enum probe_outcome, or a negative error: nothing could be asked
 * (ERROR_INTERNAL, ERROR_SYSTEM, ERROR_PERMISSION).  No bytes from a server lead
 * to an error.
 */
int probe_run(const struct probe_job *job, struct error *err)
	__attribute__((nonnull, warn_unused_result));

#endif
