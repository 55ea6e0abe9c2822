/* SPDX-License-Identifier: MIT */
#include "lib/proc/tree.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/deadline.h"

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

Test(tree, adopts_orphans, .timeout = 10)
{
	pid_t pid;

	tree_adopt();
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
	tree_reap(0);
	cr_assert_eq(waitpid(ended, NULL, WNOHANG), -1);
	cr_assert_eq(waitpid(living, NULL, WNOHANG), 0);
	end(living);
	tree_reap(0);
}

Test(tree, spares_the_one_whose_status_is_wanted, .timeout = 10)
{
	pid_t spare = sleeper();
	int status;

	make_zombie(spare);
	tree_reap(spare);
	cr_assert_eq(waitpid(spare, &status, WNOHANG), spare);
	cr_assert(WIFSIGNALED(status));
}

/* An orphan with a session of its own is seen; the one to be spared, and the dead, not.
 */
Test(tree, adopted_ones_are_signalled_whatever_their_group, .timeout = 20)
{
	pid_t spare, middle;

	tree_adopt();
	spare = sleeper();
	cr_assert_eq(tree_signal_adopted(&spare, 1, 0), 0);
	middle = fork();
	if (middle == 0) {
		if (fork() == 0) {
			(void)setsid();
			for (;;)
				(void)pause();
		}
		_exit(0);
	}
	cr_assert_eq(waitpid(middle, NULL, 0), middle);
	cr_assert_eq(tree_signal_adopted(&spare, 1, 0), 1);
	cr_assert_eq(tree_signal_adopted(&spare, 1, SIGKILL), 1);
	for (struct deadline d = deadline_after(10000);
	     tree_signal_adopted(&spare, 1, 0) > 0;)
		cr_assert(!deadline_expired(d));
	cr_assert_eq(kill(spare, 0), 0);
	end(spare);
}
