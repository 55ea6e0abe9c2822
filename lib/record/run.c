/* SPDX-License-Identifier: MIT */
#include "lib/record/run.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/record/handle.h"
#include "lib/record/origin.h"
#include "lib/record/schema.h"

/* After each change of a row, in the same transaction. */
static int reseal(const struct sql *sql, int64_t run, struct error *err)
{
	return sql_change(sql, "UPDATE run SET seal = " SCHEMA_SEAL " WHERE id = ?1",
			  SQL_VALUES(SQL_INT(run)), err);
}

/* That a change found its row: a run that is not running is a bug of the caller's. */
static int require_row(const struct sql *sql, int64_t run, struct error *err)
{
	if (sqlite3_changes(sql->db) == 1)
		return 0;
	return error_set(err, ERROR_INTERNAL, 0, "%s: run %" PRId64 " is not running",
			 sql->path, run);
}

static int insert_run(const struct sql *sql, const struct record_begin *begin,
		      const struct origin *self, int64_t *ret_run, struct error *err)
{
	int r;

	r = sql_change(sql,
		       "INSERT INTO run (kind, requested_by, outcome, started_ms, pid, "
		       "pid_started, boot_id) VALUES (?1, ?2, 'running', ?3, ?4, ?5, ?6)",
		       SQL_VALUES(sql_text(record_kind_name(begin->kind)),
				  sql_text(begin->requested_by),
				  SQL_INT(begin->started_ms), SQL_INT(self->pid),
				  SQL_INT(self->started), sql_text(self->boot_id)),
		       err);
	if (r < 0)
		return r;
	*ret_run = sqlite3_last_insert_rowid(sql->db);
	return reseal(sql, *ret_run, err);
}

int record_run_begin(struct record *record, const struct record_begin *begin,
		     int64_t *ret_run, struct error *err)
{
	struct origin self;
	int64_t run = 0;
	int r = origin_self(&self, err);

	if (r == 0)
		r = sql_begin(&record->sql, err);
	if (r < 0)
		return r;
	r = insert_run(&record->sql, begin, &self, &run, err);
	r = sql_end(&record->sql, r, err);
	if (r == 0)
		*ret_run = run;
	return r;
}

static int update_choice(const struct sql *sql, int64_t run,
			 const struct record_choice *choice, struct error *err)
{
	const char *level =
		choice->level == LEVEL_NONE ? NULL : level_name(choice->level);
	int r;

	r = sql_change(sql,
		       "UPDATE run SET level = coalesce(?2, level), destination = "
		       "coalesce(?3, destination), label = coalesce(?4, label) "
		       "WHERE id = ?1 AND outcome = 'running'",
		       SQL_VALUES(SQL_INT(run), sql_text(level),
				  sql_text(choice->destination), sql_text(choice->label)),
		       err);
	if (r == 0)
		r = require_row(sql, run, err);
	return r == 0 ? reseal(sql, run, err) : r;
}

int record_run_choose(struct record *record, int64_t run,
		      const struct record_choice *choice, struct error *err)
{
	int r = sql_begin(&record->sql, err);

	if (r < 0)
		return r;
	r = update_choice(&record->sql, run, choice, err);
	return sql_end(&record->sql, r, err);
}

static int end_phase(const struct sql *sql, int64_t run,
		     const struct record_phase_end *ended, struct error *err)
{
	int r;

	assert(ended->outcome != RECORD_PHASE_RUNNING);
	r = sql_change(sql,
		       "UPDATE phase SET outcome = ?2, duration_ms = ?3, detail = ?4 "
		       "WHERE run = ?1 AND outcome = 'running'",
		       SQL_VALUES(SQL_INT(run),
				  sql_text(record_phase_outcome_name(ended->outcome)),
				  SQL_INT(ended->duration_ms), sql_text(ended->detail)),
		       err);
	if (r == 0 && sqlite3_changes(sql->db) != 1)
		r = error_set(err, ERROR_INTERNAL, 0,
			      "%s: run %" PRId64 " has no phase that is running",
			      sql->path, run);
	return r;
}

