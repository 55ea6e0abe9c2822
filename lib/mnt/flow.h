/* SPDX-License-Identifier: MIT */
#ifndef LIB_MNT_FLOW_H
#define LIB_MNT_FLOW_H

/*
 * What TCP has moved between this host and a server, by sock_diag(7): a call of 1 MiB
 * may take longer than anybody wants to wait for its answer, on a slow line or one that
 * loses packets, and is under way all the same.
 *
 * The counters are of the connection's two kernels: a server whose processes are frozen
 * still takes bytes, until its buffers are full.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define FLOW_MAX 32
/* Less may be a call of the watch itself, or its answer. */
#define FLOW_LEAST_BYTES 1200

struct flow_connection {
	uint16_t local_port;
	uint64_t bytes; /* acknowledged by the server, and received from it */
};

struct flow {
	struct flow_connection list[FLOW_MAX];
	size_t count;
};

/*
 * The connections to @port of @address (numeric, IPv4 or IPv6).  Does not block.
 * Returns 0, or a negative error: also where the kernel has no such interface.
 */
int flow_read(const char *address, uint16_t port, struct flow *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* Did one that is in both move FLOW_LEAST_BYTES or more?  Pure. */
bool flow_moved(const struct flow *before, const struct flow *after)
	__attribute__((nonnull));

#endif
