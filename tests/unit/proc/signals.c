/* SPDX-License-Identifier: MIT */
#include "lib/proc/signals.h"

#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/fd.h"

static bool readable(const struct signals *s)
{
	struct error err;

	return fd_wait_readable(s->fd, deadline_after(0), &err) == 1;
}

Test(signals, are_seen_where_one_waits)
{
	static const int expected[] = { SIGINT, SIGTERM, SIGHUP };

	for (size_t i = 0; i < 3; i++) {
		struct signals s;
		struct error err;

		cr_assert_eq(signals_init(&s, &err), 0);
		cr_expect(!readable(&s));
		cr_expect_eq(signals_take(&s), 0);
		cr_assert_eq(raise(expected[i]), 0);
		cr_expect(readable(&s));
		cr_expect_eq(signals_take(&s), expected[i]);
		cr_expect(!readable(&s));
		cr_expect_eq(signals_take(&s), 0);
		signals_done(&s);
	}
}

/* A task is cancelled by what stays pending: so is the next one. */
Test(signals, peek_leaves_it_pending)
{
	struct signals s;
	struct error err;

	cr_assert_eq(signals_init(&s, &err), 0);
	cr_assert_eq(signals_peek(&s), 0);
	cr_assert_eq(raise(SIGTERM), 0);
	cr_assert_eq(signals_peek(&s), SIGTERM);
	cr_assert_eq(signals_peek(&s), SIGTERM);
	cr_assert(readable(&s));
	cr_assert_eq(signals_take(&s), SIGTERM);
	cr_assert_eq(signals_peek(&s), 0);
	signals_done(&s);
}

Test(signals, several_are_taken_one_by_one)
{
	struct signals s;
	struct error err;
	int first, second;

	cr_assert_eq(signals_init(&s, &err), 0);
	cr_assert_eq(raise(SIGTERM), 0);
	cr_assert_eq(raise(SIGINT), 0);
	cr_assert_eq(raise(SIGTERM), 0);
	first = signals_take(&s);
	second = signals_take(&s);
	cr_assert((first == SIGINT && second == SIGTERM) ||
		  (first == SIGTERM && second == SIGINT));
	cr_assert_eq(signals_take(&s), 0);
	signals_done(&s);
}

/* It has had its effect: the run ended for it.  A second death would lose the report. */
Test(signals, done_takes_what_is_pending)
{
	struct signals s;
	struct error err;

	cr_assert_eq(signals_init(&s, &err), 0);
	cr_assert_eq(raise(SIGTERM), 0);
	cr_assert_eq(raise(SIGHUP), 0);
	signals_done(&s);
}

/* Ctrl-Z, SIGQUIT and a reader in the background must not stop who watches a mount. */
Test(signals, nothing_stops_or_ends_the_holder_of_a_mount)
{
	static const int sigs[] = { SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGALRM };
	struct signals s;
	struct error err;

	cr_assert_eq(signals_init(&s, &err), 0);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		cr_assert_eq(raise(sigs[i]), 0);
	cr_assert_eq(raise(SIGQUIT), 0);
	cr_assert_eq(signals_take(&s), SIGQUIT);
	signals_done(&s);
}

Test(signals, done_twice_is_harmless)
{
	struct signals s;
	struct error err;

	cr_assert_eq(signals_init(&s, &err), 0);
	signals_done(&s);
	signals_done(&s);
	cr_assert_eq(s.fd, -1);
}

/* A reader of our output that went away is an error to report, not our end. */
Test(signals, a_broken_pipe_does_not_kill)
{
	struct signals s;
	struct error err;
	int fds[2];

	cr_assert_eq(signals_init(&s, &err), 0);
	cr_assert_eq(pipe(fds), 0);
	fd_close(&fds[0]);
	cr_assert_eq(write(fds[1], "x", 1), -1);
	cr_assert_eq(errno, EPIPE);
	signals_done(&s);
}

Test(signals, default_is_for_children_of_ours)
{
	struct signals s;
	struct error err;
	struct sigaction action;
	sigset_t blocked;

	cr_assert_eq(signals_init(&s, &err), 0);
	signals_default();
	cr_assert_eq(sigprocmask(SIG_SETMASK, NULL, &blocked), 0);
	for (int number = 1; number < 32; number++) {
		cr_expect_eq(sigismember(&blocked, number), 0, "%d is blocked", number);
		cr_expect_eq(sigaction(number, NULL, &action), 0);
		cr_expect_eq(action.sa_handler, SIG_DFL, "%d is not default", number);
	}
}

/* Whoever started us may have had SIGCHLD ignored: then no child could be waited for. */
Test(signals, the_end_of_a_child_is_seen, .timeout = 10)
{
	struct signals s;
	struct error err;

	(void)signal(SIGCHLD, SIG_IGN);
	cr_assert_eq(signals_init(&s, &err), 0);
	for (int i = 0; i < 2; i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			_exit(7);
		cr_expect_eq(fd_wait_readable(s.child_fd, deadline_after(5000), &err), 1);
		cr_expect(!readable(&s), "it is no reason to end");
		signals_child(&s);
		cr_expect_eq(fd_wait_readable(s.child_fd, deadline_after(0), &err), 0);
		cr_expect_eq(waitpid(pid, &status, WNOHANG), pid);
		cr_expect_eq(WEXITSTATUS(status), 7);
	}
	signals_done(&s);
}