static int begin_phase(const struct sql *sql, int64_t run, const char *name,
		       int64_t now_ms, struct error *err)
{
	return sql_change(sql,
			  "INSERT INTO phase (run, seq, name, outcome, started_ms) "
			  "SELECT ?1, 1 + coalesce(max(seq), 0), ?2, 'running', ?3 "
			  "FROM phase WHERE run = ?1",
			  SQL_VALUES(SQL_INT(run), sql_text(name), SQL_INT(now_ms)), err);
}

int record_phase_change(struct record *record, int64_t run,
			const struct record_phase_end *ended, const char *next,
			int64_t now_ms, struct error *err)
{
	int r = sql_begin(&record->sql, err);

	if (r < 0)
		return r;
	if (ended)
		r = end_phase(&record->sql, run, ended, err);
	if (r == 0 && next)
		r = begin_phase(&record->sql, run, next, now_ms, err);
	return sql_end(&record->sql, r, err);
}

int record_verdict(struct record *record, int64_t run,
		   const struct record_verdict *verdict, struct error *err)
{
	return sql_change(
		&record->sql,
		"INSERT INTO verdict (run, destination, source, verdict, layer, detail, "
		"elapsed_ms, total_bytes, free_bytes, at_ms) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
		SQL_VALUES(run > 0 ? SQL_INT(run) : SQL_NULL,
			   sql_text(verdict->destination), sql_text(verdict->source),
			   sql_text(verdict->verdict), sql_text(verdict->layer),
			   sql_text(verdict->detail), SQL_KNOWN(verdict->elapsed_ms),
			   SQL_KNOWN(verdict->total_bytes),
			   SQL_KNOWN(verdict->free_bytes), SQL_INT(verdict->at_ms)),
		err);
}

static int keep_output(const struct sql *sql, int64_t run, const struct record_end *end,
		       struct error *err)
{
	const char *output = end->output;
	size_t len = end->output_len;
	int r;

	if (!output || len == 0)
		return 0;
	if (len > RECORD_OUTPUT_MAX) {
		output += len - RECORD_OUTPUT_MAX;
		len = RECORD_OUTPUT_MAX;
	}
	r = sql_change(sql, "INSERT INTO output (run, tail) VALUES (?1, ?2)",
		       SQL_VALUES(SQL_INT(run), SQL_BLOB(output, len)), err);
	if (r < 0)
		return r;
	return sql_change(sql,
			  "DELETE FROM output WHERE run <= (SELECT run FROM output "
			  "ORDER BY run DESC LIMIT 1 OFFSET ?1)",
			  SQL_VALUES(SQL_INT(RECORD_OUTPUTS_KEPT)), err);
}

static int abort_phases(const struct sql *sql, int64_t run, int64_t now_ms,
			struct error *err)
{
	return sql_change(
		sql,
		"UPDATE phase SET outcome = 'aborted', duration_ms = "
		"max(0, ?2 - started_ms) WHERE run = ?1 AND outcome = 'running'",
		SQL_VALUES(SQL_INT(run), SQL_INT(now_ms)), err);
}

static int update_end(const struct sql *sql, int64_t run, const struct record_end *end,
		      struct error *err)
{
	int r;

	r = sql_change(sql,
		       "UPDATE run SET outcome = ?2, exit_code = ?3, ended_ms = ?4, "
		       "reason = ?5, bytes = ?6, worst_stall_ms = ?7 "
		       "WHERE id = ?1 AND outcome = 'running'",
		       SQL_VALUES(SQL_INT(run),
				  sql_text(record_outcome_name(end->outcome)),
				  SQL_KNOWN(end->exit_code), SQL_INT(end->ended_ms),
				  sql_text(end->reason), SQL_KNOWN(end->bytes),
				  SQL_KNOWN(end->worst_stall_ms)),
		       err);
	if (r == 0)
		r = require_row(sql, run, err);
	if (r == 0)
		r = abort_phases(sql, run, end->ended_ms, err);
	if (r == 0)
		r = keep_output(sql, run, end, err);
	return r == 0 ? reseal(sql, run, err) : r;
}

