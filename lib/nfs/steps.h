/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_STEPS_H
#define LIB_NFS_STEPS_H

/*
 * The engine of an attempt: which step of its table may start, and how each ended.
 * Of lib/nfs/attempt.c alone.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/nfs/verdict.h"

struct attempt;
struct step;

/* Start whatever can be started: calls are queued, connections CONN_WANTED. */
void steps_start(struct attempt *a) __attribute__((nonnull));

/* Step @i is under way and has ended with @result; a->why says why, if bad. */
void steps_end(struct attempt *a, size_t i, enum probe_result result)
	__attribute__((nonnull));

/* Start what takes the canary away, out of turn. */
void steps_hurry(struct attempt *a) __attribute__((nonnull));

/* A step is under way; @mind_courtesy: those that do not matter count too. */
bool steps_running(const struct attempt *a, bool mind_courtesy) __attribute__((nonnull));

#endif
