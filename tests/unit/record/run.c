/* SPDX-License-Identifier: MIT */
/*
 * A run is running until it is ended, once; a run whose process died is aborted and
 * never good; the output is kept as promised.
 */
#include "lib/record/run.h"

#include <sqlite3.h>
#include <string.h>
#include <sys/wait.h>

#include "directory.h"
#include "lib/record/handle.h"

static struct record_run get_run(struct record *record, int64_t id)
{
	struct record_filter filter = { .id = id };
	struct record_run run;
	struct error err;

	cr_assert_eq(record_last_run(record, &filter, &run, &err), 1);
	return run;
}

Test(run, is_running_until_it_ends)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	struct record_choice choice = { .level = LEVEL_FULL,
					.destination = "nas1",
					.label = "full-20261124.231705.042" };
	int64_t id = begin_run(record, RECORD_KIND_RUN, 1000);
	struct record_run run = get_run(record, id);

	cr_assert_eq(run.outcome, RECORD_RUNNING);
	cr_assert_eq(run.level, LEVEL_NONE);
	cr_assert_eq(run.ended_ms, -1);
	cr_assert_eq(run.exit_code, -1);
	cr_assert_eq(run.pid, getpid());
	cr_assert_str_eq(run.destination, "");
	cr_assert_str_eq(run.requested_by, "cron");

	must(record_run_choose(record, id, &choice, &why));
	end_run(record, id, RECORD_GOOD, 61000);
	run = get_run(record, id);
	cr_assert_eq(run.kind, RECORD_KIND_RUN);
	cr_assert_eq(run.outcome, RECORD_GOOD);
	cr_assert_eq(run.level, LEVEL_FULL);
	cr_assert_eq(run.exit_code, 0);
	cr_assert_eq(run.started_ms, 1000);
	cr_assert_eq(run.ended_ms, 61000);
	cr_assert_eq(run.bytes, 1000);
	cr_assert_eq(run.worst_stall_ms, 3);
	cr_assert_str_eq(run.label, "full-20261124.231705.042");
	cr_assert_str_eq(run.destination, "nas1");
	cr_assert_str_eq(run.reason, "as the test wanted");
}

Test(run, falls_back_without_losing_the_level)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t id = begin_run(record, RECORD_KIND_RUN, 1000);
	struct record_run run;

	must(record_run_choose(record, id,
			       &(struct record_choice){ LEVEL_INCREMENTAL, "nas1", NULL },
			       &why));
	must(record_run_choose(record, id,
			       &(struct record_choice){ .destination = "nas2" }, &why));
	run = get_run(record, id);
	cr_assert_eq(run.level, LEVEL_INCREMENTAL);
	cr_assert_str_eq(run.destination, "nas2");
}

Test(run, has_one_outcome)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t id = add_backup(record, LEVEL_FULL, "nas1", RECORD_FAILED, 1000);
	struct record_end end = { .outcome = RECORD_GOOD, .ended_ms = 2000 };
	struct record_choice choice = { .destination = "nas2" };
	struct error err;

	cr_assert_eq(record_run_end(record, id, &end, &err), -ERROR_INTERNAL);
	cr_assert_contains(err.msg, "is not running");
	cr_assert_eq(record_run_choose(record, id, &choice, &err), -ERROR_INTERNAL);
	cr_assert_eq(record_run_end(record, id + 1, &end, &err), -ERROR_INTERNAL);
	cr_assert_eq(get_run(record, id).outcome, RECORD_FAILED);
	cr_assert_str_eq(get_run(record, id).destination, "nas1");
}

Test(run, label_belongs_to_one)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t id = begin_run(record, RECORD_KIND_RUN, 1);
	struct record_choice choice = { .label = "full-19700101.000001.000" };
	struct error err;

	add_backup(record, LEVEL_FULL, "nas1", RECORD_GOOD, 1000);
	cr_assert_lt(record_run_choose(record, id, &choice, &err), 0);
	/* Nothing of it has stayed, and the record goes on. */
	end_run(record, id, RECORD_FAILED, 5000);
	cr_assert_str_eq(get_run(record, id).label, "");
}

