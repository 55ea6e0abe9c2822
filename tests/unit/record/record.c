/* SPDX-License-Identifier: MIT */
/*
 * The file: made whole or not at all, readable by whom it should be, and whatever is
 * done to it (SIGKILL, a full disk, damage), one clear error or the truth.
 */
#include "lib/record/record.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "directory.h"
#include "lib/record/handle.h"
#include "lib/record/schema.h"
#include "tests/unit/hanging.h"

static mode_t mode_of(const struct directory *d, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	cr_assert_eq(lstat(directory_at(d, name, path), &st), 0, "%s", name);
	return st.st_mode & 07777;
}

Test(record, is_made_with_its_directory)
{
	DIRECTORY(d);
	char state_dir[PATH_MAX];
	struct error err;

	(void)umask(0077);
	(void)directory_at(&d, "state", state_dir);
	cr_assert_eq(try_open(state_dir, RECORD_READ, &err), RECORD_NONE);
	cr_assert_eq(try_open(state_dir, RECORD_WRITE, &err), RECORD_OPENED, "%s",
		     err.msg);
	cr_assert_eq(mode_of(&d, "state"), 0750);
	cr_assert_eq(mode_of(&d, "state/record.db"), 0640);
	cr_assert_eq(mode_of(&d, "state/record.db-wal"), 0640);
	cr_assert_eq(try_open(state_dir, RECORD_READ, &err), RECORD_OPENED);
	cr_assert_eq(try_open(state_dir, RECORD_WRITE, &err), RECORD_OPENED);
}

Test(record, of_an_empty_directory_is_none)
{
	DIRECTORY(d);
	struct error err;

	cr_assert_eq(try_open(d.path, RECORD_READ, &err), RECORD_NONE);
	cr_assert_neq(access(d.path, F_OK), -1);
}

Test(record, needs_a_parent)
{
	DIRECTORY(d);
	char state_dir[PATH_MAX];
	struct error err;

	(void)directory_at(&d, "none/state", state_dir);
	cr_assert_eq(try_open(state_dir, RECORD_WRITE, &err), -ERROR_CREATE);
	cr_assert_contains(err.msg, state_dir);
	cr_assert_eq(try_open(state_dir, RECORD_READ, &err), RECORD_NONE);
	cr_assert_eq(try_open("state", RECORD_WRITE, &err), -ERROR_CONFIG);
}

Test(record, refuses_a_directory_that_everybody_may_change)
{
	DIRECTORY(d);
	struct error err;

	cr_assert_eq(chmod(d.path, 01777), 0);
	cr_assert_eq(try_open(d.path, RECORD_WRITE, &err), -ERROR_CONFIG);
	cr_assert_contains(err.msg, "everybody may write there");
}

/* Nothing of it is touched: whoever does waits until he is killed. */
Test(record, refuses_what_hangs, .timeout = 20)
{
	DIRECTORY(d);
	char mnt[PATH_MAX], state_dir[PATH_MAX];
	struct error err;

	cr_assert_eq(mkdir(directory_at(&d, "mnt", mnt), 0755), 0);
	if (!hanging_mount(mnt))
		cr_skip_test("needs root and FUSE");
	(void)directory_at(&d, "mnt/state", state_dir);
	for (int mode = RECORD_READ; mode <= RECORD_WRITE; mode++) {
		cr_expect_eq(try_open(state_dir, (enum record_mode)mode, &err),
			     -ERROR_CONFIG);
		cr_expect(strstr(err.msg, "(fuse), which may hang"), "%s", err.msg);
	}
	cr_assert_eq(umount2(mnt, MNT_DETACH), 0);
}

Test(record, is_as_durable_as_it_says)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	sqlite3_stmt *stmt = NULL;
	char mode[8];
	struct error err;

	cr_assert_eq(pragma(record, "PRAGMA synchronous"), 2);
	cr_assert_eq(pragma(record, "PRAGMA foreign_keys"), 1);
	cr_assert_eq(pragma(record, "PRAGMA busy_timeout"), RECORD_BUSY_TIMEOUT_MS);
	must(sql_query(&record->sql, "PRAGMA journal_mode", NULL, 0, &stmt, &why));
	cr_assert_eq(sql_next(&record->sql, stmt, &err), 1);
	sql_column_text(stmt, 0, mode, sizeof(mode));
	cr_assert_str_eq(mode, "wal");
	sql_finalizep(&stmt);
}

