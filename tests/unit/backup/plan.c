/* SPDX-License-Identifier: MIT */
#include "lib/backup/plan.h"

#include <string.h>

#include "lib/base/error.h"
#include "tests/unit/record/directory.h"

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)
/* A Wednesday, 12:00 UTC. */
#define NOW INT64_C(1795608000000)

/* Two destinations, fulls a week apart, incrementals a day; no window. */
struct fixture {
	struct conf_destination destinations[2];
	char *names[3];
	char *full[2];
	char *incremental[2];
	struct conf conf;
};

static void fixture_init(struct fixture *f)
{
	*f = (struct fixture){
		.destinations = { { .name = (char *)"nas1" },
				  { .name = (char *)"nas2" } },
		.names = { (char *)"nas1", (char *)"nas2", NULL },
		.full = { (char *)"/full", NULL },
		.incremental = { (char *)"/incremental", NULL },
		.conf.schedule = { .full_every_ms = 7 * DAY,
				   .incremental_every_ms = DAY,
				   .window.always = true },
		.conf.backup = { .present = true,
				 .timeout_full_ms = 20 * HOUR,
				 .timeout_incremental_ms = 6 * HOUR },
	};
	f->conf.destinations = f->destinations;
	f->conf.n_destinations = 2;
	f->conf.backup.destinations = f->names;
	f->conf.backup.full = f->full;
	f->conf.backup.incremental = f->incremental;
}

static struct plan make(const struct fixture *f, struct record *record,
			const struct plan_request *request)
{
	struct plan plan = { 0 };
	struct error err;

	cr_assert_eq(plan_make(&f->conf, record, request, &plan, &err), 0, "%s", err.msg);
	return plan;
}

Test(plan, the_policy_is_what_the_schedule_says)
{
	struct schedule_policy p;
	struct fixture f;

	fixture_init(&f);
	f.conf.schedule.full_on = CONF_DAY(6);
	plan_policy(&f.conf, &p);
	cr_expect_eq(p.full_every_ms, 7 * DAY);
	cr_expect_eq(p.incremental_every_ms, DAY);
	cr_expect_eq(p.full_on, 1U << 6);
	cr_expect(!p.has_window);
	f.conf.schedule.window = (struct conf_window){ .from_min = 1320, .to_min = 360 };
	plan_policy(&f.conf, &p);
	cr_expect(p.has_window && p.window_from_min == 1320 && p.window_to_min == 360);
	/* Without a command for them there are none. */
	f.incremental[0] = NULL;
	plan_policy(&f.conf, &p);
	cr_expect_eq(p.incremental_every_ms, 0);
}

Test(plan, without_a_record_nothing_was)
{
	struct schedule_history h;
	struct error err;

	cr_assert_eq(plan_history(NULL, "nas1", &h, &err), 0);
	cr_expect_eq(h.last_full_ms, -1);
	cr_expect_eq(h.last_any_ms, -1);
	cr_expect_eq(h.last_full_here_ms, -1);
	cr_expect_eq(h.last_any_here_ms, -1);
}

Test(plan, only_good_backups_count_and_here_is_here)
{
	struct schedule_history h;
	struct error err;
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);

	(void)add_backup(record, LEVEL_FULL, "nas1", RECORD_GOOD, NOW - 9 * DAY);
	(void)add_backup(record, LEVEL_INCREMENTAL, "nas1", RECORD_GOOD, NOW - 8 * DAY);
	(void)add_backup(record, LEVEL_FULL, "nas2", RECORD_GOOD, NOW - 5 * DAY);
	(void)add_backup(record, LEVEL_FULL, "nas1", RECORD_SUSPECT, NOW - 4 * DAY);
	(void)add_backup(record, LEVEL_FULL, "nas1", RECORD_FAILED, NOW - 3 * DAY);
	(void)add_backup(record, LEVEL_INCREMENTAL, "nas2", RECORD_GOOD, NOW - 2 * DAY);
	(void)add_backup(record, LEVEL_INCREMENTAL, "nas1", RECORD_SKIPPED, NOW - DAY);
	cr_assert_eq(plan_history(record, "nas1", &h, &err), 0);
	cr_expect_eq(h.last_full_ms, NOW - 5 * DAY);
	cr_expect_eq(h.last_any_ms, NOW - 2 * DAY);
	cr_expect_eq(h.last_full_here_ms, NOW - 9 * DAY);
	cr_expect_eq(h.last_any_here_ms, NOW - 8 * DAY);
}

