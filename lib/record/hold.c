/* SPDX-License-Identifier: MIT */
#include "lib/record/hold.h"

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/record/handle.h"

int record_hold_add(struct record *record, const struct record_hold *hold,
		    struct error *err)
{
	return sql_change(&record->sql,
			  "INSERT INTO hold (since_ms, until_ms, reason, by) "
			  "VALUES (?1, ?2, ?3, ?4)",
			  SQL_VALUES(SQL_INT(hold->since_ms), SQL_INT(hold->until_ms),
				     sql_text(hold->reason), sql_text(hold->by)),
			  err);
}

int record_hold_release(struct record *record, int64_t now_ms, int *ret_released,
			struct error *err)
{
	int r = sql_change(&record->sql,
			   "UPDATE hold SET released_ms = ?1 "
			   "WHERE released_ms IS NULL AND until_ms > ?1",
			   SQL_VALUES(SQL_INT(now_ms)), err);

	if (r == 0)
		*ret_released = sqlite3_changes(record->sql.db);
	return r;
}

int record_hold_active(struct record *record, int64_t now_ms, struct record_hold *ret,
		       struct error *err)
{
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	struct record_hold hold;
	int r;

	r = sql_query(&record->sql,
		      "SELECT since_ms, until_ms, reason, by FROM hold WHERE "
		      "released_ms IS NULL AND until_ms > ?1 "
		      "ORDER BY until_ms DESC, id DESC LIMIT 1",
		      SQL_VALUES(SQL_INT(now_ms)), &stmt, err);
	if (r == 0)
		r = sql_next(&record->sql, stmt, err);
	if (r <= 0)
		return r;
	hold.since_ms = sql_column_int(stmt, 0);
	hold.until_ms = sql_column_int(stmt, 1);
	sql_column_text(stmt, 2, hold.reason, sizeof(hold.reason));
	sql_column_text(stmt, 3, hold.by, sizeof(hold.by));
	*ret = hold;
	return 1;
}
