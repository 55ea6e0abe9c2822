/* SPDX-License-Identifier: MIT */
/* What is asked for is what is answered: the last one by number, filtered. */
#include "lib/record/query.h"

#include "directory.h"

#define BIT(n) (1U << (n))

static int64_t last(struct record *record, struct record_filter filter)
{
	struct record_run run;
	struct error err;
	int r = record_last_run(record, &filter, &run, &err);

	cr_assert_geq(r, 0);
	return r == 1 ? run.id : 0;
}

Test(query, an_empty_record_has_no_runs)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	struct record_filter all = { 0 };
	struct record_run *runs;
	size_t n;

	cr_assert_eq(last(record, all), 0);
	must(record_last_runs(record, &all, 10, &runs, &n, &why));
	cr_assert_eq(n, 0);
	cr_assert_null(runs);
}

Test(query, filters)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t full1 = add_backup(record, LEVEL_FULL, "nas1", RECORD_GOOD, 1000);
	int64_t incr1 = add_backup(record, LEVEL_INCREMENTAL, "nas1", RECORD_GOOD, 2000);
	int64_t full2 = add_backup(record, LEVEL_FULL, "nas2", RECORD_GOOD, 3000);
	int64_t bad2 = add_backup(record, LEVEL_INCREMENTAL, "nas2", RECORD_FAILED, 4000);
	int64_t part2 = add_backup(record, LEVEL_FULL, "nas2", RECORD_PARTIAL, 5000);
	int64_t exec = begin_run(record, RECORD_KIND_EXEC, 6000);

	cr_expect_eq(last(record, (struct record_filter){ 0 }), exec);
	cr_expect_eq(
		last(record, (struct record_filter){ .kinds = BIT(RECORD_KIND_RUN) }),
		part2);
	cr_expect_eq(last(record, (struct record_filter){ .levels = BIT(LEVEL_FULL),
							  .outcomes = BIT(RECORD_GOOD) }),
		     full2);
	cr_expect_eq(last(record, (struct record_filter){ .levels = BIT(LEVEL_FULL),
							  .outcomes = BIT(RECORD_GOOD),
							  .destination = "nas1" }),
		     full1);
	cr_expect_eq(last(record, (struct record_filter){ .outcomes = BIT(RECORD_GOOD),
							  .destination = "nas1" }),
		     incr1);
	cr_expect_eq(
		last(record, (struct record_filter){ .levels = BIT(LEVEL_INCREMENTAL) }),
		bad2);
	cr_expect_eq(
		last(record, (struct record_filter){ .outcomes = BIT(RECORD_FAILED) |
								 BIT(RECORD_PARTIAL) }),
		part2);
	cr_expect_eq(last(record, (struct record_filter){ .levels = BIT(LEVEL_NONE) }),
		     exec);
	cr_expect_eq(last(record, (struct record_filter){ .id = bad2 }), bad2);
	cr_expect_eq(last(record, (struct record_filter){ .id = 99 }), 0);
	cr_expect_eq(last(record, (struct record_filter){ .destination = "nas" }), 0);
	cr_expect_eq(
		last(record, (struct record_filter){ .kinds = BIT(RECORD_KIND_INIT) }),
		0);
}

/* Of two, the one that was made later is the last, whatever its clock said. */
Test(query, last_is_by_number)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t id;

	(void)add_backup(record, LEVEL_FULL, "nas1", RECORD_GOOD, INT64_C(1924000000000));
	id = add_backup(record, LEVEL_FULL, "nas1", RECORD_GOOD, INT64_C(1795000000000));
	cr_assert_eq(last(record, (struct record_filter){ .outcomes = BIT(RECORD_GOOD) }),
		     id);
}

Test(query, counts_from_the_end)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	struct record_filter all = { 0 };
	struct record_run *runs;
	size_t n;

	for (int i = 1; i <= 30; i++)
		(void)add_backup(record, LEVEL_FULL, "nas1", RECORD_GOOD, i * 100000);
	must(record_last_runs(record, &all, 25, &runs, &n, &why));
	cr_assert_eq(n, 25);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(runs[i].started_ms, (int64_t)(30 - i) * 100000);
	free(runs);
	must(record_last_runs(record, &all, 0, &runs, &n, &why));
	cr_assert_eq(n, 0);
}

static struct record_verdict verdict(const char *destination, const char *word,
				     int64_t at)
{
	return (struct record_verdict){ .destination = destination,
					.source = "nas:/export",
					.verdict = word,
					.layer = "nfsd",
					.detail = "no answer within 5 s",
					.elapsed_ms = 5000,
					.total_bytes = -1,
					.free_bytes = 1 << 30,
					.at_ms = at };
}

Test(query, verdicts)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t run = begin_run(record, RECORD_KIND_RUN, 1000);
	struct record_verdict frozen = verdict("nas1", "frozen", 1100);
	struct record_verdict ok = verdict("nas2", "ok", 1200);
	struct record_verdict later = { .destination = "nas1",
					.verdict = "ok",
					.at_ms = 9 };
	struct record_verdict_row *rows, row;
	struct error err;
	size_t n;

	must(record_verdict(record, run, &frozen, &why));
	must(record_verdict(record, run, &ok, &why));
	must(record_verdicts(record, run, &rows, &n, &why));
	cr_assert_eq(n, 2);
	cr_assert_str_eq(rows[0].verdict, "frozen");
	cr_assert_str_eq(rows[0].layer, "nfsd");
	cr_assert_str_eq(rows[0].source, "nas:/export");
	cr_assert_str_eq(rows[0].detail, "no answer within 5 s");
	cr_assert_eq(rows[0].elapsed_ms, 5000);
	cr_assert_eq(rows[0].total_bytes, -1);
	cr_assert_eq(rows[0].free_bytes, 1 << 30);
	cr_assert_eq(rows[0].run, run);
	cr_assert_str_eq(rows[1].destination, "nas2");
	free(rows);

	must(record_verdict(record, 0, &later, &why));
	cr_assert_eq(record_last_verdict(record, "nas1", &row, &err), 1);
	cr_assert_str_eq(row.verdict, "ok");
	cr_assert_eq(row.run, 0);
	cr_assert_str_eq(row.layer, "");
	cr_assert_eq(record_last_verdict(record, "nas3", &row, &err), 0);
}

/* Longer than the arrays; what is kept is whole. */
Test(query, cuts_long_texts)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	char text[2 * RECORD_TEXT_SIZE];
	struct record_end end = { .outcome = RECORD_FAILED,
				  .ended_ms = 5,
				  .reason = text };
	struct record_run run;
	struct record_filter all = { 0 };
	struct error err;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	must(record_run_end(record, begin_run(record, RECORD_KIND_RUN, 1), &end, &why));
	cr_assert_eq(record_last_run(record, &all, &run, &err), 1);
	cr_assert_eq(strlen(run.reason), RECORD_TEXT_SIZE - 1);
}
