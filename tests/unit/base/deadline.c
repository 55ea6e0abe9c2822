/* SPDX-License-Identifier: MIT */
#include "lib/base/deadline.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <poll.h>

#define NSEC_PER_MSEC INT64_C(1000000)

Test(deadline, zero_is_expired_at_once)
{
	struct deadline d = deadline_after(0);

	cr_assert(deadline_expired(d));
	cr_assert_eq(deadline_poll_ms(d), 0);
}

Test(deadline, future_is_not_expired)
{
	struct deadline d = deadline_after(60 * 1000);
	int left = deadline_poll_ms(d);

	cr_assert(!deadline_expired(d));
	cr_assert_leq(left, 60 * 1000);
	cr_assert_gt(left, 59 * 1000);
}

Test(deadline, past_is_zero_and_not_negative)
{
	struct deadline d = { .at_ns = deadline_now_ns() - 5000 * NSEC_PER_MSEC };

	cr_assert(deadline_expired(d));
	cr_assert_eq(deadline_poll_ms(d), 0);
	cr_assert_eq(deadline_poll_ms((struct deadline){ .at_ns = INT64_MIN / 2 }), 0);
}

/* Rounded down, a poll() of the last half millisecond would return 0 and spin. */
Test(deadline, rest_of_a_millisecond_is_rounded_up)
{
	struct deadline d = deadline_after(10 * 1000);

	d.at_ns = deadline_now_ns() + 20 * NSEC_PER_MSEC;
	cr_assert_leq(deadline_poll_ms(d), 20);
	cr_assert_gt(deadline_poll_ms(d), 0);
	d.at_ns = deadline_now_ns() + NSEC_PER_MSEC / 2;
	cr_assert(deadline_poll_ms(d) == 1 || deadline_expired(d));
}

Test(deadline, poll_of_the_rest_ends_not_before_it, .timeout = 5)
{
	struct deadline d = deadline_after(3);

	while (!deadline_expired(d))
		(void)poll(NULL, 0, deadline_poll_ms(d));
	cr_assert_geq(deadline_now_ns(), d.at_ns);
}

Test(deadline, never_is_never)
{
	cr_assert(!deadline_expired(DEADLINE_NEVER));
	cr_assert_eq(deadline_poll_ms(DEADLINE_NEVER), -1);
}

Test(deadline, huge_timeouts_saturate)
{
	cr_assert_eq(deadline_after(INT64_MAX).at_ns, INT64_MAX);
	cr_assert_eq(deadline_after(INT64_MAX / NSEC_PER_MSEC).at_ns, INT64_MAX);
	cr_assert(!deadline_expired(deadline_after(INT64_MAX - 1)));
}

/* A century is far, but it is not for ever: poll() gets all that an int holds. */
Test(deadline, far_deadline_is_clamped_for_poll)
{
	struct deadline d = deadline_after(INT64_C(100) * 365 * 86400 * 1000);

	cr_assert_neq(d.at_ns, INT64_MAX);
	cr_assert_eq(deadline_poll_ms(d), INT_MAX);
}

Test(deadline, step_never_outlives_the_job)
{
	struct deadline outer = deadline_after(1000);

	cr_assert_eq(deadline_within(outer, 60 * 1000).at_ns, outer.at_ns);
	cr_assert_lt(deadline_within(outer, 10).at_ns, outer.at_ns);
	cr_assert_eq(deadline_within(outer, INT64_MAX).at_ns, outer.at_ns);
	cr_assert_lt(deadline_within(DEADLINE_NEVER, 10).at_ns, INT64_MAX);
	cr_assert_eq(deadline_within(DEADLINE_NEVER, INT64_MAX).at_ns, INT64_MAX);
}

Test(deadline, step_of_an_expired_job_is_expired)
{
	struct deadline outer = { .at_ns = deadline_now_ns() - 1 };

	cr_assert(deadline_expired(deadline_within(outer, 60 * 1000)));
}

Test(deadline, clock_never_goes_back)
{
	int64_t last = deadline_now_ns();

	for (int i = 0; i < 1000; i++) {
		int64_t now = deadline_now_ns();

		cr_assert_geq(now, last);
		last = now;
	}
}
