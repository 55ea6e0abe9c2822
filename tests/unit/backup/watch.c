/* SPDX-License-Identifier: MIT */
#include "lib/backup/watch.h"

#include <criterion/criterion.h>

#include "lib/base/macro.h"

/* Seen to catch: each row of the table changed; the order of the reasons turned round. */

#define SEC INT64_C(1000000000)
#define START (100 * SEC)
#define MAX_STALL_MS 10000
/* With a beat a second and 10 s. */
#define LATE (3 * SEC)
#define TRIP (8 * SEC)
#define STALLED (LATE + (TRIP - LATE) / 2)

static void start(struct watch *w)
{
	watch_start(w, 1000, MAX_STALL_MS, START);
}

/* --- the table: each state, and each stall in it --- */

enum level { QUIET, CALM, LATE_NOW, STALLED_NOW, DEAD };

/* As after a stall of just so long, whatever was before. */
static void put(struct watch *w, enum watch_state state, enum level level)
{
	static const int64_t stalls[] = {
		[QUIET] = 0,       [CALM] = LATE - 1,
		[LATE_NOW] = LATE, [STALLED_NOW] = STALLED,
		[DEAD] = TRIP,
	};

	start(w);
	w->state = state;
	w->looked_ns = START + 100 * SEC;
	w->calm_ns = level == QUIET ? w->looked_ns - LATE : WATCH_NOBODY;
	w->answer_ns = w->looked_ns - stalls[level];
}

static const struct row {
	enum watch_state from;
	enum level level;
	enum watch_state to;
} rows[] = {
	{ WATCH_HEALTHY, QUIET, WATCH_HEALTHY },
	{ WATCH_HEALTHY, CALM, WATCH_HEALTHY },
	{ WATCH_HEALTHY, LATE_NOW, WATCH_LATE },
	{ WATCH_HEALTHY, STALLED_NOW, WATCH_STALLED },
	{ WATCH_HEALTHY, DEAD, WATCH_TRIPPED },
	{ WATCH_LATE, QUIET, WATCH_HEALTHY },
	{ WATCH_LATE, CALM, WATCH_LATE },
	{ WATCH_LATE, LATE_NOW, WATCH_LATE },
	{ WATCH_LATE, STALLED_NOW, WATCH_STALLED },
	{ WATCH_LATE, DEAD, WATCH_TRIPPED },
	{ WATCH_STALLED, QUIET, WATCH_HEALTHY },
	{ WATCH_STALLED, CALM, WATCH_LATE },
	{ WATCH_STALLED, LATE_NOW, WATCH_STALLED },
	{ WATCH_STALLED, STALLED_NOW, WATCH_STALLED },
	{ WATCH_STALLED, DEAD, WATCH_TRIPPED },
	{ WATCH_TRIPPED, QUIET, WATCH_TRIPPED },
	{ WATCH_TRIPPED, CALM, WATCH_TRIPPED },
	{ WATCH_TRIPPED, LATE_NOW, WATCH_TRIPPED },
	{ WATCH_TRIPPED, STALLED_NOW, WATCH_TRIPPED },
	{ WATCH_TRIPPED, DEAD, WATCH_TRIPPED },
};

Test(watch, every_row_of_the_table)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		bool leaves = row->from == WATCH_HEALTHY && row->to != WATCH_HEALTHY;
		struct watch w;

		put(&w, row->from, row->level);
		cr_expect_eq(watch_look(&w, w.looked_ns), row->to, "row %zu: %s", i,
			     watch_state_text(w.state));
		cr_expect_eq(w.times_late, leaves ? 1 : 0, "row %zu", i);
		cr_expect_eq(w.reason,
			     row->from != WATCH_TRIPPED && row->level == DEAD
				     ? WATCH_SILENT
				     : WATCH_NO_REASON,
			     "row %zu", i);
	}
}

/* --- the signs: what each of them is a sign of --- */