Test(plan, an_exec_that_was_good_is_no_backup)
{
	/* Not even if it had a level. */
	struct record_choice choice = { .level = LEVEL_FULL, .destination = "nas1" };
	struct schedule_history h;
	struct error err;
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t run = begin_run(record, RECORD_KIND_EXEC, NOW - DAY);

	must(record_run_choose(record, run, &choice, &why));
	end_run(record, run, RECORD_GOOD, NOW - DAY + 1000);
	cr_assert_eq(plan_history(record, "nas1", &h, &err), 0);
	cr_expect_eq(h.last_any_ms, -1);
}

Test(plan, each_destination_is_decided_by_itself_in_order)
{
	struct plan_request request = { .now_ms = NOW };
	struct job_candidate candidates[2];
	struct fixture f;
	struct plan plan;
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);

	fixture_init(&f);
	(void)add_backup(record, LEVEL_FULL, "nas1", RECORD_GOOD, NOW - 2 * DAY);
	plan = make(&f, record, &request);
	cr_assert_eq(plan.n_entries, 2);
	cr_assert_eq(plan_candidates(&plan, &f.conf, candidates), 2);
	/* There is a full to build on. */
	cr_expect_eq(candidates[0].destination, &f.destinations[0]);
	cr_expect_eq(candidates[0].level, LEVEL_INCREMENTAL);
	cr_expect_eq(candidates[0].argv, f.incremental);
	cr_expect_eq(candidates[0].timeout_ms, 6 * HOUR);
	/* There is none. */
	cr_expect_eq(candidates[1].destination, &f.destinations[1]);
	cr_expect_eq(candidates[1].level, LEVEL_FULL);
	cr_expect_eq(candidates[1].argv, f.full);
	cr_expect_eq(candidates[1].timeout_ms, 20 * HOUR);
	plan_done(&plan);
	plan_done(&plan);
}

Test(plan, where_nothing_is_due_there_is_no_candidate)
{
	struct plan_request request = { .now_ms = NOW };
	struct job_candidate candidates[2];
	struct fixture f;
	struct plan plan;
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);

	fixture_init(&f);
	f.names[1] = NULL;
	(void)add_backup(record, LEVEL_FULL, "nas1", RECORD_GOOD, NOW - HOUR);
	plan = make(&f, record, &request);
	cr_expect_eq(plan.entries[0].decision.due, SCHEDULE_NOTHING);
	cr_expect_eq(plan_candidates(&plan, &f.conf, candidates), 0);
	plan_done(&plan);
	/* But there is one when it is asked for. */
	request.schedule.level = LEVEL_FULL;
	plan = make(&f, record, &request);
	cr_expect_eq(plan_candidates(&plan, &f.conf, candidates), 1);
	cr_expect_eq(candidates[0].level, LEVEL_FULL);
	plan_done(&plan);
}

Test(plan, to_takes_one_destination_and_no_unknown_one)
{
	struct plan_request request = { .now_ms = NOW, .to = "nas2" };
	struct plan plan = { 0 };
	struct fixture f;
	struct error err;

	fixture_init(&f);
	f.names[1] = NULL;
	/* Also one that is not among those of [backup]. */
	plan = make(&f, NULL, &request);
	cr_assert_eq(plan.n_entries, 1);
	cr_expect_eq(plan.entries[0].destination, &f.destinations[1]);
	plan_done(&plan);
	request.to = "nsa2";
	cr_expect_eq(plan_make(&f.conf, NULL, &request, &plan, &err), -ERROR_CONFIG);
	cr_expect_str_eq(err.msg,
			 "there is no [destination nsa2] (did you mean 'nas2'?)");
}
