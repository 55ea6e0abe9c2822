/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_BEATER_H
#define LIB_NFS_BEATER_H

/*
 * The prober that beats: the event loop in the cell, for lib/nfs/beat.h.
 *
 * Each source has one connection.  A connection that brings no answer for long is
 * given up for a new one: TCP's own retransmissions back off to minutes, and a
 * server that is back must be seen at once.
 */

#include <stddef.h>

#include "lib/nfs/beat.h"
#include "lib/nfs/broker.h"

struct beater_args {
	const struct beat_request *requests;
	size_t n;
};

/* A prober_fn; @arg: struct beater_args. */
void beater_main(int sock, struct prober_shared *shared, const void *arg);

#endif
