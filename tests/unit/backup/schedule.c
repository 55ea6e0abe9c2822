/* SPDX-License-Identifier: MIT */
/* The schedule: a table of cases, and the nights when clocks change. */
#include "lib/backup/schedule.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/strbuf.h"
#include "tests/unit/backup/nightly.h"

struct times {
	const char *full, *any, *full_here, *any_here;
};

static struct schedule_history history_of(struct times t)
{
	return (struct schedule_history){ utc(t.full), utc(t.any), utc(t.full_here),
					  utc(t.any_here) };
}

/* All of it on one destination. */
static struct schedule_history here(const char *full, const char *any)
{
	return history_of((struct times){ full, any, full, any });
}

static struct schedule_decision decide(struct schedule_policy policy,
				       struct schedule_history history, const char *now)
{
	struct schedule_request nothing = { 0 };

	return schedule_decide(&policy, &history, &nothing, "nas1", utc(now));
}

static struct schedule_decision ask(struct schedule_policy policy,
				    struct schedule_history history, const char *now,
				    enum level level, bool force)
{
	struct schedule_request request = { level, force };

	return schedule_decide(&policy, &history, &request, "nas1", utc(now));
}

#define expect_decision(d, a_due, a_level, part)                                         \
	do {                                                                             \
		struct schedule_decision got = (d);                                      \
		cr_expect_eq(got.due, (a_due), "%s", got.reason);                        \
		cr_expect_eq(got.level, (a_level), "%s", got.reason);                    \
		cr_expect(strstr(got.reason, (part)), "'%s' does not say '%s'",          \
			  got.reason, (part));                                           \
	} while (0)

#define expect_next(d, when)                                                             \
	do {                                                                             \
		struct schedule_decision got = (d);                                      \
		char text[SCHEDULE_TIME_SIZE];                                           \
		schedule_format_time(got.next_ms, text);                                 \
		cr_expect_eq(got.next_ms, utc(when), "next is %s: %s", text,             \
			     got.reason);                                                \
	} while (0)

/* 2026-11-28 was a Saturday. */

Test(schedule, begins_with_a_full)
{
	struct schedule_history none = here("", "");

	zone("UTC");
	expect_decision(decide(nightly(), none, "2026-11-25 22:00"), SCHEDULE_NOW,
			LEVEL_FULL, "full: there is no good full yet");
	expect_decision(decide(nightly(), none, "2026-11-25 12:00"), SCHEDULE_WAIT,
			LEVEL_FULL, "it waits for the window, 22:00 to 06:00");
	expect_next(decide(nightly(), none, "2026-11-25 12:00"), "2026-11-25 22:00");
	expect_decision(decide(at_any_time(), none, "2026-11-25 12:00"), SCHEDULE_NOW,
			LEVEL_FULL, "no good full yet");
}

struct one {
	const char *full, *any, *now;
	enum schedule_due due;
	enum level level;
	const char *next;
	const char *reason;
};

static void check_cases(struct schedule_policy policy, const struct one *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct one *c = &cases[i];
		struct schedule_decision d =
			decide(policy, here(c->full, c->any), c->now);

		cr_expect_eq(d.due, c->due, "case %zu: %s", i, d.reason);
		cr_expect_eq(d.level, c->level, "case %zu: %s", i, d.reason);
		cr_expect_eq(d.next_ms, utc(c->next), "case %zu: %lld: %s", i,
			     (long long)d.next_ms / 1000, d.reason);
		cr_expect(strstr(d.reason, c->reason), "case %zu: %s", i, d.reason);
		cr_expect_not(d.overridden);
	}
}

