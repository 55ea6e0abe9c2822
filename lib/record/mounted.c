/* SPDX-License-Identifier: MIT */
#include "lib/record/mounted.h"

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/record/handle.h"
#include "lib/record/origin.h"

int record_mount_begin(struct record *record, const struct record_mount *m,
		       int64_t now_ms, int64_t *ret_id, struct error *err)
{
	int r = sql_change(&record->sql,
			   "INSERT INTO mount (run, destination, source, mountpoint, "
			   "begun_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
			   SQL_VALUES(SQL_INT(m->run), sql_text(m->destination),
				      sql_text(m->source), sql_text(m->mountpoint),
				      SQL_INT(now_ms)),
			   err);

	if (r == 0)
		*ret_id = sqlite3_last_insert_rowid(record->sql.db);
	return r;
}

int record_mount_prove(struct record *record, const struct record_mount *m,
		       struct error *err)
{
	return sql_change(&record->sql,
			  "UPDATE mount SET source = ?2, mount_id = ?3, major = ?4, "
			  "minor = ?5, fstype = ?6 WHERE id = ?1",
			  SQL_VALUES(SQL_INT(m->id), sql_text(m->source),
				     SQL_INT((int64_t)m->mount_id), SQL_INT(m->major),
				     SQL_INT(m->minor), sql_text(m->fstype)),
			  err);
}

int record_mount_end(struct record *record, int64_t id, int64_t now_ms, const char *how,
		     struct error *err)
{
	return sql_change(&record->sql,
			  "UPDATE mount SET ended_ms = ?2, ending = ?3 "
			  "WHERE id = ?1 AND ended_ms IS NULL",
			  SQL_VALUES(SQL_INT(id), SQL_INT(now_ms), sql_text(how)), err);
}

static void row_mount(sqlite3_stmt *stmt, struct record_mount *m)
{
	*m = (struct record_mount){
		.id = sql_column_int(stmt, 0),
		.run = sql_column_int(stmt, 1),
		.proved = sql_column_int(stmt, 5) >= 0,
		.running = sql_column_int(stmt, 9) == 1,
		.this_boot = sql_column_int(stmt, 10) == 1,
	};
	sql_column_text(stmt, 2, m->destination, sizeof(m->destination));
	sql_column_text(stmt, 3, m->source, sizeof(m->source));
	sql_column_text(stmt, 4, m->mountpoint, sizeof(m->mountpoint));
	if (!m->proved)
		return;
	m->mount_id = (uint64_t)sql_column_int(stmt, 5);
	m->major = (unsigned)sql_column_int(stmt, 6);
	m->minor = (unsigned)sql_column_int(stmt, 7);
	sql_column_text(stmt, 8, m->fstype, sizeof(m->fstype));
}

int record_mounts_left(struct record *record, struct record_mount **ret, size_t *ret_n,
		       struct error *err)
{
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	cleanup_free struct record_mount *rows = NULL;
	struct origin self;
	size_t n = 0;
	int r = origin_self(&self, err);

	if (r == 0)
		r = sql_query(&record->sql,
			      "SELECT mount.id, run, mount.destination, source, "
			      "mountpoint, mount_id, major, minor, fstype, "
			      "outcome = 'running', boot_id = ?1 FROM mount "
			      "JOIN run ON run.id = run WHERE mount.ended_ms IS NULL "
			      "ORDER BY mount.id DESC",
			      SQL_VALUES(sql_text(self.boot_id)), &stmt, err);
	while (r == 0 && (r = sql_next(&record->sql, stmt, err)) == 1) {
		struct record_mount *more = reallocarray(rows, n + 1, sizeof(*rows));

		if (!more)
			return error_oom(err);
		rows = more;
		row_mount(stmt, &rows[n++]);
		r = 0;
	}
	if (r < 0)
		return r;
	*ret = rows;
	*ret_n = n;
	rows = NULL;
	return 0;
}