Test(record, readers_see_writers_and_change_nothing)
{
	DIRECTORY(d);
	RECORD(writer, d, RECORD_WRITE);
	RECORD(reader, d, RECORD_READ);
	int64_t id = add_backup(writer, LEVEL_FULL, "nas1", RECORD_GOOD, 1000);
	struct record_verdict verdict = { .destination = "nas1", .verdict = "ok" };
	struct record_verdict_row row;
	struct record_filter all = { 0 };
	struct record_run run;
	struct error err;

	cr_assert_eq(record_last_run(reader, &all, &run, &err), 1);
	cr_assert_eq(run.id, id);
	/* Not even while somebody writes do they wait. */
	must(sql_begin(&writer->sql, &why));
	cr_assert_eq(record_last_run(reader, &all, &run, &err), 1);
	must(sql_end(&writer->sql, 0, &why));
	cr_assert_lt(record_verdict(reader, 0, &verdict, &err), 0);
	cr_assert_eq(record_last_verdict(reader, "nas1", &row, &err), 0);
}

/* As somebody else, in a child: what @check returns is its exit status. */
static int as_user(uid_t uid, gid_t gid, int (*check)(const char *), const char *path)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (setgroups(0, NULL) < 0 || setgid(gid) < 0 || setuid(uid) < 0)
			_exit(99);
		_exit(check(path));
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

static int cannot_read(const char *path)
{
	struct error err;
	int r = try_open(path, RECORD_READ, &err);

	return r == -ERROR_PERMISSION && strstr(err.msg, path) &&
			       strstr(err.msg, "Permission denied")
		       ? 0
		       : 1;
}

static int cannot_write(const char *path)
{
	struct error err;

	return try_open(path, RECORD_WRITE, &err) == -ERROR_PERMISSION ? 0 : 1;
}

/* Root made it, the group may read it (whoever runs status), others may not. */
Test(record, is_read_by_its_group)
{
	DIRECTORY(d);
	const char *names[] = { "", "record.db", "record.db-wal", "record.db-shm" };

	if (getuid() != 0)
		cr_skip_test("needs root to become somebody else");
	{
		RECORD(record, d, RECORD_WRITE);
		(void)add_backup(record, LEVEL_FULL, "nas1", RECORD_GOOD, 1000);
	}
	cr_assert_eq(chmod(d.path, 0750), 0);
	cr_assert_eq(as_user(12345, 12345, cannot_read, d.path), 0);
	cr_assert_eq(as_user(12345, 12345, cannot_write, d.path), 0);
	/* Nor who can see that it is there. */
	cr_assert_eq(chmod(d.path, 0755), 0);
	cr_assert_eq(as_user(12345, 12345, cannot_read, d.path), 0);
	cr_assert_eq(as_user(12345, 12345, cannot_write, d.path), 0);
	cr_assert_eq(chmod(d.path, 0750), 0);
	for (size_t i = 0; i < 4; i++) {
		char path[PATH_MAX];

		cr_assert_eq(chown(directory_at(&d, names[i], path), 0, 12345), 0);
	}
	cr_assert_eq(as_user(12345, 12345, can_read_all, d.path), 0);
	cr_assert_eq(as_user(12345, 12345, cannot_write, d.path), 0);
	{
		/* And while a run goes on. */
		RECORD(record, d, RECORD_WRITE);
		(void)add_backup(record, LEVEL_FULL, "nas1", RECORD_GOOD, 2000);
		cr_assert_eq(as_user(12345, 12345, can_read_all, d.path), 0);
	}
}