Test(schedule, nightly_in_a_window)
{
	static const struct one cases[] = {
		/* The same minute as yesterday, though that one began a second later. */
		{ "2026-11-21 22:00", "2026-11-24 22:01", "2026-11-25 22:00",
		  SCHEDULE_NOW, LEVEL_INCREMENTAL, "2026-11-25 22:00",
		  "incremental: the last good session began Tue 2026-11-24 22:01 UTC" },
		/* It was late last night; that does not make it late for ever. */
		{ "2026-11-21 22:00", "2026-11-25 05:30", "2026-11-25 22:00",
		  SCHEDULE_NOW, LEVEL_INCREMENTAL, "2026-11-25 22:00", "due since" },
		/* Once a night. */
		{ "2026-11-21 22:00", "2026-11-25 22:00", "2026-11-25 23:00",
		  SCHEDULE_NOTHING, LEVEL_INCREMENTAL, "2026-11-26 22:00",
		  "nothing is due: the last good session began Wed" },
		{ "2026-11-21 22:00", "2026-11-25 22:00", "2026-11-26 12:00",
		  SCHEDULE_NOTHING, LEVEL_INCREMENTAL, "2026-11-26 22:00",
		  "next is an incremental from Thu 2026-11-26 22:00 UTC" },
		/* The last night failed: overdue by day, caught up in the next window. */
		{ "2026-11-21 22:00", "2026-11-24 22:00", "2026-11-26 12:00",
		  SCHEDULE_WAIT, LEVEL_INCREMENTAL, "2026-11-26 22:00",
		  "it waits for the window" },
		/* After midnight is still the same night. */
		{ "2026-11-21 22:00", "2026-11-24 22:00", "2026-11-26 03:00",
		  SCHEDULE_NOW, LEVEL_INCREMENTAL, "2026-11-26 03:00", "due since Wed" },
		/* By hand in the afternoon: the window is over before it is due. */
		{ "2026-11-21 22:00", "2026-11-25 14:00", "2026-11-25 22:00",
		  SCHEDULE_NOTHING, LEVEL_INCREMENTAL, "2026-11-26 22:00", "nothing" },
	};

	zone("UTC");
	check_cases(nightly(), cases, sizeof(cases) / sizeof(cases[0]));
}

Test(schedule, often_in_a_window)
{
	struct schedule_policy p = nightly();
	struct schedule_history h = here("2026-11-24 22:00", "2026-11-24 23:00");

	zone("UTC");
	p.incremental_every_ms = 2 * HOUR;
	expect_decision(decide(p, h, "2026-11-24 23:30"), SCHEDULE_NOTHING,
			LEVEL_INCREMENTAL, "nothing");
	expect_decision(decide(p, h, "2026-11-25 01:00"), SCHEDULE_NOW, LEVEL_INCREMENTAL,
			"incremental");
}

/* Ten minutes to seven is not half a day before eight. */
Test(schedule, window_that_is_hardly_ever_shut)
{
	struct schedule_policy p = nightly();
	struct schedule_history h = here("2026-11-21 20:00", "2026-11-24 18:50");

	zone("UTC");
	p.window_from_min = 20 * 60;
	p.window_to_min = 19 * 60;
	expect_decision(decide(p, h, "2026-11-24 20:00"), SCHEDULE_NOTHING,
			LEVEL_INCREMENTAL, "nothing");
	expect_next(decide(p, h, "2026-11-24 20:00"), "2026-11-25 17:20");
}

