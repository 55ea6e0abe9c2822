/* SPDX-License-Identifier: MIT */
#include "lib/nfs/tally.h"

#include <criterion/criterion.h>

static void add(struct tally *tally, enum beat_result result, int64_t rtt_us)
{
	struct beat beat = { .result = result, .rtt_us = rtt_us };

	tally_add(tally, &beat);
}

Test(tally, percentiles_are_values_that_occurred)
{
	struct tally tally = TALLY_INIT;
	struct tally_summary s;

	for (int64_t i = 100; i >= 1; i--)
		add(&tally, BEAT_ANSWERED, i * 10);
	tally_summarize(&tally, &s);
	cr_expect_eq(tally.sent, 100);
	cr_expect_eq(tally.answered, 100);
	cr_expect_eq(s.min_us, 10);
	cr_expect_eq(s.median_us, 500);
	cr_expect_eq(s.p99_us, 990);
	cr_expect_eq(s.max_us, 1000);
	cr_expect_float_eq(s.loss_percent, 0.0, 0.001);
	tally_done(&tally);
}

Test(tally, one_is_all_of_them)
{
	struct tally tally = TALLY_INIT;
	struct tally_summary s;

	add(&tally, BEAT_ANSWERED, 42);
	tally_summarize(&tally, &s);
	cr_expect_eq(s.min_us, 42);
	cr_expect_eq(s.median_us, 42);
	cr_expect_eq(s.p99_us, 42);
	cr_expect_eq(s.max_us, 42);
	tally_done(&tally);
}

/* A late one was sent once, and is answered in the end. */
Test(tally, a_late_answer_is_no_loss_and_no_second_beat)
{
	struct tally tally = TALLY_INIT;
	struct tally_summary s;

	add(&tally, BEAT_ANSWERED, 10);
	add(&tally, BEAT_SILENT, -1);
	add(&tally, BEAT_SILENT, -1);
	add(&tally, BEAT_REFUSED, -1);
	add(&tally, BEAT_LATE, 3000000);
	tally_summarize(&tally, &s);
	cr_expect_eq(tally.sent, 4);
	cr_expect_eq(tally.answered, 2);
	cr_expect_eq(tally.late, 1);
	cr_expect_float_eq(s.loss_percent, 50.0, 0.001);
	cr_expect_eq(s.max_us, 3000000);
	tally_done(&tally);
}

Test(tally, nothing_is_nothing)
{
	struct tally tally = TALLY_INIT;
	struct tally_summary s;

	tally_summarize(&tally, &s);
	cr_expect_float_eq(s.loss_percent, 0.0, 0.001);
	add(&tally, BEAT_SILENT, -1);
	tally_summarize(&tally, &s);
	cr_expect_float_eq(s.loss_percent, 100.0, 0.001);
	cr_expect_eq(s.max_us, 0);
	tally_done(&tally);
	tally_done(&tally);
}
