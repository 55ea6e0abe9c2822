/* SPDX-License-Identifier: MIT */
#include "lib/proc/blocked.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/deadline.h"
#include "lib/base/error.h"

/* Seen to catch: a task that got its time anew at each scan; threads of the kernel. */

static const char *const no_prefixes[] = { NULL };

/* --- stat --- */

static const char usual[] =
	"1234 (java) D 1 1234 1234 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 37 0 987654 1 2 3\n";

static bool parse(const char *text, struct blocked_task *task, bool *blocked,
		  uint64_t *threads)
{
	return blocked_parse_stat(text, strlen(text), task, blocked, threads);
}

Test(blocked, a_stat_line_has_all_that_is_wanted)
{
	struct blocked_task task;
	uint64_t threads;
	bool blocked;

	cr_assert(parse(usual, &task, &blocked, &threads));
	cr_expect_eq(task.pid, 1234);
	cr_expect_str_eq(task.comm, "java");
	cr_expect_eq(task.starttime, 987654);
	cr_expect_eq(threads, 37);
	cr_expect(blocked);
}

Test(blocked, a_name_may_look_like_the_rest)
{
	struct blocked_task task;
	uint64_t threads;
	bool blocked;

	cr_assert(parse("7 (a) D (b) c) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 5 1\n",
			&task, &blocked, &threads));
	cr_expect_str_eq(task.comm, "a) D (b) c");
	cr_expect_not(blocked);
}

Test(blocked, a_thread_of_the_kernel_is_nobody)
{
	struct blocked_task task;
	uint64_t threads;
	bool blocked;

	cr_assert(
		parse("7 (kworker/0:1) D 2 0 0 0 -1 2129984 1 2 3 4 5 6 7 8 20 0 1 0 5 1",
		      &task, &blocked, &threads));
	cr_expect_not(blocked);
}

Test(blocked, what_is_cut_off_is_not_understood)
{
	struct blocked_task task;
	uint64_t threads;
	bool blocked;

	/* Up to the last digit but one of the start time. */
	for (size_t len = 0; len < strlen(usual) - 13; len++)
		cr_expect_not(blocked_parse_stat(usual, len, &task, &blocked, &threads),
			      "%zu bytes", len);
	cr_expect_not(parse("no such thing", &task, &blocked, &threads));
	cr_expect_not(parse(")(", &task, &blocked, &threads));
}

/* --- the host --- */

/* vfork(2) waits uninterruptibly for its child. */
static pid_t start_blocked(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)prctl(PR_SET_NAME, "w) blocked");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
		if (vfork() == 0) {
#pragma GCC diagnostic pop
			(void)sleep(30);
			_exit(0);
		}
		_exit(0);
	}
	cr_assert_gt(pid, 0);
	return pid;
}

static void end_blocked(pid_t pid)
{
	char path[64], text[32] = "";
	FILE *f;

	/* Its child first: until then it may not die. */
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid,
		       (int)pid);
	f = fopen(path, "r");
	if (f) {
		if (fgets(text, sizeof(text), f) && atoi(text) > 1)
			(void)kill(atoi(text), SIGKILL);
		(void)fclose(f);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

static const struct blocked_task *find_pid(const struct blocked *b, pid_t pid)
{
	for (size_t i = 0; i < b->count; i++) {
		if (b->list[i].pid == pid)
			return &b->list[i];
	}
	return NULL;
}

static void scan(const struct blocked *last, const char *const *prefixes,
		 int64_t since_ns, struct blocked *ret)
{
	struct error err;

	cr_assert_eq(blocked_scan(last, prefixes, since_ns, ret, &err), 0, "%s", err.msg);
}

/* Until @pid is seen. */
static void scan_until(pid_t pid, const char *const *prefixes, int64_t since_ns,
		       struct blocked *ret)
{
	static const struct blocked none;
	struct deadline d = deadline_after(5000);

	do {
		scan(&none, prefixes, since_ns, ret);
	} while (!find_pid(ret, pid) && !deadline_expired(d));
}

Test(blocked, a_task_in_d_is_found_and_keeps_its_time, .timeout = 20)
{
	static struct blocked first, second, third;
	pid_t pid = start_blocked();
	const struct blocked_task *task;

	scan_until(pid, no_prefixes, 1000, &first);
	task = find_pid(&first, pid);
	cr_assert_not_null(task);
	cr_expect_eq(task->tid, pid);
	cr_expect_str_eq(task->comm, "w) blocked");
	cr_expect_eq(task->since_ns, 1000);
	cr_expect_not(task->known);
	scan(&first, no_prefixes, 2000, &second);
	task = find_pid(&second, pid);
	cr_assert_not_null(task);
	cr_expect_eq(task->since_ns, 1000);
	cr_expect_eq(blocked_find(&first, task), find_pid(&first, pid));
	end_blocked(pid);
	scan(&second, no_prefixes, 3000, &third);
	cr_expect_null(find_pid(&third, pid));
}

Test(blocked, a_function_makes_it_known, .timeout = 20)
{
	static struct blocked found;
	pid_t pid = start_blocked();
	const struct blocked_task *task;
	const char *prefixes[] = { "no such function", "", NULL };

	scan_until(pid, prefixes, 1, &found);
	task = find_pid(&found, pid);
	cr_assert_not_null(task);
	/* The empty prefix is everything's. */
	cr_expect(task->known);
	prefixes[1] = NULL;
	scan_until(pid, prefixes, 1, &found);
	cr_assert_not_null(find_pid(&found, pid));
	cr_expect_not(find_pid(&found, pid)->known);
	end_blocked(pid);
}

/* A task of the same number that began later is another one. */
Test(blocked, the_number_alone_is_not_the_task)
{
	static struct blocked b = {
		.list = { { .tid = 7, .starttime = 1 }, { .tid = 8, .starttime = 2 } },
		.count = 2,
	};

	cr_expect_eq(blocked_find(&b, &(struct blocked_task){ .tid = 8, .starttime = 2 }),
		     &b.list[1]);
	cr_expect_null(
		blocked_find(&b, &(struct blocked_task){ .tid = 8, .starttime = 3 }));
}
