/* SPDX-License-Identifier: MIT */
#include "lib/nfs/status.h"

#include <criterion/criterion.h>

Test(status, known_ones_have_a_result_and_a_name)
{
	cr_expect_eq(nfs_status_result(0), RESULT_OK);
	cr_expect_eq(nfs_status_result(13), RESULT_DENIED);
	cr_expect_str_eq(nfs_status_name(13), "ACCES");
	cr_expect_eq(nfs_status_result(30), RESULT_READ_ONLY);
	cr_expect_eq(nfs_status_result(69), RESULT_NO_SPACE);
	cr_expect_eq(nfs_status_result(70), RESULT_STALE);
	cr_expect_eq(nfs_status_result(10008), RESULT_BUSY);
	cr_expect_eq(nfs_status_result(10013), RESULT_BUSY);
	cr_expect_eq(nfs_status_result(10016), RESULT_REJECTED);
	cr_expect_eq(nfs_status_result(10021), RESULT_VERSION);
}

Test(status, an_unknown_one_is_garbage_not_good)
{
	cr_expect_eq(nfs_status_result(3), RESULT_GARBAGE);
	cr_expect_eq(nfs_status_result(UINT32_MAX), RESULT_GARBAGE);
	cr_expect_str_eq(nfs_status_name(UINT32_MAX), "?");
}

/* Whatever a server says but 0, it has not done what was asked. */
Test(status, nothing_but_zero_is_ok)
{
	for (uint32_t status = 1; status < 11000; status++)
		cr_expect_gt(nfs_status_result(status), RESULT_SLOW, "%u", status);
}
