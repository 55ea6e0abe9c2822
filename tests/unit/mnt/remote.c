/* SPDX-License-Identifier: MIT */
#include "lib/mnt/remote.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/error.h"

static struct remote *join(const struct remote *dir, const char *name)
{
	struct remote *r = NULL;
	struct error err;

	cr_assert_eq(remote_join(dir, name, &r, &err), 0, "%s", err.msg);
	return r;
}

Test(remote, names_are_put_together_without_looking)
{
	cleanup_remote struct remote *root = NULL, *file = NULL;
	struct error err;

	cr_assert_eq(remote_new("/no/such", &root, &err), 0);
	cr_expect_str_eq(remote_text(root), "/no/such");
	file = join(root, ".marker");
	cr_expect_str_eq(remote_text(file), "/no/such/.marker");
}

Test(remote, what_was_written_can_be_linked_and_removed)
{
	cleanup_remote struct remote *root = NULL, *a = NULL, *b = NULL, *link = NULL;
	char dir[] = "/tmp/nfsafe-remote-XXXXXX";
	struct remote_space space;
	struct error err;
	int fd;

	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(remote_new(dir, &root, &err), 0);
	a = join(root, "a");
	b = join(root, "b");
	link = join(root, "link");
	fd = remote_open(a, O_CREAT | O_EXCL | O_WRONLY, 0600);
	cr_assert_geq(fd, 0);
	cr_expect_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	(void)close(fd);
	cr_expect_eq(remote_link(a, b), 0);
	cr_expect_eq(remote_link(a, b), -1);
	cr_expect_eq(errno, EEXIST);
	cr_assert_eq(symlink("a", remote_text(link)), 0);
	cr_expect_eq(remote_open(link, O_RDONLY, 0), -1, "links are never followed");
	cr_expect_eq(errno, ELOOP);
	cr_expect_eq(remote_space(root, &space), 0);
	cr_expect_geq(space.total_bytes, space.free_bytes);
	cr_expect_eq(remote_syncfs(root), 0);
	cr_expect_eq(remote_unlink(link), 0);
	cr_expect_eq(remote_unlink(a), 0);
	cr_expect_eq(remote_unlink(b), 0);
	cr_expect_eq(remote_unlink(b), -1);
	cr_expect_eq(rmdir(dir), 0);
}