int record_run_end(struct record *record, int64_t run, const struct record_end *end,
		   struct error *err)
{
	int r;

	assert(end->outcome != RECORD_RUNNING);
	r = sql_begin(&record->sql, err);
	if (r < 0)
		return r;
	r = update_end(&record->sql, run, end, err);
	return sql_end(&record->sql, r, err);
}

/*
 * The last time that the record knows of @run, and why it is aborted.  Its phases
 * and verdicts say more than the clock of whoever comes by later.
 */
static int describe_dead(const struct sql *sql, int64_t run, const struct origin *origin,
			 const char *boot_id, struct record_end *ret, char *reason,
			 size_t size, struct error *err)
{
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	char when[CLOCK_TEXT_SIZE];
	char phase[64];
	int r;

	r = sql_query(sql,
		      "SELECT max(started_ms, coalesce((SELECT max(started_ms + "
		      "coalesce(duration_ms, 0)) FROM phase WHERE run = ?1), 0), "
		      "coalesce((SELECT max(at_ms) FROM verdict WHERE run = ?1), 0)), "
		      "(SELECT name FROM phase WHERE run = ?1 AND outcome = 'running') "
		      "FROM run WHERE id = ?1",
		      SQL_VALUES(SQL_INT(run)), &stmt, err);
	if (r == 0)
		r = sql_next(sql, stmt, err);
	if (r < 0)
		return r;
	*ret = (struct record_end){ .outcome = RECORD_ABORTED,
				    .exit_code = -1,
				    .ended_ms = sql_column_int(stmt, 0),
				    .reason = reason,
				    .bytes = -1,
				    .worst_stall_ms = -1 };
	sql_column_text(stmt, 1, phase, sizeof(phase));
	clock_format_utc(clock_now_ms(), when);
	(void)snprintf(reason, size, "%s%s%s: process %d was gone at %s",
		       strcmp(origin->boot_id, boot_id) == 0 ? "nfsafe died"
							     : "the host went down",
		       phase[0] ? " in phase " : "", phase, (int)origin->pid, when);
	return 0;
}

/* One left-over, if @stmt's row is one.  Returns 1 if it was settled, 0, or an error. */
static int settle_row(const struct sql *sql, sqlite3_stmt *stmt, const char *boot_id,
		      struct error *err)
{
	struct origin origin = { .pid = (pid_t)sql_column_int(stmt, 1),
				 .started = sql_column_int(stmt, 2) };
	int64_t run = sql_column_int(stmt, 0);
	struct record_end end;
	char reason[256];
	int r;

	sql_column_text(stmt, 3, origin.boot_id, sizeof(origin.boot_id));
	if (origin_alive(&origin, boot_id))
		return 0;
	r = describe_dead(sql, run, &origin, boot_id, &end, reason, sizeof(reason), err);
	if (r == 0)
		r = update_end(sql, run, &end, err);
	return r < 0 ? r : 1;
}

static int settle_all(const struct sql *sql, int *ret_settled, struct error *err)
{
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	struct origin self;
	int settled = 0;
	int r;

	r = origin_self(&self, err);
	/* The sort reads all rows before the first is changed. */
	if (r == 0)
		r = sql_query(sql,
			      "SELECT id, pid, pid_started, boot_id FROM run "
			      "WHERE outcome = 'running' ORDER BY +id",
			      NULL, 0, &stmt, err);
	while (r == 0) {
		r = sql_next(sql, stmt, err);
		if (r <= 0)
			break;
		r = settle_row(sql, stmt, self.boot_id, err);
		if (r > 0) {
			settled++;
			r = 0;
		}
	}
	if (r == 0)
		*ret_settled = settled;
	return r;
}

int record_settle_dead(struct record *record, int *ret_settled, struct error *err)
{
	int r = sql_begin(&record->sql, err);

	if (r < 0)
		return r;
	r = settle_all(&record->sql, ret_settled, err);
	return sql_end(&record->sql, r, err);
}
