/* SPDX-License-Identifier: MIT */
#include "lib/backup/progress.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/mnt/mountstats.h"
#include "lib/proc/blocked.h"

/* Seen to catch: JUKEBOX taken for progress; a foreign mount's victim taken for ours. */

#define SEC INT64_C(1000000000)

struct walk {
	struct progress p;
	struct progress_counts c;
	int64_t now_ns;
};

static struct walk begin(void)
{
	struct walk w = {
		.c = { .succeeded = 100,
		       .written = 50,
		       .failed = 3,
		       .sends = 120,
		       .receives = 118,
		       .connects = 1 },
		.now_ns = 10 * SEC,
	};

	progress_init(&w.p);
	cr_assert_eq(progress_look(&w.p, &w.c, w.now_ns), PROGRESS_NONE);
	return w;
}

static enum progress_kind look(struct walk *w)
{
	w->now_ns += SEC;
	return progress_look(&w->p, &w->c, w->now_ns);
}

/* --- what the counters of a mount come to --- */

static void put_op(struct mountstats *s, const char *name, uint64_t calls,
		   uint64_t errors)
{
	struct mountstats_op *op = &s->ops[s->op_count++];

	memcpy(op->name, name, strlen(name) + 1);
	op->calls = calls;
	op->errors = errors;
}

Test(progress, counts_what_ended_well)
{
	static struct mountstats s = {
		.delays = 4,
		.transport = { .sends = 30, .receives = 20, .connects = 2 },
	};
	struct progress_counts c;

	put_op(&s, "GETATTR", 10, 1);
	put_op(&s, "WRITE", 7, 3);
	put_op(&s, "COMMIT", 2, 0);
	/* Errors of a call that has not ended. */
	put_op(&s, "LOOKUP", 1, 2);
	/* The client keeps itself known: that goes on whatever hangs. */
	put_op(&s, "SEQUENCE", 1000, 500);
	put_op(&s, "RENEW", 1000, 0);
	progress_count(&s, &c);
	cr_expect_eq(c.succeeded, 9 + 4 + 2);
	cr_expect_eq(c.written, 4 + 2);
	cr_expect_eq(c.failed, 1 + 3 + 2);
	cr_expect_eq(c.delays, 4);
	cr_expect_eq(c.sends, 30);
	cr_expect_eq(c.receives, 20);
	cr_expect_eq(c.connects, 2);
}

/* --- signs of life --- */

Test(progress, says_what_happened_since_the_last_look)
{
	struct walk w = begin();

	cr_expect_eq(look(&w), PROGRESS_NONE);
	w.c.sends++;
	w.c.receives++;
	cr_expect_eq(look(&w), PROGRESS_ANSWERED);
	w.c.succeeded++;
	w.c.receives++;
	cr_expect_eq(look(&w), PROGRESS_SUCCEEDED);
	w.c.succeeded++;
	w.c.written++;
	cr_expect_eq(look(&w), PROGRESS_WRITTEN);
	cr_expect_eq(look(&w), PROGRESS_NONE);
}

Test(progress, another_mount_begins_anew)
{
	struct walk w = begin();

	w.c.sends += 5;
	(void)look(&w);
	cr_expect(progress_is_owing(&w.p));
	w.c = (struct progress_counts){ .succeeded = 1000, .written = 1, .sends = 1 };
	cr_expect_eq(look(&w), PROGRESS_NONE);
	cr_expect_not(progress_is_owing(&w.p));
}

/* ENOENT is an answer to whoever asked; JUKEBOX, which comes again and again, is none. */
Test(progress, the_first_failure_answers_somebody)
{
	struct walk w = begin();

	w.c.receives++;
	w.c.failed++;
	cr_expect_eq(look(&w), PROGRESS_SUCCEEDED);
	w.c.receives++;
	w.c.failed++;
	cr_expect_eq(look(&w), PROGRESS_ANSWERED);
	w.c.succeeded++;
	cr_expect_eq(look(&w), PROGRESS_SUCCEEDED);
	w.c.receives++;
	w.c.failed++;
	w.c.delays++;
	cr_expect_eq(look(&w), PROGRESS_ANSWERED);
}

/* --- debts --- */

static struct blocked one(int64_t since_ns, bool known)
{
	struct blocked b = { .count = 1, .total = 1 };

	b.list[0].since_ns = since_ns;
	b.list[0].known = known;
	return b;
}

static int64_t since(const struct walk *w, int64_t since_ns, bool known)
{
	static struct blocked b;

	b = one(since_ns, known);
	return progress_blocked_since(&w->p, &b);
}

Test(progress, a_call_that_is_not_answered_is_a_debt_from_the_last_look_on)
{
	struct walk w = begin();
	int64_t before = w.now_ns;

	w.c.sends++;
	cr_expect_eq(look(&w), PROGRESS_NONE);
	cr_expect(progress_is_owing(&w.p));
	(void)look(&w);
	(void)look(&w);
	cr_expect_eq(since(&w, 0, false), before);
	/* Who was blocked later is so since then. */
	cr_expect_eq(since(&w, before + SEC, false), before + SEC);
	/* It is answered: with an error, but answered. */
	w.c.receives++;
	w.c.failed++;
	(void)look(&w);
	cr_expect_eq(since(&w, 0, false), WATCH_NOBODY);
}

