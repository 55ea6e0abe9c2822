/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_PROBER_H
#define LIB_NFS_PROBER_H

/*
 * The prober that probes: the event loop in the cell, see lib/nfs/broker.h.  It
 * has an attempt (lib/nfs/attempt.h) for each address of each source that it tries,
 * and sees to it that each source has its verdict by its deadline.
 *
 * Addresses are tried one after the other, and not quite: the next one starts when
 * an attempt has failed in a way that another address may not, when TCP is not up
 * after HEDGE_CONNECT_MS (RFC 8305, section 5), or when nfsd answered nothing in a
 * third of the time.  The first one that is good is the verdict; failing that, the
 * one that got farthest.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/nfs/broker.h"
#include "lib/nfs/probe.h"

#define HEDGE_CONNECT_MS 250

struct prober_args {
	const struct probe_request *requests;
	const int64_t *deadlines_ns; /* of each; deadline_now_ns() */
	size_t n;
	char who[96]; /* "HOST-PID" */
};

/* A prober_fn; @arg: struct prober_args. */
void prober_main(int sock, struct prober_shared *shared, const void *arg);

#endif
