/* SPDX-License-Identifier: MIT */
#include "lib/base/parse.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/macro.h"

Test(parse, uint_takes_digits_only)
{
	static const char *const bad[] = { "",
					   " 1",
					   "1 ",
					   "+1",
					   "-1",
					   "0x10",
					   "1e3",
					   "1.",
					   "a",
					   "1a",
					   "١",
					   "1\n2",
					   "18446744073709551616",
					   "99999999999999999999999999" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint64_t value = 77;
		struct error err;

		cr_expect_eq(parse_uint(bad[i], 0, UINT64_MAX, &value, &err),
			     -ERROR_USAGE, "'%s' was taken", bad[i]);
		cr_expect_eq(value, 77, "output touched for '%s'", bad[i]);
	}
}

Test(parse, uint_at_its_ends)
{
	uint64_t value;
	struct error err;

	cr_assert_eq(parse_uint("0", 0, UINT64_MAX, &value, &err), 0);
	cr_assert_eq(value, 0);
	cr_assert_eq(parse_uint("18446744073709551615", 0, UINT64_MAX, &value, &err), 0);
	cr_assert_eq(value, UINT64_MAX);
	cr_assert_eq(parse_uint("007", 0, 10, &value, &err), 0);
	cr_assert_eq(value, 7, "leading zeros are decimal");
}

Test(parse, uint_limits_are_inclusive_and_named)
{
	uint64_t value;
	struct error err;

	cr_assert_eq(parse_uint("1", 1, 65535, &value, &err), 0);
	cr_assert_eq(parse_uint("65535", 1, 65535, &value, &err), 0);
	cr_assert_eq(parse_uint("0", 1, 65535, &value, &err), -ERROR_USAGE);
	cr_assert_eq(parse_uint("65536", 1, 65535, &value, &err), -ERROR_USAGE);
	cr_assert_str_eq(err.msg, "65536 is not between 1 and 65535");
}

Test(parse, durations)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
		{ "0s", 0 },
		{ "500ms", 500 },
		{ "90s", 90000 },
		{ "2.5s", 2500 },
		{ "0.001s", 1 },
		{ "0.0009s", 0 },
		{ "1.9999999s", 1999 },
		{ "15m", 900000 },
		{ "1h30m", 5400000 },
		{ "8d", 691200000 },
		{ "1w", 604800000 },
		{ "1m1ms", 60001 },
		{ "1s1m", 61000 },
		{ "9223372036854775807ms", INT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t ms = -1;
		struct error err;

		cr_expect_eq(parse_duration(cases[i].text, &ms, &err), 0, "'%s'",
			     cases[i].text);
		cr_expect_eq(ms, cases[i].ms, "'%s' gives %" PRId64, cases[i].text, ms);
	}
}

Test(parse, bad_durations)
{
	static const char *const bad[] = {
		"",
		"5",
		"s",
		"-5s",
		"+5s",
		" 5s",
		"5s ",
		"5 s",
		"5S",
		"5sec",
		"5.s",
		".5s",
		"1..5s",
		"1h30",
		"1.5.5s",
		"5y",
		"1h,30m",
		"inf",
		"0x5s",
		"9223372036854775808ms",
		"18446744073709551616ms",
		"30500568905w",
		"99999999999999999999w",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int64_t ms = 77;
		struct error err;

		cr_expect_eq(parse_duration(bad[i], &ms, &err), -ERROR_USAGE,
			     "'%s' was taken", bad[i]);
		cr_expect_eq(ms, 77);
	}
}

/* Two parts that fit one by one, but not together. */
Test(parse, duration_sum_overflows)
{
	int64_t ms = 77;
	struct error err;

	cr_assert_eq(parse_duration("9223372036854775807ms1ms", &ms, &err), -ERROR_USAGE);
	cr_assert_eq(parse_duration("9223372036854775807ms9223372036854775807ms2ms", &ms,
				    &err),
		     -ERROR_USAGE);
}

Test(parse, sizes)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = {
		{ "0B", 0 },
		{ "512B", 512 },
		{ "1KiB", 1024 },
		{ "1K", 1024 },
		{ "1.5KiB", 1536 },
		{ "10GiB", UINT64_C(10) << 30 },
		{ "2T", UINT64_C(2) << 40 },
		{ "16777215TiB", UINT64_C(16777215) << 40 },
		{ "18446744073709551615B", UINT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t bytes = 77;
		struct error err;

		cr_expect_eq(parse_size(cases[i].text, &bytes, &err), 0, "'%s'",
			     cases[i].text);
		cr_expect_eq(bytes, cases[i].bytes, "'%s'", cases[i].text);
	}
}

Test(parse, bad_sizes)
{
	static const char *const bad[] = {
		"",      "1",
		"K",     "1kib",
		"1KB",   "1 KiB",
		"-1K",   "1K1K",
		"1GiB ", "1.GiB",
		"10%",   "16777216TiB",
		"1P",    "99999999999999999999B",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint64_t bytes = 77;
		struct error err;

		cr_expect_eq(parse_size(bad[i], &bytes, &err), -ERROR_USAGE,
			     "'%s' was taken", bad[i]);
		cr_expect_eq(bytes, 77);
	}
}

Test(parse, duration_text)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "0s" },
		{ -5, "0s" },
		{ 1, "1ms" },
		{ 1500, "1s500ms" },
		{ 90000, "1m30s" },
		{ 3600000, "1h" },
		{ 691200000, "8d" },
		{ 90061001, "1d1h1m1s1ms" },
		{ INT64_MAX, "106751991167d7h12m55s807ms" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char buf[64];

		format_duration(cases[i].ms, buf, sizeof(buf));
		cr_expect_str_eq(buf, cases[i].text);
	}
}

Test(parse, duration_text_is_read_back)
{
	for (int64_t ms = 1; ms < INT64_C(1) << 50; ms = ms * 7 + 3) {
		struct error err;
		int64_t back = -1;
		char buf[64];

		format_duration(ms, buf, sizeof(buf));
		cr_assert_eq(parse_duration(buf, &back, &err), 0, "'%s'", buf);
		cr_assert_eq(back, ms, "'%s'", buf);
	}
}

/* A small buffer cuts the text, and nothing behind it is touched. */
Test(parse, texts_fit_any_buffer)
{
	for (size_t size = 0; size < 16; size++) {
		char buf[32];

		memset(buf, '#', sizeof(buf));
		format_duration(90061001, buf, size);
		cr_expect(size == 0 || memchr(buf, '\0', size) != NULL);
		cr_expect_eq(buf[size], '#');
		memset(buf, '#', sizeof(buf));
		format_size(UINT64_MAX, buf, size);
		cr_expect(size == 0 || memchr(buf, '\0', size) != NULL);
		cr_expect_eq(buf[size], '#');
	}
}

Test(parse, size_text)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.0 KiB" },
		{ 1536, "1.5 KiB" },
		{ UINT64_C(3) << 30, "3.0 GiB" },
		{ UINT64_MAX, "16777216.0 TiB" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char buf[32];

		format_size(cases[i].bytes, buf, sizeof(buf));
		cr_expect_str_eq(buf, cases[i].text);
	}
}
