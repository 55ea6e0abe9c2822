/* SPDX-License-Identifier: MIT */
#include "lib/proc/task.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/proc/privilege.h"

static struct task_spec spec_for(task_fn fn, void *result, size_t size, int64_t ms)
{
	return (struct task_spec){
		.name = "test",
		.fn = fn,
		.result = result,
		.result_size = size,
		.deadline = deadline_after(ms),
		.cancel_fd = -1,
	};
}

/* Every child is gone and reaped. */
static void assert_no_child(void)
{
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
	cr_expect_eq(errno, ECHILD);
}

static int add_one(void *arg, void *result, struct error *err)
{
	(void)err;
	*(int *)result = *(int *)arg + 1;
	return 0;
}

Test(task, hands_back_its_result, .timeout = 10)
{
	int arg = 41, result = 0;
	struct task_spec spec = spec_for(add_one, &result, sizeof(result), 5000);
	struct error err;
	pid_t stuck = 77;

	spec.arg = &arg;
	cr_assert_eq(task_run(&spec, &stuck, &err), TASK_DONE);
	cr_assert_eq(result, 42);
	cr_assert_eq(stuck, 0);
	assert_no_child();
}

static int nothing(void *arg, void *result, struct error *err)
{
	(void)arg;
	(void)result;
	(void)err;
	return 0;
}

Test(task, may_have_no_result, .timeout = 10)
{
	struct task_spec spec = spec_for(nothing, NULL, 0, 5000);
	struct error err;

	cr_assert_eq(task_run(&spec, NULL, &err), TASK_DONE);
}

#define MANY ((size_t)3 << 20)

static int fill_many(void *arg, void *result, struct error *err)
{
	(void)arg;
	(void)err;
	memset(result, 'm', MANY);
	return 0;
}

/* More than a pipe holds: the child writes while we read. */
Test(task, result_may_be_large, .timeout = 10)
{
	char *result = calloc(1, MANY);
	struct task_spec spec = spec_for(fill_many, result, MANY, 5000);
	struct error err;

	cr_assert_eq(task_run(&spec, NULL, &err), TASK_DONE);
	cr_assert_eq(result[0], 'm');
	cr_assert_eq(result[MANY - 1], 'm');
	free(result);
}

static int fail(void *arg, void *result, struct error *err)
{
	(void)arg;
	*(int *)result = 13;
	return error_set(err, ERROR_UNSAFE, EROFS, "%s: no", "object");
}

Test(task, error_comes_back_as_it_was_set, .timeout = 10)
{
	int result = 0;
	struct task_spec spec = spec_for(fail, &result, sizeof(result), 5000);
	struct error err;

	cr_assert_eq(task_run(&spec, NULL, &err), -ERROR_UNSAFE);
	cr_assert_eq(err.kind, ERROR_UNSAFE);
	cr_assert_eq(err.errnum, EROFS);
	cr_assert_str_eq(err.msg, "object: no");
	cr_assert_eq(result, 0, "untouched on failure");
}

static int positive(void *arg, void *result, struct error *err)
{
	(void)arg;
	(void)result;
	(void)err;
	return 5;
}

Test(task, an_outcome_that_nobody_declared_is_our_bug, .timeout = 10)
{
	struct task_spec spec = spec_for(positive, NULL, 0, 5000);
	struct error err;

	cr_assert_eq(task_run(&spec, NULL, &err), -ERROR_INTERNAL);
	cr_assert_str_eq(err.msg, "test returned 5");
}

static int crash(void *arg, void *result, struct error *err)
{
	(void)arg;
	(void)result;
	(void)err;
	(void)raise(SIGKILL);
	return 0;
}

Test(task, crash_is_an_error_and_names_it, .timeout = 10)
{
	struct task_spec spec = spec_for(crash, NULL, 0, 5000);
	struct error err;

	cr_assert_eq(task_run(&spec, NULL, &err), -ERROR_INTERNAL);
	cr_assert_str_eq(err.msg, "the process for test crashed");
	assert_no_child();
}

static int sleep_on(void *arg, void *result, struct error *err)
{
	(void)arg;
	(void)result;
	(void)err;
	/* What a task hangs in does not listen to SIGTERM either. */
	(void)signal(SIGTERM, SIG_IGN);
	for (;;)
		(void)pause();
	return 0;
}

Test(task, is_killed_at_its_deadline, .timeout = 10)
{
	struct task_spec spec = spec_for(sleep_on, NULL, 0, 100);
	int64_t start = deadline_now_ns(), took_ms;
	struct error err;
	pid_t stuck;

	cr_assert_eq(task_run(&spec, &stuck, &err), TASK_TIMED_OUT);
	took_ms = (deadline_now_ns() - start) / 1000000;
	cr_assert_geq(took_ms, 100);
	cr_assert_lt(took_ms, 1100);
	cr_assert_eq(stuck, 0);
	assert_no_child();
}

Test(task, may_be_cancelled, .timeout = 10)
{
	struct task_spec spec = spec_for(sleep_on, NULL, 0, 60 * 1000);
	struct error err;
	int fds[2];

	cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
	cr_assert_eq(write(fds[1], "x", 1), 1);
	spec.cancel_fd = fds[0];
	cr_assert_eq(task_run(&spec, NULL, &err), TASK_CANCELLED);
	assert_no_child();
}

