/* SPDX-License-Identifier: MIT */
#include "lib/proc/child.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/proc/privilege.h"

static char *const environment[] = { (char *)"PATH=/usr/bin:/bin", NULL };

/* A shell that runs @script, its output to @out_fd. */
static struct child_spec shell(char *argv[4], const char *script, int out_fd)
{
	argv[0] = (char *)"sh";
	argv[1] = (char *)"-c";
	argv[2] = (char *)script;
	argv[3] = NULL;
	return (struct child_spec){
		.argv = argv,
		.envp = environment,
		.fds = { -1, out_fd, -1 },
		.tty_fd = -1,
	};
}

static int wait_for_end(struct child *child)
{
	struct error err;
	siginfo_t status;

	cr_assert_eq(child_wait(child, deadline_after(10000), 1000, &status, &err),
		     CHILD_EXITED);
	cr_assert_eq(child->pidfd, -1);
	return child_exit_code(&status);
}

/* What @spec prints, up to 4 KiB; it must end with 0. */
static const char *output_of(struct child_spec *spec, char buf[4096])
{
	struct child child;
	struct error err;
	int fds[2];
	size_t len = 0;
	ssize_t n;

	cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
	spec->fds[1] = fds[1];
	cr_assert_eq(child_spawn(spec, &child, &err), 0, "%s", err.msg);
	fd_close(&fds[1]);
	while ((n = read(fds[0], buf + len, 4095 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	fd_close(&fds[0]);
	cr_assert_eq(wait_for_end(&child), 0);
	return buf;
}

Test(child, exit_codes_are_those_of_a_shell, .timeout = 10)
{
	static const struct {
		const char *script;
		int code;
	} cases[] = {
		{ "exit 0", 0 },
		{ "exit 7", 7 },
		{ "exit 255", 255 },
		{ "kill -TERM $$", 128 + SIGTERM },
		{ "kill -KILL $$", 128 + SIGKILL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *argv[4];
		struct child_spec spec = shell(argv, cases[i].script, -1);
		struct child child;
		struct error err;

		cr_assert_eq(child_spawn(&spec, &child, &err), 0);
		cr_expect_eq(wait_for_end(&child), cases[i].code, "%s", cases[i].script);
	}
}

Test(child, has_the_environment_it_was_given_and_no_other, .timeout = 10)
{
	static char *const envp[] = { (char *)"PATH=/usr/bin:/bin", (char *)"A=1 2",
				      NULL };
	char *argv[] = { (char *)"env", NULL };
	struct child_spec spec = {
		.argv = argv, .envp = envp, .fds = { -1, -1, -1 }, .tty_fd = -1
	};
	char buf[4096];

	cr_assert_eq(setenv("SECRET", "1", 1), 0);
	cr_assert_str_eq(output_of(&spec, buf), "PATH=/usr/bin:/bin\nA=1 2\n");
}

/* Found in the PATH of the command, not in that of root's cron. */
Test(child, is_searched_in_its_own_path)
{
	static char *const envp[] = { (char *)"PATH=/nonexistent", NULL };
	char *argv[] = { (char *)"env", NULL };
	struct child_spec spec = {
		.argv = argv, .envp = envp, .fds = { -1, -1, -1 }, .tty_fd = -1
	};
	struct child child;
	struct error err;

	cr_assert_eq(child_spawn(&spec, &child, &err), -ERROR_COMMAND);
	cr_assert_eq(err.errnum, ENOENT);
	cr_assert_str_eq(err.msg, "cannot execute env: No such file or directory");
}

Test(child, says_why_it_cannot_be_executed)
{
	char *argv[] = { (char *)"/etc/passwd", NULL };
	struct child_spec spec = {
		.argv = argv, .envp = environment, .fds = { -1, -1, -1 }, .tty_fd = -1
	};
	struct child child;
	struct error err;

	cr_assert_eq(child_spawn(&spec, &child, &err), -ERROR_COMMAND);
	cr_assert_eq(err.errnum, EACCES);
	/* Whoever failed to start is no zombie of ours. */
	cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1);
	cr_assert_eq(errno, ECHILD);
}

Test(child, starts_where_it_is_told_and_names_what_is_missing, .timeout = 10)
{
	char *argv[4], buf[4096];
	struct child_spec spec = shell(argv, "pwd", -1);
	struct child child;
	struct error err;

	cr_assert_eq(chdir("/usr"), 0);
	cr_expect_str_eq(output_of(&spec, buf), "/\n");
	spec.directory = "/tmp";
	cr_expect_str_eq(output_of(&spec, buf), "/tmp\n");
	spec.directory = "/nonexistent";
	cr_assert_eq(child_spawn(&spec, &child, &err), -ERROR_SYSTEM);
	cr_assert_str_eq(err.msg, "/nonexistent: No such file or directory");
}

/* Descriptors of ours, some without O_CLOEXEC, at low and at high numbers. */
Test(child, inherits_three_descriptors_only, .timeout = 10)
{
	char *argv[4], buf[4096];
	/* The fourth is the folder that ls reads. */
	struct child_spec spec = shell(argv, "ls /proc/self/fd | wc -l", -1);

	cr_assert_eq(dup2(STDERR_FILENO, 500), 500);
	for (int i = 0; i < 20; i++)
		cr_assert_geq(dup(STDERR_FILENO), 0);
	cr_assert_eq(atoi(output_of(&spec, buf)), 4);
}

/* The numbers that the three have in the parent must not matter: 0, 1, 2 swapped. */
Test(child, arranges_descriptors_in_any_order, .timeout = 10)
{
	char *argv[4], buf[16] = "";
	struct child_spec spec = shell(argv, "read x; echo out $x; echo err $x >&2", -1);
	struct child child;
	struct error err;
	int in[2], out[2], messages[2];

	cr_assert_eq(pipe(in) + pipe(out) + pipe(messages), 0);
	cr_assert_eq(write(in[1], "hi\n", 3), 3);
	cr_assert_eq(dup2(out[1], 0), 0);
	cr_assert_eq(dup2(messages[1], 1), 1);
	cr_assert_eq(dup2(in[0], 2), 2);
	spec.fds[0] = 2;
	spec.fds[1] = 0;
	spec.fds[2] = 1;
	cr_assert_eq(child_spawn(&spec, &child, &err), 0);
	cr_assert_eq(wait_for_end(&child), 0);
	cr_assert_eq(read(out[0], buf, sizeof(buf)), 7);
	cr_assert_eq(memcmp(buf, "out hi\n", 7), 0);
	cr_assert_eq(read(messages[0], buf, sizeof(buf)), 7);
	cr_assert_eq(memcmp(buf, "err hi\n", 7), 0);
}

/* From a parent without standard input, as some daemons are started. */
Test(child, has_three_descriptors_even_if_we_have_not, .timeout = 10)
{
	char *argv[4], buf[16] = "";
	struct child_spec spec = shell(argv, "read x; echo out $x", -1);
	struct child child;
	struct error err;
	int in[2], out[2];

	cr_assert_eq(pipe(in) + pipe(out), 0);
	cr_assert_eq(write(in[1], "hi\n", 3), 3);
	cr_assert_eq(close(STDIN_FILENO), 0);
	spec.fds[0] = in[0];
	spec.fds[1] = out[1];
	spec.fds[2] = STDERR_FILENO;
	cr_assert_eq(child_spawn(&spec, &child, &err), 0);
	cr_assert_eq(wait_for_end(&child), 0);
	cr_assert_eq(read(out[0], buf, sizeof(buf)), 7);
	cr_assert_eq(memcmp(buf, "out hi\n", 7), 0);
}

Test(child, has_default_signals_and_none_blocked, .timeout = 10)
{
	char *argv[4], buf[4096];
	struct child_spec spec =
		shell(argv, "grep -E '^Sig(Blk|Ign)' /proc/self/status", -1);
	sigset_t all;

	(void)sigfillset(&all);
	cr_assert_eq(sigprocmask(SIG_BLOCK, &all, NULL), 0);
	cr_assert_neq(signal(SIGPIPE, SIG_IGN), SIG_ERR);
	cr_assert_neq(signal(SIGHUP, SIG_IGN), SIG_ERR);
	cr_assert_str_eq(output_of(&spec, buf), "SigBlk:\t0000000000000000\n"
						"SigIgn:\t0000000000000000\n");
}

Test(child, runs_with_the_ids_it_was_given, .timeout = 10)
{
	char *argv[4], buf[4096];
	struct child_spec spec = shell(argv, "id -u; id -g; id -G", -1);
	struct identity nobody;

	if (geteuid() != 0)
		cr_skip("needs root");
	identity_nobody(&nobody);
	spec.identity = &nobody;
	cr_assert_str_eq(output_of(&spec, buf), "65534\n65534\n65534\n");
}

/*
 * Orphans become children of the test, so that it can see their end: whether and
 * when process 1 reaps them is not ours to test.
 */
static void adopt(void)
{
	cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L), 0);
}

/* Each process of the group ends; the test's time-out is the limit. */
static void assert_group_ends(pid_t group)
{
	while (waitpid(-group, NULL, 0) > 0)
		;
	cr_assert_eq(errno, ECHILD);
	cr_assert_eq(kill(-group, 0), -1);
	cr_assert_eq(errno, ESRCH);
}

Test(child, timed_out_is_ended_with_sigterm, .timeout = 10)
{
	char *argv[4];
	struct child_spec spec = shell(argv, "sleep 1000 & sleep 1000", -1);
	struct child child;
	struct error err;
	siginfo_t status;
	pid_t group;

	adopt();
	cr_assert_eq(child_spawn(&spec, &child, &err), 0);
	group = child.pid;
	cr_assert_eq(getpgid(child.pid), child.pid);
	cr_assert_eq(child_wait(&child, deadline_after(50), 5000, &status, &err),
		     CHILD_TIMED_OUT);
	cr_assert_eq(child_exit_code(&status), 128 + SIGTERM);
	assert_group_ends(group);
}

Test(child, timed_out_is_ended_even_if_it_ignores_sigterm, .timeout = 10)
{
	char *argv[4];
	struct child_spec spec =
		shell(argv, "trap '' TERM; echo x; sleep 1000 & sleep 9", 1);
	struct child child;
	struct error err;
	siginfo_t status;
	int64_t before;
	int fds[2];

	cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
	spec.fds[1] = fds[1];
	cr_assert_eq(child_spawn(&spec, &child, &err), 0);
	cr_assert_eq(fd_wait_readable(fds[0], deadline_after(5000), &err), 1);
	before = deadline_now_ns();
	cr_assert_eq(child_wait(&child, deadline_after(0), 100, &status, &err),
		     CHILD_TIMED_OUT);
	cr_assert_eq(child_exit_code(&status), 128 + SIGKILL);
	cr_assert_geq(deadline_now_ns() - before, INT64_C(100) * 1000000);
}

/* Who ended by itself may have left others at work: that is for the caller to see. */
Test(child, those_left_in_the_group_are_not_touched, .timeout = 10)
{
	char *argv[4];
	struct child_spec spec = shell(argv, "sleep 1000 & exit 3", -1);
	struct child child;
	struct error err;
	pid_t group;

	adopt();
	cr_assert_eq(child_spawn(&spec, &child, &err), 0);
	group = child.pid;
	cr_assert_eq(wait_for_end(&child), 3);
	cr_assert_eq(kill(-group, 0), 0);
	cr_assert_eq(kill(-group, SIGKILL), 0);
	assert_group_ends(group);
}

/* Until @fd is at its end: whoever had the other end is gone. */
static void assert_other_end_closes(int fd)
{
	struct error err;
	char c;

	cr_assert_eq(fd_wait_readable(fd, deadline_after(5000), &err), 1);
	cr_assert_eq(read(fd, &c, 1), 0);
}

/* What an isolated child reports of itself, as its exit code: 0 is as it should be. */
static int look_around(int kept, int closed)
{
	struct stat null, fd;

	if (fcntl(kept, F_GETFD) < 0)
		return 1;
	if (fcntl(closed, F_GETFD) >= 0)
		return 2;
	if (stat("/dev/null", &null) < 0)
		return 3;
	for (int i = 0; i < 3; i++) {
		if (fstat(i, &fd) < 0 || fd.st_rdev != null.st_rdev)
			return 4;
	}
	return getpgrp() == getpid() ? 0 : 5;
}

Test(child, isolated_keeps_nothing_but_what_it_shall, .timeout = 10)
{
	int keep = dup2(STDERR_FILENO, 300), other = dup2(STDERR_FILENO, 301);
	struct child_isolation isolation = { .parent = getpid(),
					     .keep_fds = &keep,
					     .n_keep_fds = 1 };
	struct child child;
	struct error err;
	int side = child_fork(&child, &err);

	if (side == CHILD_FORK_CHILD) {
		if (child_isolate(&isolation, &err) < 0)
			_exit(100);
		_exit(look_around(keep, other));
	}
	cr_assert_eq(side, CHILD_FORK_PARENT);
	cr_assert_eq(wait_for_end(&child), 0);
}

Test(child, isolated_dies_with_its_parent, .timeout = 10)
{
	int fds[2];
	pid_t parent;

	cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
	parent = fork();
	if (parent == 0) {
		struct child_isolation isolation = { .parent = getpid(),
						     .keep_fds = &fds[1],
						     .n_keep_fds = 1 };
		struct child child;
		struct error err;

		if (child_fork(&child, &err) == CHILD_FORK_CHILD) {
			if (child_isolate(&isolation, &err) == 0)
				(void)!write(fds[1], "x", 1);
			for (;;)
				(void)pause();
		}
		for (;;)
			(void)pause();
	}
	fd_close(&fds[1]);
	cr_assert_eq(read(fds[0], &(char){ 0 }, 1), 1);
	cr_assert_eq(kill(parent, SIGKILL), 0);
	assert_other_end_closes(fds[0]);
	cr_assert_eq(waitpid(parent, NULL, 0), parent);
}

/* The parent may have died between the fork and the request to die with it. */
Test(child, isolated_notices_that_its_parent_is_gone, .timeout = 10)
{
	struct child_isolation isolation = { .parent = getppid() };
	struct child child;
	struct error err;
	int side = child_fork(&child, &err);

	if (side == CHILD_FORK_CHILD)
		_exit(child_isolate(&isolation, &err) == -ERROR_SYSTEM ? 42 : 1);
	cr_assert_eq(wait_for_end(&child), 42);
}

Test(child, max_fd_sees_the_highest)
{
	cr_assert_eq(dup2(STDERR_FILENO, 777), 777);
	cr_assert_eq(child_max_fd(), 777);
}