Test(schedule, full_waits_for_its_day)
{
	static const struct one cases[] = {
		/* On the day, although a week is not quite over. */
		{ "2026-11-21 22:03", "2026-11-27 22:00", "2026-11-28 22:00",
		  SCHEDULE_NOW, LEVEL_FULL, "2026-11-28 22:00",
		  "full: the last good full began Sat 2026-11-21 22:03 UTC" },
		/* After midnight it is still Saturday's night. */
		{ "2026-11-21 22:00", "2026-11-27 22:00", "2026-11-29 04:00",
		  SCHEDULE_NOW, LEVEL_FULL, "2026-11-29 04:00",
		  "due since Sat 2026-11-28 22:00 UTC" },
		/* Early on Saturday it is still Friday's. */
		{ "2026-11-17 22:00", "2026-11-26 22:00", "2026-11-28 04:00",
		  SCHEDULE_NOW, LEVEL_INCREMENTAL, "2026-11-28 04:00",
		  "the full, due since Tue 2026-11-24 22:00 UTC, waits for its day (Sat) "
		  "until Sat 2026-11-28 22:00 UTC" },
		/* Waiting: incrementals go on. */
		{ "2026-11-18 22:00", "2026-11-25 22:00", "2026-11-26 22:00",
		  SCHEDULE_NOW, LEVEL_INCREMENTAL, "2026-11-26 22:00", "waits for its" },
		/* Saturday's failed: it outranks Sunday's incremental, and Monday's. */
		{ "2026-11-21 22:00", "2026-11-27 22:00", "2026-11-29 22:00",
		  SCHEDULE_NOW, LEVEL_FULL, "2026-11-29 22:00",
		  "due since Sat 2026-11-28 22:00 UTC" },
		{ "2026-11-21 22:00", "2026-11-29 22:00", "2026-11-30 22:00",
		  SCHEDULE_NOW, LEVEL_FULL, "2026-11-30 22:00", "due since Sat" },
		/* Caught up on Sunday; a week later it waits six days for Saturday. */
		{ "2026-11-29 22:00", "2026-12-04 22:00", "2026-12-05 22:00",
		  SCHEDULE_NOW, LEVEL_INCREMENTAL, "2026-12-05 22:00", "incremental" },
		{ "2026-11-29 22:00", "2026-12-05 22:00", "2026-12-06 22:00",
		  SCHEDULE_NOW, LEVEL_INCREMENTAL, "2026-12-06 22:00",
		  "until Sat 2026-12-12 22:00 UTC" },
		{ "2026-11-29 22:00", "2026-12-11 22:00", "2026-12-12 22:00",
		  SCHEDULE_NOW, LEVEL_FULL, "2026-12-12 22:00", "full" },
		/* An early catch-up in the same night stays with the night. */
		{ "2026-11-22 05:00", "2026-11-27 22:00", "2026-11-28 22:00",
		  SCHEDULE_NOW, LEVEL_FULL, "2026-11-28 22:00", "full" },
		/* Friday's incremental is overdue; when there is time it is Saturday. */
		{ "2026-11-21 22:00", "2026-11-26 22:00", "2026-11-28 12:00",
		  SCHEDULE_WAIT, LEVEL_FULL, "2026-11-28 22:00",
		  "full: the last good full began Sat" },
		/* Nothing is due, and what is next is the full. */
		{ "2026-11-21 22:00", "2026-11-27 22:00", "2026-11-28 12:00",
		  SCHEDULE_NOTHING, LEVEL_FULL, "2026-11-28 22:00",
		  "next is a full from Sat 2026-11-28 22:00 UTC" },
	};

	zone("UTC");
	check_cases(nightly(), cases, sizeof(cases) / sizeof(cases[0]));
}

Test(schedule, full_does_not_wait_longer_than_once_more)
{
	struct schedule_policy p = nightly();

	zone("UTC");
	p.full_every_ms = 2 * DAY;
	/* Due Mon 30 Nov; Saturday is the 5th, but the 2nd is the latest. */
	expect_decision(decide(p, here("2026-11-28 22:00", "2026-11-30 22:00"),
			       "2026-12-01 22:00"),
			SCHEDULE_NOW, LEVEL_INCREMENTAL,
			"until Wed 2026-12-02 22:00 UTC");
	expect_decision(decide(p, here("2026-11-28 22:00", "2026-12-01 22:00"),
			       "2026-12-02 22:00"),
			SCHEDULE_NOW, LEVEL_FULL, "due since Wed 2026-12-02 22:00 UTC");
}

