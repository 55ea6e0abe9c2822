/* SPDX-License-Identifier: MIT */
#include "lib/record/schema.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/macro.h"
#include "lib/record/sql.h"

/*
 * Outcomes are words, not numbers: one changed byte makes none of them another.
 * Constraints say what the code relies on; seal has its say in schema_check().
 */
static const struct schema_migration migrations[] = {
	{ "CREATE TABLE run ("
	  " id INTEGER PRIMARY KEY AUTOINCREMENT,"
	  " kind TEXT NOT NULL CHECK (kind IN ('run', 'exec', 'init')),"
	  " level TEXT NOT NULL DEFAULT '' CHECK (level IN ('', 'full', 'incremental')),"
	  " label TEXT UNIQUE,"
	  " destination TEXT,"
	  " requested_by TEXT,"
	  " outcome TEXT NOT NULL CHECK (outcome IN ('running', 'good', 'partial',"
	  "  'suspect', 'failed', 'aborted', 'skipped')),"
	  " exit_code INTEGER,"
	  " started_ms INTEGER NOT NULL,"
	  " ended_ms INTEGER CHECK ((ended_ms IS NULL) = (outcome = 'running')),"
	  " bytes INTEGER,"
	  " worst_stall_ms INTEGER,"
	  " reason TEXT,"
	  " pid INTEGER NOT NULL,"
	  " pid_started INTEGER NOT NULL,"
	  " boot_id TEXT NOT NULL,"
	  " seal INTEGER NOT NULL DEFAULT 0);"
	  "CREATE TABLE phase ("
	  " run INTEGER NOT NULL REFERENCES run (id),"
	  " seq INTEGER NOT NULL,"
	  " name TEXT NOT NULL,"
	  " outcome TEXT NOT NULL CHECK (outcome IN ('running', 'ok', 'failed',"
	  "  'skipped', 'timed-out', 'stuck', 'aborted')),"
	  " started_ms INTEGER NOT NULL,"
	  " duration_ms INTEGER,"
	  " detail TEXT,"
	  " PRIMARY KEY (run, seq)) WITHOUT ROWID;"
	  "CREATE TABLE verdict ("
	  " id INTEGER PRIMARY KEY,"
	  " run INTEGER REFERENCES run (id),"
	  " destination TEXT NOT NULL,"
	  " source TEXT,"
	  " verdict TEXT NOT NULL,"
	  " layer TEXT,"
	  " detail TEXT,"
	  " elapsed_ms INTEGER,"
	  " total_bytes INTEGER,"
	  " free_bytes INTEGER,"
	  " at_ms INTEGER NOT NULL);"
	  "CREATE INDEX verdict_by_run ON verdict (run);"
	  "CREATE INDEX verdict_by_destination ON verdict (destination);"
	  "CREATE TABLE output ("
	  " run INTEGER PRIMARY KEY REFERENCES run (id),"
	  " tail BLOB NOT NULL);"
	  "CREATE TABLE pin ("
	  " destination TEXT PRIMARY KEY,"
	  " source TEXT NOT NULL,"
	  " marker_uuid TEXT NOT NULL,"
	  " fsid TEXT NOT NULL,"
	  " handle_digest TEXT NOT NULL,"
	  " since_ms INTEGER NOT NULL) WITHOUT ROWID;"
	  "CREATE TABLE hold ("
	  " id INTEGER PRIMARY KEY,"
	  " since_ms INTEGER NOT NULL,"
	  " until_ms INTEGER NOT NULL,"
	  " released_ms INTEGER,"
	  " reason TEXT NOT NULL,"
	  " by TEXT NOT NULL);" },
	/*
	 * 2: what happened in a run, what it has mounted, quarantine.  The words of an
	 * event's kind may become more; a reader takes one that it does not know for a
	 * note.
	 */
	{ "CREATE TABLE event ("
	  " run INTEGER NOT NULL REFERENCES run (id),"
	  " seq INTEGER NOT NULL,"
	  " kind TEXT NOT NULL,"
	  " at_ms INTEGER NOT NULL,"
	  " t_ms INTEGER NOT NULL,"
	  " value INTEGER,"
	  " subject TEXT,"
	  " text TEXT NOT NULL,"
	  " PRIMARY KEY (run, seq)) WITHOUT ROWID;"
	  "CREATE TABLE mount ("
	  " id INTEGER PRIMARY KEY,"
	  " run INTEGER NOT NULL REFERENCES run (id),"
	  " destination TEXT NOT NULL,"
	  " source TEXT NOT NULL,"
	  " mountpoint TEXT NOT NULL,"
	  " begun_ms INTEGER NOT NULL,"
	  " mount_id INTEGER,"
	  " major INTEGER,"
	  " minor INTEGER,"
	  " fstype TEXT,"
	  " ended_ms INTEGER,"
	  " ending TEXT);"
	  "CREATE INDEX mount_left ON mount (id) WHERE ended_ms IS NULL;"
	  "CREATE TABLE quarantine ("
	  " id INTEGER PRIMARY KEY,"
	  " destination TEXT NOT NULL,"
	  " run INTEGER REFERENCES run (id),"
	  " since_ms INTEGER NOT NULL,"
	  " reason TEXT NOT NULL,"
	  " healthy INTEGER NOT NULL DEFAULT 0,"
	  " first_healthy_ms INTEGER,"
	  " ended_ms INTEGER,"
	  " ended_by TEXT);"
	  "CREATE UNIQUE INDEX quarantine_now ON quarantine (destination) "
	  "WHERE ended_ms IS NULL;" },
};

