/* SPDX-License-Identifier: MIT */
#include "lib/record/record.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/place.h"
#include "lib/record/handle.h"
#include "lib/record/schema.h"

/* Written under this name first.  One creator at a time: it holds the directory. */
#define NEW_FILE RECORD_FILE ".new"

void record_close(struct record *record)
{
	if (!record)
		return;
	(void)sqlite3_close_v2(record->sql.db);
	free(record);
}

void record_closep(struct record **record)
{
	record_close(*record);
	*record = NULL;
}

int record_batch_begin(struct record *record, struct error *err)
{
	int r;

	assert(!record->sql.batch);
	r = sql_begin(&record->sql, err);
	record->sql.batch = r == 0;
	return r;
}

int record_batch_end(struct record *record, int r, struct error *err)
{
	assert(record->sql.batch);
	record->sql.batch = false;
	return sql_end(&record->sql, r, err);
}

const char *record_path(const struct record *record)
{
	return record->sql.path;
}

static int fail_errno(const char *path, enum error_kind kind, struct error *err)
{
	if (errno == EACCES || errno == EPERM)
		return error_set(err, ERROR_PERMISSION, errno,
				 "%s: %s: only root and its group may read the record, "
				 "only root write it",
				 path, strerror(errno));
	return error_errno(err, kind, "%s", path);
}

/*
 * Open the directory, made if there is none and @create says so.
 * Returns 0 and @ret_fd, RECORD_NONE, or a negative error.
 */