Test(schedule, at_any_time_counts_from_the_start)
{
	static const struct one cases[] = {
		{ "2026-11-21 03:00", "2026-11-24 03:01", "2026-11-25 03:00",
		  SCHEDULE_NOW, LEVEL_INCREMENTAL, "2026-11-25 03:00", "incremental" },
		{ "2026-11-21 03:00", "2026-11-24 14:00", "2026-11-25 03:00",
		  SCHEDULE_NOTHING, LEVEL_INCREMENTAL, "2026-11-25 12:30", "nothing" },
		{ "2026-11-21 03:00", "2026-11-27 03:00", "2026-11-28 03:00",
		  SCHEDULE_NOW, LEVEL_FULL, "2026-11-28 03:00", "full" },
		{ "2026-11-21 03:00", "2026-11-27 03:00", "2026-11-30 03:00",
		  SCHEDULE_NOW, LEVEL_FULL, "2026-11-30 03:00",
		  "due since Sat 2026-11-28 01:30 UTC" },
	};
	struct schedule_policy hourly = at_any_time();

	zone("UTC");
	check_cases(at_any_time(), cases, sizeof(cases) / sizeof(cases[0]));
	hourly.incremental_every_ms = HOUR;
	/* The slack is a sixteenth. */
	cr_expect_eq(decide(hourly, here("2026-11-25 00:00", "2026-11-25 03:00"),
			    "2026-11-25 03:30")
			     .next_ms,
		     utc("2026-11-25 04:00") - HOUR / 16);
}

/* Without a window a day of full_on is a day of the calendar. */
Test(schedule, full_on_a_day_without_a_window)
{
	struct schedule_policy p = nightly();

	zone("Europe/London");
	p.has_window = false;
	expect_decision(decide(p, here("2026-11-21 01:00", "2026-11-27 01:00"),
			       "2026-11-28 01:00"),
			SCHEDULE_NOW, LEVEL_FULL, "full");
	/* By hand in the afternoon of last Saturday: this Saturday's night is right. */
	expect_decision(decide(p, here("2026-11-21 15:00", "2026-11-27 01:00"),
			       "2026-11-28 01:00"),
			SCHEDULE_NOW, LEVEL_FULL, "full");
	expect_decision(decide(p, here("2026-11-20 01:00", "2026-11-26 01:00"),
			       "2026-11-27 01:00"),
			SCHEDULE_NOW, LEVEL_INCREMENTAL, "waits for its day (Sat)");
}

Test(schedule, only_fulls)
{
	struct schedule_policy p = nightly();
	struct schedule_history h = here("2026-11-21 22:00", "2026-11-21 22:00");

	zone("UTC");
	p.incremental_every_ms = 0;
	expect_decision(decide(p, h, "2026-11-25 22:00"), SCHEDULE_NOTHING, LEVEL_FULL,
			"nothing is due: the last good full began");
	expect_next(decide(p, h, "2026-11-25 22:00"), "2026-11-28 22:00");
	expect_decision(ask(p, h, "2026-11-25 22:00", LEVEL_NONE, true), SCHEDULE_NOW,
			LEVEL_FULL, "full: forced, although nothing is due");
}

Test(schedule, destination_without_a_full_gets_one)
{
	struct schedule_history h = history_of(
		(struct times){ "2026-11-21 22:00", "2026-11-24 22:00", "", "" });

	zone("UTC");
	expect_decision(decide(nightly(), h, "2026-11-25 22:00"), SCHEDULE_NOW,
			LEVEL_FULL, "full: there is no good full on nas1 yet");
	/* But not before something is due. */
	expect_decision(decide(nightly(), h, "2026-11-25 03:00"), SCHEDULE_NOTHING,
			LEVEL_FULL, "nothing");
}

Test(schedule, destination_with_an_old_full_gets_one)
{
	/* Back after three weeks, in which the other one served. */
	struct schedule_history h =
		history_of((struct times){ "2026-11-21 22:00", "2026-11-24 22:00",
					   "2026-10-31 22:00", "2026-11-03 22:00" });

	zone("UTC");
	expect_decision(
		decide(nightly(), h, "2026-11-25 22:00"), SCHEDULE_NOW, LEVEL_FULL,
		"full: on nas1 the last good full began Sat 2026-10-31 22:00 UTC: "
		"due since Sat 2026-11-07 22:00 UTC");
}

