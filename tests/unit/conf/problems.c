/* SPDX-License-Identifier: MIT */
#include "lib/conf/problems.h"

#include <criterion/criterion.h>
#include <string.h>

static void text_of(const struct problems *p, size_t i, const char *expected)
{
	char buf[200];

	problem_format(&p->items[i], buf, sizeof(buf));
	cr_expect_str_eq(buf, expected);
}

Test(problems, each_kind_of_place_has_its_form)
{
	struct problems p = PROBLEMS_INIT;
	struct error err;

	problems_error(&p, (struct place){ "a.conf", 3 }, "no %s", "x");
	problems_error(&p, (struct place){ "a.conf", 0 }, "gone");
	problems_warning(&p, (struct place){ "a.conf", 4 }, "odd");
	problems_warning(&p, (struct place){ NULL, 0 }, "bare");
	text_of(&p, 0, "a.conf:3: no x");
	text_of(&p, 1, "a.conf: gone");
	text_of(&p, 2, "a.conf:4: warning: odd");
	text_of(&p, 3, "warning: bare");
	cr_expect_eq(p.n_errors, 2);
	cr_expect_eq(problems_to_error(&p, &err), -ERROR_CONFIG);
	cr_expect_str_eq(err.msg, "a.conf:3: no x (and 1 more: see nfsafe config check)");
	problems_done(&p);
	problems_done(&p);
}

Test(problems, warnings_are_no_error_and_come_before_it)
{
	struct problems p = PROBLEMS_INIT;
	struct error err;

	cr_expect_eq(problems_to_error(&p, &err), 0);
	problems_warning(&p, (struct place){ "a.conf", 1 }, "odd");
	cr_expect_eq(problems_to_error(&p, &err), 0);
	problems_error(&p, (struct place){ "b.conf", 1 }, "wrong");
	cr_expect_eq(problems_to_error(&p, &err), -ERROR_CONFIG);
	cr_expect_str_eq(err.msg, "b.conf:1: wrong");
	problems_done(&p);
}

Test(problems, a_taken_error_keeps_its_kind)
{
	struct problems p = PROBLEMS_INIT;
	struct error err, out;

	(void)error_set(&err, ERROR_PERMISSION, 0, "not yours");
	problems_take(&p, (struct place){ "a.conf", 0 }, &err);
	cr_expect_eq(problems_to_error(&p, &out), -ERROR_PERMISSION);
	cr_expect_str_eq(out.msg, "a.conf: not yours");
	problems_done(&p);
}

Test(problems, sorted_by_file_as_they_turned_up_then_by_line)
{
	struct problems p = PROBLEMS_INIT;

	problems_error(&p, (struct place){ NULL, 0 }, "1");
	problems_error(&p, (struct place){ "z.conf", 9 }, "2");
	problems_error(&p, (struct place){ "a.conf", 5 }, "3");
	problems_error(&p, (struct place){ "z.conf", 2 }, "4");
	problems_error(&p, (struct place){ "z.conf", 9 }, "5");
	problems_error(&p, (struct place){ "a.conf", 1 }, "6");
	problems_sort(&p);
	text_of(&p, 0, "z.conf:2: 4");
	text_of(&p, 1, "z.conf:9: 2");
	text_of(&p, 2, "z.conf:9: 5");
	text_of(&p, 3, "a.conf:1: 6");
	text_of(&p, 4, "a.conf:5: 3");
	text_of(&p, 5, "1");
	problems_done(&p);
	problems_sort(&p);
}
