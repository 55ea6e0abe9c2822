/* SPDX-License-Identifier: MIT */
#include "lib/mnt/span.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/macro.h"

static struct span of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

Test(span, paths_are_compared_unescaped)
{
	cr_expect(span_is_path(of("/mnt/c\\040d"), "/mnt/c d"));
	cr_expect(span_is_path(of("/a\\134b\\011\\012"), "/a\\b\t\n"));
	cr_expect(span_is_path(of("/\\303\\251"), "/\303\251"));
	cr_expect(span_is_path(of(""), ""));
	cr_expect_not(span_is_path(of("/mnt/c\\040d"), "/mnt/c"));
	cr_expect_not(span_is_path(of("/mnt/c"), "/mnt/c d"));
	cr_expect_not(span_is_path(of("/mnt/c\\040d"), "/mnt/c\\040d"));
	/* Not an escape: too short, or not octal, or more than a byte. */
	cr_expect(span_is_path(of("/a\\04"), "/a\\04"));
	cr_expect(span_is_path(of("/a\\048"), "/a\\048"));
	cr_expect(span_is_path(of("/a\\777"), "/a\\777"));
}

Test(span, unescaping_in_place_is_fine)
{
	char text[] = "a\\040b\\134";
	size_t len = span_unescape(of(text), text);

	cr_assert_eq(len, 4);
	cr_expect_eq(memcmp(text, "a b\\", 4), 0);
}

Test(span, lines_and_words_end_where_the_text_does)
{
	struct span text = of("one  two\n\n\tthree"), line, word;

	cr_assert(span_next_line(&text, &line));
	cr_assert(span_next_word(&line, &word) && span_is(word, "one"));
	cr_assert(span_next_word(&line, &word) && span_is(word, "two"));
	cr_expect_not(span_next_word(&line, &word));
	cr_assert(span_next_line(&text, &line));
	cr_expect_eq(line.len, 0);
	cr_assert(span_next_line(&text, &line));
	cr_assert(span_next_word(&line, &word) && span_is(word, "three"));
	cr_expect_not(span_next_line(&text, &line));
}

Test(span, numbers_are_whole_and_fit)
{
	static const char *const bad[] = { "",   "x",  "1x",  "-1",
					   "+1", "1 ", "0x1", "18446744073709551616" };
	uint64_t value = 7;

	cr_expect(span_number(of("18446744073709551615"), &value));
	cr_expect_eq(value, UINT64_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		cr_expect_not(span_number(of(bad[i]), &value), "%s", bad[i]);
}

Test(span, more_numbers_than_fit_are_counted)
{
	uint64_t v[2] = { 0 };

	cr_expect_eq(span_numbers(of(" 1 2 3 "), v, 2), 3);
	cr_expect_eq(v[0], 1);
	cr_expect_eq(v[1], 2);
	cr_expect_eq(span_numbers(of(""), v, 2), 0);
	cr_expect_eq(span_numbers(of("1 b"), v, 2), -1);
}

Test(span, devices_are_two_numbers)
{
	static const char *const bad[] = { "",   ":",     "8",           "8:",
					   ":1", "8:1:2", "4294967296:1" };
	unsigned major = 0, minor = 0;

	cr_assert(span_device(of("259:4294967295"), &major, &minor));
	cr_expect_eq(major, 259);
	cr_expect_eq(minor, 4294967295U);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		cr_expect_not(span_device(of(bad[i]), &major, &minor), "%s", bad[i]);
}

Test(span, a_prefix_is_cut_only_if_it_is_there)
{
	struct span s = of("device x");

	cr_expect_not(span_skip(&s, "device  "));
	cr_expect(span_is(s, "device x"));
	cr_expect(span_skip(&s, "device "));
	cr_expect(span_is(s, "x"));
	cr_expect_not(span_skip(&s, "xx"));
}
