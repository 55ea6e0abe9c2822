/* SPDX-License-Identifier: MIT */
#include "lib/record/sql.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/record/record.h"

int sql_damaged(const char *path, struct error *err, const char *fmt, ...)
{
	char why[200];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return error_set(err, ERROR_IO, 0,
			 "%s: the record is damaged, %s: move %s* away and run "
			 "'nfsafe init' for each destination; the next backup is a full "
			 "one then",
			 path, why, RECORD_FILE);
}

static int fail_system(const struct sql *sql, int errnum, struct error *err)
{
	const char *what = errnum ? strerror(errnum) : sqlite3_errmsg(sql->db);

	if (errnum == EACCES || errnum == EPERM)
		return error_set(err, ERROR_PERMISSION, errnum,
				 "%s: %s: only root and its group may read the record, "
				 "only root write it",
				 sql->path, what);
	if (errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG)
		return error_set(err, ERROR_IO, errnum,
				 "%s: %s: make room there; what it held is intact",
				 sql->path, what);
	return error_set(err, ERROR_IO, errnum, "%s: %s", sql->path, what);
}

/*
 * The errno behind an I/O error, 0 if there is none to be had.  SQLite forgets to tell
 * it when it was the COMMIT that failed; then the file knows.
 */
static int find_errno(sqlite3 *db)
{
	int errnum = sqlite3_system_errno(db);
	sqlite3_file *log = NULL;

	if (errnum == 0 &&
	    sqlite3_file_control(db, NULL, SQLITE_FCNTL_JOURNAL_POINTER, &log) ==
		    SQLITE_OK &&
	    log && log->pMethods)
		(void)log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &errnum);
	if (errnum == 0)
		(void)sqlite3_file_control(db, NULL, SQLITE_FCNTL_LAST_ERRNO, &errnum);
	return errnum;
}

int sql_fail(const struct sql *sql, int rc, struct error *err)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error_set(err, ERROR_BUSY, 0,
				 "%s: another process has been writing for %d s: try "
				 "again later",
				 sql->path, RECORD_BUSY_TIMEOUT_MS / 1000);
	case SQLITE_FULL: /* SQLite drops the errno of this one */
		return fail_system(sql, ENOSPC, err);
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return fail_system(sql, find_errno(sql->db), err);
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return fail_system(sql, EACCES, err);
	case SQLITE_READONLY:
		return fail_system(sql, EROFS, err);
	case SQLITE_NOMEM:
		return error_oom(err);
	case SQLITE_MISUSE:
	case SQLITE_RANGE:
	case SQLITE_TOOBIG:
		return error_set(err, ERROR_INTERNAL, 0, "%s: %s", sql->path,
				 sqlite3_errmsg(sql->db));
	default:
		/*
		 * CORRUPT and NOTADB say it; the others can only mean it: our statements
		 * are constant and fit the schema whose version was looked at.
		 */
		return sql_damaged(sql->path, err, "%s", sqlite3_errmsg(sql->db));
	}
}

void sql_finalizep(sqlite3_stmt **stmt)
{
	(void)sqlite3_finalize(*stmt);
	*stmt = NULL;
}

int sql_exec(const struct sql *sql, const char *text, struct error *err)
{
	int rc = sqlite3_exec(sql->db, text, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : sql_fail(sql, rc, err);
}

static int bind(sqlite3_stmt *stmt, int index, const struct sql_value *value)
{
	switch (value->type) {
	case SQL_TYPE_INT:
		return sqlite3_bind_int64(stmt, index, value->number);
	case SQL_TYPE_TEXT:
		return sqlite3_bind_text(stmt, index, value->data, -1, SQLITE_TRANSIENT);
	case SQL_TYPE_BLOB:
		return sqlite3_bind_blob64(stmt, index, value->data, value->len,
					   SQLITE_TRANSIENT);
	case SQL_TYPE_NULL:
		break;
	}
	return sqlite3_bind_null(stmt, index);
}

int sql_query(const struct sql *sql, const char *text, const struct sql_value *values,
	      size_t n, sqlite3_stmt **ret, struct error *err)
{
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(sql->db, text, -1, &stmt, NULL);

	for (size_t i = 0; rc == SQLITE_OK && i < n; i++)
		rc = bind(stmt, (int)i + 1, &values[i]);
	if (rc != SQLITE_OK)
		return sql_fail(sql, rc, err);
	*ret = stmt;
	stmt = NULL;
	return 0;
}

int sql_next(const struct sql *sql, sqlite3_stmt *stmt, struct error *err)
{
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : sql_fail(sql, rc, err);
}

int sql_change(const struct sql *sql, const char *text, const struct sql_value *values,
	       size_t n, struct error *err)
{
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	int r = sql_query(sql, text, values, n, &stmt, err);

	if (r == 0)
		r = sql_next(sql, stmt, err);
	assert(r <= 0);
	return r;
}

int sql_number(const struct sql *sql, const char *text, int64_t *ret, struct error *err)
{
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	int r = sql_query(sql, text, NULL, 0, &stmt, err);

	if (r == 0)
		r = sql_next(sql, stmt, err);
	if (r < 0)
		return r;
	if (r == 0)
		return sql_damaged(sql->path, err, "'%s' has no answer", text);
	*ret = sqlite3_column_int64(stmt, 0);
	return 0;
}

int64_t sql_column_int(sqlite3_stmt *stmt, int column)
{
	if (sqlite3_column_type(stmt, column) == SQLITE_NULL)
		return -1;
	return sqlite3_column_int64(stmt, column);
}

void sql_column_text(sqlite3_stmt *stmt, int column, char *buf, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	(void)snprintf(buf, size, "%s", text ? text : "");
}

int sql_begin(const struct sql *sql, struct error *err)
{
	return sql_exec(sql, sql->batch ? "SAVEPOINT step" : "BEGIN IMMEDIATE", err);
}

/* A full disk has rolled back already, and then everything. */
static void undo(const struct sql *sql)
{
	if (sqlite3_get_autocommit(sql->db))
		return;
	(void)sqlite3_exec(sql->db,
			   sql->batch ? "ROLLBACK TO step; RELEASE step" : "ROLLBACK",
			   NULL, NULL, NULL);
}

int sql_end(const struct sql *sql, int r, struct error *err)
{
	if (r == 0)
		r = sql_exec(sql, sql->batch ? "RELEASE step" : "COMMIT", err);
	if (r < 0)
		undo(sql);
	return r;
}