struct schema schema_current(void)
{
	return (struct schema){ .migrations = migrations, .n = ARRAY_SIZE(migrations) };
}

/* FNV-1a, 64 bits: against accidents, not against an enemy, who has root. */
static uint64_t hash(uint64_t h, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

/*
 * Type and length go in too: ("ab", NULL) is not ("a", "b").  Byte by byte: the file
 * may be carried to a host of another byte order, as SQLite's may.
 */
static uint64_t hash_value(uint64_t h, sqlite3_value *value)
{
	int type = sqlite3_value_type(value);
	const void *data = type == SQLITE_NULL ? NULL : sqlite3_value_blob(value);
	uint32_t len = type == SQLITE_NULL ? 0 : (uint32_t)sqlite3_value_bytes(value);
	const unsigned char head[] = {
		(unsigned char)type,        (unsigned char)(len >> 24),
		(unsigned char)(len >> 16), (unsigned char)(len >> 8),
		(unsigned char)len,
	};

	h = hash(h, head, sizeof(head));
	return hash(h, data, len);
}

static void seal(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (int i = 0; i < argc; i++)
		h = hash_value(h, argv[i]);
	sqlite3_result_int64(context, (sqlite3_int64)h);
}

int schema_add_seal(const struct sql *sql, struct error *err)
{
	int rc = sqlite3_create_function_v2(sql->db, "seal", -1,
					    SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
					    seal, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : sql_fail(sql, rc, err);
}

/* Is it ours, and not newer?  @ret: its version; 0 for an empty file. */
static int look(const struct sql *sql, struct schema schema, size_t *ret,
		struct error *err)
{
	int64_t id, version;
	int r;

	r = sql_number(sql, "PRAGMA application_id", &id, err);
	if (r == 0)
		r = sql_number(sql, "PRAGMA user_version", &version, err);
	if (r < 0)
		return r;
	if (version == 0 && id == 0) {
		int64_t tables;

		r = sql_number(sql, "SELECT count(*) FROM sqlite_master", &tables, err);
		if (r < 0)
			return r;
		if (tables == 0) {
			*ret = 0;
			return 0;
		}
	}
	if (id != SCHEMA_APPLICATION_ID || version < 1)
		return sql_damaged(sql->path, err, "or it is not a record of nfsafe");
	if ((size_t)version > schema.n)
		return error_set(err, ERROR_IO, 0,
				 "%s: written by a newer nfsafe (version %d of the "
				 "record, this one knows %zu): use that one",
				 sql->path, (int)version, schema.n);
	*ret = (size_t)version;
	return 0;
}

static int migrate_from(const struct sql *sql, struct schema schema, size_t version,
			struct error *err)
{
	char stamp[96];

	for (; version < schema.n; version++) {
		int r = sql_exec(sql, schema.migrations[version].sql, err);

		if (r < 0)
			return r;
	}
	(void)snprintf(stamp, sizeof(stamp),
		       "PRAGMA application_id = %d; PRAGMA user_version = %zu",
		       SCHEMA_APPLICATION_ID, schema.n);
	return sql_exec(sql, stamp, err);
}

int schema_migrate(const struct sql *sql, struct schema schema, struct error *err)
{
	size_t version;
	int r = look(sql, schema, &version, err);

	if (r < 0 || version == schema.n)
		return r;
	r = sql_begin(sql, err);
	if (r < 0)
		return r;
	/* Another process may have done it between the look and the lock. */
	r = look(sql, schema, &version, err);
	if (r == 0)
		r = migrate_from(sql, schema, version, err);
	return sql_end(sql, r, err);
}

int schema_require(const struct sql *sql, struct schema schema, struct error *err)
{
	size_t version;
	int r = look(sql, schema, &version, err);

	if (r < 0)
		return r;
	if (version < schema.n)
		return error_set(err, ERROR_IO, 0,
				 "%s: written by an older nfsafe (version %zu of the "
				 "record): the next run brings it up to date",
				 sql->path, version);
	return 0;
}

static int check_seals(const struct sql *sql, struct error *err)
{
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	int r;

	r = sql_query(sql, "SELECT id FROM run WHERE seal <> " SCHEMA_SEAL " LIMIT 1",
		      NULL, 0, &stmt, err);
	if (r == 0)
		r = sql_next(sql, stmt, err);
	if (r == 1)
		return sql_damaged(sql->path, err, "run %lld does not match its checksum",
				   sqlite3_column_int64(stmt, 0));
	return r;
}

static int check_references(const struct sql *sql, struct error *err)
{
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	int r = sql_query(sql, "PRAGMA foreign_key_check", NULL, 0, &stmt, err);

	if (r == 0)
		r = sql_next(sql, stmt, err);
	if (r == 1)
		return sql_damaged(sql->path, err,
				   "table %s has rows of a run that is not there",
				   (const char *)sqlite3_column_text(stmt, 0));
	return r;
}

int schema_check(const struct sql *sql, struct error *err)
{
	CLEANUP(sql_finalizep) sqlite3_stmt *stmt = NULL;
	char found[128];
	int r;

	r = sql_query(sql, "PRAGMA integrity_check(1)", NULL, 0, &stmt, err);
	if (r == 0)
		r = sql_next(sql, stmt, err);
	if (r < 0)
		return r;
	sql_column_text(stmt, 0, found, sizeof(found));
	for (char *p = found; *p; p++) {
		if (*p == '\n')
			*p = ' ';
	}
	if (r == 0 || strcmp(found, "ok") != 0)
		return sql_damaged(sql->path, err, "%s", found);
	r = check_references(sql, err);
	return r < 0 ? r : check_seals(sql, err);
}
