/* SPDX-License-Identifier: MIT */
/* The schedule over whole years of cron jobs, whose fulls and incrementals are counted.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

#include "lib/backup/schedule.h"
#include "lib/backup/window.h"
#include "tests/unit/backup/nightly.h"

/* A year of a cron job on one destination. */
struct year {
	struct schedule_policy policy;
	int hour, minute;      /* local, when the job runs… */
	int every_min;         /* …or every so many minutes, all day; 0: once */
	int (*fails)(int run); /* whether the run'th attempt fails; NULL: none */
	/* Results. */
	int fulls, incrementals, attempts, failed;
	int64_t longest_full_gap_ms, longest_gap_ms;
	int64_t first_full_ms;
	int fulls_on[7]; /* by the day of their window */
};

static bool cron_fires(const struct year *y, int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	(void)localtime_r(&t, &tm);
	if (y->every_min > 0)
		return (tm.tm_hour * 60 + tm.tm_min) % y->every_min == 0;
	return tm.tm_hour == y->hour && tm.tm_min == y->minute;
}

static void note_good(struct year *y, struct schedule_history *h, enum level level,
		      int64_t ms)
{
	struct window_spec spec = { y->policy.window_from_min, y->policy.window_to_min };

	if (h->last_any_ms >= 0 && ms - h->last_any_ms > y->longest_gap_ms)
		y->longest_gap_ms = ms - h->last_any_ms;
	h->last_any_ms = h->last_any_here_ms = ms;
	if (level == LEVEL_INCREMENTAL) {
		y->incrementals++;
		return;
	}
	if (h->last_full_ms >= 0 && ms - h->last_full_ms > y->longest_full_gap_ms)
		y->longest_full_gap_ms = ms - h->last_full_ms;
	h->last_full_ms = h->last_full_here_ms = ms;
	y->fulls++;
	y->fulls_on[window_weekday(window_at(spec, ms).day)]++;
}

/* 2026, local time. */
static void live(struct year *y)
{
	struct schedule_history h = { -1, -1, -1, -1 };
	struct schedule_request nothing = { 0 };
	time_t end = mktime(&(struct tm){ .tm_year = 127, .tm_mday = 1, .tm_isdst = -1 });
	time_t t = mktime(&(struct tm){ .tm_year = 126, .tm_mday = 1, .tm_isdst = -1 });

	for (; t < end; t += 60) {
		int64_t ms = (int64_t)t * 1000;
		struct schedule_decision d;

		if (!cron_fires(y, ms))
			continue;
		/* cron and the lock take their time, not always the same. */
		ms += (t / 60) % 7 * 1000;
		d = schedule_decide(&y->policy, &h, &nothing, "nas1", ms);
		if (d.due == SCHEDULE_NOTHING)
			cr_assert_gt(d.next_ms, ms, "%s", d.reason);
		if (d.due != SCHEDULE_NOW)
			continue;
		y->attempts++;
		if (y->fails && y->fails(y->attempts))
			y->failed++;
		else
			note_good(y, &h, d.level, ms);
	}
}

Test(schedule, a_year_of_nights_in_london)
{
	struct year y = { .policy = nightly(), .hour = 22, .minute = 0 };

	zone("Europe/London");
	live(&y);
	/* Thu 1 Jan, then each Saturday from the 10th on: 51 of them. */
	cr_expect_eq(y.fulls, 52, "%d", y.fulls);
	cr_expect_eq(y.fulls_on[6], 51);
	cr_expect_eq(y.fulls_on[4], 1);
	cr_expect_eq(y.incrementals, 365 - 52, "%d", y.incrementals);
	cr_expect_leq(y.longest_gap_ms, 25 * HOUR + MINUTE);
}

/* Runs 66, 67 (Sat 7 and Sun 8 March), 100 and 301 fail. */
static int some_nights_fail(int run)
{
	return run == 66 || run == 67 || run == 100 || run == 301;
}

Test(schedule, a_year_of_nights_with_failures)
{
	struct year y = {
		.policy = nightly(), .hour = 22, .minute = 0, .fails = some_nights_fail
	};

	zone("Europe/London");
	live(&y);
	/*
	 * Sat 7 March and Sun 8 fail: the full is made up for on Mon 9, the next one
	 * waits for Sat 21.  10 April, a Friday, and 28 October, a Wednesday, cost an
	 * incremental each.
	 */
	cr_expect_eq(y.attempts, 365);
	cr_expect_eq(y.failed, 4);
	cr_expect_eq(y.fulls, 51, "%d", y.fulls);
	cr_expect_eq(y.fulls_on[1], 1);
	cr_expect_eq(y.fulls_on[6], 49, "%d", y.fulls_on[6]);
	cr_expect_eq(y.incrementals, 365 - 4 - 51, "%d", y.incrementals);
	cr_expect_leq(y.longest_full_gap_ms, 14 * DAY + HOUR);
}

/* The hour that a night lacks or has twice, in every zone, without a window. */
Test(schedule, a_year_at_half_past_one)
{
	static const struct {
		const char *zone;
		int fires; /* of the job itself: never on one night, twice on another */
	} zones[] = { { "Europe/London", 365 },
		      { "America/New_York", 366 }, /* 02:30 is the one that is missing */
		      { "Asia/Tokyo", 365 } };

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		struct year y = { .policy = at_any_time(), .hour = 1, .minute = 30 };
		int sessions;

		zone(zones[i].zone);
		live(&y);
		sessions = y.fulls + y.incrementals;
		/* Twice in the night of autumn is once too often: not due. */
		cr_expect_eq(sessions, zones[i].fires - (i < 2), "%s: %d", zones[i].zone,
			     sessions);
		cr_expect_eq(y.fulls, 53, "%s: %d", zones[i].zone, y.fulls);
	}
}

/* Every quarter of an hour, day and night: once a night, whatever the clocks do. */
Test(schedule, a_year_of_quarters)
{
	static const char *const zones[] = { "Europe/London", "America/New_York",
					     "Australia/Lord_Howe", "UTC" };

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		struct year y = { .policy = nightly(), .every_min = 15 };

		zone(zones[i]);
		live(&y);
		/* The first one in what is left of New Year's Eve's night. */
		cr_expect_eq(y.fulls + y.incrementals, 366, "%s: %d", zones[i],
			     y.fulls + y.incrementals);
		cr_expect_eq(y.fulls_on[6], 51, "%s: %d", zones[i], y.fulls_on[6]);
		cr_expect_eq(y.attempts, 366);
	}
}

static int two_of_three_fail(int run)
{
	return run % 3 != 0;
}

/* Retries in the same night; no night is lost, and none has two. */
Test(schedule, a_year_of_quarters_with_failures)
{
	struct year y = { .policy = nightly(),
			  .every_min = 15,
			  .fails = two_of_three_fail };

	zone("Europe/London");
	live(&y);
	cr_expect_eq(y.fulls + y.incrementals, 366, "%d", y.fulls + y.incrementals);
	cr_expect_eq(y.failed, 2 * 366);
	cr_expect_eq(y.fulls_on[6], 51, "%d", y.fulls_on[6]);
}
