/* SPDX-License-Identifier: MIT */
#include "lib/proc/tree.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/deadline.h"
#include "lib/base/error.h"

static pid_t sleeper(void)
{
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		for (;;)
			(void)pause();
	}
	return pid;
}

static void end(pid_t pid)
{
	cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

Test(tree, parent_of_ourselves_and_of_nobody)
{
	cr_assert_eq(tree_parent(getpid()), getppid());
	cr_assert_eq(tree_parent(1), 0);
	cr_assert_eq(tree_parent(0), 0);
	cr_assert_eq(tree_parent(-1), 0);
	cr_assert_eq(tree_parent(0x7ffffff0), 0);
}

/* A process may call itself what it likes, also what looks like the fields after it. */
Test(tree, name_does_not_deceive, .timeout = 10)
{
	static const char *const names[] = { "x) R 1 (y", ") S 1", ")))", "a b c", "\n" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int ready[2];
		pid_t pid;

		cr_assert_eq(pipe2(ready, O_CLOEXEC), 0);
		pid = fork();
		if (pid == 0) {
			(void)prctl(PR_SET_NAME, names[i]);
			(void)!write(ready[1], "x", 1);
			for (;;)
				(void)pause();
		}
		cr_assert_eq(read(ready[0], &(char){ 0 }, 1), 1);
		cr_expect_eq(tree_parent(pid), getpid(), "'%s'", names[i]);
		end(pid);
		(void)close(ready[0]);
		(void)close(ready[1]);
	}
}

Test(tree, descendants_and_strangers, .timeout = 10)
{
	pid_t child = sleeper();

	cr_assert(tree_descends(child, child));
	cr_assert(tree_descends(child, getpid()));
	cr_assert(tree_descends(child, 1));
	cr_assert(!tree_descends(getpid(), child));
	cr_assert(!tree_descends(1, getpid()));
	cr_assert(!tree_descends(0, getpid()));
	end(child);
	cr_assert(!tree_descends(child, getpid()), "it is gone");
}

/* A grandchild, orphaned at birth, in a session of its own; its pid. */
static pid_t orphan(void)
{
	int fds[2];
	pid_t child, pid = 0;

	cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		pid = fork();
		if (pid == 0) {
			(void)setsid();
			for (;;)
				(void)pause();
		}
		(void)!write(fds[1], &pid, sizeof(pid));
		_exit(0);
	}
	cr_assert_eq(read(fds[0], &pid, sizeof(pid)), (ssize_t)sizeof(pid));
	cr_assert_eq(waitpid(child, NULL, 0), child);
	(void)close(fds[0]);
	(void)close(fds[1]);
	return pid;
}

static void adopt(void)
{
	struct error err;

	cr_assert_eq(tree_adopt(&err), 0, "%s", err.msg);
}

Test(tree, adopts_orphans, .timeout = 10)
{
	pid_t pid;

	adopt();
	pid = orphan();
	cr_assert_eq(tree_parent(pid), getpid());
	cr_assert(tree_descends(pid, getpid()));
	end(pid);
}

Test(tree, without_adoption_they_are_strangers, .timeout = 10)
{
	pid_t pid = orphan();

	cr_assert(!tree_descends(pid, getpid()));
	cr_assert_eq(kill(pid, SIGKILL), 0);
}

/* Ended, and not reaped yet. */
static void make_zombie(pid_t pid)
{
	siginfo_t info;

	cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

Test(tree, reaps_what_has_ended_and_nothing_else, .timeout = 10)
{
	pid_t ended = sleeper(), living = sleeper();

	make_zombie(ended);
	tree_reap(NULL, 0);
	cr_assert_eq(waitpid(ended, NULL, WNOHANG), -1);
	cr_assert_eq(waitpid(living, NULL, WNOHANG), 0);
	end(living);
	tree_reap(NULL, 0);
}

/* Whatever group and session they have, and although the kernel names the spared first.
 */
Test(tree, spares_those_whose_status_is_wanted_and_reaps_the_rest, .timeout = 10)
{
	enum { N = 20 };
	pid_t spare[] = { sleeper(), sleeper() }, rest[N];
	int status;

	for (int i = 0; i < N; i++) {
		rest[i] = fork();
		if (rest[i] == 0) {
			(void)setsid();
			for (;;)
				(void)pause();
		}
	}
	for (int i = 0; i < 2; i++)
		make_zombie(spare[i]);
	for (int i = 0; i < N; i++)
		make_zombie(rest[i]);
	tree_reap(spare, 2);
	for (int i = 0; i < N; i++)
		cr_expect_eq(waitpid(rest[i], NULL, WNOHANG), -1);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(waitpid(spare[i], &status, WNOHANG), spare[i]);
		cr_assert(WIFSIGNALED(status));
	}
}

