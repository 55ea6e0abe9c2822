/* SPDX-License-Identifier: MIT */
#include "lib/record/event.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/macro.h"
#include "lib/record/handle.h"

/* The count of what was lost is a row like the others, at a place of its own. */
#define SEQ_DROPPED INT64_C(1000000000)

static const char *const kinds[EVENT_KINDS] = {
	[EVENT_NOTE] = "note",
	[EVENT_BEAT] = "beat",
	[EVENT_STATE] = "state",
	[EVENT_BLOCKED] = "blocked",
	[EVENT_RELEASED] = "released",
	[EVENT_SIGNAL] = "signal",
	[EVENT_MOUNTSTATS] = "mountstats",
	[EVENT_FORCE] = "force",
	[EVENT_DETACH] = "detach",
	[EVENT_UNMOUNT] = "unmount",
	[EVENT_KEEPER] = "keeper",
	[EVENT_PROBER] = "prober",
	[EVENT_DROPPED] = "dropped",
};

const char *event_kind_name(enum event_kind kind)
{
	assert((size_t)kind < ARRAY_SIZE(kinds));
	return kinds[kind];
}

/* One that a later version knows is a note for us: its text says it all. */
static enum event_kind kind_from_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i], name) == 0)
			return (enum event_kind)i;
	}
	return EVENT_NOTE;
}

static bool is_chatty(enum event_kind kind)
{
	return kind == EVENT_BEAT || kind == EVENT_BLOCKED || kind == EVENT_RELEASED ||
	       kind == EVENT_MOUNTSTATS;
}

/* How far a run's events have got, and how many were lost. */
struct tally {
	int64_t seq;
	int64_t dropped;
};

static int read_tally(const struct sql *sql, int64_t run, struct tally *ret,
		      struct error *err)
{
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	int r;

	r = sql_query(sql,
		      "SELECT coalesce((SELECT max(seq) FROM event WHERE run = ?1 "
		      "AND seq < ?2), 0), coalesce((SELECT value FROM event WHERE "
		      "run = ?1 AND seq = ?2), 0)",
		      SQL_VALUES(SQL_INT(run), SQL_INT(SEQ_DROPPED)), &stmt, err);
	if (r == 0)
		r = sql_next(sql, stmt, err);
	if (r < 0)
		return r;
	assert(r == 1);
	ret->seq = sql_column_int(stmt, 0);
	ret->dropped = sql_column_int(stmt, 1);
	return 0;
}

static int put(const struct sql *sql, int64_t run, int64_t seq, const struct event *e,
	       struct error *err)
{
	return sql_change(
		sql,
		"INSERT OR REPLACE INTO event (run, seq, kind, at_ms, t_ms, "
		"value, subject, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
		SQL_VALUES(SQL_INT(run), SQL_INT(seq), sql_text(event_kind_name(e->kind)),
			   SQL_INT(e->at_ms), SQL_INT(e->t_ms), SQL_KNOWN(e->value),
			   sql_text(e->subject[0] ? e->subject : NULL),
			   sql_text(e->text)),
		err);
}

static int put_all(const struct sql *sql, int64_t run, const struct event *events,
		   size_t n, int64_t dropped, struct error *err)
{
	struct event lost = { .kind = EVENT_DROPPED };
	struct tally tally;
	int r = read_tally(sql, run, &tally, err);

	if (r < 0)
		return r;
	lost.value = tally.dropped + dropped;
	for (size_t i = 0; i < n && r == 0; i++) {
		int64_t room =
			is_chatty(events[i].kind) ? EVENT_CHATTY_MAX : EVENT_RUN_MAX;

		lost.at_ms = events[i].at_ms;
		lost.t_ms = events[i].t_ms;
		if (tally.seq >= room)
			lost.value++;
		else
			r = put(sql, run, ++tally.seq, &events[i], err);
	}
	if (r == 0 && lost.value > tally.dropped)
		r = put(sql, run, SEQ_DROPPED, &lost, err);
	return r;
}

int event_add(struct record *record, int64_t run, const struct event *events, size_t n,
	      int64_t dropped, struct error *err)
{
	int r;

	if (n == 0 && dropped == 0)
		return 0;
	r = sql_begin(&record->sql, err);
	if (r < 0)
		return r;
	r = put_all(&record->sql, run, events, n, dropped, err);
	return sql_end(&record->sql, r, err);
}

static void row_event(sqlite3_stmt *stmt, struct event *e)
{
	char kind[16];

	sql_column_text(stmt, 0, kind, sizeof(kind));
	e->kind = kind_from_name(kind);
	e->at_ms = sql_column_int(stmt, 1);
	e->t_ms = sql_column_int(stmt, 2);
	e->value = sql_column_int(stmt, 3);
	sql_column_text(stmt, 4, e->subject, sizeof(e->subject));
	sql_column_text(stmt, 5, e->text, sizeof(e->text));
}

int event_list(struct record *record, int64_t run, struct event **ret, size_t *ret_n,
	       struct error *err)
{
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	cleanup_free struct event *events = NULL;
	size_t n = 0, room = 0;
	int r;

	r = sql_query(&record->sql,
		      "SELECT kind, at_ms, t_ms, value, subject, text FROM event "
		      "WHERE run = ?1 ORDER BY seq",
		      SQL_VALUES(SQL_INT(run)), &stmt, err);
	while (r == 0 && (r = sql_next(&record->sql, stmt, err)) == 1) {
		if (n == room) {
			struct event *more;

			room = room ? room * 2 : 64;
			more = reallocarray(events, room, sizeof(*events));
			if (!more)
				return error_oom(err);
			events = more;
		}
		row_event(stmt, &events[n++]);
		r = 0;
	}
	if (r < 0)
		return r;
	*ret = events;
	*ret_n = n;
	events = NULL;
	return 0;
}

/* A skip scan over the key: one step a run, whatever it has. */
#define RUNS_WITH_EVENTS                                                                 \
	"WITH RECURSIVE runs (id) AS (SELECT max(run) FROM event UNION ALL "             \
	"SELECT (SELECT max(run) FROM event WHERE run < id) FROM runs "                  \
	"WHERE id IS NOT NULL) "

int event_prune(struct record *record, struct error *err)
{
	return sql_change(
		&record->sql,
		RUNS_WITH_EVENTS
		"DELETE FROM event WHERE run IN (SELECT aged.id FROM "
		"(SELECT id, row_number() OVER (ORDER BY id DESC) AS age "
		"FROM runs WHERE id IS NOT NULL) AS aged "
		"JOIN run ON run.id = aged.id WHERE aged.age > ?1 OR "
		"(aged.age > ?2 AND run.outcome IN ('good', 'skipped')))",
		SQL_VALUES(SQL_INT(EVENT_RUNS_KEPT), SQL_INT(EVENT_GOOD_RUNS_KEPT)), err);
}
