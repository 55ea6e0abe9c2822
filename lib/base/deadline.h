/* SPDX-License-Identifier: MIT */
#ifndef LIB_BASE_DEADLINE_H
#define LIB_BASE_DEADLINE_H

/*
 * Deadlines: points on CLOCK_MONOTONIC by which work must have ended.
 *
 * Whatever may block takes a deadline, never a timeout: a timeout starts anew
 * at every retry and in every layer, a deadline cannot.  It is a struct so
 * that no duration can be passed in its place.  The clock stands still while
 * the machine is suspended (clock_gettime(2)), and so does the budget.
 */

#include <stdbool.h>
#include <stdint.h>

struct deadline {
	int64_t at_ns; /* CLOCK_MONOTONIC, nanoseconds */
};

/* The one unbounded wait.  Every use says in a comment why it ends. */
#define DEADLINE_NEVER ((struct deadline){ .at_ns = INT64_MAX })

/* @timeout_ms from now; milliseconds, >= 0, saturating at DEADLINE_NEVER. */
struct deadline deadline_after(int64_t timeout_ms);

/* For one step of a larger job: deadline_after(), but not later than @outer. */
struct deadline deadline_within(struct deadline outer, int64_t timeout_ms);

/* True from the instant @d is reached; never true for DEADLINE_NEVER. */
bool deadline_expired(struct deadline d);

/*
 * Time left, as poll(2) takes it: rounded up, lest poll() return just short
 * of @d and the caller spin, and clamped to INT_MAX.
 * Returns milliseconds; 0 once expired, -1 for DEADLINE_NEVER.
 */
int deadline_poll_ms(struct deadline d);

/* Time since an arbitrary start; CLOCK_MONOTONIC, nanoseconds. */
int64_t deadline_now_ns(void);

#endif
