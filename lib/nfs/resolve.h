/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_RESOLVE_H
#define LIB_NFS_RESOLVE_H

/*
 * Names to addresses.  getaddrinfo(3) blocks as long as resolv.conf lets it and
 * reads bytes from the network, so it runs in a disposable child without
 * privileges: one a name, a few at a time, killed at its deadline.  Numeric
 * addresses need none of that.  Each name is asked for once, however often added.
 *
 * Driven by its owner's epoll: RESOLVE_TAG(i) is ready → resolver_ready(); now and
 * then → resolver_tick().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/base/source.h"
#include "lib/nfs/wire.h"
#include "lib/proc/child.h"
#include "lib/proc/privilege.h"

#define RESOLVE_TAG_BASE (UINT64_C(1) << 32)
#define RESOLVE_TAG(i) (RESOLVE_TAG_BASE + (i))
/* Children at once. */
#define RESOLVERS_MAX 12

enum resolve_state {
	RESOLVE_PENDING = 0,
	RESOLVE_RUNNING,
	RESOLVE_DONE,   /* addresses are there */
	RESOLVE_FAILED, /* @why */
};

struct resolve_host {
	char name[SOURCE_SERVER_SIZE];
	enum resolve_state state;
	int64_t deadline_ns;
	int64_t started_ns, us; /* @us: how long it took, once ended */
	bool timed_out;
	char why[80];
	size_t n_addresses;
	struct sockaddr_storage addresses[WIRE_ADDRESSES_MAX];
	struct child child;
	int fd; /* the child's answer; -1: none is under way */
};

struct resolver {
	struct resolve_host *hosts;
	size_t n, size;
	size_t n_running;
	int epoll_fd;             /* borrowed */
	struct identity identity; /* of the children */
};

void resolver_init(struct resolver *r, int epoll_fd, const struct identity *identity)
	__attribute__((nonnull));

/*
 * @deadline_ns: deadline_now_ns() by which an answer is of use; the latest counts.
 * Returns the index of @name among r->hosts, or a negative error (no memory).
 */
int resolver_add(struct resolver *r, const char *name, int64_t deadline_ns,
		 struct error *err) __attribute__((nonnull, warn_unused_result));

/* Start children while there is room, end those that are late.  Does not block. */
void resolver_tick(struct resolver *r) __attribute__((nonnull));

/* The child of host @i has answered or died. */
void resolver_ready(struct resolver *r, size_t i) __attribute__((nonnull));

/* True while a name is neither done nor failed. */
bool resolver_is_busy(const struct resolver *r) __attribute__((nonnull));

void resolver_done(struct resolver *r) __attribute__((nonnull));

#endif
