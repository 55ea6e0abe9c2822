/* SPDX-License-Identifier: MIT */
/* A process is told from another that has its pid, from its own corpse, and from one
 * of another boot. */
#include "lib/record/origin.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/error.h"

static struct origin self(void)
{
	struct origin origin = { 0 };
	struct error err;

	/* No assertion: called in a forked child too, where Criterion cannot be used. */
	if (origin_self(&origin, &err) < 0)
		abort();
	return origin;
}

Test(origin, knows_itself)
{
	struct origin me = self();

	cr_assert_eq(me.pid, getpid());
	cr_assert_gt(me.started, 0);
	cr_assert_eq(strlen(me.boot_id), 36);
	cr_assert(origin_alive(&me, me.boot_id));
	cr_assert_not(origin_alive(&me, "another"));
	me.started++;
	cr_assert_not(origin_alive(&me, me.boot_id));
}

/* Its name is in /proc/PID/stat, unescaped. */
Test(origin, is_not_fooled_by_a_name)
{
	struct origin before = self(), after;

	cr_assert_eq(prctl(PR_SET_NAME, ") Z 1 1 1 (x"), 0);
	after = self();
	cr_assert_eq(before.started, after.started);
	cr_assert(origin_alive(&before, before.boot_id));
}

Test(origin, sees_death)
{
	struct origin child;
	int fds[2];
	pid_t pid;

	cr_assert_eq(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		child = self();
		(void)!write(fds[1], &child, sizeof(child));
		(void)pause();
		_exit(0);
	}
	cr_assert_eq(read(fds[0], &child, sizeof(child)), sizeof(child));
	cr_assert_eq(child.pid, pid);
	cr_assert(origin_alive(&child, child.boot_id));
	cr_assert_eq(kill(pid, SIGKILL), 0);
	/* A zombie, until it is waited for. */
	cr_assert_eq(waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
	cr_assert_not(origin_alive(&child, child.boot_id));
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_assert_not(origin_alive(&child, child.boot_id));
}
