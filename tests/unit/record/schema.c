/* SPDX-License-Identifier: MIT */
/*
 * Schemas move on in one transaction or not at all; what is newer, or not ours, is
 * left alone.
 */
#include "lib/record/schema.h"

#include "directory.h"
#include "lib/record/sql.h"

static struct sql open_sql(const struct directory *d)
{
	struct sql sql = { 0 };

	(void)directory_at(d, "test.db", sql.path);
	cr_assert_eq(sqlite3_open(sql.path, &sql.db), SQLITE_OK);
	return sql;
}

static void close_sql(struct sql *sql)
{
	cr_assert_eq(sqlite3_close(sql->db), SQLITE_OK);
}

static int64_t number(const struct sql *sql, const char *text)
{
	int64_t n = -1;

	must(sql_number(sql, text, &n, &why));
	return n;
}

static const struct schema_migration three[] = {
	{ "CREATE TABLE a (x); INSERT INTO a VALUES (1)" },
	{ "ALTER TABLE a ADD COLUMN y DEFAULT 7" },
	{ "CREATE TABLE b AS SELECT x + y AS z FROM a" },
};

static struct schema version(size_t n)
{
	return (struct schema){ three, n };
}

Test(schema, moves_on_from_each_version)
{
	for (size_t from = 0; from <= 3; from++) {
		DIRECTORY(d);
		struct sql sql = open_sql(&d);

		if (from > 0)
			must(schema_migrate(&sql, version(from), &why));
		must(schema_migrate(&sql, version(3), &why));
		cr_assert_eq(number(&sql, "PRAGMA user_version"), 3);
		cr_assert_eq(number(&sql, "PRAGMA application_id"),
			     SCHEMA_APPLICATION_ID);
		cr_assert_eq(number(&sql, "SELECT z FROM b"), 8);
		must(schema_migrate(&sql, version(3), &why));
		must(schema_require(&sql, version(3), &why));
		close_sql(&sql);
	}
}

Test(schema, moves_on_at_once_or_not_at_all)
{
	static const struct schema_migration broken[] = {
		{ "CREATE TABLE a (x); INSERT INTO a VALUES (1)" },
		{ "CREATE TABLE b (y)" },
		{ "INSERT INTO b VALUES (1); INSERT INTO nowhere VALUES (1)" },
	};
	DIRECTORY(d);
	struct sql sql = open_sql(&d);
	struct error err;

	must(schema_migrate(&sql, (struct schema){ broken, 1 }, &why));
	cr_assert_lt(schema_migrate(&sql, (struct schema){ broken, 3 }, &err), 0);
	cr_assert_eq(number(&sql, "PRAGMA user_version"), 1);
	cr_assert_eq(number(&sql, "SELECT count(*) FROM sqlite_master"), 1);
	cr_assert_eq(sqlite3_get_autocommit(sql.db), 1);
	close_sql(&sql);
}

Test(schema, leaves_a_newer_one_alone)
{
	DIRECTORY(d);
	struct sql sql = open_sql(&d);
	struct error err;

	must(schema_migrate(&sql, version(3), &why));
	cr_assert_eq(schema_migrate(&sql, version(2), &err), -ERROR_IO);
	cr_assert_contains(err.msg, "written by a newer nfsafe (version 3 of the record");
	cr_assert_contains(err.msg, sql.path);
	cr_assert_eq(schema_require(&sql, version(2), &err), -ERROR_IO);
	cr_assert_eq(number(&sql, "PRAGMA user_version"), 3);
	close_sql(&sql);
}

Test(schema, of_an_older_one_is_told_to_readers)
{
	DIRECTORY(d);
	struct sql sql = open_sql(&d);
	struct error err;

	must(schema_migrate(&sql, version(2), &why));
	cr_assert_eq(schema_require(&sql, version(3), &err), -ERROR_IO);
	cr_assert_contains(err.msg, "the next run brings it up to date");
	close_sql(&sql);
}

Test(schema, of_somebody_else_is_refused)
{
	static const char *const theirs[] = {
		"CREATE TABLE bookmarks (url)",
		"PRAGMA application_id = 252006673",
		"PRAGMA user_version = 3",
		"PRAGMA application_id = 252006673; PRAGMA user_version = 1",
	};

	for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++) {
		DIRECTORY(d);
		struct sql sql = open_sql(&d);
		struct error err;

		must(sql_exec(&sql, theirs[i], &why));
		cr_assert_eq(schema_migrate(&sql, version(3), &err), -ERROR_IO, "%zu", i);
		cr_assert_contains(err.msg, "not a record of nfsafe");
		close_sql(&sql);
	}
}

/* Two processes find an old one at once: one of them moves it on. */
Test(schema, is_looked_at_again_under_the_lock)
{
	DIRECTORY(d);
	struct sql one = open_sql(&d), two = open_sql(&d);

	must(schema_migrate(&one, version(1), &why));
	must(schema_require(&two, version(1), &why));
	must(schema_migrate(&one, version(3), &why));
	must(schema_migrate(&two, version(3), &why));
	cr_assert_eq(number(&two, "SELECT count(*) FROM b"), 1);
	close_sql(&one);
	close_sql(&two);
}

