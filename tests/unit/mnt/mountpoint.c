/* SPDX-License-Identifier: MIT */
#include "lib/mnt/mountpoint.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/macro.h"
#include "lib/mnt/mountinfo.h"

static const struct mountpoint_facts safe = {
	.well_formed = true,
	.exists = true,
	.directory = true,
	.mode = 0555,
	.empty = true,
};

static void expect_verdict(struct mountpoint_facts facts, enum mountpoint_verdict verdict,
			   const char *words)
{
	struct error why = { .msg = "" };

	cr_expect_eq(mountpoint_judge("/srv/nas1", &facts, &why), verdict, "%s", words);
	cr_expect(strstr(why.msg, words), "'%s' is not in '%s'", words, why.msg);
	if (verdict != MOUNTPOINT_SAFE)
		cr_expect_eq(why.kind, ERROR_UNSAFE);
}

Test(mountpoint, each_refusal_has_a_verdict_of_its_own)
{
	struct mountpoint_facts f;

	expect_verdict(safe, MOUNTPOINT_SAFE, "");
	expect_verdict((struct mountpoint_facts){ 0 }, MOUNTPOINT_BAD_PATH,
		       "absolute path");
	f = safe;
	f.mounted = true;
	expect_verdict(f, MOUNTPOINT_MOUNTED, "mounted there already");
	f = safe;
	f.remote = true;
	expect_verdict(f, MOUNTPOINT_REMOTE, "network file system");
	f = safe;
	f.symlink = true;
	expect_verdict(f, MOUNTPOINT_BAD_PATH, "symbolic link");
	f = safe;
	f.exists = f.directory = false;
	expect_verdict(f, MOUNTPOINT_MISSING, "run nfsafe init");
	f = safe;
	f.directory = false;
	expect_verdict(f, MOUNTPOINT_NOT_A_DIRECTORY, "not a directory");
	f = safe;
	f.empty = false;
	(void)snprintf(f.first_entry, sizeof(f.first_entry), "backup.old");
	expect_verdict(f, MOUNTPOINT_NOT_EMPTY, "something in it (backup.old)");
	f = safe;
	f.uid = 1000;
	expect_verdict(f, MOUNTPOINT_UNSAFE, "belongs to uid 1000");
	f = safe;
	f.mode = 0755;
	expect_verdict(f, MOUNTPOINT_UNSAFE, "mode 0755, not 0555");
	f.mode = 0557;
	expect_verdict(f, MOUNTPOINT_UNSAFE, "mode 0557");
}

static struct mountinfo table(const char *text)
{
	struct mountinfo m;
	struct error err;

	cr_assert_eq(mountinfo_parse(text, strlen(text), &m, &err), 0, "%s", err.msg);
	return m;
}

static enum mountpoint_verdict judge_at(const char *path, const struct mountinfo *m)
{
	struct mountpoint_facts f;
	struct error err;

	cr_assert_eq(mountpoint_inspect(path, m, &f, &err), 0, "%s", err.msg);
	return mountpoint_judge(path, &f, &err);
}

/* Nothing of it exists: whoever looked the path up would say so. */
Test(mountpoint, what_the_table_settles_is_not_looked_at)
{
	struct mountinfo m = table("1 0 0:1 / / rw - ext4 root rw\n"
				   "2 1 0:2 / /no/mounted rw - nfs nas:/x rw\n"
				   "3 1 0:3 / /no/home rw - nfs4 nas:/home rw\n"
				   "4 1 0:4 / /no/hidden/x rw - nfs nas:/y rw\n"
				   "5 1 0:5 / /no/hidden rw - tmpfs t rw\n"
				   "6 1 0:6 / /no/auto rw - autofs a rw\n");

	cr_expect_eq(judge_at("/no/mounted", &m), MOUNTPOINT_MOUNTED);
	cr_expect_eq(judge_at("/no/hidden/x", &m), MOUNTPOINT_MOUNTED);
	cr_expect_eq(judge_at("/no/home/a/b", &m), MOUNTPOINT_REMOTE);
	cr_expect_eq(judge_at("/no/auto/b", &m), MOUNTPOINT_REMOTE);
	cr_expect_eq(judge_at("/no/such", &m), MOUNTPOINT_MISSING);
	mountinfo_done(&m);
}

Test(mountpoint, paths_that_are_not_what_the_kernel_prints)
{
	static const char *const bad[] = { "",      "srv",       "/",        "//srv",
					   "/srv/", "/srv//nas", "/srv/./x", "/srv/../x",
					   "/..",   "/srv/." };
	struct mountinfo m = table("");

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		cr_expect_eq(judge_at(bad[i], &m), MOUNTPOINT_BAD_PATH, "'%s'", bad[i]);
	cr_expect_eq(judge_at("/no-such/..x/.y/...", &m), MOUNTPOINT_MISSING);
	mountinfo_done(&m);
}

