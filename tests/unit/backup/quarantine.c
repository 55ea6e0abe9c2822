/* SPDX-License-Identifier: MIT */
/* A quarantine is over after so many healthy probes in a row, over so long a time. */
#include "lib/backup/quarantine.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/record/quarantine.h"

#define MINUTE INT64_C(60000)

static const struct quarantine_policy policy = { .probes = 3, .time_ms = 15 * MINUTE };

static const struct record_quarantine fresh = { .first_healthy_ms = -1 };

static enum quarantine_outcome probe(struct record_quarantine *q, bool healthy,
				     int64_t minute)
{
	return quarantine_count(&policy, q, healthy, minute * MINUTE);
}

Test(quarantine, wants_as_many_probes)
{
	struct record_quarantine q = fresh;

	cr_assert_eq(probe(&q, true, 0), QUARANTINE_STAYS);
	cr_assert_eq(probe(&q, true, 60), QUARANTINE_STAYS);
	cr_assert_eq(q.healthy, 2);
	cr_assert_eq(probe(&q, true, 120), QUARANTINE_OVER);
}

Test(quarantine, wants_as_much_time)
{
	struct record_quarantine q = fresh;

	for (int64_t minute = 0; minute < 15; minute++)
		cr_assert_eq(probe(&q, true, minute), QUARANTINE_STAYS);
	cr_assert_eq(probe(&q, true, 15), QUARANTINE_OVER);
}

Test(quarantine, begins_anew_with_a_probe_that_is_not_passed)
{
	struct record_quarantine q = fresh;

	(void)probe(&q, true, 0);
	(void)probe(&q, true, 10);
	cr_assert_eq(probe(&q, false, 20), QUARANTINE_STAYS);
	cr_assert_eq(q.healthy, 0);
	cr_assert_eq(q.first_healthy_ms, -1);
	cr_assert_eq(probe(&q, true, 30), QUARANTINE_STAYS);
	cr_assert_eq(probe(&q, true, 40), QUARANTINE_STAYS);
	cr_assert_eq(probe(&q, true, 50), QUARANTINE_OVER);
}

/* Ten years into the future and back again: not ten years of quarantine. */
Test(quarantine, is_not_prolonged_by_a_clock_that_was_set_back)
{
	struct record_quarantine q = fresh;
	int64_t future = INT64_C(5256000);

	(void)probe(&q, true, future);
	cr_assert_eq(probe(&q, true, 100), QUARANTINE_STAYS);
	cr_assert_eq(q.first_healthy_ms, 100 * MINUTE);
	cr_assert_eq(probe(&q, true, 110), QUARANTINE_STAYS);
	cr_assert_eq(probe(&q, true, 115), QUARANTINE_OVER);
}

Test(quarantine, may_be_over_with_the_first_probe)
{
	static const struct quarantine_policy short_one = { .probes = 1 };
	struct record_quarantine q = fresh;

	cr_assert_eq(quarantine_count(&short_one, &q, true, 5), QUARANTINE_OVER);
}

Test(quarantine, is_told)
{
	struct record_quarantine q = {
		.run = 17, .since_ms = 0, .healthy = 1, .reason = "its server died"
	};
	char text[256];

	quarantine_describe(&policy, &q, text, sizeof(text));
	cr_assert(strstr(text, "is in quarantine since "));
	cr_assert(strstr(text, " (run 17): its server died; 1 of 3 healthy probes over "
			       "15m so far"),
		  "%s", text);
}
