/* SPDX-License-Identifier: MIT */
/* Labels: as Zimbra writes them, read back to the millisecond, nothing else taken. */
#include "lib/record/label.h"

#include <criterion/criterion.h>
#include <string.h>

Test(label, is_in_gmt_to_the_millisecond)
{
	char buf[LABEL_SIZE];

	label_format(LEVEL_FULL, INT64_C(1795562225042), buf);
	cr_assert_str_eq(buf, "full-20261124.231705.042");
	label_format(LEVEL_INCREMENTAL, 0, buf);
	cr_assert_str_eq(buf, "incr-19700101.000000.000");
	label_format(LEVEL_FULL, INT64_C(253402300799999), buf);
	cr_assert_str_eq(buf, "full-99991231.235959.999");
}

Test(label, reads_back_what_it_writes)
{
	for (int64_t ms = 0; ms < INT64_C(253402300799999); ms += INT64_C(987654321987)) {
		for (int i = LEVEL_FULL; i <= LEVEL_INCREMENTAL; i++) {
			char buf[LABEL_SIZE];
			enum level level;
			int64_t back;

			label_format((enum level)i, ms, buf);
			cr_assert_eq(label_parse(buf, &level, &back), 1, "%s", buf);
			cr_assert_eq(level, (enum level)i);
			cr_assert_eq(back, ms);
		}
	}
}

Test(label, takes_nothing_else)
{
	static const char *const bad[] = {
		"",
		"full-",
		"full",
		"daily-20261124.231705.042",
		"full-20261124.231705.04",
		"full-20261124.231705.0422",
		"full-20261124.231705.042 ",
		" full-20261124.231705.042",
		"full-20261124231705.042",
		"full-2026112x.231705.042",
		"full-20260230.231705.042",
		"full-20261324.231705.042",
		"full-20261124.241705.042",
		"full-20261124.236005.042",
		"full-20261124.231760.042",
		"full-19691231.235959.999",
		"full-+0261124.231705.042",
		"FULL-20261124.231705.042",
		"incr-20261124.231705.042/../x",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum level level = LEVEL_NONE;
		int64_t ms = 42;

		cr_assert_eq(label_parse(bad[i], &level, &ms), 0, "'%s'", bad[i]);
		cr_assert_eq(level, LEVEL_NONE);
		cr_assert_eq(ms, 42);
	}
}

Test(label, levels_have_names)
{
	cr_assert_str_eq(level_name(LEVEL_NONE), "");
	cr_assert_eq(level_from_name(level_name(LEVEL_FULL)), LEVEL_FULL);
	cr_assert_eq(level_from_name(level_name(LEVEL_INCREMENTAL)), LEVEL_INCREMENTAL);
	cr_assert_eq(level_from_name("Full"), LEVEL_NONE);
	cr_assert_eq(level_from_name(""), LEVEL_NONE);
}
