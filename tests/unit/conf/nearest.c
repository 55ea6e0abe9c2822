/* SPDX-License-Identifier: MIT */
#include "lib/conf/nearest.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/macro.h"

Test(nearest, distance_counts_inserted_removed_replaced_and_swapped)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} rows[] = {
		{ "", "", 0 },
		{ "", "abc", 3 },
		{ "vers", "vers", 0 },
		{ "ver", "vers", 1 },
		{ "verss", "vers", 1 },
		{ "vars", "vers", 1 },
		{ "vesr", "vers", 1 },
		{ "soruce", "source", 1 },
		{ "kitten", "sitting", 3 },
		{ "ca", "abc", 3 },
		{ "ab", "ba", 1 },
		{ "port", "mountport", 5 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cr_expect_eq(nearest_distance(rows[i].a, rows[i].b), rows[i].distance,
			     "%s %s", rows[i].a, rows[i].b);
		cr_expect_eq(nearest_distance(rows[i].b, rows[i].a), rows[i].distance,
			     "%s %s", rows[i].b, rows[i].a);
	}
}

Test(nearest, long_words_are_far_from_everything)
{
	char word[65];

	memset(word, 'a', 64);
	word[64] = '\0';
	cr_expect_eq(nearest_distance(word, word), (size_t)-1);
	word[63] = '\0';
	cr_expect_eq(nearest_distance(word, word), 0);
}

static const char *hint_of(const char *word, char *buf, size_t size)
{
	struct nearest n = NEAREST_INIT(word);

	nearest_offer(&n, "source");
	nearest_offer(&n, "mountpoint");
	nearest_offer(&n, "mountport");
	return nearest_hint(&n, buf, size);
}

Test(nearest, the_nearest_is_named_and_the_first_of_two)
{
	char buf[64];

	cr_expect_str_eq(hint_of("mountpiont", buf, sizeof(buf)),
			 " (did you mean 'mountpoint'?)");
	cr_expect_str_eq(hint_of("mountport", buf, sizeof(buf)),
			 " (did you mean 'mountport'?)");
	cr_expect_str_eq(hint_of("mountpoort", buf, sizeof(buf)),
			 " (did you mean 'mountport'?)");
	/* Two letters from either. */
	cr_expect_str_eq(hint_of("mountpoit", buf, sizeof(buf)),
			 " (did you mean 'mountpoint'?)");
}

Test(nearest, what_is_far_from_all_gets_no_hint)
{
	char buf[64];

	cr_expect_str_eq(hint_of("xyz", buf, sizeof(buf)), "");
	cr_expect_str_eq(hint_of("", buf, sizeof(buf)), "");
}
