/* SPDX-License-Identifier: MIT */
#ifndef LIB_RECORD_SQL_H
#define LIB_RECORD_SQL_H

/*
 * The one place that speaks to SQLite: statements with their values, and what
 * goes wrong told in our words.  Internal to lib/record.
 */

#include <limits.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

struct sql {
	sqlite3 *db;
	bool batch; /* steps belong to one transaction, see record_batch_begin() */
	char path[PATH_MAX]; /* for messages */
};

enum sql_type {
	SQL_TYPE_NULL = 0,
	SQL_TYPE_INT,
	SQL_TYPE_TEXT,
	SQL_TYPE_BLOB,
};

struct sql_value {
	enum sql_type type;
	int64_t number;
	const void *data; /* borrowed during the call */
	size_t len;       /* of a blob */
};

#define SQL_NULL ((struct sql_value){ .type = SQL_TYPE_NULL })
#define SQL_INT(n) ((struct sql_value){ .type = SQL_TYPE_INT, .number = (n) })
#define SQL_BLOB(p, n)                                                                   \
	((struct sql_value){ .type = SQL_TYPE_BLOB, .data = (p), .len = (n) })
/* -1, which is "not known" outside, becomes NULL. */
#define SQL_KNOWN(n)                                                                     \
	((struct sql_value){ .type = (n) < 0 ? SQL_TYPE_NULL : SQL_TYPE_INT,             \
			     .number = (n) })

/* NULL becomes NULL. */
static inline struct sql_value sql_text(const char *text)
{
	if (!text)
		return SQL_NULL;
	return (struct sql_value){ .type = SQL_TYPE_TEXT, .data = text };
}

/* A list of values as two arguments. */
#define SQL_VALUES(...)                                                                  \
	((const struct sql_value[]){ __VA_ARGS__ }),                                     \
		(sizeof((const struct sql_value[]){ __VA_ARGS__ }) /                     \
		 sizeof(struct sql_value))

/*
 * What SQLite's last failure @rc means: where, why, what to do.
 * Returns a negative error: ERROR_BUSY, ERROR_PERMISSION, ERROR_IO, ERROR_INTERNAL.
 */
int sql_fail(const struct sql *sql, int rc, struct error *err)
	__attribute__((nonnull(1, 3)));

/* The record is not what it should be, for the reason given.  Returns -ERROR_IO. */
int sql_damaged(const char *path, struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), nonnull));

/* Run statements without values, or rows.  Returns 0 or a negative error. */
int sql_exec(const struct sql *sql, const char *text, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* Run one statement without rows.  Returns 0 or a negative error. */
int sql_change(const struct sql *sql, const char *text, const struct sql_value *values,
	       size_t n, struct error *err)
	__attribute__((nonnull(1, 2, 5), warn_unused_result));

/*
 * Begin a query.  @ret: a statement for sql_next(), ended by sqlite3_finalize().
 * Returns 0 or a negative error.
 */
int sql_query(const struct sql *sql, const char *text, const struct sql_value *values,
	      size_t n, sqlite3_stmt **ret, struct error *err)
	__attribute__((nonnull(1, 2, 5, 6), warn_unused_result));

/* The next row.  Returns 1; 0 when there are no more; or a negative error. */
int sql_next(const struct sql *sql, sqlite3_stmt *stmt, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* The one number that @text selects.  Returns 0 or a negative error. */
int sql_number(const struct sql *sql, const char *text, int64_t *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* A column: a number, -1 for NULL; a text copied, cut to @size, "" for NULL. */
int64_t sql_column_int(sqlite3_stmt *stmt, int column);
void sql_column_text(sqlite3_stmt *stmt, int column, char *buf, size_t size);

/*
 * BEGIN IMMEDIATE; waits for another writer as long as busy_timeout says.  In a batch a
 * step of its transaction.
 */
int sql_begin(const struct sql *sql, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * End the transaction: COMMIT if @r is 0, else ROLLBACK.
 * Returns @r, or the error of a COMMIT that failed (and was rolled back).
 */
int sql_end(const struct sql *sql, int r, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* For cleanup attributes. */
void sql_finalizep(sqlite3_stmt **stmt);

#endif