Test(run, phases_follow_each_other)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t id = begin_run(record, RECORD_KIND_EXEC, 1000);
	struct record_phase_end ok = { RECORD_PHASE_OK, 12, NULL };
	struct record_phase_end late = { RECORD_PHASE_TIMED_OUT, 5000, "no answer" };
	struct record_phase *phases;
	struct error err;
	size_t n;

	must(record_phase_change(record, id, NULL, "lock", 1000, &why));
	must(record_phase_change(record, id, &ok, "probe", 1012, &why));
	must(record_phase_change(record, id, &late, NULL, 6012, &why));
	/* None is running now. */
	cr_assert_eq(record_phase_change(record, id, &ok, "mount", 6012, &err),
		     -ERROR_INTERNAL);
	must(record_phase_change(record, id, NULL, "record", 6100, &why));
	end_run(record, id, RECORD_SKIPPED, 6150);

	must(record_phases(record, id, &phases, &n, &why));
	cr_assert_eq(n, 3);
	cr_assert_str_eq(phases[0].name, "lock");
	cr_assert_eq(phases[0].outcome, RECORD_PHASE_OK);
	cr_assert_eq(phases[0].duration_ms, 12);
	cr_assert_str_eq(phases[1].name, "probe");
	cr_assert_eq(phases[1].outcome, RECORD_PHASE_TIMED_OUT);
	cr_assert_str_eq(phases[1].detail, "no answer");
	/* Left running by the end of the run. */
	cr_assert_str_eq(phases[2].name, "record");
	cr_assert_eq(phases[2].outcome, RECORD_PHASE_ABORTED);
	cr_assert_eq(phases[2].duration_ms, 50);
	free(phases);
}

Test(run, needs_a_run_for_phases_and_verdicts)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	struct record_verdict v = { .destination = "nas1", .verdict = "ok" };
	struct error err;

	cr_assert_lt(record_phase_change(record, 7, NULL, "lock", 1000, &err), 0);
	cr_assert_lt(record_verdict(record, 7, &v, &err), 0);
	must(record_verdict(record, 0, &v, &why));
}

static char *pattern(size_t len)
{
	char *text = malloc(len);

	cr_assert_not_null(text);
	for (size_t i = 0; i < len; i++)
		text[i] = (char)(i * 7 + i / 256);
	return text;
}

Test(run, keeps_the_end_of_the_output)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	size_t len = RECORD_OUTPUT_MAX + 1000;
	char *text = pattern(len);
	int64_t id = begin_run(record, RECORD_KIND_RUN, 1000);
	struct record_end end = { .outcome = RECORD_GOOD,
				  .ended_ms = 1500,
				  .output = text,
				  .output_len = len };
	struct error err;
	char *kept;

	must(record_run_end(record, id, &end, &why));
	cr_assert_eq(record_output(record, id, &kept, &len, &err), 1);
	cr_assert_eq(len, RECORD_OUTPUT_MAX);
	cr_assert_eq(memcmp(kept, text + 1000, len), 0);
	cr_assert_eq(kept[len], '\0');
	free(kept);
	free(text);
	cr_assert_eq(record_output(record, id + 1, &kept, &len, &err), 0);
}

Test(run, keeps_the_output_of_the_last_ones)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t first = 0;

	for (int i = 0; i <= RECORD_OUTPUTS_KEPT; i++) {
		int64_t id = begin_run(record, RECORD_KIND_RUN, 1000);
		struct record_end end = { .outcome = RECORD_GOOD,
					  .ended_ms = 1500,
					  .output = "output",
					  .output_len = 6 };

		must(record_run_end(record, id, &end, &why));
		if (i == 0)
			first = id;
	}
	for (int64_t id = first; id <= first + RECORD_OUTPUTS_KEPT; id++) {
		struct error err;
		char *text = NULL;
		size_t len;

		cr_assert_eq(record_output(record, id, &text, &len, &err), id > first);
		cr_assert_eq(get_run(record, id).outcome, RECORD_GOOD);
		free(text);
	}
}