static const struct {
	enum watch_sign sign;
	bool answer, write, progress;
} signs[] = {
	{ WATCH_ANSWERED, true, false, false }, { WATCH_CANARY, true, true, false },
	{ WATCH_MOVED, false, false, true },    { WATCH_PROGRESS, true, false, true },
	{ WATCH_WRITTEN, true, true, true },
};

Test(watch, every_sign_moves_what_it_says)
{
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		int64_t at = START + 2 * SEC;
		struct watch w;

		start(&w);
		watch_sign(&w, signs[i].sign, at);
		cr_expect_eq(w.answer_ns, signs[i].answer ? at : START, "sign %zu", i);
		cr_expect_eq(w.write_ns, signs[i].write ? at : START, "sign %zu", i);
		cr_expect_eq(w.progress_ns, signs[i].progress ? at : START, "sign %zu",
			     i);
		cr_expect_eq(w.has_canary, signs[i].sign == WATCH_CANARY, "sign %zu", i);
	}
}

Test(watch, an_older_sign_changes_nothing)
{
	struct watch w;

	start(&w);
	watch_sign(&w, WATCH_ANSWERED, START + 5 * SEC);
	watch_sign(&w, WATCH_PROGRESS, START + 4 * SEC);
	cr_expect_eq(w.answer_ns, START + 5 * SEC);
	cr_expect_eq(w.progress_ns, START + 4 * SEC);
	cr_expect_eq(w.looked_ns, START + 5 * SEC);
}

/* --- the reasons --- */

Test(watch, silent_from_the_last_answer_on)
{
	struct watch w;

	start(&w);
	watch_sign(&w, WATCH_ANSWERED, START + 7 * SEC);
	cr_expect_eq(watch_look(&w, START + 7 * SEC + TRIP - 1), WATCH_STALLED);
	cr_expect_eq(w.reason, WATCH_NO_REASON);
	cr_expect_eq(watch_look(&w, START + 7 * SEC + TRIP), WATCH_TRIPPED);
	cr_expect_eq(w.reason, WATCH_SILENT);
	cr_expect_eq(w.worst_ns, TRIP);
}

/* NULL is answered every second, the canary no more. */
Test(watch, unwritable_while_it_answers)
{
	struct watch w;

	start(&w);
	watch_sign(&w, WATCH_CANARY, START + SEC);
	for (int i = 2; i < 9; i++) {
		watch_sign(&w, WATCH_ANSWERED, START + i * SEC);
		cr_assert_neq(w.state, WATCH_TRIPPED);
	}
	cr_expect_eq(watch_look(&w, START + SEC + TRIP - 1), WATCH_STALLED);
	cr_expect_eq(watch_look(&w, START + SEC + TRIP), WATCH_TRIPPED);
	cr_expect_eq(w.reason, WATCH_UNWRITABLE);
}

Test(watch, what_the_mount_writes_makes_up_for_the_canary)
{
	struct watch w;

	start(&w);
	watch_sign(&w, WATCH_CANARY, START + SEC);
	for (int i = 2; i < 60; i++)
		watch_sign(&w, WATCH_WRITTEN, START + i * SEC);
	cr_expect_eq(w.state, WATCH_HEALTHY);
	cr_expect_eq(w.times_late, 0);
}

/* Somebody stats, which works; that says nothing about who writes. */
Test(watch, what_the_mount_reads_does_not)
{
	struct watch w;

	start(&w);
	watch_sign(&w, WATCH_CANARY, START + SEC);
	for (int i = 2; i < 10; i++)
		watch_sign(&w, WATCH_PROGRESS, START + i * SEC);
	cr_expect_eq(w.state, WATCH_TRIPPED);
	cr_expect_eq(w.reason, WATCH_UNWRITABLE);
}

