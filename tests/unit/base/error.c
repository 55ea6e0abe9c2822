/* SPDX-License-Identifier: MIT */
#include "lib/base/error.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <string.h>

Test(error, set_returns_the_negative_kind)
{
	struct error err;

	cr_assert_eq(error_set(&err, ERROR_UNSAFE, 0, "%s: %d", "marker", 7),
		     -ERROR_UNSAFE);
	cr_assert_eq(err.kind, ERROR_UNSAFE);
	cr_assert_eq(err.errnum, 0);
	cr_assert_str_eq(err.msg, "marker: 7");
}

Test(error, errno_is_kept_and_told)
{
	struct error err;

	errno = ENOENT;
	cr_assert_eq(error_errno(&err, ERROR_IO, "/no/such"), -ERROR_IO);
	cr_assert_eq(err.errnum, ENOENT);
	cr_assert_str_eq(err.msg, "/no/such: No such file or directory");
	errno = EACCES;
	cr_assert_eq(error_sys(&err, "open"), -ERROR_SYSTEM);
	cr_assert_eq(err.errnum, EACCES);
}

/* ERESTARTSYS leaks out of the NFS client after an abort; libc cannot name it. */
Test(error, errno_512_has_a_name)
{
	struct error err;

	errno = 512;
	(void)error_sys(&err, "fsync");
	cr_assert_str_eq(err.msg, "fsync: Call aborted");
	cr_assert_eq(err.errnum, 512);
}

Test(error, too_long_is_cut_and_terminated)
{
	struct error err;
	char text[2 * sizeof(err.msg)];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)error_set(&err, ERROR_USAGE, 0, "%s", text);
	cr_assert_eq(strlen(err.msg), sizeof(err.msg) - 1);
	errno = EIO;
	(void)error_errno(&err, ERROR_IO, "%s", text);
	cr_assert_eq(strlen(err.msg), sizeof(err.msg) - 1);
	(void)error_prefix(&err, "%s", text);
	cr_assert_eq(strlen(err.msg), sizeof(err.msg) - 1);
}

Test(error, prefix_keeps_kind_and_errno)
{
	struct error err;

	errno = EROFS;
	(void)error_errno(&err, ERROR_CREATE, "file");
	cr_assert_eq(error_prefix(&err, "destination %s", "nas1"), -ERROR_CREATE);
	cr_assert_eq(err.errnum, EROFS);
	cr_assert_str_eq(err.msg, "destination nas1: file: Read-only file system");
}

/* Arguments that point into the error itself are the natural mistake. */
Test(error, prefix_may_quote_a_part_of_another_error)
{
	struct error inner, outer;

	(void)error_set(&inner, ERROR_IO, 0, "inner");
	(void)error_set(&outer, ERROR_IO, 0, "outer");
	(void)error_prefix(&outer, "%s", inner.msg);
	cr_assert_str_eq(outer.msg, "inner: outer");
}

Test(error, oom)
{
	struct error err;

	cr_assert_eq(error_oom(&err), -ERROR_INTERNAL);
	cr_assert_eq(err.errnum, ENOMEM);
	cr_assert_str_eq(err.msg, "out of memory");
}

Test(error, crosses_a_pipe_in_one_write)
{
	cr_assert_leq(sizeof(struct error), _POSIX_PIPE_BUF);
}