/* Someone's local disk, or another NFS server, hangs; this mount has nothing to do. */
Test(progress, an_idle_mount_blocks_nobody)
{
	struct walk w = begin();

	for (int i = 0; i < 60; i++)
		(void)look(&w);
	cr_expect_not(progress_is_owing(&w.p));
	cr_expect_eq(since(&w, 0, true), WATCH_NOBODY);
	cr_expect_eq(since(&w, 0, false), WATCH_NOBODY);
}

Test(progress, a_mount_that_works_blocks_nobody)
{
	struct walk w = begin();

	for (int i = 0; i < 60; i++) {
		w.c.sends += 7;
		w.c.receives += 6;
		w.c.succeeded += 6;
		(void)look(&w);
		cr_expect_eq(since(&w, 0, true), WATCH_NOBODY);
	}
}

/* It was there all the time, and stays when there is nothing else. */
Test(progress, a_debt_ends_with_what_succeeds)
{
	struct walk w = begin();

	w.c.sends += 2;
	(void)look(&w);
	w.c.receives++;
	w.c.succeeded++;
	(void)look(&w);
	cr_expect_not(progress_is_owing(&w.p));
	/* The other one is still missing. */
	(void)look(&w);
	cr_expect(progress_is_owing(&w.p));
	cr_expect_eq(since(&w, 0, false), w.now_ns - SEC);
}

/* JUKEBOX on v3, for who waits himself: a call and an error each 5 s, no more. */
Test(progress, later_for_ever_is_a_debt)
{
	struct walk w = begin();
	int64_t before = w.now_ns;

	for (int i = 0; i < 20; i++) {
		if (i % 5 == 0) {
			w.c.sends++;
			w.c.receives++;
			w.c.failed++;
		}
		(void)look(&w);
	}
	cr_expect_eq(since(&w, 0, true), before);
	/* Of who is not known to wait in NFS that is no evidence. */
	cr_expect_eq(since(&w, 0, false), WATCH_NOBODY);
}

/* Its first answer comes together with what succeeded before it: not a fresh start. */
Test(progress, later_for_ever_after_a_success_is_a_debt)
{
	struct walk w = begin();

	w.c.sends += 2;
	w.c.receives += 2;
	w.c.succeeded++;
	w.c.failed++;
	cr_expect_eq(look(&w), PROGRESS_SUCCEEDED);
	cr_expect_eq(since(&w, 0, true), w.now_ns);
	for (int i = 0; i < 4; i++)
		(void)look(&w);
	w.c.sends++;
	w.c.receives++;
	w.c.failed++;
	cr_expect_eq(look(&w), PROGRESS_ANSWERED);
	cr_expect_eq(since(&w, 0, true), w.now_ns - 5 * SEC);
}

/* And for what the kernel writes: counted. */
Test(progress, delays_are_a_debt)
{
	struct walk w = begin();
	int64_t before = w.now_ns;

	for (int i = 0; i < 20; i++) {
		if (i % 5 == 0) {
			w.c.sends++;
			w.c.receives++;
			w.c.failed++;
			w.c.delays++;
		}
		(void)look(&w);
	}
	cr_expect_eq(since(&w, 0, false), before);
}

/* ENOENT once, long ago: nothing that anybody waits for. */
Test(progress, a_failure_of_long_ago_is_no_debt)
{
	struct walk w = begin();

	w.c.sends++;
	w.c.receives++;
	w.c.failed++;
	(void)look(&w);
	cr_expect(progress_is_owing(&w.p));
	for (int i = 0; i < 8; i++)
		(void)look(&w);
	cr_expect_not(progress_is_owing(&w.p));
}

/* What was sent again over a new connection is never received twice. */
Test(progress, a_new_connection_is_another_floor)
{
	struct walk w = begin();

	w.c.sends += 4;
	(void)look(&w);
	w.c.connects++;
	w.c.sends += 4;
	w.c.receives += 4;
	w.c.succeeded += 4;
	(void)look(&w);
	for (int i = 0; i < 10; i++)
		(void)look(&w);
	cr_expect_not(progress_is_owing(&w.p));
}

Test(progress, the_one_that_is_blocked_for_longest_counts)
{
	static struct blocked b = { .count = 3, .total = 3 };
	struct walk w = begin();
	int64_t before = w.now_ns;

	w.c.sends++;
	(void)look(&w);
	b.list[0].since_ns = before + 3 * SEC;
	b.list[1].since_ns = before + SEC;
	b.list[2].since_ns = before + 2 * SEC;
	cr_expect_eq(progress_blocked_since(&w.p, &b), before + SEC);
	b.count = 0;
	cr_expect_eq(progress_blocked_since(&w.p, &b), WATCH_NOBODY);
}