Test(watch, without_a_canary_nobody_knows_whether_it_writes)
{
	struct watch w;

	start(&w);
	for (int i = 1; i < 60; i++)
		watch_sign(&w, WATCH_ANSWERED, START + i * SEC);
	cr_expect_eq(w.state, WATCH_HEALTHY);
	/* There was one, and it is gone; and its next answer is a new start. */
	watch_sign(&w, WATCH_CANARY, START + 60 * SEC);
	watch_no_canary(&w);
	for (int i = 61; i < 90; i++)
		watch_sign(&w, WATCH_ANSWERED, START + i * SEC);
	cr_expect_eq(w.state, WATCH_HEALTHY);
	watch_sign(&w, WATCH_CANARY, START + 90 * SEC);
	cr_expect_eq(w.state, WATCH_HEALTHY);
	cr_expect_eq(w.worst_ns, SEC);
}

/* The canary writes, but somebody's call does not come back. */
static void beat(struct watch *w, int64_t from_s, int64_t to_s)
{
	for (int64_t i = from_s; i <= to_s; i++)
		watch_sign(w, WATCH_CANARY, START + i * SEC);
}

Test(watch, stuck_while_all_else_is_well)
{
	struct watch w;

	start(&w);
	watch_sign(&w, WATCH_PROGRESS, START + SEC);
	beat(&w, 2, 5);
	watch_blocked(&w, START + 4 * SEC);
	beat(&w, 6, 11);
	cr_expect_eq(w.state, WATCH_STALLED);
	cr_expect_eq(watch_look(&w, START + 4 * SEC + TRIP - 1), WATCH_STALLED);
	cr_expect_eq(watch_look(&w, START + 4 * SEC + TRIP), WATCH_TRIPPED);
	cr_expect_eq(w.reason, WATCH_STUCK);
}

/* 32 MiB in one fsync, at 16 Mbit/s: blocked for a quarter of a minute, and served. */
Test(watch, blocked_and_served_is_not_stuck)
{
	struct watch w;

	start(&w);
	watch_blocked(&w, START);
	for (int i = 1; i < 30; i++) {
		watch_sign(&w, WATCH_WRITTEN, START + i * SEC);
		cr_assert_eq(w.state, WATCH_HEALTHY);
	}
	cr_expect_eq(w.worst_ns, SEC);
}

/* A frozen server's kernel takes what its buffers hold: that answers nothing. */
Test(watch, what_is_moved_is_not_stuck_but_silent)
{
	struct watch w;

	start(&w);
	watch_blocked(&w, START);
	for (int i = 1; i < 20; i++) {
		watch_sign(&w, WATCH_ANSWERED, START + i * SEC);
		watch_sign(&w, WATCH_MOVED, START + i * SEC);
	}
	cr_expect_eq(w.state, WATCH_HEALTHY);
	for (int i = 20; i < 28; i++)
		watch_sign(&w, WATCH_MOVED, START + i * SEC);
	cr_expect_eq(w.state, WATCH_TRIPPED);
	cr_expect_eq(w.reason, WATCH_SILENT);
}

Test(watch, who_is_released_is_not_stuck)
{
	struct watch w;

	start(&w);
	watch_blocked(&w, START);
	beat(&w, 1, 7);
	cr_expect_eq(w.state, WATCH_STALLED);
	watch_blocked(&w, WATCH_NOBODY);
	beat(&w, 8, 8);
	cr_expect_eq(w.state, WATCH_LATE);
	beat(&w, 9, 20);
	cr_expect_eq(w.state, WATCH_HEALTHY);
	cr_expect_eq(w.times_late, 1);
}

