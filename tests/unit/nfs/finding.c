/* SPDX-License-Identifier: MIT */
#include "lib/nfs/finding.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/nfs/attempt.h"

static struct attempt *open_attempt(void)
{
	static const struct probe_request request = { .vers = NFS_VERS_3, .write = true };
	struct attempt *a = attempt_new(&request, 0, false, "host-1");

	cr_assert(a);
	return a;
}

Test(finding, a_status_is_a_result_and_a_reason)
{
	struct attempt *a = open_attempt();

	cr_expect_eq(finding_status(a, 0), RESULT_OK);
	cr_expect_str_eq(a->why, "");
	cr_expect_eq(finding_status(a, 30), RESULT_READ_ONLY);
	cr_expect_str_eq(a->why, "ROFS (error 30)");
	attempt_free(a);
}

Test(finding, only_rofs_tells_something_of_a_remove_of_nothing)
{
	struct attempt *a = open_attempt();

	cr_expect_eq(finding_removal(a, 2), RESULT_OK);
	cr_expect_not(a->read_only);
	cr_expect_eq(finding_removal(a, 13), RESULT_OK);
	cr_expect_not(a->read_only);
	cr_expect_eq(finding_removal(a, 30), RESULT_OK);
	cr_expect(a->read_only);
	attempt_free(a);
}

Test(finding, the_canary_is_left_from_its_creation_to_its_removal)
{
	struct attempt *a = open_attempt();

	cr_expect_not(finding_is_left(a));
	a->created = true;
	cr_expect(finding_is_left(a));
	cr_expect_not(finding_is_orphaned(a), "its connection is there");
	a->conns[CONN_NFSD].state = CONN_DOWN;
	cr_expect(finding_is_orphaned(a));
	cr_expect_eq(finding_removed(a, 5), RESULT_CORRUPT);
	cr_expect(finding_is_left(a));
	cr_expect_eq(finding_removed(a, 2), RESULT_OK, "that it is not there is fine");
	cr_expect_not(finding_is_left(a));
	attempt_free(a);
}

Test(finding, what_was_written_must_be_all)
{
	struct attempt *a = open_attempt();
	struct nfs3_range range = finding_range(a);

	cr_expect_eq(range.count, CANARY_BYTES);
	cr_expect_eq(finding_written(a, CANARY_BYTES), RESULT_OK);
	cr_expect_eq(finding_written(a, 1), RESULT_CORRUPT);
	cr_expect_eq(finding_written(a, CANARY_BYTES + 1), RESULT_GARBAGE);
	memcpy(a->canary->write_verf, "12345678", 8);
	cr_expect_eq(finding_committed(a, "12345678"), RESULT_OK);
	cr_expect_eq(finding_committed(a, "12345679"), RESULT_CORRUPT);
	cr_expect_eq(finding_read_back(a, true), RESULT_OK);
	cr_expect_eq(finding_read_back(a, false), RESULT_CORRUPT);
	attempt_free(a);
}

/* Two at once, or after one another, must never meet. */
Test(finding, canaries_have_names_and_data_of_their_own)
{
	struct attempt *a = open_attempt(), *b = open_attempt();

	cr_expect(strstr(a->name, ".nfsafe-canary-host-1-"));
	cr_expect_str_neq(a->name, b->name);
	cr_expect_arr_neq(a->canary->data, b->canary->data, CANARY_BYTES);
	attempt_free(a);
	attempt_free(b);
	attempt_free(NULL);
}
