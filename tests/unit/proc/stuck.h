/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_PROC_STUCK_H
#define TESTS_UNIT_PROC_STUCK_H

/*
 * A process that outlives SIGKILL, as one in state D does: a tracer keeps it in its
 * exit (PTRACE_O_TRACEEXIT, ptrace(2)).  Or one that is dead, but cannot be reaped:
 * the tracer has not waited for it yet.  Let go of by killing the tracer.
 */

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the process that is to get stuck: let anybody trace it (Yama). */
static inline void stuck_allow(void)
{
	(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
}

/*
 * Make @pid stick when it is killed; @in_exit: before it counts as dead.
 * Returns the tracer's pid, 0 if tracing is not allowed here.
 */
static inline pid_t stuck_make(pid_t pid, bool in_exit)
{
	int fds[2];
	char ok = 0;
	pid_t tracer;

	if (pipe(fds) < 0)
		abort();
	tracer = fork();
	if (tracer == 0) {
		ok = ptrace(PTRACE_SEIZE, pid, 0, in_exit ? PTRACE_O_TRACEEXIT : 0) == 0;
		(void)!write(fds[1], &ok, 1);
		(void)sleep(30);
		_exit(99);
	}
	if (tracer < 0 || read(fds[0], &ok, 1) != 1)
		abort();
	(void)close(fds[0]);
	(void)close(fds[1]);
	if (ok)
		return tracer;
	(void)kill(tracer, SIGKILL);
	(void)waitpid(tracer, NULL, 0);
	return 0;
}

static inline void stuck_let_go(pid_t tracer)
{
	(void)kill(tracer, SIGKILL);
	(void)waitpid(tracer, NULL, 0);
}

#endif