/* What a released version wrote: opened by this one it is whole, and has all of it. */
Test(schema, of_the_first_version_becomes_the_present_one)
{
	static const char *const tables[] = { "event", "mount", "quarantine" };
	DIRECTORY(d);
	struct schema current = schema_current();
	struct sql sql = open_sql(&d);
	struct record_run run;
	struct error err;
	char path[PATH_MAX];

	cr_assert_gt(current.n, 1);
	must(schema_add_seal(&sql, &why));
	must(schema_migrate(&sql, (struct schema){ current.migrations, 1 }, &why));
	must(sql_exec(&sql,
		      "INSERT INTO run (kind, outcome, started_ms, ended_ms, pid, "
		      "pid_started, boot_id) VALUES ('run', 'good', 1, 2, 3, 4, 'x');"
		      "UPDATE run SET seal = " SCHEMA_SEAL,
		      &why));
	close_sql(&sql);
	cr_assert_eq(rename(directory_at(&d, "test.db", (char[PATH_MAX]){ 0 }),
			    directory_at(&d, RECORD_FILE, path)),
		     0);
	cr_assert_eq(try_open(d.path, RECORD_READ, &err), -ERROR_IO);
	cr_assert_contains(err.msg, "the next run brings it up to date");
	{
		RECORD(record, d, RECORD_WRITE);

		cr_assert_eq(
			record_last_run(record, &(struct record_filter){ 0 }, &run, &err),
			1);
		cr_assert_eq(run.outcome, RECORD_GOOD);
		cr_assert_eq(pragma(record, "PRAGMA user_version"), (int64_t)current.n);
		for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
			char text[64];

			(void)snprintf(text, sizeof(text), "SELECT count(*) FROM %s",
				       tables[i]);
			cr_assert_eq(pragma(record, text), 0);
		}
	}
	cr_assert_eq(try_open(d.path, RECORD_READ, &err), RECORD_OPENED);
}

static int64_t seal(const struct sql *sql, const char *arguments)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "SELECT seal(%s)", arguments);
	return number(sql, text);
}

Test(schema, seals_tell_values_apart)
{
	static const char *const different[] = { "NULL",     "''",         "0",
						 "'0'",      "NULL, NULL", "'a', 'b'",
						 "'ab', ''", "'ab', NULL", "'b', 'a'",
						 "1, 2",     "12",         "2, 1" };
	DIRECTORY(d);
	struct sql sql = open_sql(&d);

	must(schema_add_seal(&sql, &why));
	for (size_t i = 0; i < sizeof(different) / sizeof(different[0]); i++) {
		cr_assert_eq(seal(&sql, different[i]), seal(&sql, different[i]));
		for (size_t j = 0; j < i; j++)
			cr_assert_neq(seal(&sql, different[i]), seal(&sql, different[j]),
				      "%s, %s", different[i], different[j]);
	}
	close_sql(&sql);
}

/* Written down once: a record that is on somebody's disk must stay readable. */
Test(schema, seals_do_not_change)
{
	DIRECTORY(d);
	struct sql sql = open_sql(&d);

	must(schema_add_seal(&sql, &why));
	cr_assert_eq(seal(&sql, "1, 'run', 'full', NULL, 'good', 0"),
		     -INT64_C(825860771023743512), "%lld",
		     (long long)seal(&sql, "1, 'run', 'full', NULL, 'good', 0"));
	close_sql(&sql);
}

static struct sql a_record(const struct directory *d)
{
	struct sql sql = open_sql(d);

	must(schema_add_seal(&sql, &why));
	must(schema_migrate(&sql, schema_current(), &why));
	must(sql_exec(
		&sql,
		"INSERT INTO run (kind, outcome, started_ms, ended_ms, pid, pid_started, "
		"boot_id) VALUES ('run', 'failed', 1, 2, 3, 4, 'x');"
		"UPDATE run SET seal = " SCHEMA_SEAL,
		&why));
	must(schema_check(&sql, &why));
	return sql;
}

Test(schema, check_sees_an_outcome_that_was_changed)
{
	static const char *const changes[] = {
		"outcome = 'good'", "level = 'full'",  "destination = 'nas2'",
		"label = 'full-1'", "started_ms = 99", "ended_ms = 99",
		"bytes = 1",        "exit_code = 0",   "kind = 'exec'",
		"id = 7",
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		DIRECTORY(d);
		struct sql sql = a_record(&d);
		char text[128];
		struct error err;

		(void)snprintf(text, sizeof(text), "UPDATE run SET %s", changes[i]);
		must(sql_exec(&sql, text, &why));
		cr_assert_eq(schema_check(&sql, &err), -ERROR_IO, "%s", changes[i]);
		cr_assert_contains(err.msg, "does not match its checksum");
		close_sql(&sql);
	}
}

Test(schema, check_sees_rows_without_their_run)
{
	DIRECTORY(d);
	struct sql sql = a_record(&d);
	struct error err;

	must(sql_exec(&sql, "INSERT INTO output VALUES (99, x'00')", &why));
	cr_assert_eq(schema_check(&sql, &err), -ERROR_IO);
	cr_assert_contains(err.msg, "table output has rows of a run that is not there");
	close_sql(&sql);
}
