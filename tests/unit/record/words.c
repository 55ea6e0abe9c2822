/* SPDX-License-Identifier: MIT */
/* Each word is read back, and no other; one changed byte makes none another. */
#include "lib/record/words.h"

#include <criterion/criterion.h>
#include <string.h>

Test(words, read_back)
{
	enum record_kind kind;
	enum record_outcome outcome;
	enum record_phase_outcome phase;

	for (int i = RECORD_KIND_RUN; i <= RECORD_KIND_INIT; i++) {
		cr_assert(words_kind(record_kind_name((enum record_kind)i), &kind));
		cr_assert_eq(kind, (enum record_kind)i);
	}
	for (int i = RECORD_RUNNING; i <= RECORD_SKIPPED; i++) {
		cr_assert(words_outcome(record_outcome_name((enum record_outcome)i),
					&outcome));
		cr_assert_eq(outcome, (enum record_outcome)i);
	}
	for (int i = RECORD_PHASE_RUNNING; i <= RECORD_PHASE_ABORTED; i++) {
		cr_assert(words_phase_outcome(
			record_phase_outcome_name((enum record_phase_outcome)i), &phase));
		cr_assert_eq(phase, (enum record_phase_outcome)i);
	}
	cr_assert_not(words_kind("", &kind));
	cr_assert_not(words_outcome("Good", &outcome));
	cr_assert_not(words_outcome("good ", &outcome));
	cr_assert_not(words_phase_outcome("good", &phase));
}

Test(words, are_more_than_one_byte_apart)
{
	for (int i = RECORD_RUNNING; i <= RECORD_SKIPPED; i++) {
		for (int j = RECORD_RUNNING; j < i; j++) {
			const char *a = record_outcome_name((enum record_outcome)i);
			const char *b = record_outcome_name((enum record_outcome)j);
			size_t differ = 0;

			for (size_t k = 0; k < strlen(a) && k < strlen(b); k++)
				differ += a[k] != b[k];
			cr_assert(strlen(a) != strlen(b) || differ > 1, "%s, %s", a, b);
		}
	}
}
