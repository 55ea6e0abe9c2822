/* SPDX-License-Identifier: MIT */
#include "lib/conf/host.h"

#include "tests/unit/conf/files.h"

/* What host_check() says to [nfsafe] and [backup] with the tests' own directory. */
static void expect_host(const struct files *f, const char *text, const char *expected)
{
	struct problems problems = PROBLEMS_INIT;
	char path[PATH_MAX], whole[2000], found[2000];
	struct conf conf;
	struct error err;

	(void)snprintf(whole, sizeof(whole),
		       "[nfsafe]\nstate_dir = %s/state\nrun_dir = %s/run\n"
		       "[destination nas1]\nsource = nas1:/x\n%s",
		       f->dir, f->dir, text);
	files_put(f, "nfsafe.conf", whole);
	cr_assert_eq(conf_load(files_at(f, "nfsafe.conf", path), true, &conf, NULL, &err),
		     0, "%s", err.msg);
	host_check(&conf, deadline_after(10000), &problems);
	files_problems(f, &problems, found, sizeof(found));
	cr_expect_str_eq(found, expected);
	problems_done(&problems);
	conf_done(&conf);
}

static void put_program(const struct files *f, const char *name, mode_t mode)
{
	char path[PATH_MAX];

	files_put(f, name, "#!/bin/sh\n");
	cr_assert_eq(chmod(files_at(f, name, path), mode), 0);
	cr_assert_eq(chmod(f->dir, 0755), 0);
}

static const char *backup_of(const struct files *f, const char *user, const char *program,
			     char buf[600])
{
	(void)snprintf(buf, 600,
		       "[backup]\ndestinations = nas1\nuser = %s\nfull = %s/%s --x\n",
		       user, f->dir, program);
	return buf;
}

Test(host, a_host_that_has_everything_says_nothing)
{
	char text[600];
	FILES(f);

	expect_host(&f, "", "");
	put_program(&f, "b", 0755);
	expect_host(&f, backup_of(&f, "root", "b", text), "");
}

Test(host, a_user_that_does_not_exist_is_named)
{
	char text[600];
	FILES(f);

	put_program(&f, "b", 0755);
	expect_host(&f, backup_of(&f, "nobody-of-that-name", "b", text),
		    "nfsafe.conf:8: user: there is no user 'nobody-of-that-name'\n");
}

Test(host, a_command_that_the_user_cannot_run_is_named)
{
	char text[600], expected[400], path[PATH_MAX];
	FILES(f);

	(void)snprintf(expected, sizeof(expected),
		       "nfsafe.conf:9: full: user root cannot run %s/b: No such file or "
		       "directory\n",
		       f.dir);
	expect_host(&f, backup_of(&f, "root", "b", text), expected);
	put_program(&f, "b", 0644);
	(void)snprintf(expected, sizeof(expected),
		       "nfsafe.conf:9: full: user root cannot run %s/b: Permission "
		       "denied\n",
		       f.dir);
	expect_host(&f, backup_of(&f, "root", "b", text), expected);
	cr_assert_eq(mkdir(files_at(&f, "d", path), 0755), 0);
	(void)snprintf(expected, sizeof(expected),
		       "nfsafe.conf:9: full: %s/d is no file\n", f.dir);
	expect_host(&f, backup_of(&f, "root", "d", text), expected);
}

Test(host, it_is_the_backup_user_that_has_to_be_able_to)
{
	char text[600], expected[400];
	FILES(f);

	if (geteuid() != 0)
		cr_skip_test("needs root to become another user");
	put_program(&f, "b", 0700);
	expect_host(&f, backup_of(&f, "root", "b", text), "");
	(void)snprintf(expected, sizeof(expected),
		       "nfsafe.conf:9: full: user nobody cannot run %s/b: Permission "
		       "denied\n",
		       f.dir);
	expect_host(&f, backup_of(&f, "nobody", "b", text), expected);
}

Test(host, a_command_that_others_can_change_is_warned_of)
{
	char text[600], expected[400];
	FILES(f);

	put_program(&f, "b", 0775);
	(void)snprintf(expected, sizeof(expected),
		       "nfsafe.conf:9: warning: full: others than root and user root can "
		       "change %s/b\n",
		       f.dir);
	expect_host(&f, backup_of(&f, "root", "b", text), expected);
}

Test(host, what_is_above_our_directories_has_to_be_there)
{
	struct problems problems = PROBLEMS_INIT;
	char path[PATH_MAX], text[600], found[1000];
	struct conf conf;
	struct error err;
	FILES(f);

	(void)snprintf(text, sizeof(text),
		       "[nfsafe]\nstate_dir = %s/none/state\nrun_dir = %s/file/run\n",
		       f.dir, f.dir);
	files_put(&f, "nfsafe.conf", text);
	files_put(&f, "file", "");
	cr_assert_eq(
		conf_load(files_at(&f, "nfsafe.conf", path), true, &conf, NULL, &err), 0);
	host_check(&conf, deadline_after(10000), &problems);
	files_problems(&f, &problems, found, sizeof(found));
	(void)snprintf(text, sizeof(text),
		       "nfsafe.conf:2: state_dir: %s/none: No such file or directory\n"
		       "nfsafe.conf:3: run_dir: %s/file/run: %s/file/run: Not a "
		       "directory\n",
		       f.dir, f.dir, f.dir);
	cr_expect_str_eq(found, text);
	problems_done(&problems);
	conf_done(&conf);
}
