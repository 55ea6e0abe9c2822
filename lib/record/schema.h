/* SPDX-License-Identifier: MIT */
#ifndef LIB_RECORD_SCHEMA_H
#define LIB_RECORD_SCHEMA_H

/*
 * The form of the database and its versions.  Version N is what the first N
 * migrations make of an empty file; user_version keeps it.  A migration that was
 * released is never changed.  Internal to lib/record.
 */

#include <stddef.h>

struct error;
struct sql;

/* "nfsf": tells our files from other people's databases. */
#define SCHEMA_APPLICATION_ID 0x6e667366

struct schema_migration {
	const char *sql;
};

struct schema {
	const struct schema_migration *migrations;
	size_t n;
};

/* The one that this program knows. */
struct schema schema_current(void);

/*
 * Bring the database to the version of @schema, in one transaction; an empty one too.
 * Returns 0 or a negative error: ERROR_IO if it is newer, or not ours; then nothing
 * was changed.
 */
int schema_migrate(const struct sql *sql, struct schema schema, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * For those who may not change it: is it of exactly this version?
 * Returns 0 or -ERROR_IO with what to do.
 */
int schema_require(const struct sql *sql, struct schema schema, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * Give @sql's connection the function seal(…), a checksum of its arguments, that
 * the statements of run.c, query.c and the check use.
 */
int schema_add_seal(const struct sql *sql, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* The columns of a run that its checksum covers: all that "good" hangs on. */
#define SCHEMA_SEAL                                                                      \
	"seal(id, kind, level, label, destination, outcome, exit_code, started_ms, "     \
	"ended_ms, bytes)"

/*
 * Look at everything: the structure of the file, its references, and the checksum
 * of each run.  Returns 0 or -ERROR_IO.
 */
int schema_check(const struct sql *sql, struct error *err)
	__attribute__((nonnull, warn_unused_result));

#endif