/* The unmount of a run that a signal ends must still be possible. */
Test(task, what_is_done_counts_even_if_cancelled, .timeout = 10)
{
	int arg = 1, result = 0, fds[2];
	struct task_spec spec = spec_for(add_one, &result, sizeof(result), 5000);
	struct error err;

	cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
	spec.arg = &arg;
	spec.cancel_fd = fds[0];
	cr_assert_eq(task_run(&spec, NULL, &err), TASK_DONE);
	cr_assert_eq(result, 2);
}

static bool third_look(void *arg)
{
	return ++*(int *)arg == 3;
}

Test(task, is_given_up_when_somebody_says_so, .timeout = 10)
{
	int looks = 0;
	struct task_spec spec = spec_for(sleep_on, NULL, 0, 60 * 1000);
	struct error err;

	spec.give_up = third_look;
	spec.give_up_arg = &looks;
	spec.look_ms = 10;
	cr_assert_eq(task_run(&spec, NULL, &err), TASK_CANCELLED);
	cr_assert_eq(looks, 3);
	assert_no_child();
}

struct view {
	bool kept_open, other_open, null_input;
	uid_t uid;
};

static int look(void *arg, void *result, struct error *err)
{
	const int *fds = arg;
	struct view *view = result;
	char c;

	(void)err;
	view->kept_open = fcntl(fds[0], F_GETFD) >= 0;
	view->other_open = fcntl(fds[1], F_GETFD) >= 0;
	view->null_input = read(STDIN_FILENO, &c, 1) == 0;
	view->uid = getuid();
	return 0;
}

/* One that cannot die must not hold a pipe that cron reads to its end. */
Test(task, holds_no_descriptor_but_those_named, .timeout = 10)
{
	int fds[2] = { dup2(STDERR_FILENO, 400), dup2(STDERR_FILENO, 401) };
	struct view view;
	struct task_spec spec = spec_for(look, &view, sizeof(view), 5000);
	struct error err;

	spec.arg = fds;
	spec.keep_fds[0] = fds[0];
	spec.n_keep_fds = 1;
	cr_assert_eq(task_run(&spec, NULL, &err), TASK_DONE);
	cr_assert(view.kept_open);
	cr_assert(!view.other_open);
	cr_assert(view.null_input);
	cr_assert_eq(view.uid, getuid());
}

Test(task, runs_with_the_ids_it_was_given, .timeout = 10)
{
	int fds[2] = { -1, -1 };
	struct view view;
	struct task_spec spec = spec_for(look, &view, sizeof(view), 5000);
	struct identity nobody;
	struct error err;

	if (geteuid() != 0)
		cr_skip("needs root");
	identity_nobody(&nobody);
	spec.arg = fds;
	spec.identity = &nobody;
	cr_assert_eq(task_run(&spec, NULL, &err), TASK_DONE);
	cr_assert_eq(view.uid, 65534);
}

static int wait_for_parent(void *arg, void *result, struct error *err)
{
	(void)result;
	(void)err;
	(void)!write(*(int *)arg, "x", 1);
	for (;;)
		(void)pause();
	return 0;
}

Test(task, dies_with_its_parent, .timeout = 10)
{
	struct error err;
	int fds[2];
	pid_t parent;
	char c;

	cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
	parent = fork();
	if (parent == 0) {
		struct task_spec spec = spec_for(wait_for_parent, NULL, 0, 60 * 1000);

		spec.arg = &fds[1];
		spec.keep_fds[0] = fds[1];
		spec.n_keep_fds = 1;
		(void)!task_run(&spec, NULL, &err);
		_exit(0);
	}
	fd_close(&fds[1]);
	cr_assert_eq(read(fds[0], &c, 1), 1);
	cr_assert_eq(kill(parent, SIGKILL), 0);
	cr_assert_eq(waitpid(parent, NULL, 0), parent);
	cr_assert_eq(fd_wait_readable(fds[0], deadline_after(5000), &err), 1);
	cr_assert_eq(read(fds[0], &c, 1), 0, "the task is gone");
}

static int leave_a_child(void *arg, void *result, struct error *err)
{
	pid_t pid = fork();

	(void)arg;
	(void)err;
	if (pid == 0) {
		for (;;)
			(void)pause();
	}
	*(pid_t *)result = pid;
	return 0;
}

/* What a task leaves in its group (a helper of libmount) goes with it. */
Test(task, takes_its_children_along, .timeout = 10)
{
	pid_t left;
	struct task_spec spec = spec_for(leave_a_child, &left, sizeof(left), 5000);
	struct error err;

	/* So that it becomes ours, and its end can be seen. */
	cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L), 0);
	cr_assert_eq(task_run(&spec, NULL, &err), TASK_DONE);
	cr_assert_eq(waitpid(left, NULL, 0), left);
}

Test(task, every_outcome_has_a_text)
{
	for (int outcome = TASK_DONE; outcome <= TASK_STUCK; outcome++)
		cr_expect_str_neq(task_outcome_text(outcome), "failed");
	cr_expect_str_eq(task_outcome_text(-1), "failed");
}
