/* SPDX-License-Identifier: MIT */
/* Who bears the mark is found and ended, whatever group it is in; nobody else is. */
#include "lib/proc/marked.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/proc/tree.h"

/* A mark of this test process alone: others may run beside it. */
struct mark {
	char run[48];
	const char *vars[3];
};

static void make_mark(struct mark *m)
{
	(void)snprintf(m->run, sizeof(m->run), "NFSAFE_RUN=test-%d", (int)getpid());
	m->vars[0] = m->run;
	m->vars[1] = "NFSAFE_MOUNTPOINT=/srv/nfsafe/nas1";
	m->vars[2] = NULL;
}

/* A process with that environment, in a group of its own. */
static pid_t start(const char *const *env)
{
	char *argv[] = { (char *)"sleep", (char *)"100", NULL };
	int ready[2];
	pid_t pid;

	cr_assert_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		(void)setpgid(0, 0);
		(void)execve("/bin/sleep", argv, (char *const *)(uintptr_t)env);
		_exit(127);
	}
	(void)close(ready[1]);
	/* Closed by the execve(2): from now on it has its own environment. */
	cr_assert_eq(read(ready[0], &(char){ 0 }, 1), 0);
	(void)close(ready[0]);
	return pid;
}

static size_t find(const struct marked_request *req, struct marked *ret)
{
	struct error err;

	cr_assert_eq(marked_signal(req, deadline_after(5000), ret, &err), 0);
	return ret->count;
}

static bool lives(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == 0;
}

static void end(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

Test(marked, all_marks_are_wanted, .timeout = 20)
{
	struct mark m;
	struct marked found;

	make_mark(&m);
	{
		const char *half[] = { m.run, "NFSAFE_MOUNTPOINT=/srv/nfsafe/nas12",
				       NULL };
		struct marked_request req = { .vars = m.vars };
		const char *none[] = { NULL };
		pid_t ours = start(m.vars), other = start(half), bare = start(none);

		cr_assert_eq(find(&req, &found), 1);
		cr_assert_eq(found.named[0].pid, ours);
		cr_assert_str_eq(found.named[0].comm, "sleep");
		cr_assert(lives(ours), "it was only looked for");
		m.vars[1] = "NFSAFE_MOUNTPOINT=";
		cr_assert_eq(find(&req, &found), 2, "any value");
		m.vars[1] = "NFSAFE_MOUNTPOINT=/srv/nfsafe/nas1";
		req.sig = SIGTERM;
		cr_assert_eq(find(&req, &found), 1);
		cr_assert_eq(waitpid(ours, NULL, 0), ours);
		cr_assert(lives(other) && lives(bare));
		cr_assert_eq(find(&req, &found), 0);
		req.vars = none;
		cr_assert_eq(find(&req, &found), 0, "no mark is none");
		end(other);
		end(bare);
	}
}

Test(marked, stopped_ones_end_too, .timeout = 20)
{
	struct mark m;
	struct marked found;
	pid_t pid;

	make_mark(&m);
	pid = start(m.vars);
	cr_assert_eq(kill(pid, SIGSTOP), 0);
	cr_assert_eq(
		find(&(struct marked_request){ .vars = m.vars, .sig = SIGTERM }, &found),
		1);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

Test(marked, a_group_counts_while_its_leader_is_the_same, .timeout = 20)
{
	const char *none[] = { NULL };
	pid_t pid = start(none);
	struct marked_request req = { .vars = none,
				      .group = pid,
				      .group_started = tree_started(pid) - 1,
				      .sig = SIGKILL };
	struct marked found;

	cr_assert_gt(req.group_started, 0);
	cr_assert_eq(find(&req, &found), 0, "its pid, but another process");
	cr_assert(lives(pid));
	req.group_started++;
	cr_assert_eq(find(&req, &found), 1);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_assert_eq(tree_started(pid), -1);
	cr_assert_eq(find(&req, &found), 0);
}
