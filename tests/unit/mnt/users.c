/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/mnt/users.h"

/* A file system that nobody else uses, in a mount namespace of the test's own. */
#define PLACE "/mnt"

static void set_up(void)
{
	if (geteuid() != 0)
		cr_skip("mounting needs root");
	cr_assert_eq(unshare(CLONE_NEWNS), 0);
	cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	cr_assert_eq(mount("nfsafe", PLACE, "tmpfs", 0, "size=64k"), 0);
}

static struct stat place_stat(void)
{
	struct stat st;

	cr_assert_eq(stat(PLACE, &st), 0);
	return st;
}

static size_t count(const pid_t *spare, size_t n, struct users *ret)
{
	struct stat st = place_stat();

	cr_assert_eq(users_find(major(st.st_dev), minor(st.st_dev), spare, n, ret), 0);
	return ret->count;
}

static void nothing(void)
{
}

static void have_cwd(void)
{
	if (chdir(PLACE) < 0)
		_exit(1);
}

static void have_file(void)
{
	if (open(PLACE, O_TMPFILE | O_RDWR, 0600) < 0)
		_exit(1);
}

/* Mapped, and its descriptor closed. */
static void have_mapping(void)
{
	int fd = open(PLACE, O_TMPFILE | O_RDWR, 0600);

	if (fd < 0 || ftruncate(fd, 4096) < 0 ||
	    mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED)
		_exit(1);
	(void)close(fd);
}

static void *stay(void *arg)
{
	(void)arg;
	for (;;)
		(void)pause();
	return NULL;
}

/* Its main thread ends; the process does not. */
static void have_file_without_leader(void)
{
	pthread_t thread;

	have_file();
	if (pthread_create(&thread, NULL, stay, NULL) != 0)
		_exit(1);
}

static pid_t start(void (*hold)(void))
{
	int fds[2];
	char byte;
	pid_t pid;

	cr_assert_eq(pipe(fds), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		hold();
		if (hold == have_file_without_leader) {
			(void)close(fds[0]);
			(void)!write(fds[1], "", 1);
			/* Of this thread alone. */
			(void)syscall(SYS_exit, 0);
		}
		(void)!write(fds[1], "", 1);
		(void)pause();
		_exit(0);
	}
	(void)close(fds[1]);
	cr_assert_eq(read(fds[0], &byte, 1), 1);
	(void)close(fds[0]);
	return pid;
}

static void end(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

static void expect_found(void (*hold)(void), bool found)
{
	struct users users;
	pid_t pid = start(hold);

	cr_expect_eq(count(NULL, 0, &users), found ? 1 : 0);
	cr_expect_eq(users.pid, found ? pid : 0);
	cr_expect_eq(count(&pid, 1, &users), 0);
	end(pid);
}

Test(users, whoever_has_cwd_file_or_mapping_is_found_and_can_be_spared)
{
	set_up();
	expect_found(nothing, false);
	expect_found(have_cwd, true);
	expect_found(have_file, true);
	expect_found(have_mapping, true);
	expect_found(have_file_without_leader, true);
}

Test(users, the_first_one_is_named)
{
	struct users users;
	pid_t pid;

	set_up();
	pid = start(have_cwd);
	(void)count(NULL, 0, &users);
	end(pid);
	cr_assert_eq(users.count, 1);
	cr_assert_str_eq(users.what, "cwd");
}

Test(users, a_device_that_there_is_not_has_none)
{
	struct users users;

	cr_assert_eq(users_find(4000, 77, NULL, 0, &users), 0);
	cr_assert_eq(users.count, 0);
}
