/* SPDX-License-Identifier: MIT */
#include "lib/conf/trusted.h"

#include <errno.h>
#include <fcntl.h>

#include "lib/base/error.h"
#include "lib/conf/argv.h"
#include "tests/unit/conf/files.h"

static int read_it(const char *path, struct error *err)
{
	char *text = NULL;
	size_t len;
	int r = trusted_read(path, 1000, &text, &len, err);

	free(text);
	return r;
}

Test(trusted, a_file_of_ours_is_read_whole)
{
	char path[PATH_MAX], *text;
	struct error err;
	size_t len;
	FILES(f);

	files_put(&f, "a", "hello");
	cr_assert_eq(trusted_read(files_at(&f, "a", path), 5, &text, &len, &err),
		     TRUSTED_READ);
	cr_expect_eq(len, 5);
	cr_expect_str_eq(text, "hello");
	free(text);
	cr_expect_eq(trusted_read(path, 4, &text, &len, &err), -ERROR_IO);
	cr_expect_eq(trusted_read(files_at(&f, "b", path), 4, &text, &len, &err),
		     TRUSTED_MISSING);
}

Test(trusted, what_others_may_write_is_refused)
{
	static const struct {
		mode_t mode;
		const char *says;
	} modes[] = {
		{ 0664, "its group may write" },
		{ 0646, "others may write" },
		{ 0622, "others may write" },
	};
	char path[PATH_MAX];
	struct error err;
	FILES(f);

	files_put(&f, "a", "x");
	(void)files_at(&f, "a", path);
	for (size_t i = 0; i < 3; i++) {
		cr_assert_eq(chmod(path, modes[i].mode), 0);
		cr_expect_eq(read_it(path, &err), -ERROR_PERMISSION);
		cr_expect(strstr(err.msg, modes[i].says), "%s", err.msg);
	}
	cr_assert_eq(chmod(path, 0600), 0);
	cr_expect_eq(read_it(path, &err), TRUSTED_READ);
}

Test(trusted, somebody_elses_file_is_refused)
{
	char path[PATH_MAX], link[PATH_MAX];
	struct error err;
	FILES(f);

	if (geteuid() != 0)
		cr_skip_test("needs root to give a file away");
	files_put(&f, "a", "x");
	(void)files_at(&f, "a", path);
	cr_assert_eq(chown(path, 12345, 0), 0);
	cr_expect_eq(read_it(path, &err), -ERROR_PERMISSION);
	cr_expect(strstr(err.msg, "belongs to uid 12345"), "%s", err.msg);
	/* A link is what it leads to. */
	cr_assert_eq(symlink(path, files_at(&f, "b", link)), 0);
	cr_expect_eq(read_it(link, &err), -ERROR_PERMISSION);
}

Test(trusted, what_is_no_file_is_refused_without_waiting)
{
	char path[PATH_MAX];
	struct error err;
	FILES(f);

	cr_assert_eq(mkfifo(files_at(&f, "fifo", path), 0600), 0);
	cr_expect_eq(read_it(path, &err), -ERROR_CONFIG);
	cr_expect_str_eq(err.msg, "this is no file");
	cr_expect_eq(read_it(f.dir, &err), -ERROR_CONFIG);
	cr_expect_eq(read_it("/dev/null", &err), -ERROR_CONFIG);
}

Test(trusted, names_are_listed_in_the_order_of_their_bytes)
{
	static const char *const expected[] = { "10.conf", "9.conf", "B.conf", "a.conf",
						"\xc3\xa4.conf" };
	char **names;
	struct error err;
	FILES(f);

	files_put(&f, "a.conf", "");
	files_put(&f, "B.conf", "");
	files_put(&f, "9.conf", "");
	files_put(&f, "10.conf", "");
	files_put(&f, "\xc3\xa4.conf", "");
	files_put(&f, ".hidden.conf", "");
	files_put(&f, ".conf", "");
	files_put(&f, "a.conf~", "");
	files_put(&f, "a.conf.dpkg-new", "");
	cr_assert_eq(trusted_list(f.dir, ".conf", &names, &err), TRUSTED_READ);
	for (size_t i = 0; i < 5; i++)
		cr_expect_str_eq(names[i], expected[i]);
	cr_expect_null(names[5]);
	argv_free(names);
}

Test(trusted, a_directory_that_others_may_write_to_is_refused)
{
	char path[PATH_MAX], **names;
	struct error err;
	FILES(f);

	cr_assert_eq(chmod(f.dir, 0770), 0);
	cr_expect_eq(trusted_list(f.dir, ".conf", &names, &err), -ERROR_PERMISSION);
	cr_assert_eq(chmod(f.dir, 0700), 0);
	cr_expect_eq(trusted_list(files_at(&f, "x", path), ".conf", &names, &err),
		     TRUSTED_MISSING);
	cr_expect_null(names[0]);
	argv_free(names);
	files_put(&f, "file", "");
	cr_expect_lt(trusted_list(files_at(&f, "file", path), ".conf", &names, &err), 0);
}