/* Of several that would do, the most fundamental one is told. */
Test(watch, who_is_silent_writes_nothing_either)
{
	struct watch w;

	start(&w);
	watch_sign(&w, WATCH_CANARY, START);
	watch_blocked(&w, START - 5 * SEC);
	cr_expect_eq(watch_look(&w, START + TRIP), WATCH_TRIPPED);
	cr_expect_eq(w.reason, WATCH_SILENT);

	start(&w);
	watch_sign(&w, WATCH_CANARY, START);
	watch_blocked(&w, START);
	watch_sign(&w, WATCH_ANSWERED, START + TRIP - LATE);
	cr_expect_eq(watch_look(&w, START + TRIP), WATCH_TRIPPED);
	cr_expect_eq(w.reason, WATCH_SILENT);

	start(&w);
	watch_sign(&w, WATCH_CANARY, START);
	watch_blocked(&w, START);
	watch_sign(&w, WATCH_ANSWERED, START + TRIP - LATE + 1);
	cr_expect_eq(watch_look(&w, START + TRIP), WATCH_TRIPPED);
	cr_expect_eq(w.reason, WATCH_UNWRITABLE);
}

Test(watch, the_stall_has_a_reason_before_it_trips)
{
	enum watch_reason reason;
	struct watch w;

	start(&w);
	watch_sign(&w, WATCH_CANARY, START);
	watch_sign(&w, WATCH_ANSWERED, START + 4 * SEC);
	cr_expect_eq(watch_stall_ns(&w, START + 5 * SEC, &reason), 5 * SEC);
	cr_expect_eq(reason, WATCH_UNWRITABLE);
	/* Not below zero, whoever asks. */
	cr_expect_eq(watch_stall_ns(&w, START - SEC, &reason), 0);
}

/* --- slow is not dead --- */

/* Each call is answered, @s later; there is one of them at a time. */
static unsigned slow(int s, int64_t max_stall_ms)
{
	struct watch w;

	watch_start(&w, 1000, max_stall_ms, START);
	for (int i = 1; i < 50; i++) {
		watch_sign(&w, WATCH_ANSWERED, START + (int64_t)i * s * SEC);
		watch_sign(&w, WATCH_CANARY, START + (int64_t)i * s * SEC);
	}
	cr_expect_eq(w.worst_ns, s * SEC);
	cr_expect_neq(w.state, WATCH_TRIPPED, "every %d s", s);
	return w.times_late;
}

Test(watch, slow_is_not_dead)
{
	cr_expect_eq(slow(2, MAX_STALL_MS), 0);
	cr_expect_eq(slow(4, MAX_STALL_MS), 1);
	cr_expect_eq(slow(7, MAX_STALL_MS), 1);
	cr_expect_eq(slow(57, 60000), 1);
}

Test(watch, back_before_the_bound_is_late_then_healthy)
{
	struct watch w;

	start(&w);
	cr_expect_eq(watch_look(&w, START + LATE), WATCH_LATE);
	cr_expect_eq(watch_look(&w, START + STALLED), WATCH_STALLED);
	watch_sign(&w, WATCH_ANSWERED, START + TRIP - 1);
	/* Not at the first answer, nor at the next ones. */
	cr_expect_eq(w.state, WATCH_LATE);
	watch_sign(&w, WATCH_ANSWERED, START + TRIP - 1 + SEC);
	watch_sign(&w, WATCH_ANSWERED, START + TRIP - 1 + 2 * SEC);
	cr_expect_eq(watch_look(&w, START + TRIP - 1 + LATE - 1), WATCH_LATE);
	cr_expect_eq(watch_look(&w, START + TRIP - 1 + LATE), WATCH_HEALTHY);
	cr_expect_eq(w.times_late, 1);
	cr_expect_eq(w.worst_ns, TRIP - 1);
}

Test(watch, an_answer_after_the_trip_changes_nothing)
{
	struct watch w;

	start(&w);
	(void)watch_look(&w, START + 9 * SEC);
	for (int i = 9; i < 60; i++)
		watch_sign(&w, WATCH_CANARY, START + i * SEC);
	cr_expect_eq(w.state, WATCH_TRIPPED);
	cr_expect_eq(w.reason, WATCH_SILENT);
}

/* The loop was held up: the bound was passed before the answer came. */
Test(watch, an_answer_that_came_too_late_is_too_late)
{
	struct watch w;

	start(&w);
	watch_sign(&w, WATCH_ANSWERED, START + 20 * SEC);
	cr_expect_eq(w.state, WATCH_TRIPPED);
}

