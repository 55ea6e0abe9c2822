/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_DIAL_H
#define LIB_NFS_DIAL_H

/*
 * Sockets on their way to a server.  Exports are "secure" by default, which means
 * that the caller's port must be below 1024, where only root may bind.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct error;

struct dial {
	uint16_t next; /* reserved port to try next; 0: not begun */
	/*
	 * A connection breaks when what was sent is not acknowledged for so long, and
	 * when nobody answers keep-alives; 0: as the system has it, which may be hours.
	 * The kernel acknowledges for a server that is frozen.
	 */
	int lost_after_ms;
};

/*
 * A non-blocking TCP socket with a connect(2) to @address, @port under way.
 *
 * @reserved: from a reserved port, if this process may and one is left; there are
 *   few, so they are shared between destinations (SO_REUSEADDR), and freed at once
 *   at the close (SO_LINGER: no TIME_WAIT).
 * @ret_fd: owned by the caller.
 * Returns 0, or an errno: what connect(2) said at once, or no descriptor was left.
 */
int dial_start(struct dial *dial, const struct sockaddr_storage *address, uint16_t port,
	       bool reserved, int *ret_fd) __attribute__((nonnull, warn_unused_result));

/* "10.0.0.2", "fe80::1%eth0"; "" if it is neither IPv4 nor IPv6. */
void dial_address_text(const struct sockaddr_storage *address, char *buf, size_t size)
	__attribute__((nonnull));

/* Length of the address by its family; 0 if it is neither IPv4 nor IPv6. */
socklen_t dial_address_size(const struct sockaddr_storage *address)
	__attribute__((nonnull));

#endif
