/* SPDX-License-Identifier: MIT */
/* Events come back as they were noted; what is too much is counted, not kept. */
#include "lib/record/event.h"

#include "directory.h"

static struct event beat(int64_t t_ms)
{
	return (struct event){ .kind = EVENT_BEAT,
			       .at_ms = 1000 + t_ms,
			       .t_ms = t_ms,
			       .value = 250,
			       .text = "NULL answered" };
}

static size_t count(struct record *record, int64_t run, struct event **ret)
{
	size_t n;

	must(event_list(record, run, ret, &n, &why));
	return n;
}

Test(event, comes_back_as_it_was)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t run = begin_run(record, RECORD_KIND_RUN, 1000);
	int64_t other = begin_run(record, RECORD_KIND_EXEC, 1000);
	struct event in[] = {
		beat(5),
		{ .kind = EVENT_BLOCKED,
		  .at_ms = 1009,
		  .t_ms = 9,
		  .value = -1,
		  .subject = "17 java",
		  .text = "D in rpc_wait_bit_killable" },
	};
	struct event *out;

	cr_assert_eq(count(record, run, &out), 0);
	cr_assert_null(out);
	must(event_add(record, run, &in[0], 1, 0, &why));
	must(event_add(record, run, &in[1], 1, 0, &why));
	must(event_add(record, run, NULL, 0, 0, &why));
	cr_assert_eq(count(record, run, &out), 2);
	for (size_t i = 0; i < 2; i++) {
		cr_assert_eq(out[i].kind, in[i].kind);
		cr_assert_eq(out[i].at_ms, in[i].at_ms);
		cr_assert_eq(out[i].t_ms, in[i].t_ms);
		cr_assert_eq(out[i].value, in[i].value);
		cr_assert_str_eq(out[i].subject, in[i].subject);
		cr_assert_str_eq(out[i].text, in[i].text);
	}
	free(out);
	cr_assert_eq(count(record, other, &out), 0);
}

Test(event, each_kind_has_a_name_of_its_own)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t run = begin_run(record, RECORD_KIND_RUN, 1000);
	struct event *out;

	for (int kind = 0; kind < EVENT_DROPPED; kind++) {
		struct event e = { .kind = (enum event_kind)kind, .text = "x" };

		must(event_add(record, run, &e, 1, 0, &why));
	}
	cr_assert_eq(count(record, run, &out), EVENT_DROPPED);
	for (int kind = 0; kind < EVENT_DROPPED; kind++)
		cr_assert_eq(out[kind].kind, (enum event_kind)kind);
	free(out);
	/* Of a later version: a note. */
	must(sql_exec(&record->sql, "UPDATE event SET kind = 'weather' WHERE seq = 2",
		      &why));
	cr_assert_eq(count(record, run, &out), EVENT_DROPPED);
	cr_assert_eq(out[1].kind, EVENT_NOTE);
	free(out);
}

/* A server that is ill for a night: how it ended is still there. */
Test(event, the_chatty_leave_room_for_the_end)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t run = begin_run(record, RECORD_KIND_RUN, 1000);
	struct event many[500], state = { .kind = EVENT_STATE, .text = "tripped" };
	struct event *out;
	size_t n;

	for (size_t i = 0; i < 500; i++)
		many[i] = beat((int64_t)i);
	for (int i = 0; i < 8; i++)
		must(event_add(record, run, many, 500, i == 7 ? 11 : 0, &why));
	must(event_add(record, run, &state, 1, 0, &why));
	n = count(record, run, &out);
	cr_assert_eq(n, EVENT_CHATTY_MAX + 2);
	cr_assert_eq(out[n - 2].kind, EVENT_STATE);
	cr_assert_eq(out[n - 1].kind, EVENT_DROPPED);
	cr_assert_eq(out[n - 1].value, 8 * 500 - EVENT_CHATTY_MAX + 11);
	free(out);
	for (size_t i = 0; i < 500; i++)
		many[i] = state;
	for (int i = 0; i < 4; i++)
		must(event_add(record, run, many, 500, 0, &why));
	n = count(record, run, &out);
	cr_assert_eq(n, EVENT_RUN_MAX + 1);
	free(out);
}

static int64_t with_events(struct record *record, enum record_outcome outcome)
{
	int64_t run = begin_run(record, RECORD_KIND_RUN, 1000);
	struct event e = beat(1);

	must(event_add(record, run, &e, 1, 0, &why));
	end_run(record, run, outcome, 2000);
	return run;
}

Test(event, of_runs_long_past_is_forgotten)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t bad = with_events(record, RECORD_ABORTED);
	int64_t good = with_events(record, RECORD_GOOD);
	struct event *out;

	for (int i = 0; i < EVENT_GOOD_RUNS_KEPT - 1; i++)
		(void)with_events(record, RECORD_GOOD);
	must(event_prune(record, &why));
	cr_assert_eq(count(record, good, &out), 1);
	free(out);
	(void)with_events(record, RECORD_GOOD);
	must(event_prune(record, &why));
	cr_assert_eq(count(record, good, &out), 0);
	cr_assert_eq(count(record, bad, &out), 1);
	free(out);
	for (int i = 0; i < EVENT_RUNS_KEPT; i++)
		(void)with_events(record, RECORD_FAILED);
	must(event_prune(record, &why));
	cr_assert_eq(count(record, bad, &out), 0);
	cr_assert_eq(pragma(record, "SELECT count(DISTINCT run) FROM event"),
		     EVENT_RUNS_KEPT);
}

/* A step that fails does not take the others with it; the batch as a whole does. */
Test(event, steps_of_a_batch)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t run = begin_run(record, RECORD_KIND_RUN, 1000);
	struct event e = beat(1), *out;
	struct error err;

	must(record_batch_begin(record, &why));
	must(record_phase_change(record, run, NULL, "probe", 1000, &why));
	cr_assert_eq(event_add(record, 999, &e, 1, 0, &err), -ERROR_IO);
	must(event_add(record, run, &e, 1, 0, &why));
	must(record_batch_end(record, 0, &why));
	cr_assert_eq(count(record, run, &out), 1);
	free(out);
	cr_assert_eq(pragma(record, "SELECT count(*) FROM phase"), 1);

	must(record_batch_begin(record, &why));
	must(event_add(record, run, &e, 1, 0, &why));
	cr_assert_eq(record_batch_end(record, -ERROR_IO, &err), -ERROR_IO);
	cr_assert_eq(count(record, run, &out), 1);
	free(out);
	must(event_add(record, run, &e, 1, 0, &why));
	cr_assert_eq(count(record, run, &out), 2);
	free(out);
}
