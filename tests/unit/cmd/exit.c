/* SPDX-License-Identifier: MIT */
/* What scripts, cron and monitors rely on: which code what has. */
#include "cmd/exit.h"

#include <criterion/criterion.h>

#include "lib/backup/ending.h"
#include "lib/base/macro.h"

Test(exit, each_kind_of_error_has_its_code)
{
	static const struct {
		enum error_kind kind;
		int code;
	} table[] = {
		{ ERROR_USAGE, 64 },       { ERROR_CONFIG, 78 }, { ERROR_PERMISSION, 77 },
		{ ERROR_UNREACHABLE, 69 }, { ERROR_UNSAFE, 69 }, { ERROR_PROTOCOL, 69 },
		{ ERROR_COMMAND, 2 },      { ERROR_BUSY, 75 },   { ERROR_DEADLINE, 124 },
		{ ERROR_CREATE, 73 },      { ERROR_IO, 74 },     { ERROR_SYSTEM, 71 },
		{ ERROR_INTERNAL, 70 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		cr_expect_eq(exit_from_error(table[i].kind), table[i].code, "kind %d",
			     (int)table[i].kind);
}

/* Never 0: what is not in the table is a bug of ours. */
Test(exit, an_unknown_kind_is_an_internal_error)
{
	cr_expect_eq(exit_from_error((enum error_kind)0), 70);
	cr_expect_eq(exit_from_error((enum error_kind) - 1), 70);
	cr_expect_eq(exit_from_error((enum error_kind)(ERROR_INTERNAL + 1)), 70);
}

Test(exit, each_ending_has_its_code)
{
	static const struct {
		struct ending ending;
		int of_run, of_exec;
	} table[] = {
		{ { .kind = ENDING_GOOD }, 0, 0 },
		{ { .kind = ENDING_SUSPECT }, 1, 1 },
		{ { .kind = ENDING_REFUSED }, 69, 69 },
		{ { .kind = ENDING_FAILED, .status = 7 }, 2, 7 },
		{ { .kind = ENDING_SIGNALLED, .status = 15 }, 143, 143 },
		{ { .kind = ENDING_STOPPED }, 124, 124 },
		{ { .kind = ENDING_TRIPPED }, 124, 124 },
		{ { .kind = ENDING_ERROR, .why = { .kind = ERROR_IO } }, 74, 74 },
		{ { .kind = ENDING_ERROR, .why = { .kind = ERROR_INTERNAL } }, 70, 70 },
		{ { .kind = ENDING_ERROR,
		    .why = { .kind = ERROR_COMMAND, .errnum = ENOENT } },
		  2,
		  127 },
		{ { .kind = ENDING_ERROR,
		    .why = { .kind = ERROR_COMMAND, .errnum = EACCES } },
		  2,
		  126 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		cr_expect_eq(exit_from_ending(&table[i].ending), table[i].of_run,
			     "run, row %zu", i);
		cr_expect_eq(exit_from_exec(&table[i].ending), table[i].of_exec,
			     "exec, row %zu", i);
	}
}