Test(schedule, gap_in_the_chain)
{
	struct schedule_history h =
		history_of((struct times){ "2026-11-21 22:00", "2026-11-24 22:00",
					   "2026-11-21 22:00", "2026-11-23 22:00" });
	struct schedule_policy p = nightly();

	zone("UTC");
	expect_decision(decide(p, h, "2026-11-25 22:00"), SCHEDULE_NOW, LEVEL_INCREMENTAL,
			"incremental");
	p.gap_needs_full = true;
	expect_decision(decide(p, h, "2026-11-25 22:00"), SCHEDULE_NOW, LEVEL_FULL,
			"leaves a gap in the chain on nas1");
	expect_decision(ask(p, h, "2026-11-25 22:00", LEVEL_INCREMENTAL, false),
			SCHEDULE_NOW, LEVEL_FULL, "has a gap");
}

/* The clock was in 2031, made backups there, and is back. */
Test(schedule, clock_that_was_set_back)
{
	struct schedule_history h = here("2031-01-04 22:00", "2031-01-05 22:00");
	struct schedule_history full_only = here("2026-11-21 22:00", "2031-01-05 22:00");

	zone("UTC");
	expect_decision(decide(nightly(), h, "2026-11-25 22:00"), SCHEDULE_NOW,
			LEVEL_FULL,
			"the last good full is dated in the future, Sat 2031-01-04 22:00 "
			"UTC: the clock was set back");
	expect_decision(decide(nightly(), full_only, "2026-11-25 22:00"), SCHEDULE_NOW,
			LEVEL_INCREMENTAL, "is dated in the future");
	/* A clock set back by less than the slack is no reason to do it again. */
	expect_decision(decide(nightly(), here("2026-11-21 22:00", "2026-11-25 22:30"),
			       "2026-11-25 22:00"),
			SCHEDULE_NOTHING, LEVEL_INCREMENTAL, "nothing");
}

Test(schedule, asked_for)
{
	struct schedule_history h = here("2026-11-21 22:00", "2026-11-25 22:00");

	zone("UTC");
	expect_decision(ask(nightly(), h, "2026-11-26 00:00", LEVEL_FULL, false),
			SCHEDULE_NOW, LEVEL_FULL,
			"full: asked for, although nothing is due");
	expect_decision(ask(nightly(), h, "2026-11-26 22:00", LEVEL_FULL, false),
			SCHEDULE_NOW, LEVEL_FULL,
			"full: asked for, although what is due is the incremental");
	expect_decision(ask(nightly(), h, "2026-11-28 22:00", LEVEL_INCREMENTAL, false),
			SCHEDULE_NOW, LEVEL_INCREMENTAL,
			"although what is due is the full");
	expect_decision(ask(nightly(), h, "2026-11-26 12:00", LEVEL_FULL, false),
			SCHEDULE_WAIT, LEVEL_FULL, "(--force starts it now)");
	expect_next(ask(nightly(), h, "2026-11-26 12:00", LEVEL_FULL, false),
		    "2026-11-26 22:00");
	expect_decision(ask(nightly(), h, "2026-11-26 12:00", LEVEL_FULL, true),
			SCHEDULE_NOW, LEVEL_FULL,
			"forced outside of the window, 22:00 to 06:00");
	cr_expect(ask(nightly(), h, "2026-11-26 12:00", LEVEL_FULL, true).overridden);
	/* What is due anyway is not overridden. */
	cr_expect_not(ask(nightly(), h, "2026-11-26 22:00", LEVEL_INCREMENTAL, true)
			      .overridden);
}