static int open_directory(const char *path, bool create, int *ret_fd, struct error *err)
{
	cleanup_fd int fd = -1;
	struct stat st;

	if (create && mkdir(path, 0750) == 0) {
		/* umask must not decide who may read it. */
		if (chmod(path, 0750) < 0)
			return fail_errno(path, ERROR_CREATE, err);
	} else if (create && errno != EEXIST) {
		return fail_errno(path, ERROR_CREATE, err);
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return !create && errno == ENOENT ? RECORD_NONE
						  : fail_errno(path, ERROR_IO, err);
	if (fstat(fd, &st) < 0)
		return fail_errno(path, ERROR_IO, err);
	if (st.st_mode & S_IWOTH)
		return error_set(err, ERROR_CONFIG, 0,
				 "state_dir %s: everybody may write there: make it mode "
				 "0750",
				 path);
	*ret_fd = fd;
	fd = -1;
	return 0;
}

/*
 * Is there a file that may be a record?  Looks only: the lock of SQLite is gone as
 * soon as the process closes any descriptor of the file.
 * Returns 0, RECORD_NONE, or a negative error.
 */
static int look_at_file(int dir_fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstatat(dir_fd, RECORD_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? RECORD_NONE : fail_errno(path, ERROR_IO, err);
	if (!S_ISREG(st.st_mode))
		return sql_damaged(path, err, "it is not a regular file");
	/* Never made so: see create(). */
	if (st.st_size == 0)
		return sql_damaged(path, err, "the file is empty");
	return 0;
}

static int connect_to(const char *path, int flags, struct record **ret, struct error *err)
{
	CLEANUP(record_closep) struct record *record = calloc(1, sizeof(*record));
	int rc;

	if (!record)
		return error_oom(err);
	if ((size_t)snprintf(record->sql.path, sizeof(record->sql.path), "%s", path) >=
	    sizeof(record->sql.path))
		return error_set(err, ERROR_CONFIG, ENAMETOOLONG,
				 "state_dir %s: the path is too long", path);
	rc = sqlite3_open_v2(path, &record->sql.db,
			     flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE,
			     NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(record->sql.db, RECORD_BUSY_TIMEOUT_MS);
	if (rc == SQLITE_OK)
		rc = sqlite3_extended_result_codes(record->sql.db, 1);
	if (rc != SQLITE_OK)
		return sql_fail(&record->sql, rc, err);
	*ret = record;
	record = NULL;
	return schema_add_seal(&(*ret)->sql, err);
}

/* An empty database of the current version at @path, on the disk. */
static int make_database(const char *path, struct error *err)
{
	CLEANUP(record_closep) struct record *record = NULL;
	cleanup_fd int fd = -1;
	int r;

	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return fail_errno(path, ERROR_CREATE, err);
	if (fchmod(fd, 0640) < 0)
		return fail_errno(path, ERROR_CREATE, err);
	fd_close(&fd);
	r = connect_to(path, SQLITE_OPEN_READWRITE, &record, err);
	if (r == 0)
		r = schema_migrate(&record->sql, schema_current(), err);
	/*
	 * WAL from the start: many at once cannot change to it, for SQLite does not wait
	 * for the others then.  Last, so that closing has nothing left to write.
	 */
	if (r == 0)
		r = sql_exec(&record->sql, "PRAGMA journal_mode = WAL", err);
	return r;
}

/*
 * Make the record: under another name, then renamed, so that there is none or a
 * whole one, whatever happens meanwhile.  A log of changes that an earlier record
 * left (somebody moved just the one file away) must go first: it would be applied
 * to the new one.
 */
static int create(int dir_fd, const char *path, struct error *err)
{
	static const char *const stale[] = {
		NEW_FILE,
		NEW_FILE "-journal",
		NEW_FILE "-wal",
		NEW_FILE "-shm",
		RECORD_FILE "-wal",
		RECORD_FILE "-shm",
		RECORD_FILE "-journal",
	};
	char new_path[PATH_MAX];
	int r;

	if ((size_t)snprintf(new_path, sizeof(new_path), "%s.new", path) >=
	    sizeof(new_path))
		return error_set(err, ERROR_CONFIG, ENAMETOOLONG,
				 "state_dir %s: the path is too long", path);
	for (size_t i = 0; i < sizeof(stale) / sizeof(stale[0]); i++) {
		if (unlinkat(dir_fd, stale[i], 0) < 0 && errno != ENOENT)
			return fail_errno(path, ERROR_CREATE, err);
	}
	r = make_database(new_path, err);
	if (r < 0) {
		/* What else it left is cleared by whoever tries next. */
		(void)unlinkat(dir_fd, NEW_FILE, 0);
		return r;
	}
	if (renameat(dir_fd, NEW_FILE, dir_fd, RECORD_FILE) < 0 || fsync(dir_fd) < 0)
		return fail_errno(path, ERROR_CREATE, err);
	return 0;
}

/* Have the directory to ourselves; whoever has it needs milliseconds. */
static int lock_directory(int dir_fd, const char *path, struct error *err)
{
	struct deadline d = deadline_after(RECORD_BUSY_TIMEOUT_MS);

	while (flock(dir_fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return fail_errno(path, ERROR_SYSTEM, err);
		if (deadline_expired(d))
			return error_set(err, ERROR_BUSY, 0,
					 "%s: another process is making it", path);
		(void)usleep(10000);
	}
	return 0;
}

/* Returns 0 once there is a file, or a negative error. */
static int ensure_file(int dir_fd, const char *path, struct error *err)
{
	int r = look_at_file(dir_fd, path, err);

	if (r != RECORD_NONE)
		return r;
	r = lock_directory(dir_fd, path, err);
	if (r == 0)
		r = look_at_file(dir_fd, path, err);
	if (r == RECORD_NONE)
		r = create(dir_fd, path, err);
	(void)flock(dir_fd, LOCK_UN);
	return r;
}

/*
 * The log and its index stay in place when the last process closes the record:
 * whoever may only read could not make them.
 */
static int keep_log(const struct sql *sql, struct error *err)
{
	int on = 1;
	int rc = sqlite3_file_control(sql->db, NULL, SQLITE_FCNTL_PERSIST_WAL, &on);

	return rc == SQLITE_OK ? 0 : sql_fail(sql, rc, err);
}

/* SQLite opens what it may not write for reading, and says so at the first change. */
static int require_writable(const struct sql *sql, struct error *err)
{
	if (!sqlite3_db_readonly(sql->db, "main"))
		return 0;
	if (access(sql->path, W_OK) == 0)
		errno = EROFS;
	return fail_errno(sql->path, ERROR_IO, err);
}

static int prepare_write(const struct sql *sql, struct error *err)
{
	int r = require_writable(sql, err);

	if (r == 0)
		r = schema_migrate(sql, schema_current(), err);

	if (r == 0)
		r = sql_exec(sql,
			     "PRAGMA journal_mode = WAL;"
			     "PRAGMA synchronous = FULL;"
			     "PRAGMA foreign_keys = ON;"
			     "PRAGMA temp_store = MEMORY;"
			     "PRAGMA journal_size_limit = 1048576;",
			     err);
	if (r == 0)
		r = keep_log(sql, err);
	return r == 0 ? schema_check(sql, err) : r;
}

static int open_database(const char *path, enum record_mode mode, struct record **ret,
			 struct error *err)
{
	CLEANUP(record_closep) struct record *record = NULL;
	int r;

	r = connect_to(
		path, mode == RECORD_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY,
		&record, err);
	if (r == 0)
		r = sql_exec(&record->sql,
			     "PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF;",
			     err);
	if (r == 0)
		r = mode == RECORD_WRITE
			    ? prepare_write(&record->sql, err)
			    : schema_require(&record->sql, schema_current(), err);
	if (r < 0)
		return r;
	*ret = record;
	record = NULL;
	return RECORD_OPENED;
}

int record_open(const char *state_dir, enum record_mode mode, struct record **ret,
		struct error *err)
{
	cleanup_fd int dir_fd = -1;
	char directory[PATH_MAX];
	char path[PATH_MAX];
	int r;

	if (place_find(state_dir, directory, err) < 0)
		return error_prefix(err, "state_dir");
	if ((size_t)snprintf(path, sizeof(path), "%s/" RECORD_FILE, directory) >=
	    sizeof(path))
		return error_set(err, ERROR_CONFIG, ENAMETOOLONG,
				 "state_dir %s: the path is too long", state_dir);
	r = open_directory(directory, mode == RECORD_WRITE, &dir_fd, err);
	if (r == 0)
		r = mode == RECORD_WRITE ? ensure_file(dir_fd, path, err)
					 : look_at_file(dir_fd, path, err);
	return r == 0 ? open_database(path, mode, ret, err) : r;
}