/* What @change does to the file; then both ways to open it fail, saying @part. */
static void expect_damage(void (*change)(const char *path), const char *part)
{
	DIRECTORY(d);
	char path[PATH_MAX];
	struct error err;

	{
		RECORD(record, d, RECORD_WRITE);
		for (int i = 0; i < 200; i++)
			(void)add_backup(record, LEVEL_FULL, "nas1", RECORD_GOOD,
					 i * 100000);
	}
	change(directory_at(&d, RECORD_FILE, path));
	cr_expect_eq(try_open(d.path, RECORD_WRITE, &err), -ERROR_IO, "%s", err.msg);
	cr_expect(strstr(err.msg, path), "%s", err.msg);
	cr_expect(strstr(err.msg, "the record is damaged"), "%s", err.msg);
	cr_expect(strstr(err.msg, part), "%s", err.msg);
	cr_expect(strstr(err.msg, "move record.db* away and run 'nfsafe init'"), "%s",
		  err.msg);
}

static void overwrite_middle(const char *path)
{
	static const char junk[3000] = "junk";
	int fd = open(path, O_WRONLY);
	struct stat st;

	cr_assert_eq(fstat(fd, &st), 0);
	cr_assert_eq(pwrite(fd, junk, sizeof(junk), st.st_size / 2), sizeof(junk));
	(void)close(fd);
}

static void overwrite_schema(const char *path)
{
	int fd = open(path, O_WRONLY);

	cr_assert_eq(pwrite(fd, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, 100), 8);
	(void)close(fd);
}

static void cut_half(const char *path)
{
	struct stat st;

	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(truncate(path, st.st_size / 2), 0);
}

static void cut_all(const char *path)
{
	cr_assert_eq(truncate(path, 0), 0);
}

static void make_text(const char *path)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	for (int i = 0; i < 1000; i++)
		cr_assert_eq(write(fd, "this is not a database\n", 23), 23);
	(void)close(fd);
}

static void make_directory(const char *path)
{
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(mkdir(path, 0755), 0);
}

static void make_link(const char *path)
{
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(symlink("/etc/passwd", path), 0);
}

static void make_fifo(const char *path)
{
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(mkfifo(path, 0644), 0);
}

static void change_tables(const char *path)
{
	sqlite3 *db;

	cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, "ALTER TABLE run RENAME COLUMN reason TO season",
				  NULL, NULL, NULL),
		     SQLITE_OK);
	(void)sqlite3_close(db);
}

Test(record, that_is_damaged_is_said_so, .timeout = 60)
{
	expect_damage(overwrite_middle, "");
	expect_damage(overwrite_schema, "malformed");
	expect_damage(cut_half, "malformed");
	expect_damage(cut_all, "the file is empty");
	expect_damage(make_text, "not a database");
	expect_damage(make_directory, "not a regular file");
	expect_damage(make_link, "not a regular file");
	expect_damage(make_fifo, "not a regular file");
}

Test(record, with_other_columns_is_no_use)
{
	DIRECTORY(d);
	char path[PATH_MAX];
	struct record_filter all = { 0 };
	struct record_run run;
	struct error err;

	record_close(open_record(&d, RECORD_WRITE));
	change_tables(directory_at(&d, RECORD_FILE, path));
	RECORD(record, d, RECORD_READ);
	cr_assert_eq(record_last_run(record, &all, &run, &err), -ERROR_IO);
	cr_assert_contains(err.msg, "the record is damaged, no such column: reason");
}

Test(record, of_a_newer_program_is_left_alone)
{
	DIRECTORY(d);
	struct error err;

	{
		RECORD(record, d, RECORD_WRITE);
		must(sql_exec(&record->sql, "PRAGMA user_version = 99", &why));
	}
	cr_assert_eq(try_open(d.path, RECORD_READ, &err), -ERROR_IO);
	cr_assert_contains(err.msg,
			   "written by a newer nfsafe (version 99 of the record");
	cr_assert_eq(try_open(d.path, RECORD_WRITE, &err), -ERROR_IO);
	cr_assert_contains(err.msg,
			   "written by a newer nfsafe (version 99 of the record");
}

