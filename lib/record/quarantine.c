/* SPDX-License-Identifier: MIT */
#include "lib/record/quarantine.h"

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/record/handle.h"

static struct sql_value run_of(const struct record_quarantine *q)
{
	return q->run > 0 ? SQL_INT(q->run) : SQL_NULL;
}

int record_quarantine_begin(struct record *record, const struct record_quarantine *q,
			    struct error *err)
{
	return sql_change(
		&record->sql,
		"INSERT INTO quarantine (destination, run, since_ms, reason) "
		"SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM quarantine "
		"WHERE run = ?2 AND ended_ms IS NOT NULL) ON CONFLICT (destination) "
		"WHERE ended_ms IS "
		"NULL "
		"DO UPDATE SET run = excluded.run, since_ms = excluded.since_ms, "
		"reason = excluded.reason, healthy = 0, first_healthy_ms = NULL "
		"WHERE run IS NOT excluded.run",
		SQL_VALUES(sql_text(q->destination), run_of(q), SQL_INT(q->since_ms),
			   sql_text(q->reason)),
		err);
}

int record_quarantine_get(struct record *record, const char *destination,
			  struct record_quarantine *ret, struct error *err)
{
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	int r;

	r = sql_query(&record->sql,
		      "SELECT coalesce(run, 0), since_ms, healthy, first_healthy_ms, "
		      "destination, reason FROM quarantine WHERE destination = ?1 "
		      "AND ended_ms IS NULL",
		      SQL_VALUES(sql_text(destination)), &stmt, err);
	if (r == 0)
		r = sql_next(&record->sql, stmt, err);
	if (r <= 0)
		return r;
	*ret = (struct record_quarantine){
		.run = sql_column_int(stmt, 0),
		.since_ms = sql_column_int(stmt, 1),
		.healthy = sql_column_int(stmt, 2),
		.first_healthy_ms = sql_column_int(stmt, 3),
	};
	sql_column_text(stmt, 4, ret->destination, sizeof(ret->destination));
	sql_column_text(stmt, 5, ret->reason, sizeof(ret->reason));
	return 1;
}

int record_quarantine_count(struct record *record, const struct record_quarantine *q,
			    struct error *err)
{
	return sql_change(&record->sql,
			  "UPDATE quarantine SET healthy = ?2, first_healthy_ms = ?3 "
			  "WHERE destination = ?1 AND ended_ms IS NULL",
			  SQL_VALUES(sql_text(q->destination), SQL_INT(q->healthy),
				     SQL_KNOWN(q->first_healthy_ms)),
			  err);
}

int record_quarantine_end(struct record *record, const char *destination, int64_t now_ms,
			  const char *by, struct error *err)
{
	int r = sql_change(
		&record->sql,
		"UPDATE quarantine SET ended_ms = ?2, ended_by = ?3 "
		"WHERE destination = ?1 AND ended_ms IS NULL",
		SQL_VALUES(sql_text(destination), SQL_INT(now_ms), sql_text(by)), err);

	return r < 0 ? r : sqlite3_changes(record->sql.db) > 0;
}