/* An orphan with a session of its own is seen; the one to be spared is not. */
Test(tree, adopted_ones_are_signalled_whatever_their_group, .timeout = 20)
{
	pid_t spare, pid;

	adopt();
	spare = sleeper();
	cr_assert_eq(tree_signal_adopted(&spare, 1, 0), 0);
	pid = orphan();
	cr_assert_eq(tree_signal_adopted(&spare, 1, 0), 1);
	cr_assert_eq(tree_signal_adopted(&spare, 1, SIGKILL), 1);
	for (struct deadline d = deadline_after(10000);
	     tree_signal_adopted(&spare, 1, 0) > 0;)
		cr_assert(!deadline_expired(d));
	cr_assert_eq(kill(pid, 0), -1);
	cr_assert_eq(kill(spare, 0), 0);
	end(spare);
}

/* What has ended may have left others in the same moment: one more look is due. */
Test(tree, the_ended_are_counted_once_and_reaped, .timeout = 10)
{
	pid_t pid = sleeper();

	cr_assert_gt(tree_started(pid), 0);
	make_zombie(pid);
	cr_assert_eq(tree_started(pid), -1);
	cr_assert_eq(tree_signal_adopted(NULL, 0, 0), 1);
	cr_assert_eq(waitpid(pid, NULL, WNOHANG), -1);
	cr_assert_eq(tree_signal_adopted(NULL, 0, 0), 0);
}

static void *work(void *arg)
{
	for (;;)
		(void)pause();
	return arg;
}

/* Its main thread has ended, another one works on: "Zl" in ps(1). */
static pid_t headless(void)
{
	char path[64], text[512];
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t thread;

		/* Should the test fail. */
		(void)alarm(30);
		if (pthread_create(&thread, NULL, work, NULL) == 0)
			(void)syscall(SYS_exit, 0);
		_exit(1);
	}
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	for (struct deadline d = deadline_after(5000);;) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = read(fd, text, sizeof(text) - 1);

		(void)close(fd);
		text[n > 0 ? n : 0] = '\0';
		if (strstr(text, ") Z "))
			return pid;
		cr_assert(!deadline_expired(d));
		(void)usleep(1000);
	}
}

Test(tree, one_lives_as_long_as_any_of_its_threads, .timeout = 20)
{
	pid_t pid = headless();

	cr_assert_gt(tree_started(pid), 0);
	for (int i = 0; i < 3; i++) {
		tree_reap(NULL, 0);
		cr_assert_eq(tree_signal_adopted(NULL, 0, 0), 1);
	}
	cr_assert_eq(tree_signal_adopted(NULL, 0, SIGKILL), 1);
	for (struct deadline d = deadline_after(10000);
	     tree_signal_adopted(NULL, 0, 0) > 0;)
		cr_assert(!deadline_expired(d));
	cr_assert_eq(waitpid(pid, NULL, WNOHANG), -1);
}

/* Each lives for a millisecond, and has a child before it ends: never is nobody there. */
static void start_chain(void)
{
	pid_t child = fork();

	if (child == 0) {
		struct deadline d = deadline_after(20000);

		while (!deadline_expired(d)) {
			if (fork() != 0)
				_exit(0);
			(void)setsid();
			(void)usleep(1000);
		}
		_exit(0);
	}
	cr_assert_gt(child, 0);
}

Test(tree, no_look_misses_a_chain_that_forks_and_ends, .timeout = 30)
{
	struct deadline d;
	int missed = 0;

	adopt();
	start_chain();
	for (int i = 0; i < 500; i++) {
		missed += tree_signal_adopted(NULL, 0, 0) == 0;
		(void)usleep(1000);
	}
	cr_expect_eq(missed, 0, "%d of 500 looks saw nobody", missed);
	d = deadline_after(10000);
	while (tree_signal_adopted(NULL, 0, SIGKILL) > 0)
		cr_assert(!deadline_expired(d), "it outruns SIGKILL");
	(void)usleep(100 * 1000);
	cr_assert_eq(tree_signal_adopted(NULL, 0, 0), 0, "that was the end of it");
}