/* Somebody moved the one file away: what its log held must not get into the new one. */
Test(record, that_is_new_takes_nothing_from_an_old_log)
{
	DIRECTORY(d);
	char path[PATH_MAX];
	pid_t pid = fork();

	if (pid == 0) {
		struct record *record = open_record(&d, RECORD_WRITE);

		for (int i = 0; i < 10; i++)
			(void)add_backup(record, LEVEL_FULL, "nas1", RECORD_GOOD,
					 i * 100000);
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_assert_eq(unlink(directory_at(&d, RECORD_FILE, path)), 0);
	RECORD(record, d, RECORD_WRITE);
	cr_assert_eq(pragma(record, "SELECT count(*) FROM run"), 0);
}

struct file {
	unsigned char *bytes;
	size_t size;
};

static struct file read_file(const char *path)
{
	struct file file;
	struct stat st;
	int fd = open(path, O_RDONLY);

	cr_assert_eq(fstat(fd, &st), 0);
	file.size = (size_t)st.st_size;
	file.bytes = malloc(file.size);
	cr_assert_eq(read(fd, file.bytes, file.size), st.st_size);
	(void)close(fd);
	return file;
}

static void write_file(const char *path, const struct file *file)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);

	cr_assert_eq(write(fd, file->bytes, file->size), (ssize_t)file->size);
	(void)close(fd);
}

/* The good ones that @record admits to; -1: it knows that it is damaged. */
static int count_wrong_goods(const struct directory *d, enum record_mode mode)
{
	struct record_filter good = { .outcomes = 1U << RECORD_GOOD };
	struct record *record = NULL;
	struct record_run *runs;
	struct error err;
	int wrong = 0;
	size_t n;
	int r = record_open(d->path, mode, &record, &err);

	if (r == RECORD_OPENED)
		r = record_last_runs(record, &good, 100, &runs, &n, &err);
	if (r < 0) {
		cr_assert(strstr(err.msg, d->path), "%s", err.msg);
		record_close(record);
		return -1;
	}
	/* Good ones have even minutes, and go to nas1: see the test. */
	for (size_t i = 0; i < n; i++)
		wrong += runs[i].started_ms / 60000 % 2 != 0 ||
			 strcmp(runs[i].destination, "nas1") != 0 ||
			 runs[i].level != LEVEL_FULL;
	free(runs);
	record_close(record);
	return wrong;
}

/*
 * One byte of the file changed, at many places: never a good one that was none.
 * Seen red without the seal: 25 of 9399 changes gave a wrong one.
 */
Test(record, with_a_changed_byte_has_no_wrong_good, .timeout = 120)
{
	DIRECTORY(d);
	char path[PATH_MAX], wal[PATH_MAX], shm[PATH_MAX];
	int noticed = 0, tried = 0;
	struct file file;

	{
		RECORD(record, d, RECORD_WRITE);
		for (int i = 0; i < 40; i++)
			(void)add_backup(record, i % 2 ? LEVEL_INCREMENTAL : LEVEL_FULL,
					 i % 2 ? "nas2" : "nas1",
					 i % 2 ? RECORD_FAILED : RECORD_GOOD, i * 60000);
	}
	file = read_file(directory_at(&d, RECORD_FILE, path));
	(void)directory_at(&d, RECORD_FILE "-wal", wal);
	(void)directory_at(&d, RECORD_FILE "-shm", shm);
	for (size_t at = 0; at < file.size; at += 17) {
		for (unsigned int bit = 1; bit <= 0x80; bit <<= 3) {
			enum record_mode mode = tried % 2 ? RECORD_READ : RECORD_WRITE;
			int wrong;

			file.bytes[at] ^= (unsigned char)bit;
			write_file(path, &file);
			(void)unlink(wal);
			(void)unlink(shm);
			wrong = count_wrong_goods(&d, mode);
			cr_assert_leq(wrong, 0, "byte %zu, bit %u: %d wrong", at, bit,
				      wrong);
			noticed += wrong < 0;
			tried++;
			file.bytes[at] ^= (unsigned char)bit;
		}
	}
	cr_assert_gt(noticed, tried / 20, "%d of %d", noticed, tried);
	free(file.bytes);
}
