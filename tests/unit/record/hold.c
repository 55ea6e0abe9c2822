/* SPDX-License-Identifier: MIT */
/* Holds end by themselves or when released; the one that ends last counts. */
#include "lib/record/hold.h"

#include "directory.h"

static void add(struct record *record, int64_t since_ms, int64_t until_ms,
		const char *reason)
{
	struct record_hold hold = { .since_ms = since_ms,
				    .until_ms = until_ms,
				    .by = "root" };

	(void)snprintf(hold.reason, sizeof(hold.reason), "%s", reason);
	must(record_hold_add(record, &hold, &why));
}

static void expect_hold(struct record *record, int64_t now_ms, const char *reason)
{
	struct record_hold got;
	struct error err;
	int r = record_hold_active(record, now_ms, &got, &err);

	cr_assert_eq(r, reason != NULL, "at %lld", (long long)now_ms);
	if (reason)
		cr_assert_str_eq(got.reason, reason);
}

Test(hold, ends_by_itself)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);

	expect_hold(record, 1000, NULL);
	add(record, 1000, 2000, "disk swap");
	expect_hold(record, 1000, "disk swap");
	expect_hold(record, 1999, "disk swap");
	expect_hold(record, 2000, NULL);
	/* The clock was set back: still held. */
	expect_hold(record, 500, "disk swap");
}

Test(hold, that_ends_last_counts)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);

	add(record, 1000, 3000, "long");
	add(record, 1000, 2000, "short");
	expect_hold(record, 1500, "long");
	add(record, 1000, RECORD_HOLD_FOREVER, "for ever");
	expect_hold(record, INT64_MAX - 1, "for ever");
}

Test(hold, is_released)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int released;

	must(record_hold_release(record, 1000, &released, &why));
	cr_assert_eq(released, 0);
	add(record, 100, 500, "over");
	add(record, 1000, RECORD_HOLD_FOREVER, "a");
	add(record, 1000, 5000, "b");
	must(record_hold_release(record, 1500, &released, &why));
	cr_assert_eq(released, 2);
	expect_hold(record, 1600, NULL);
	add(record, 1700, 5000, "c");
	expect_hold(record, 1800, "c");
}
