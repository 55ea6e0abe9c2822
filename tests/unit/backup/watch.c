/* SPDX-License-Identifier: MIT */
#include "lib/backup/watch.h"

#include <criterion/criterion.h>

#define SEC INT64_C(1000000000)
#define START (100 * SEC)

static void start(struct watch *w)
{
	watch_start(w, 1000, 10000, START);
}

Test(watch, stays_healthy_while_answers_come)
{
	struct watch w;

	start(&w);
	for (int i = 1; i <= 100; i++) {
		cr_assert_eq(watch_look(&w, START + i * SEC), WATCH_HEALTHY);
		watch_answer(&w, START + i * SEC);
	}
	cr_assert_eq(w.worst_ns, SEC);
	cr_assert_eq(w.times_late, 0);
}

Test(watch, is_late_after_three_beats_and_recovers)
{
	struct watch w;

	start(&w);
	cr_assert_eq(watch_look(&w, START + 3 * SEC - 1), WATCH_HEALTHY);
	cr_assert_eq(watch_look(&w, START + 3 * SEC), WATCH_LATE);
	cr_assert_eq(watch_look(&w, START + 4 * SEC), WATCH_LATE);
	watch_answer(&w, START + 5 * SEC);
	cr_assert_eq(w.state, WATCH_HEALTHY);
	cr_assert_eq(w.times_late, 1);
	cr_assert_eq(w.worst_ns, 5 * SEC);
}

Test(watch, trips_early_enough_for_the_release)
{
	struct watch w;
	int64_t trip = (10000 - WATCH_RELEASE_MS) * INT64_C(1000000);

	start(&w);
	cr_assert_eq(watch_look(&w, START + trip - 1), WATCH_LATE);
	cr_assert_eq(watch_look(&w, START + trip), WATCH_TRIPPED);
}

Test(watch, counts_from_the_last_answer)
{
	struct watch w;

	start(&w);
	watch_answer(&w, START + 7 * SEC);
	cr_assert_eq(watch_look(&w, START + 14 * SEC), WATCH_LATE);
	cr_assert_eq(watch_look(&w, START + 15 * SEC), WATCH_TRIPPED);
}

Test(watch, an_answer_after_the_trip_changes_nothing)
{
	struct watch w;

	start(&w);
	(void)watch_look(&w, START + 9 * SEC);
	watch_answer(&w, START + 9 * SEC);
	cr_assert_eq(w.state, WATCH_TRIPPED);
	cr_assert_eq(watch_look(&w, START + 10 * SEC), WATCH_TRIPPED);
}

Test(watch, an_answer_that_nobody_looked_for_in_time_is_too_late)
{
	struct watch w;

	/* The loop was held up: the bound was passed before the answer was seen. */
	start(&w);
	watch_answer(&w, START + 20 * SEC);
	cr_assert_eq(w.state, WATCH_TRIPPED);
}

Test(watch, says_when_to_look_again)
{
	struct watch w;

	start(&w);
	cr_assert_eq(watch_next_ns(&w), START + 3 * SEC);
	(void)watch_look(&w, START + 3 * SEC);
	cr_assert_eq(watch_next_ns(&w), START + 8 * SEC);
}
