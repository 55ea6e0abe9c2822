/* SPDX-License-Identifier: MIT */
/*
 * What outlives SIGKILL, and what hangs: child_wait(), task_run() and lock_take() come
 * back in time nevertheless.  In a forked child nothing of Criterion is used.
 */
#include "stuck.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/proc/child.h"
#include "lib/proc/lock.h"
#include "lib/proc/task.h"
#include "tests/unit/hanging.h"

TestSuite(stuck, .timeout = 20);

static int64_t ms_since(int64_t ns)
{
	return (deadline_now_ns() - ns) / 1000000;
}

static struct child sleeper(void)
{
	struct child child;
	struct error err;

	if (child_fork(&child, &err) == CHILD_FORK_CHILD) {
		stuck_allow();
		(void)sleep(30);
		_exit(99);
	}
	cr_assert_geq(child.pidfd, 0);
	(void)usleep(20000);
	return child;
}

static void wait_for_stuck(bool in_exit)
{
	struct child child = sleeper();
	pid_t tracer = stuck_make(child.pid, in_exit);
	int64_t before = deadline_now_ns(), took;
	siginfo_t status;
	struct error err;
	int r;

	if (tracer == 0) {
		(void)kill(child.pid, SIGKILL);
		cr_skip_test("ptrace is not allowed here");
	}
	r = child_wait(&child, deadline_after(100), 200, &status, &err);
	took = ms_since(before);
	/* It is still ours, to be asked again. */
	cr_expect_geq(child.pidfd, 0);
	stuck_let_go(tracer);
	cr_assert_eq(r, CHILD_STUCK, "%d", r);
	cr_assert(took >= 500 && took < 1500, "%lld ms", (long long)took);
	cr_assert_eq(child_wait(&child, deadline_after(5000), 100, &status, &err),
		     CHILD_EXITED);
	cr_assert_eq(child_exit_code(&status), 128 + SIGKILL);
}

Test(stuck, child_that_outlives_sigkill_is_stuck)
{
	wait_for_stuck(true);
}

/* Seen red: waitid(2) without WNOHANG waited for as long as the tracer lived. */
Test(stuck, child_that_is_dead_but_traced_is_stuck)
{
	wait_for_stuck(false);
}

static int traced(void *arg, void *result, struct error *err)
{
	(void)result;
	(void)err;
	stuck_allow();
	(void)!write(*(int *)arg, &(pid_t){ getpid() }, sizeof(pid_t));
	(void)sleep(30);
	_exit(99);
	return 0;
}

/* In another process: makes the task whose pid comes through @fd stick. */
static pid_t start_sticker(int fd, bool in_exit)
{
	pid_t pid = fork();

	if (pid == 0) {
		pid_t task, tracer;

		if (read(fd, &task, sizeof(task)) != sizeof(task))
			_exit(1);
		tracer = stuck_make(task, in_exit);
		if (tracer == 0)
			_exit(1);
		(void)sleep(4);
		stuck_let_go(tracer);
		_exit(0);
	}
	return pid;
}

static void run_stuck(bool in_exit)
{
	int fds[2];
	struct task_spec spec = {
		.name = "test", .fn = traced, .arg = &fds[1], .cancel_fd = -1
	};
	struct error err;
	pid_t stuck = 0, sticker;
	int64_t before;
	int r;

	cr_assert_eq(pipe(fds), 0);
	sticker = start_sticker(fds[0], in_exit);
	spec.deadline = deadline_after(500);
	spec.keep_fds[0] = fds[1];
	spec.n_keep_fds = 1;
	before = deadline_now_ns();
	r = task_run(&spec, &stuck, &err);
	if (r == TASK_TIMED_OUT && waitpid(sticker, NULL, WNOHANG) == sticker)
		cr_skip_test("ptrace is not allowed here");
	cr_expect_eq(r, TASK_STUCK, "%d", r);
	cr_expect(ms_since(before) >= 1400 && ms_since(before) < 2500, "%lld",
		  (long long)ms_since(before));
	cr_expect_gt(stuck, 0);
	cr_expect_eq(waitpid(stuck, NULL, WNOHANG), 0);
	cr_assert_eq(waitpid(sticker, NULL, 0), sticker);
	cr_assert_eq(waitpid(stuck, NULL, 0), stuck);
}

Test(stuck, task_that_outlives_sigkill_is_left_behind)
{
	run_stuck(true);
}

Test(stuck, task_that_is_dead_but_traced_is_left_behind)
{
	run_stuck(false);
}

static int touches(void *arg, void *result, struct error *err)
{
	struct stat st;

	(void)result;
	if (stat(arg, &st) < 0)
		return error_sys(err, "%s", (const char *)arg);
	return 0;
}

/* The case that it is for: stat(2) of a server that does not answer. */
Test(stuck, task_that_touches_a_dead_file_system_ends)
{
	char path[] = "/tmp/nfsafe-stuck-XXXXXX";
	struct task_spec spec = {
		.name = "test", .fn = touches, .arg = path, .cancel_fd = -1
	};
	int64_t before;
	struct error err;
	pid_t stuck;

	cr_assert_not_null(mkdtemp(path));
	if (!hanging_mount(path))
		cr_skip_test("needs root and FUSE");
	before = deadline_now_ns();
	spec.deadline = deadline_after(300);
	cr_expect_eq(task_run(&spec, &stuck, &err), TASK_TIMED_OUT);
	cr_expect_lt(ms_since(before), 1500);
	cr_assert_eq(umount2(path, MNT_DETACH), 0);
	cr_assert_eq(rmdir(path), 0);
}

/* Seen red: statfs(2) asked the file system itself, and waited for its answer. */
Test(stuck, lock_does_not_touch_what_hangs)
{
	char dir[] = "/tmp/nfsafe-stuck-XXXXXX", deeper[64];
	const char *run_dirs[] = { dir, deeper };
	int64_t before;

	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(deeper, sizeof(deeper), "%s/deeper", dir);
	if (!hanging_mount(dir))
		cr_skip_test("needs root and FUSE");
	before = deadline_now_ns();
	for (size_t i = 0; i < 2; i++) {
		struct lock lock = LOCK_INIT;
		struct lock_holder holder;
		struct error err;

		cr_expect_eq(
			lock_take(run_dirs[i], LOCK_RUN, "run", &lock, &holder, &err),
			-ERROR_CONFIG);
		cr_expect(strstr(err.msg, "(fuse), which may hang"), "%s", err.msg);
		cr_expect_eq(lock_peek(run_dirs[i], LOCK_RUN, &holder, &err),
			     -ERROR_CONFIG);
	}
	cr_expect_lt(ms_since(before), 2000);
	cr_assert_eq(umount2(dir, MNT_DETACH), 0);
	cr_assert_eq(rmdir(dir), 0);
}
