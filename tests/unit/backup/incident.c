/* SPDX-License-Identifier: MIT */
/* The answer to "was anything blocked, for how long, why", for each kind of story. */
#include "lib/backup/incident.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/macro.h"

static struct record_run run_of(enum record_outcome outcome, int exit_code)
{
	return (struct record_run){ .id = 17,
				    .outcome = outcome,
				    .exit_code = exit_code,
				    .started_ms = 100000,
				    .worst_stall_ms = 8012,
				    .destination = "nas1",
				    .reason = "nas1 died" };
}

static const struct record_phase phases[] = {
	{ "probe", RECORD_PHASE_OK, 100000, 40, "ok" },
	{ "mount", RECORD_PHASE_OK, 100040, 60, "" },
	{ "backup", RECORD_PHASE_ABORTED, 100100, 9900, "it died" },
	{ "breaker", RECORD_PHASE_RUNNING, 110000, -1, "" },
};

#define INCIDENT __attribute__((cleanup(incident_done))) struct incident

static void make(const struct record_run *run, const struct event *events, size_t n,
		 struct incident *ret)
{
	struct incident_source src = { run, phases, ARRAY_SIZE(phases), events, n };
	struct error err;

	cr_assert_eq(incident_make(&src, ret, &err), 0);
}

static void expect(const struct incident *in, const char *sentence)
{
	cr_assert_str_eq(in->sentence, sentence);
}

Test(incident, a_victim_and_its_release)
{
	static const struct event events[] = {
		{ EVENT_BLOCKED, 0, 4000, 2000, "812 java", "D in rpc_wait" },
		{ EVENT_BLOCKED, 0, 5000, 2000, "90 df", "D in nfs_wait" },
		{ EVENT_BLOCKED, 0, 6000, 4000, "812 java", "D in rpc_wait" },
		{ EVENT_STATE, 0, 10000, 8000, "", "tripped: no answer for 8000 ms" },
		{ EVENT_RELEASED, 0, 10300, -1, "812 java", "was in rpc_wait" },
		{ EVENT_RELEASED, 0, 10400, 400, "", "nobody uses the mount any more" },
		{ EVENT_STATE, 0, 10500, 0, "", "healthy: for 0 ms" },
	};
	struct record_run run = run_of(RECORD_ABORTED, 124);
	INCIDENT in;

	make(&run, events, ARRAY_SIZE(events), &in);
	cr_assert_eq(in.n_victims, 2);
	cr_assert_str_eq(in.victims[0].event->subject, "812 java");
	cr_assert_eq(in.victims[0].from_ms, 2000);
	cr_assert_eq(in.victims[0].ms, 8300);
	cr_assert_eq(in.victims[1].from_ms, 3000);
	cr_assert_eq(in.victims[1].ms, 7400);
	cr_assert(in.victims[0].released && in.victims[1].released && in.tripped);
	expect(&in, "Yes: 2 tasks of this host were blocked on nas1, the longest one 812 "
		    "java for 8.3 s (D in rpc_wait), because: tripped: no answer for "
		    "8000 ms; all were released.");
}

Test(incident, a_victim_whose_release_was_not_seen)
{
	static const struct event events[] = {
		{ EVENT_BLOCKED, 0, 4000, 2000, "812 java", "D in rpc_wait" },
		{ EVENT_BLOCKED, 0, 5000, -1, "7 nfsafe", "cannot be ended" },
	};
	struct record_run run = run_of(RECORD_ABORTED, -1);
	INCIDENT in;

	make(&run, events, ARRAY_SIZE(events), &in);
	cr_assert_eq(in.victims[1].ms, -1);
	expect(&in,
	       "Yes: 2 tasks of this host were blocked on nas1, the longest one 812 "
	       "java for at least 2.0 s (D in rpc_wait), because: nas1 died; of 2 it "
	       "is not known when they were released.");
}

Test(incident, blocked_twice_is_two_blocks)
{
	static const struct event events[] = {
		{ EVENT_BLOCKED, 0, 3000, 2000, "1 a", "D" },
		{ EVENT_RELEASED, 0, 4000, 3000, "1 a", "" },
		{ EVENT_BLOCKED, 0, 9000, 2000, "1 a", "D" },
		{ EVENT_RELEASED, 0, 9500, 2500, "1 a", "" },
	};
	struct record_run run = run_of(RECORD_GOOD, 0);
	INCIDENT in;

	make(&run, events, ARRAY_SIZE(events), &in);
	cr_assert_eq(in.n_victims, 2);
	cr_assert_eq(in.victims[0].ms, 3000);
	cr_assert_eq(in.victims[1].ms, 2500);
}

Test(incident, nobody_was_blocked)
{
	static const struct event tripped[] = {
		{ EVENT_STATE, 0, 9000, 8000, "", "tripped: no answer for 8000 ms" },
	};
	struct record_run run = run_of(RECORD_ABORTED, 124),
			  good = run_of(RECORD_GOOD, 0);
	struct record_run running = run_of(RECORD_RUNNING, -1);

	{
		INCIDENT in;

		make(&run, tripped, 1, &in);
		expect(&in, "No task of this host was seen blocked on nas1, although its "
			    "server was given up (tripped: no answer for 8000 ms); the "
			    "longest time without an answer was 8.0 s.");
	}
	{
		INCIDENT in;

		good.worst_stall_ms = 120;
		make(&good, NULL, 0, &in);
		expect(&in,
		       "No: no task of this host was seen blocked on nas1; the longest "
		       "time without an answer was 0.1 s.");
	}
	{
		INCIDENT in;

		running.worst_stall_ms = -1;
		make(&running, NULL, 0, &in);
		expect(&in, "So far no task of this host was seen blocked on nas1.");
	}
}

Test(incident, nothing_was_mounted)
{
	struct record_run run = run_of(RECORD_SKIPPED, 69);
	struct incident_source src = { &run, phases, 1, NULL, 0 };
	struct error err;
	INCIDENT in;

	cr_assert_eq(incident_make(&src, &in, &err), 0);
	expect(&in, "No: nothing was mounted, so nothing could be blocked.");
}

Test(incident, one_timeline_of_phases_and_events)
{
	static const struct event events[] = {
		{ EVENT_NOTE, 0, 50, -1, "", "in the mount" },
		{ EVENT_NOTE, 0, 10050, -1, "", "in the breaker" },
		{ EVENT_NOTE, 0, 9000, -1, "", "told late" },
		{ EVENT_DROPPED, 0, 10050, 7, "", "" },
	};
	static const int64_t times[] = { 0,   40,   40,    50,    100,
					 100, 9000, 10000, 10000, 10050 };
	struct record_run run = run_of(RECORD_ABORTED, 124);
	INCIDENT in;

	make(&run, events, ARRAY_SIZE(events), &in);
	cr_assert_eq(in.n_moments, ARRAY_SIZE(times));
	for (size_t i = 0; i < in.n_moments; i++)
		cr_assert_eq(in.moments[i].t_ms, times[i], "%zu", i);
	cr_assert(in.moments[1].phase_ends && !in.moments[2].phase_ends);
	cr_assert_eq(in.dropped, 7);
}
