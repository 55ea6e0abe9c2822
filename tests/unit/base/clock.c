/* SPDX-License-Identifier: MIT */
#include "lib/base/clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

static void use_zone(const char *zone)
{
	cr_assert_eq(setenv("TZ", zone, 1), 0);
	tzset();
}

Test(clock, now_is_milliseconds_of_the_wall_clock)
{
	int64_t before = (int64_t)time(NULL) * 1000;
	int64_t now = clock_now_ms();

	/* time(2) may lag behind by a tick. */
	cr_assert_geq(now, before);
	cr_assert_lt(now, before + 5000);
}

Test(clock, utc_text)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 999, "1970-01-01T00:00:00Z" },
		{ 1000, "1970-01-01T00:00:01Z" },
		{ INT64_C(1795562225000), "2026-11-24T23:17:05Z" },
		{ INT64_C(1709164800000), "2024-02-29T00:00:00Z" },
		{ INT64_C(2147483648000), "2038-01-19T03:14:08Z" },
		{ INT64_C(253402300799999), "9999-12-31T23:59:59Z" },
		{ -1, "-" },
		{ INT64_MIN, "-" },
	};

	use_zone("America/Lima"); /* which must not matter */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char buf[CLOCK_TEXT_SIZE];

		clock_format_utc(cases[i].ms, buf);
		cr_expect_str_eq(buf, cases[i].text);
	}
}

/* A year that no calendar has must not leave garbage in the buffer. */
Test(clock, absurd_time_is_a_text_nevertheless)
{
	char buf[CLOCK_TEXT_SIZE] = "untouched";

	clock_format_utc(INT64_MAX, buf);
	cr_assert(strlen(buf) < sizeof(buf));
	cr_assert_str_neq(buf, "untouched");
	clock_format_local(INT64_MAX, buf);
	cr_assert(strlen(buf) < sizeof(buf));
}

/* London's 01:30 happens twice on 2026-10-25; the offset tells them apart. */
Test(clock, local_text_carries_the_offset)
{
	char first[CLOCK_TEXT_SIZE], second[CLOCK_TEXT_SIZE];

	use_zone("GMT0BST,M3.5.0/1,M10.5.0");
	clock_format_local(INT64_C(1792888200000), first);
	clock_format_local(INT64_C(1792888200000) + 3600 * 1000, second);
	cr_expect_str_eq(first, "2026-10-25 01:30:00 +0100");
	cr_expect_str_eq(second, "2026-10-25 01:30:00 +0000");
}

Test(clock, local_text_of_no_time)
{
	char buf[CLOCK_TEXT_SIZE];

	clock_format_local(-1, buf);
	cr_assert_str_eq(buf, "-");
}
