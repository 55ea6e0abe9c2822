/* SPDX-License-Identifier: MIT */
/* Values go in and come out as they are; each failure is the error it should be. */
#include "lib/record/sql.h"

#include "directory.h"
#include "lib/base/cleanup.h"

static struct sql open_sql(const struct directory *d)
{
	struct sql sql = { 0 };

	(void)directory_at(d, "test.db", sql.path);
	cr_assert_eq(sqlite3_open(sql.path, &sql.db), SQLITE_OK);
	must(sql_exec(&sql, "CREATE TABLE IF NOT EXISTS t (a, b, c, d)", &why));
	return sql;
}

Test(sql, values_come_back)
{
	DIRECTORY(d);
	struct sql sql = open_sql(&d);
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	char text[8];
	struct error err;

	must(sql_change(&sql, "INSERT INTO t VALUES (?1, ?2, ?3, ?4)",
			SQL_VALUES(SQL_INT(INT64_MIN), sql_text("it's; \"text\""),
				   SQL_BLOB("a\0b", 3), SQL_NULL),
			&why));
	must(sql_change(
		&sql, "INSERT INTO t VALUES (?1, ?2, ?3, ?4)",
		SQL_VALUES(SQL_KNOWN(-1), sql_text(NULL), SQL_BLOB("", 0), SQL_KNOWN(5)),
		&why));
	must(sql_query(&sql, "SELECT * FROM t", NULL, 0, &stmt, &why));
	cr_assert_eq(sql_next(&sql, stmt, &err), 1);
	cr_assert_eq(sql_column_int(stmt, 0), INT64_MIN);
	sql_column_text(stmt, 1, text, sizeof(text));
	cr_assert_str_eq(text, "it's; \"");
	cr_assert_eq(sqlite3_column_bytes(stmt, 2), 3);
	cr_assert_eq(sql_column_int(stmt, 3), -1);
	sql_column_text(stmt, 3, text, sizeof(text));
	cr_assert_str_eq(text, "");
	cr_assert_eq(sql_next(&sql, stmt, &err), 1);
	cr_assert_eq(sqlite3_column_type(stmt, 0), SQLITE_NULL);
	cr_assert_eq(sqlite3_column_type(stmt, 1), SQLITE_NULL);
	cr_assert_eq(sqlite3_column_type(stmt, 2), SQLITE_BLOB);
	cr_assert_eq(sql_column_int(stmt, 3), 5);
	cr_assert_eq(sql_next(&sql, stmt, &err), 0);
	(void)sqlite3_close_v2(sql.db);
}

Test(sql, transactions_end)
{
	DIRECTORY(d);
	struct sql sql = open_sql(&d);
	struct error err;
	int64_t n;

	must(sql_begin(&sql, &why));
	must(sql_exec(&sql, "INSERT INTO t VALUES (1, 2, 3, 4)", &why));
	cr_assert_eq(sql_end(&sql, -ERROR_IO, &err), -ERROR_IO);
	must(sql_number(&sql, "SELECT count(*) FROM t", &n, &why));
	cr_assert_eq(n, 0);
	must(sql_begin(&sql, &why));
	must(sql_exec(&sql, "INSERT INTO t VALUES (1, 2, 3, 4)", &why));
	must(sql_end(&sql, 0, &why));
	must(sql_number(&sql, "SELECT count(*) FROM t", &n, &why));
	cr_assert_eq(n, 1);
	(void)sqlite3_close(sql.db);
}

Test(sql, another_writer_is_busy)
{
	DIRECTORY(d);
	struct sql one = open_sql(&d), two = open_sql(&d);
	struct error err;

	must(sql_begin(&one, &why));
	cr_assert_eq(sql_begin(&two, &err), -ERROR_BUSY);
	cr_assert_contains(err.msg, "another process has been writing");
	must(sql_end(&one, 0, &why));
	must(sql_begin(&two, &why));
	must(sql_end(&two, 0, &why));
	(void)sqlite3_close(one.db);
	(void)sqlite3_close(two.db);
}

/* Our statements are constant: one that does not fit means that the file does not. */
Test(sql, a_statement_that_does_not_fit_means_damage)
{
	DIRECTORY(d);
	struct sql sql = open_sql(&d);
	struct error err;
	int64_t n;

	cr_assert_eq(sql_exec(&sql, "INSERT INTO nowhere VALUES (1)", &err), -ERROR_IO);
	cr_assert_contains(err.msg, "the record is damaged, no such table: nowhere");
	cr_assert_contains(err.msg, sql.path);
	cr_assert_contains(err.msg, "move record.db* away");
	cr_assert_eq(sql_number(&sql, "SELECT a FROM t", &n, &err), -ERROR_IO);
	(void)sqlite3_close(sql.db);
}
