/* SPDX-License-Identifier: MIT */
/*
 * The file when many make it at once, and when its writers are killed: what was
 * acknowledged is there, and it is whole or not there at all.
 */
#include "lib/record/record.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "directory.h"
#include "lib/record/handle.h"
#include "lib/record/schema.h"

static pid_t start_maker(const struct directory *d, const int fds[2])
{
	pid_t pid = fork();
	char c;

	if (pid == 0) {
		struct record *record;

		/* All of them go on when the last writer of the pipe has gone. */
		(void)close(fds[1]);
		(void)!read(fds[0], &c, 1);
		record = open_record(d, RECORD_WRITE);
		(void)begin_run(record, RECORD_KIND_RUN, 1000);
		_exit(0);
	}
	return pid;
}

/* Many make it at once: there is one, and it is whole. */
Test(record, is_made_once, .timeout = 110)
{
	for (int round = 0; round < 30; round++) {
		DIRECTORY(d);
		pid_t pids[12];
		int fds[2], status;

		cr_assert_eq(pipe(fds), 0);
		for (size_t i = 0; i < 12; i++)
			pids[i] = start_maker(&d, fds);
		(void)close(fds[0]);
		(void)close(fds[1]);
		for (size_t i = 0; i < 12; i++) {
			cr_assert_eq(waitpid(pids[i], &status, 0), pids[i]);
			cr_assert_eq(status, 0);
		}
		RECORD(record, d, RECORD_WRITE);
		cr_assert_eq(pragma(record, "SELECT count(*) FROM run"), 12);
	}
}

/*
 * SIGKILL at any instant, also while the file is being made: what was acknowledged is
 * there.  The child tells each run that it has ended; @seed varies the instant.
 */
struct kill_round {
	int64_t acknowledged; /* number of the last run that was ended */
	int64_t begun;        /* of the last one that was begun */
};

static void work_until_killed(const struct directory *d, int fd)
{
	struct record *record = open_record(d, RECORD_WRITE);

	for (;;) {
		int64_t id = begin_run(record, RECORD_KIND_RUN, 1000);
		int64_t done;

		(void)!write(fd, &(int64_t){ -id }, sizeof(id));
		must(record_phase_change(record, id, NULL, "probe", 1000, &why));
		must(record_run_choose(
			record, id, &(struct record_choice){ LEVEL_FULL, "nas1", NULL },
			&why));
		end_run(record, id, RECORD_GOOD, 2000);
		done = id;
		(void)!write(fd, &done, sizeof(done));
	}
}

static struct kill_round kill_once(const struct directory *d, unsigned int seed)
{
	struct kill_round round = { 0 };
	struct timespec wait = { .tv_nsec = (long)(seed * 7919 % 20000) * 1000 };
	int64_t said;
	int fds[2];
	pid_t pid;

	cr_assert_eq(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		(void)close(fds[0]);
		work_until_killed(d, fds[1]);
	}
	(void)close(fds[1]);
	(void)nanosleep(&wait, NULL);
	cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	while (read(fds[0], &said, sizeof(said)) == sizeof(said)) {
		if (said > 0)
			round.acknowledged = said;
		else
			round.begun = -said;
	}
	(void)close(fds[0]);
	return round;
}

Test(record, loses_nothing_to_sigkill, .timeout = 110)
{
	DIRECTORY(d);
	int64_t total = 0, aborted = 0;

	/* On a busy machine it takes more rounds until enough work was interrupted. */
	for (unsigned int i = 0; i < 200 || (i < 2000 && (total <= 200 || aborted <= 20));
	     i++) {
		struct kill_round round = kill_once(&d, i);
		RECORD(record, d, RECORD_WRITE);
		struct record_filter f = { .id = round.acknowledged };
		struct record_run run;
		struct error err;
		int settled;

		must(record_settle_dead(record, &settled, &why));
		cr_assert_leq(settled, 1);
		aborted += settled;
		cr_assert_geq(pragma(record, "SELECT coalesce(max(id), 0) FROM run"),
			      round.begun);
		/* None went missing since the beginning, and none is half. */
		cr_assert_eq(
			pragma(record, "SELECT coalesce(max(id), 0) - count(*) FROM run"),
			0);
		cr_assert_geq(pragma(record, "SELECT count(*) FROM run"), total);
		total = pragma(record, "SELECT count(*) FROM run");
		cr_assert_eq(pragma(record,
				    "SELECT count(*) FROM run WHERE outcome = 'good' "
				    "AND destination IS NOT 'nas1'"),
			     0);
		if (round.acknowledged == 0)
			continue;
		cr_assert_eq(record_last_run(record, &f, &run, &err), 1);
		cr_assert_eq(run.outcome, RECORD_GOOD);
	}
	/* The test is one only if work was done, and was interrupted. */
	cr_assert_gt(total, 200);
	cr_assert_gt(aborted, 20);
}

/* While it is made: there is none, or a whole one. */
Test(record, is_whole_or_none_after_sigkill, .timeout = 110)
{
	int none = 0, whole = 0;

	/* On a busy machine it takes longer waits to see both. */
	for (unsigned int i = 0; i < 150 || (i < 1500 && (none <= 5 || whole <= 5));
	     i++) {
		struct timespec wait = { .tv_nsec = (long)(i * 7919 % 4000) * 1000 *
						    (1 + i / 150) };
		DIRECTORY(d);
		struct error err;
		pid_t pid = fork();
		int r;

		if (pid == 0) {
			(void)open_record(&d, RECORD_WRITE);
			_exit(0);
		}
		(void)nanosleep(&wait, NULL);
		cr_assert_eq(kill(pid, SIGKILL), 0);
		cr_assert_eq(waitpid(pid, NULL, 0), pid);
		r = try_open(d.path, RECORD_READ, &err);
		cr_assert(r == RECORD_OPENED || r == RECORD_NONE, "%s", err.msg);
		none += r == RECORD_NONE;
		whole += r == RECORD_OPENED;
		cr_assert_eq(try_open(d.path, RECORD_WRITE, &err), RECORD_OPENED, "%s",
			     err.msg);
	}
	cr_assert(none > 5 && whole > 5, "%d none, %d whole", none, whole);
}