/* The loop was held up: the answers came in time, and are told one after the other. */
Test(watch, answers_that_were_told_late_are_not_late)
{
	struct watch w;

	start(&w);
	for (int i = 1; i <= 20; i++)
		watch_sign(&w, WATCH_ANSWERED, START + i * SEC);
	cr_expect_eq(watch_look(&w, START + 20 * SEC), WATCH_HEALTHY);
	cr_expect_eq(w.worst_ns, SEC);
}

/* --- nobody beats --- */

Test(watch, without_beats_the_mount_is_no_witness)
{
	struct watch w;

	start(&w);
	watch_blind(&w);
	for (int i = 1; i < 8; i++)
		watch_sign(&w, WATCH_WRITTEN, START + i * SEC);
	cr_expect_eq(w.state, WATCH_STALLED);
	watch_sign(&w, WATCH_WRITTEN, START + TRIP);
	cr_expect_eq(w.state, WATCH_TRIPPED);
	cr_expect_eq(w.reason, WATCH_SILENT);
}

/* --- told "later" --- */

Test(watch, trips_earlier_when_the_server_says_later)
{
	struct watch w;

	start(&w);
	watch_sign(&w, WATCH_CANARY, START);
	watch_delayed(&w, true);
	watch_sign(&w, WATCH_ANSWERED, START + 2 * SEC);
	/* Five seconds: but not before it is late. */
	cr_expect_eq(watch_next_ns(&w), START + LATE);
	cr_expect_eq(watch_look(&w, START + LATE - 1), WATCH_HEALTHY);
	cr_expect_eq(watch_look(&w, START + LATE), WATCH_TRIPPED);
	cr_expect_eq(w.reason, WATCH_UNWRITABLE);

	start(&w);
	watch_delayed(&w, true);
	watch_delayed(&w, false);
	cr_expect_eq(watch_look(&w, START + TRIP - 1), WATCH_STALLED);
}

/* --- when to look --- */

Test(watch, says_when_to_look_again)
{
	struct watch w;

	start(&w);
	cr_expect_eq(watch_next_ns(&w), START + LATE);
	(void)watch_look(&w, START + LATE);
	cr_expect_eq(watch_next_ns(&w), START + STALLED);
	(void)watch_look(&w, START + STALLED);
	cr_expect_eq(watch_next_ns(&w), START + TRIP);
	/* Back: when it will be quiet, unless it is late before. */
	watch_sign(&w, WATCH_ANSWERED, START + 6 * SEC);
	cr_expect_eq(watch_next_ns(&w), START + 6 * SEC + LATE);
	watch_sign(&w, WATCH_ANSWERED, START + 7 * SEC);
	cr_expect_eq(watch_next_ns(&w), START + 6 * SEC + LATE);
	/* The oldest of what counts decides. */
	watch_sign(&w, WATCH_CANARY, START + 7 * SEC);
	watch_sign(&w, WATCH_ANSWERED, START + 9 * SEC);
	cr_expect_eq(w.state, WATCH_HEALTHY);
	cr_expect_eq(watch_next_ns(&w), START + 7 * SEC + LATE);
}

Test(watch, words)
{
	cr_expect_str_eq(watch_state_text(WATCH_STALLED), "stalled");
	cr_expect_str_eq(watch_reason_name(WATCH_UNWRITABLE), "unwritable");
	cr_expect_str_eq(watch_reason_text(WATCH_SILENT), "no call answered");
	for (int i = 0; i < WATCH_STATES; i++)
		cr_expect_not_null(watch_state_text((enum watch_state)i));
	for (int i = 0; i < WATCH_REASONS; i++) {
		cr_expect_not_null(watch_reason_name((enum watch_reason)i));
		cr_expect_not_null(watch_reason_text((enum watch_reason)i));
	}
}
