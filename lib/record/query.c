/* SPDX-License-Identifier: MIT */
#include "lib/record/query.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/record/handle.h"
#include "lib/record/schema.h"
#include "lib/record/words.h"

#define RUN_COLUMNS                                                                      \
	"id, kind, level, outcome, exit_code, started_ms, ended_ms, bytes, "             \
	"worst_stall_ms, pid, label, destination, requested_by, reason, seal "           \
	"= " SCHEMA_SEAL

static int row_run(const struct sql *sql, sqlite3_stmt *stmt, void *ret,
		   struct error *err)
{
	struct record_run *run = ret;
	char kind[16], level[16], outcome[16];

	*run = (struct record_run){
		.id = sql_column_int(stmt, 0),
		.exit_code = (int)sql_column_int(stmt, 4),
		.started_ms = sql_column_int(stmt, 5),
		.ended_ms = sql_column_int(stmt, 6),
		.bytes = sql_column_int(stmt, 7),
		.worst_stall_ms = sql_column_int(stmt, 8),
		.pid = (pid_t)sql_column_int(stmt, 9),
	};
	sql_column_text(stmt, 1, kind, sizeof(kind));
	sql_column_text(stmt, 2, level, sizeof(level));
	sql_column_text(stmt, 3, outcome, sizeof(outcome));
	sql_column_text(stmt, 10, run->label, sizeof(run->label));
	sql_column_text(stmt, 11, run->destination, sizeof(run->destination));
	sql_column_text(stmt, 12, run->requested_by, sizeof(run->requested_by));
	sql_column_text(stmt, 13, run->reason, sizeof(run->reason));
	run->level = level_from_name(level);
	if (sql_column_int(stmt, 14) != 1 || !words_kind(kind, &run->kind) ||
	    !words_outcome(outcome, &run->outcome))
		return sql_damaged(sql->path, err, "run %lld does not match its checksum",
				   (long long)run->id);
	return 0;
}

static int row_phase(const struct sql *sql, sqlite3_stmt *stmt, void *ret,
		     struct error *err)
{
	struct record_phase *phase = ret;
	char outcome[16];

	*phase = (struct record_phase){
		.started_ms = sql_column_int(stmt, 2),
		.duration_ms = sql_column_int(stmt, 3),
	};
	sql_column_text(stmt, 0, phase->name, sizeof(phase->name));
	sql_column_text(stmt, 1, outcome, sizeof(outcome));
	sql_column_text(stmt, 4, phase->detail, sizeof(phase->detail));
	if (!words_phase_outcome(outcome, &phase->outcome))
		return sql_damaged(sql->path, err, "a phase ended as '%s'", outcome);
	return 0;
}

static int row_verdict(const struct sql *sql, sqlite3_stmt *stmt, void *ret,
		       struct error *err)
{
	struct record_verdict_row *v = ret;

	(void)sql;
	(void)err;
	*v = (struct record_verdict_row){
		.run = sqlite3_column_int64(stmt, 0),
		.at_ms = sql_column_int(stmt, 1),
		.elapsed_ms = sql_column_int(stmt, 2),
		.total_bytes = sql_column_int(stmt, 3),
		.free_bytes = sql_column_int(stmt, 4),
	};
	sql_column_text(stmt, 5, v->destination, sizeof(v->destination));
	sql_column_text(stmt, 6, v->source, sizeof(v->source));
	sql_column_text(stmt, 7, v->verdict, sizeof(v->verdict));
	sql_column_text(stmt, 8, v->layer, sizeof(v->layer));
	sql_column_text(stmt, 9, v->detail, sizeof(v->detail));
	return 0;
}

/* What a query yields: rows of @size bytes, each filled by @fill. */
struct shape {
	size_t size;
	int (*fill)(const struct sql *, sqlite3_stmt *, void *, struct error *);
};

/* All rows of @stmt as an array.  Returns 0 or a negative error. */
static int collect(const struct sql *sql, sqlite3_stmt *stmt, struct shape shape,
		   void **ret, size_t *ret_n, struct error *err)
{
	cleanup_free char *rows = NULL;
	size_t n = 0, room = 0;
	int r;

	while ((r = sql_next(sql, stmt, err)) == 1) {
		if (n == room) {
			char *more;

			room = room ? room * 2 : 8;
			more = reallocarray(rows, room, shape.size);
			if (!more)
				return error_oom(err);
			rows = more;
		}
		r = shape.fill(sql, stmt, rows + n * shape.size, err);
		if (r < 0)
			return r;
		n++;
	}
	if (r < 0)
		return r;
	*ret = rows;
	*ret_n = n;
	rows = NULL;
	return 0;
}

/* ",run,exec,": a set of words as the statement takes it; NULL: all. */
struct set {
	char words[96];
};

static const char *set_of(unsigned int bits, const char *(*name)(unsigned int),
			  struct set *set)
{
	size_t len = 1;

	if (bits == 0)
		return NULL;
	(void)snprintf(set->words, sizeof(set->words), ",");
	for (unsigned int i = 0; bits >> i; i++) {
		if (bits >> i & 1)
			len += (size_t)snprintf(set->words + len,
						sizeof(set->words) - len, "%s,", name(i));
	}
	assert(len < sizeof(set->words));
	return set->words;
}