Test(schedule, forced)
{
	struct schedule_history h = here("2026-11-21 22:00", "2026-11-25 22:00");
	struct schedule_history late = here("2026-11-14 22:00", "2026-11-25 22:00");

	zone("UTC");
	expect_decision(
		ask(nightly(), h, "2026-11-26 12:00", LEVEL_NONE, true), SCHEDULE_NOW,
		LEVEL_INCREMENTAL,
		"incremental: forced, although nothing is due, and forced outside");
	/* The level is still the one that is due. */
	expect_decision(ask(nightly(), late, "2026-11-26 12:00", LEVEL_NONE, true),
			SCHEDULE_NOW, LEVEL_FULL, "full: forced, and forced outside");
}

Test(schedule, incremental_needs_a_full)
{
	struct schedule_history none = here("", "");
	struct schedule_history elsewhere = history_of(
		(struct times){ "2026-11-21 22:00", "2026-11-24 22:00", "", "" });

	zone("UTC");
	expect_decision(
		ask(nightly(), none, "2026-11-25 22:00", LEVEL_INCREMENTAL, false),
		SCHEDULE_NOW, LEVEL_FULL,
		"full: an incremental was asked for, but there is no good full on "
		"nas1 to build on");
	expect_decision(
		ask(nightly(), elsewhere, "2026-11-25 03:00", LEVEL_INCREMENTAL, true),
		SCHEDULE_NOW, LEVEL_FULL, "an incremental was asked for, but");
	expect_decision(ask(nightly(), elsewhere, "2026-11-25 03:00", LEVEL_NONE, true),
			SCHEDULE_NOW, LEVEL_FULL, "full: forced, but there is no good");
}

Test(schedule, times_name_both_zones)
{
	char text[SCHEDULE_TIME_SIZE];

	zone("Europe/London");
	schedule_format_time(utc("2026-11-28 22:00"), text);
	cr_expect_str_eq(text, "Sat 2026-11-28 22:00 GMT");
	schedule_format_time(utc("2026-07-04 22:00"), text);
	cr_expect_str_eq(text, "Sat 2026-07-04 23:00 BST (22:00 UTC)");
	zone("America/New_York");
	schedule_format_time(utc("2026-11-29 03:00"), text);
	cr_expect_str_eq(text, "Sat 2026-11-28 22:00 EST (Sun 03:00 UTC)");
}

Test(schedule, explains_itself)
{
	struct schedule_policy p = nightly();
	struct schedule_history h = here("2026-11-21 22:00", "2026-11-27 22:00");
	struct schedule_request request = { 0 };
	struct strbuf out = STRBUF_INIT;

	zone("Europe/Berlin");
	schedule_explain(&p, &h, &request, "nas1", utc("2026-11-28 21:00"), &out);
	cr_expect_str_eq(
		strbuf_str(&out),
		"now                       Sat 2026-11-28 22:00 CET (21:00 UTC)\n"
		"last good full            Sat 2026-11-21 23:00 CET (22:00 UTC), 6d23h "
		"ago\n"
		"last good session         Fri 2026-11-27 23:00 CET (22:00 UTC), 23h "
		"ago\n"
		"on nas1:\n"
		"  last good full          Sat 2026-11-21 23:00 CET (22:00 UTC), 6d23h "
		"ago\n"
		"  last good session       Fri 2026-11-27 23:00 CET (22:00 UTC), 23h "
		"ago\n"
		"full                      every 7d on Sat, due from Sat 2026-11-28 "
		"22:00 CET "
		"(21:00 UTC)\n"
		"incremental               every 1d, due from Sat 2026-11-28 22:00 CET "
		"(21:00 "
		"UTC)\n"
		"window                    22:00 to 06:00, open since Sat 2026-11-28 "
		"22:00 "
		"CET (21:00 UTC) until Sun 2026-11-29 06:00 CET (05:00 UTC)\n"
		"decision                  start, full: the last good full began Sat "
		"2026-11-21 23:00 CET (22:00 UTC): due since Sat 2026-11-28 22:00 CET "
		"(21:00 UTC)\n");
	strbuf_done(&out);
}
