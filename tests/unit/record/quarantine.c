/* SPDX-License-Identifier: MIT */
/* Quarantine: one a destination at a time, counted, ended, and kept for the record. */
#include "lib/record/quarantine.h"

#include "directory.h"

static void begin(struct record *record, const char *name, int64_t run, int64_t at_ms)
{
	struct record_quarantine q = { .run = run, .since_ms = at_ms, .reason = "died" };

	(void)snprintf(q.destination, sizeof(q.destination), "%s", name);
	must(record_quarantine_begin(record, &q, &why));
}

static int get(struct record *record, const char *name, struct record_quarantine *q)
{
	struct error err;
	int r = record_quarantine_get(record, name, q, &err);

	require(r >= 0, "%s", err.msg);
	return r;
}

static int end(struct record *record, const char *name)
{
	struct error err;
	int r = record_quarantine_end(record, name, 9000, "root", &err);

	require(r >= 0, "%s", err.msg);
	return r;
}

Test(quarantine, is_of_one_destination)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t run = begin_run(record, RECORD_KIND_RUN, 1000);
	struct record_quarantine q;

	cr_assert_eq(get(record, "nas1", &q), 0);
	begin(record, "nas1", run, 1000);
	cr_assert_eq(get(record, "nas2", &q), 0);
	cr_assert_eq(get(record, "nas1", &q), 1);
	cr_assert_eq(q.run, run);
	cr_assert_eq(q.since_ms, 1000);
	cr_assert_eq(q.healthy, 0);
	cr_assert_eq(q.first_healthy_ms, -1);
	cr_assert_str_eq(q.reason, "died");
	cr_assert_str_eq(q.destination, "nas1");
}

Test(quarantine, counts_and_begins_anew_with_another_run)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t run = begin_run(record, RECORD_KIND_RUN, 1000);
	int64_t next = begin_run(record, RECORD_KIND_RUN, 2000);
	struct record_quarantine q;

	begin(record, "nas1", run, 1000);
	cr_assert_eq(get(record, "nas1", &q), 1);
	q.healthy = 2;
	q.first_healthy_ms = 1500;
	must(record_quarantine_count(record, &q, &why));
	begin(record, "nas1", run, 1700);
	cr_assert_eq(get(record, "nas1", &q), 1);
	cr_assert_eq(q.healthy, 2);
	cr_assert_eq(q.first_healthy_ms, 1500);
	cr_assert_eq(q.since_ms, 1000);
	begin(record, "nas1", next, 2000);
	cr_assert_eq(get(record, "nas1", &q), 1);
	cr_assert_eq(q.healthy, 0);
	cr_assert_eq(q.first_healthy_ms, -1);
	cr_assert_eq(q.since_ms, 2000);
	cr_assert_eq(q.run, next);
}

Test(quarantine, ends_and_is_kept)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	struct record_quarantine q;

	cr_assert_eq(end(record, "nas1"), 0);
	begin(record, "nas1", 0, 1000);
	begin(record, "nas2", 0, 1000);
	cr_assert_eq(end(record, "nas1"), 1);
	cr_assert_eq(end(record, "nas1"), 0);
	cr_assert_eq(get(record, "nas1", &q), 0);
	cr_assert_eq(get(record, "nas2", &q), 1);
	begin(record, "nas1", 0, 5000);
	cr_assert_eq(get(record, "nas1", &q), 1);
	cr_assert_eq(q.since_ms, 5000);
	cr_assert_eq(pragma(record, "SELECT count(*) FROM quarantine"), 3);
	cr_assert_eq(pragma(record, "SELECT count(*) FROM quarantine "
				    "WHERE ended_by = 'root'"),
		     1);
}

Test(quarantine, that_was_ended_does_not_begin_again_for_the_same_run)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t run = begin_run(record, RECORD_KIND_RUN, 1000);
	struct record_quarantine q;

	begin(record, "nas1", run, 1000);
	cr_assert_eq(end(record, "nas1"), 1);
	begin(record, "nas1", run, 2000);
	cr_assert_eq(get(record, "nas1", &q), 0);
	begin(record, "nas1", 0, 3000);
	cr_assert_eq(get(record, "nas1", &q), 1);
}
