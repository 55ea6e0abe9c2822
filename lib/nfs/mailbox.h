/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_MAILBOX_H
#define LIB_NFS_MAILBOX_H

/*
 * The prober's end of the socket to its broker, see lib/nfs/wire.h.  Non-blocking.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/nfs/wire.h"

/*
 * Tell the broker that all is ready, and make an epoll set with @sock in it, for
 * EPOLLIN, under @tag.  Returns its descriptor, or -1.
 */
int mailbox_open(int sock, uint64_t tag);

/* Returns false if there is no room now; a broker that is gone has room. */
bool mailbox_post(int sock, const void *msg, size_t len) __attribute__((nonnull));

/* @fd: came with the message, owned by the callee; -1: none. */
typedef void (*mailbox_fn)(void *data, const union wire_any *msg, int fd);

/* Read what has come.  Returns false when the broker is gone. */
bool mailbox_read(int sock, mailbox_fn fn, void *data) __attribute__((nonnull(2)));

#endif