static const char *kind_word(unsigned int i)
{
	return record_kind_name((enum record_kind)i);
}

static const char *level_word(unsigned int i)
{
	return level_name((enum level)i);
}

static const char *outcome_word(unsigned int i)
{
	return record_outcome_name((enum record_outcome)i);
}

int record_last_runs(struct record *record, const struct record_filter *filter,
		     size_t max, struct record_run **ret, size_t *ret_n,
		     struct error *err)
{
	static const struct shape shape = { sizeof(struct record_run), row_run };
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	struct set kinds, levels, outcomes;
	void *rows;
	int r;

	r = sql_query(
		&record->sql,
		"SELECT " RUN_COLUMNS " FROM run WHERE "
		"(?1 IS NULL OR instr(?1, ',' || kind || ',')) AND "
		"(?2 IS NULL OR instr(?2, ',' || level || ',')) AND "
		"(?3 IS NULL OR instr(?3, ',' || outcome || ',')) AND "
		"(?4 IS NULL OR destination = ?4) AND (?5 IS NULL OR id = ?5) "
		"ORDER BY id DESC LIMIT ?6",
		SQL_VALUES(sql_text(set_of(filter->kinds, kind_word, &kinds)),
			   sql_text(set_of(filter->levels, level_word, &levels)),
			   sql_text(set_of(filter->outcomes, outcome_word, &outcomes)),
			   sql_text(filter->destination),
			   filter->id ? SQL_INT(filter->id) : SQL_NULL,
			   SQL_INT((int64_t)max)),
		&stmt, err);
	if (r == 0)
		r = collect(&record->sql, stmt, shape, &rows, ret_n, err);
	if (r == 0)
		*ret = rows;
	return r;
}

int record_last_run(struct record *record, const struct record_filter *filter,
		    struct record_run *ret, struct error *err)
{
	struct record_run *runs;
	size_t n;
	int r = record_last_runs(record, filter, 1, &runs, &n, err);

	if (r < 0)
		return r;
	if (n > 0)
		*ret = runs[0];
	free(runs);
	return n > 0;
}

int record_phases(struct record *record, int64_t run, struct record_phase **ret,
		  size_t *ret_n, struct error *err)
{
	static const struct shape shape = { sizeof(struct record_phase), row_phase };
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	void *rows;
	int r;

	r = sql_query(&record->sql,
		      "SELECT name, outcome, started_ms, duration_ms, detail FROM phase "
		      "WHERE run = ?1 ORDER BY seq",
		      SQL_VALUES(SQL_INT(run)), &stmt, err);
	if (r == 0)
		r = collect(&record->sql, stmt, shape, &rows, ret_n, err);
	if (r == 0)
		*ret = rows;
	return r;
}

#define VERDICT_COLUMNS                                                                  \
	"run, at_ms, elapsed_ms, total_bytes, free_bytes, destination, source, "         \
	"verdict, layer, detail"

int record_last_verdict(struct record *record, const char *destination,
			struct record_verdict_row *ret, struct error *err)
{
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	int r;

	r = sql_query(&record->sql,
		      "SELECT " VERDICT_COLUMNS " FROM verdict WHERE destination = ?1 "
		      "ORDER BY id DESC LIMIT 1",
		      SQL_VALUES(sql_text(destination)), &stmt, err);
	if (r == 0)
		r = sql_next(&record->sql, stmt, err);
	if (r <= 0)
		return r;
	r = row_verdict(&record->sql, stmt, ret, err);
	return r < 0 ? r : 1;
}

int record_verdicts(struct record *record, int64_t run, struct record_verdict_row **ret,
		    size_t *ret_n, struct error *err)
{
	static const struct shape shape = { sizeof(struct record_verdict_row),
					    row_verdict };
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	void *rows;
	int r;

	r = sql_query(&record->sql,
		      "SELECT " VERDICT_COLUMNS
		      " FROM verdict WHERE run = ?1 ORDER BY id",
		      SQL_VALUES(SQL_INT(run)), &stmt, err);
	if (r == 0)
		r = collect(&record->sql, stmt, shape, &rows, ret_n, err);
	if (r == 0)
		*ret = rows;
	return r;
}

int record_output(struct record *record, int64_t run, char **ret, size_t *ret_len,
		  struct error *err)
{
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	const void *tail;
	size_t len;
	char *copy;
	int r;

	r = sql_query(&record->sql, "SELECT tail FROM output WHERE run = ?1",
		      SQL_VALUES(SQL_INT(run)), &stmt, err);
	if (r == 0)
		r = sql_next(&record->sql, stmt, err);
	if (r <= 0)
		return r;
	tail = sqlite3_column_blob(stmt, 0);
	len = (size_t)sqlite3_column_bytes(stmt, 0);
	copy = malloc(len + 1);
	if (!copy)
		return error_oom(err);
	if (len > 0)
		memcpy(copy, tail, len);
	copy[len] = '\0';
	*ret = copy;
	*ret_len = len;
	return 1;
}
