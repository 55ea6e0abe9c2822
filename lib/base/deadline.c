/* SPDX-License-Identifier: MIT */
#include "lib/base/deadline.h"

#include <assert.h>
#include <limits.h>
#include <time.h>

#define NSEC_PER_SEC INT64_C(1000000000)
#define NSEC_PER_MSEC INT64_C(1000000)

int64_t deadline_now_ns(void)
{
	struct timespec ts;
	int r = clock_gettime(CLOCK_MONOTONIC, &ts);

	assert(r == 0);
	(void)r;
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

struct deadline deadline_after(int64_t timeout_ms)
{
	int64_t now = deadline_now_ns();

	assert(timeout_ms >= 0);
	if (timeout_ms >= (INT64_MAX - now) / NSEC_PER_MSEC)
		return DEADLINE_NEVER;
	return (struct deadline){ .at_ns = now + timeout_ms * NSEC_PER_MSEC };
}

struct deadline deadline_within(struct deadline outer, int64_t timeout_ms)
{
	struct deadline inner = deadline_after(timeout_ms);

	return inner.at_ns < outer.at_ns ? inner : outer;
}

bool deadline_expired(struct deadline d)
{
	return d.at_ns != INT64_MAX && deadline_now_ns() >= d.at_ns;
}

int deadline_poll_ms(struct deadline d)
{
	int64_t left_ms;

	if (d.at_ns == INT64_MAX)
		return -1;
	left_ms = d.at_ns - deadline_now_ns();
	if (left_ms <= 0)
		return 0;
	left_ms = left_ms / NSEC_PER_MSEC + (left_ms % NSEC_PER_MSEC != 0);
	return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}
