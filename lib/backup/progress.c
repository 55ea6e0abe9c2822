/* SPDX-License-Identifier: MIT */
#include "lib/backup/progress.h"

#include <string.h>

#include "lib/base/macro.h"
#include "lib/mnt/mountstats.h"
#include "lib/proc/blocked.h"

#define NSEC_PER_MSEC INT64_C(1000000)

static bool is_one_of(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(name, list[i]) == 0)
			return true;
	}
	return false;
}

/* These go on while somebody's call does not come back. */
static bool is_upkeep(const char *name)
{
	static const char *const list[] = {
		"NULL",
		"RENEW",
		"SETCLIENTID",
		"SETCLIENTID_CONFIRM",
		"SEQUENCE",
		"EXCHANGE_ID",
		"CREATE_SESSION",
		"DESTROY_SESSION",
		"DESTROY_CLIENTID",
		"RECLAIM_COMPLETE",
		"BIND_CONN_TO_SESSION",
		"GET_LEASE_TIME",
	};

	return is_one_of(name, list, ARRAY_SIZE(list));
}

static bool is_write(const char *name)
{
	static const char *const list[] = { "WRITE", "COMMIT", "LAYOUTCOMMIT" };

	return is_one_of(name, list, ARRAY_SIZE(list));
}

void progress_count(const struct mountstats *stats, struct progress_counts *ret)
{
	*ret = (struct progress_counts){
		.delays = stats->delays,
		.sends = stats->transport.sends,
		.receives = stats->transport.receives,
		.connects = stats->transport.connects,
	};
	for (size_t i = 0; i < stats->op_count; i++) {
		const struct mountstats_op *op = &stats->ops[i];
		uint64_t good = op->calls > op->errors ? op->calls - op->errors : 0;

		if (is_upkeep(op->name))
			continue;
		ret->succeeded += good;
		ret->written += is_write(op->name) ? good : 0;
		ret->failed += op->errors;
	}
}

void progress_init(struct progress *p)
{
	*p = (struct progress){ .owing_ns = WATCH_NOBODY, .failing_ns = WATCH_NOBODY };
}

/* Sent again after a new connection, or given up, it is counted and never received. */
static uint64_t unanswered(const struct progress_counts *c)
{
	return c->sends > c->receives ? c->sends - c->receives : 0;
}

static void prime(struct progress *p, const struct progress_counts *counts,
		  int64_t now_ns)
{
	progress_init(p);
	p->primed = true;
	p->last = *counts;
	p->looked_ns = now_ns;
	p->floor = unanswered(counts);
	p->sent_by_then = counts->sends;
}

static bool went_backwards(const struct progress_counts *before,
			   const struct progress_counts *after)
{
	return after->succeeded < before->succeeded || after->written < before->written ||
	       after->failed < before->failed || after->delays < before->delays ||
	       after->sends < before->sends || after->receives < before->receives;
}

static void start_at(int64_t *since_ns, int64_t at_ns)
{
	if (*since_ns == WATCH_NOBODY)
		*since_ns = at_ns;
}

static void note_debt(struct progress *p, const struct progress_counts *now,
		      int64_t now_ns)
{
	bool received = now->receives > p->last.receives;
	bool outstanding =
		unanswered(now) > p->floor || (!received && now->sends > p->sent_by_then);
	bool delayed = now->delays > p->last.delays;
	bool failed = now->failed > p->last.failed;

	p->refused = failed || delayed;
	if (failed)
		p->failed_ns = now_ns;
	if (now->succeeded > p->last.succeeded) {
		p->owing_ns = WATCH_NOBODY;
		/* What failed may have been the last of them, and be tried again. */
		p->failing_ns = failed ? now_ns : WATCH_NOBODY;
		return;
	}
	/* Whatever began since the last look began there at the earliest. */
	if (outstanding || delayed)
		start_at(&p->owing_ns, p->looked_ns);
	else if (received)
		p->owing_ns = WATCH_NOBODY;
	if (failed)
		start_at(&p->failing_ns, p->looked_ns);
	else if (now_ns - p->failed_ns > PROGRESS_RETRY_MS * NSEC_PER_MSEC)
		p->failing_ns = WATCH_NOBODY;
}

static void note_floor(struct progress *p, const struct progress_counts *now)
{
	if (now->connects != p->last.connects || unanswered(now) < p->floor)
		p->floor = unanswered(now);
	if (now->receives > p->last.receives || now->connects != p->last.connects)
		p->sent_by_then = now->sends;
}

/* The first failure since anything succeeded answers somebody; JUKEBOX comes again. */
static bool is_answer(const struct progress *before, const struct progress_counts *now)
{
	return before->failing_ns == WATCH_NOBODY && now->failed > before->last.failed &&
	       now->delays == before->last.delays;
}

enum progress_kind progress_look(struct progress *p, const struct progress_counts *counts,
				 int64_t now_ns)
{
	struct progress before = *p;

	if (!p->primed || went_backwards(&p->last, counts)) {
		prime(p, counts, now_ns);
		return PROGRESS_NONE;
	}
	note_debt(p, counts, now_ns);
	note_floor(p, counts);
	p->last = *counts;
	p->looked_ns = now_ns;
	if (counts->written > before.last.written)
		return PROGRESS_WRITTEN;
	if (counts->succeeded > before.last.succeeded || is_answer(&before, counts))
		return PROGRESS_SUCCEEDED;
	return counts->receives > before.last.receives ? PROGRESS_ANSWERED
						       : PROGRESS_NONE;
}

bool progress_is_owing(const struct progress *p)
{
	return p->owing_ns != WATCH_NOBODY || p->failing_ns != WATCH_NOBODY;
}

int64_t progress_blocked_since(const struct progress *p, const struct blocked *b)
{
	int64_t since = WATCH_NOBODY;

	for (size_t i = 0; i < b->count; i++) {
		const struct blocked_task *task = &b->list[i];
		int64_t debt = p->owing_ns;

		if (task->known && p->failing_ns < debt)
			debt = p->failing_ns;
		if (debt < task->since_ns)
			debt = task->since_ns;
		if (debt < since)
			since = debt;
	}
	return since;
}
