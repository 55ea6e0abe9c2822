/* SPDX-License-Identifier: MIT */
#include "lib/backup/ending.h"

#include <criterion/criterion.h>

Test(ending, gets_worse_and_keeps_the_first_reason_of_the_worst)
{
	struct ending e = ENDING_INIT;

	ending_worsen_f(&e, ENDING_SUSPECT, "first %d", 1);
	cr_assert_eq(e.kind, ENDING_SUSPECT);
	cr_assert_str_eq(e.why.msg, "first 1");
	ending_worsen_f(&e, ENDING_SUSPECT, "second");
	cr_assert_str_eq(e.why.msg, "first 1");
	ending_worsen_f(&e, ENDING_TRIPPED, "third");
	cr_assert_eq(e.kind, ENDING_TRIPPED);
	cr_assert_str_eq(e.why.msg, "third");
}

Test(ending, never_gets_better)
{
	for (int worse = ENDING_GOOD; worse <= ENDING_ERROR; worse++) {
		for (int better = ENDING_GOOD; better <= worse; better++) {
			struct ending e = { .kind = (enum ending_kind)worse };

			ending_worsen_f(&e, (enum ending_kind)better, "no");
			cr_assert_eq(e.kind, (enum ending_kind)worse);
		}
	}
}

Test(ending, keeps_the_kind_and_errno_of_an_error)
{
	struct ending e = ENDING_INIT;
	struct error err;

	(void)error_set(&err, ERROR_IO, 28, "/var/lib/nfsafe/record.db: full");
	ending_worsen(&e, ENDING_ERROR, &err);
	cr_assert_eq(e.why.kind, ERROR_IO);
	cr_assert_eq(e.why.errnum, 28);
}

Test(ending, only_good_is_recorded_as_good)
{
	static const enum record_outcome expected[] = {
		[ENDING_GOOD] = RECORD_GOOD,         [ENDING_SUSPECT] = RECORD_SUSPECT,
		[ENDING_REFUSED] = RECORD_SKIPPED,   [ENDING_FAILED] = RECORD_FAILED,
		[ENDING_SIGNALLED] = RECORD_ABORTED, [ENDING_STOPPED] = RECORD_ABORTED,
		[ENDING_TRIPPED] = RECORD_ABORTED,   [ENDING_ERROR] = RECORD_FAILED,
	};

	for (int kind = ENDING_GOOD; kind <= ENDING_ERROR; kind++) {
		struct ending e = { .kind = (enum ending_kind)kind };

		cr_assert_eq(ending_outcome(&e), expected[kind]);
	}
}
