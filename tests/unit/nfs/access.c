/* SPDX-License-Identifier: MIT */
#include "lib/nfs/access.h"

#include <criterion/criterion.h>

#include "lib/nfs/report.h"

#define WRITE (PROBE_ACCESS_MODIFY | PROBE_ACCESS_EXTEND)

/* A directory of root's, 0755, and the user 1000, who is granted to read. */
static struct access_facts facts(void)
{
	return (struct access_facts){
		.granted = PROBE_ACCESS_READ | PROBE_ACCESS_LOOKUP,
		.uid = 1000,
		.gid = 1000,
		.has_mode = true,
		.mode = 0755,
	};
}

Test(access, what_is_granted_is_granted)
{
	struct access_facts f = facts();

	f.granted |= WRITE;
	cr_expect_eq(access_judge(&f), RESULT_OK);
	f.granted = PROBE_ACCESS_MODIFY;
	cr_expect_eq(access_judge(&f), RESULT_DENIED, "to change and not to extend");
}

Test(access, rofs_is_read_only_whoever_asks)
{
	struct access_facts f = facts();

	f.read_only = true;
	cr_expect_eq(access_judge(&f), RESULT_READ_ONLY);
	f.uid = 0;
	cr_expect_eq(access_judge(&f), RESULT_READ_ONLY);
}

Test(access, somebody_elses_directory_is_denied)
{
	struct access_facts f = facts();

	cr_expect_eq(access_judge(&f), RESULT_DENIED);
}

Test(access, who_may_by_mode_and_may_not_is_squashed)
{
	const uint32_t groups[] = { 7, 50 };
	struct access_facts f = facts();

	f.uid = 0;
	cr_expect_eq(access_judge(&f), RESULT_SQUASHED, "root");
	f.has_mode = false;
	cr_expect_eq(access_judge(&f), RESULT_SQUASHED, "root, whatever the mode is");

	f = facts();
	f.owner = 1000;
	cr_expect_eq(access_judge(&f), RESULT_SQUASHED, "the owner");
	f = facts();
	f.mode = 0775;
	f.group = 1000;
	cr_expect_eq(access_judge(&f), RESULT_SQUASHED, "the group");
	f.group = 50;
	f.groups = groups;
	f.n_groups = 2;
	cr_expect_eq(access_judge(&f), RESULT_SQUASHED, "one of the groups");
}

/* Then it does not matter whom the server takes the user for. */
Test(access, who_is_kept_from_where_all_may_is_denied)
{
	struct access_facts f = facts();

	f.mode = 0777;
	cr_expect_eq(access_judge(&f), RESULT_DENIED);
	f.uid = 0;
	cr_expect_eq(access_judge(&f), RESULT_DENIED);
}

Test(access, without_a_mode_nobody_but_root_is_called_squashed)
{
	struct access_facts f = facts();

	f.mode = 0777;
	f.has_mode = false;
	cr_expect_eq(access_judge(&f), RESULT_DENIED);
}

/* The first class that fits decides, even if a later one would allow more. */
Test(access, the_owner_is_not_everybody)
{
	struct access_facts f = facts();

	f.owner = 1000;
	f.mode = 0577;
	cr_expect_not(access_mode_allows(&f));
	f.owner = 0;
	f.group = 1000;
	f.mode = 0707;
	cr_expect_not(access_mode_allows(&f));
	f.mode = 0720;
	cr_expect_not(access_mode_allows(&f), "to write and not to search");
	f.mode = 0730;
	cr_expect(access_mode_allows(&f));
}