/* A directory of our own, gone with the test. */
struct place {
	char dir[64];
	char path[128];
	struct mountinfo m;
};

static void place_init(struct place *p)
{
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/nfsafe-mountpoint-XXXXXX");
	cr_assert_not_null(mkdtemp(p->dir));
	(void)snprintf(p->path, sizeof(p->path), "%s/nas1", p->dir);
	p->m = table("1 0 0:1 / / rw - ext4 root rw\n");
}

static void place_done(struct place *p)
{
	char command[128];

	mountinfo_done(&p->m);
	(void)unlink(p->path);
	(void)rmdir(p->path);
	(void)snprintf(command, sizeof(command), "%s/link", p->dir);
	(void)unlink(command);
	cr_expect_eq(rmdir(p->dir), 0);
}

Test(mountpoint, what_is_there_is_seen)
{
	struct place p;
	char path[160];

	place_init(&p);
	cr_expect_eq(judge_at(p.path, &p.m), MOUNTPOINT_MISSING);
	cr_assert_eq(close(open(p.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0444)), 0);
	cr_expect_eq(judge_at(p.path, &p.m), MOUNTPOINT_NOT_A_DIRECTORY);
	(void)snprintf(path, sizeof(path), "%s/below", p.path);
	cr_expect_eq(judge_at(path, &p.m), MOUNTPOINT_NOT_A_DIRECTORY);
	cr_assert_eq(unlink(p.path), 0);
	cr_assert_eq(mkdir(p.path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/x", p.path);
	cr_assert_eq(mkdir(path, 0755), 0);
	cr_expect_eq(judge_at(p.path, &p.m), MOUNTPOINT_NOT_EMPTY);
	cr_assert_eq(rmdir(path), 0);
	cr_expect_eq(judge_at(p.path, &p.m), MOUNTPOINT_UNSAFE);
	place_done(&p);
}

Test(mountpoint, a_symbolic_link_anywhere_is_refused)
{
	struct place p;
	char link[128], below[160];

	place_init(&p);
	cr_assert_eq(mkdir(p.path, 0555), 0);
	(void)snprintf(link, sizeof(link), "%s/link", p.dir);
	cr_assert_eq(symlink(p.path, link), 0);
	cr_expect_eq(judge_at(link, &p.m), MOUNTPOINT_BAD_PATH);
	(void)snprintf(below, sizeof(below), "%s/below", link);
	cr_expect_eq(judge_at(below, &p.m), MOUNTPOINT_BAD_PATH);
	place_done(&p);
}

static void make_mutable(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), flags;

	if (fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
		flags &= ~FS_IMMUTABLE_FL;
		(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	(void)close(fd);
}

Test(mountpoint, preparing_makes_it_safe_and_can_be_repeated)
{
	enum mountpoint_flag immutable = MOUNTPOINT_FLAG_CLEAR;
	struct place p;
	struct error err;
	char file[160];

	if (geteuid() != 0)
		cr_skip("needs root: owner and immutable flag");
	place_init(&p);
	for (int i = 0; i < 2; i++) {
		cr_expect_eq(mountpoint_prepare(p.path, &immutable, &err),
			     MOUNTPOINT_SAFE, "%s", err.msg);
		cr_expect_neq(immutable, MOUNTPOINT_FLAG_CLEAR);
		cr_expect_eq(mountpoint_check(p.path, &err), MOUNTPOINT_SAFE, "%s",
			     err.msg);
	}
	/* Not even root can put something there, if the filesystem can do that. */
	(void)snprintf(file, sizeof(file), "%s/x", p.path);
	if (immutable == MOUNTPOINT_FLAG_SET)
		cr_expect_lt(mkdir(file, 0755), 0);
	make_mutable(p.path);
	cr_assert_eq(chmod(p.path, 0777), 0);
	cr_assert_eq(chown(p.path, 1, 1), 0);
	cr_expect_eq(mountpoint_check(p.path, &err), MOUNTPOINT_UNSAFE);
	cr_expect_eq(mountpoint_prepare(p.path, &immutable, &err), MOUNTPOINT_SAFE, "%s",
		     err.msg);
	make_mutable(p.path);
	place_done(&p);
}

Test(mountpoint, preparing_removes_nothing)
{
	enum mountpoint_flag immutable;
	struct place p;
	struct error err;
	char file[160];

	place_init(&p);
	cr_assert_eq(mkdir(p.path, 0755), 0);
	(void)snprintf(file, sizeof(file), "%s/x", p.path);
	cr_assert_eq(mkdir(file, 0755), 0);
	cr_expect_eq(mountpoint_prepare(p.path, &immutable, &err), MOUNTPOINT_NOT_EMPTY);
	cr_expect_eq(rmdir(file), 0);
	cr_expect_eq(mountpoint_prepare("/proc", &immutable, &err), MOUNTPOINT_MOUNTED);
	place_done(&p);
}
