/* SPDX-License-Identifier: MIT */
/* What is noted is written, in order, at once, or counted as lost. */
#include "lib/backup/timeline.h"

#include "../record/directory.h"
#include "lib/base/deadline.h"

static size_t written(struct record *record, int64_t run, struct event **ret)
{
	size_t n;

	must(event_list(record, run, ret, &n, &why));
	return n;
}

#define TIMELINE(name)                                                                   \
	__attribute__((cleanup(timeline_freep))) struct timeline *name = timeline_new()

Test(timeline, is_written_when_it_is_flushed)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t run = begin_run(record, RECORD_KIND_RUN, 1000);
	char who[EVENT_SUBJECT_SIZE];
	struct event *e;
	TIMELINE(t);

	timeline_add(t, EVENT_NOTE, NULL, -1, "before it is bound");
	must(timeline_flush(t, &why));
	timeline_bind(t, record, run);
	timeline_add(t, EVENT_SIGNAL, timeline_process(who, 17, "java"), 15, "asked %s",
		     "politely");
	timeline_add_ago(t, 5000, EVENT_BLOCKED, "18 df", 5000, "D in nfs_wait");
	cr_assert_eq(written(record, run, &e), 0);
	must(timeline_flush(t, &why));
	must(timeline_flush(t, &why));
	cr_assert_eq(written(record, run, &e), 3);
	cr_assert_str_eq(e[0].text, "before it is bound");
	cr_assert_eq(e[1].kind, EVENT_SIGNAL);
	cr_assert_str_eq(e[1].subject, "17 java");
	cr_assert_str_eq(e[1].text, "asked politely");
	cr_assert_eq(e[1].value, 15);
	cr_assert(e[1].t_ms >= 0 && e[1].t_ms < 5000);
	cr_assert_lt(e[2].t_ms, e[1].t_ms);
	cr_assert_lt(e[2].at_ms, e[1].at_ms);
	free(e);
}

Test(timeline, gathers_the_beats_of_a_healthy_server)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t run = begin_run(record, RECORD_KIND_RUN, 1000);
	struct event *e;
	TIMELINE(t);

	timeline_bind(t, record, run);
	for (int i = 1; i <= TIMELINE_BEATS; i++)
		timeline_beat(t, "NULL", (int64_t)i * 100, false);
	timeline_beat(t, "NULL", 200, false);
	timeline_beat(t, "WRITE", 900, false);
	timeline_beat(t, "NULL", 2500000, true);
	timeline_beat(t, "NULL", 300, false);
	timeline_add(t, EVENT_STATE, NULL, -1, "late");
	must(timeline_flush(t, &why));
	cr_assert_eq(written(record, run, &e), 6);
	cr_assert_str_eq(e[0].text,
			 "NULL answered 60 times: 0.1 to 6.0 ms, median 3.1 ms");
	cr_assert_eq(e[0].value, 6000);
	cr_assert_str_eq(e[1].text, "NULL answered 1 time: 0.2 to 0.2 ms, median 0.2 ms");
	cr_assert_str_eq(e[2].text, "NULL answered late, after 2500.0 ms");
	cr_assert_str_eq(e[3].text, "NULL answered 1 time: 0.3 to 0.3 ms, median 0.3 ms");
	cr_assert_str_eq(e[4].text,
			 "WRITE answered 1 time: 0.9 to 0.9 ms, median 0.9 ms");
	cr_assert_eq(e[5].kind, EVENT_STATE);
	free(e);
}

Test(timeline, loses_what_there_is_no_room_for_and_says_so)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t run = begin_run(record, RECORD_KIND_RUN, 1000);
	struct event *e;
	TIMELINE(t);

	timeline_bind(t, record, run);
	for (int i = 0; i < TIMELINE_ROOM + 7; i++)
		timeline_add(t, EVENT_NOTE, NULL, i, "note");
	must(timeline_flush(t, &why));
	cr_assert_eq(written(record, run, &e), TIMELINE_ROOM + 1);
	cr_assert_eq(e[TIMELINE_ROOM].kind, EVENT_DROPPED);
	cr_assert_eq(e[TIMELINE_ROOM].value, 7);
	free(e);
}

/* What the record did not take is written once it does. */
Test(timeline, keeps_what_could_not_be_written)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t run = begin_run(record, RECORD_KIND_RUN, 1000);
	struct event *e;
	struct error err;
	TIMELINE(t);

	timeline_bind(t, record, 999);
	timeline_add(t, EVENT_NOTE, NULL, -1, "of no run");
	cr_assert_eq(timeline_flush(t, &err), -ERROR_IO);
	timeline_bind(t, record, run);
	must(timeline_flush(t, &why));
	cr_assert_eq(written(record, run, &e), 1);
	free(e);
	must(timeline_error(t, &why));
}

Test(timeline, is_not_written_more_often_than_it_must)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t run = begin_run(record, RECORD_KIND_RUN, 1000);
	struct event *e;
	TIMELINE(t);

	timeline_bind(t, record, run);
	timeline_add(t, EVENT_NOTE, NULL, -1, "just now");
	timeline_flush_due(t);
	cr_assert_eq(written(record, run, &e), 0);
}

Test(timeline, none_at_all_is_fine)
{
	struct error err;

	timeline_add(NULL, EVENT_NOTE, NULL, -1, "nothing");
	timeline_beat(NULL, "NULL", 1, true);
	timeline_beats_end(NULL);
	timeline_bind(NULL, NULL, 0);
	timeline_flush_due(NULL);
	cr_assert_eq(timeline_flush(NULL, &err), 0);
	cr_assert_eq(timeline_error(NULL, &err), 0);
	timeline_free(NULL);
}