/* A child begins a run and dies; returns its number. */
static int64_t run_of_a_dead_child(const struct directory *d)
{
	int64_t id = 0;
	int fds[2];
	pid_t pid;

	cr_assert_eq(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		struct record *record = open_record(d, RECORD_WRITE);

		id = begin_run(record, RECORD_KIND_RUN, 1000);
		must(record_phase_change(record, id, NULL, "probe", 1100, &why));
		must(record_phase_change(
			record, id,
			&(struct record_phase_end){ RECORD_PHASE_OK, 50, NULL }, "mount",
			1150, &why));
		(void)!write(fds[1], &id, sizeof(id));
		(void)raise(SIGKILL);
	}
	cr_assert_eq(read(fds[0], &id, sizeof(id)), sizeof(id));
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	return id;
}

Test(run, of_a_dead_process_is_aborted)
{
	DIRECTORY(d);
	int64_t dead = run_of_a_dead_child(&d);
	RECORD(record, d, RECORD_WRITE);
	int64_t mine = begin_run(record, RECORD_KIND_RUN, 5000);
	struct record_phase *phases;
	struct record_run run;
	int settled;
	size_t n;

	must(record_settle_dead(record, &settled, &why));
	cr_assert_eq(settled, 1);
	run = get_run(record, dead);
	cr_assert_eq(run.outcome, RECORD_ABORTED);
	cr_assert_eq(run.ended_ms, 1150);
	cr_assert_eq(run.exit_code, -1);
	cr_assert_contains(run.reason, "nfsafe died in phase mount");
	must(record_phases(record, dead, &phases, &n, &why));
	cr_assert_eq(n, 2);
	cr_assert_eq(phases[0].outcome, RECORD_PHASE_OK);
	cr_assert_eq(phases[1].outcome, RECORD_PHASE_ABORTED);
	free(phases);
	cr_assert_eq(get_run(record, mine).outcome, RECORD_RUNNING);
	must(record_settle_dead(record, &settled, &why));
	cr_assert_eq(settled, 0);
}

/* Pretend: what the process left behind, after @change. */
static void change_row(struct record *record, const char *change)
{
	cr_assert_eq(sqlite3_exec(record->sql.db, change, NULL, NULL, NULL), SQLITE_OK);
}

Test(run, of_another_boot_is_aborted)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t id = begin_run(record, RECORD_KIND_RUN, 5000);
	int settled;

	change_row(record, "UPDATE run SET boot_id = 'of yesterday'");
	must(record_settle_dead(record, &settled, &why));
	cr_assert_eq(settled, 1);
	cr_assert_eq(get_run(record, id).outcome, RECORD_ABORTED);
	cr_assert_contains(get_run(record, id).reason, "the host went down: process");
}

Test(run, whose_pid_was_given_again_is_aborted)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t id = begin_run(record, RECORD_KIND_RUN, 5000);
	int settled;

	change_row(record, "UPDATE run SET pid_started = pid_started - 1");
	must(record_settle_dead(record, &settled, &why));
	cr_assert_eq(settled, 1);
	cr_assert_eq(get_run(record, id).outcome, RECORD_ABORTED);
}

Test(run, settles_all_of_many)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int settled;

	for (int i = 0; i < 50; i++)
		(void)begin_run(record, RECORD_KIND_RUN, 5000 + i);
	change_row(record, "UPDATE run SET pid_started = 1 WHERE id % 2 = 0");
	must(record_settle_dead(record, &settled, &why));
	cr_assert_eq(settled, 25);
}
