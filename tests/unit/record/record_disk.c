/* SPDX-License-Identifier: MIT */
/* The file on a disk that is full, or that cannot be written to; and a long one. */
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

/*
 * The disk is full from some write on, here by a limit on the size of a file: each
 * call either works or says so, and what had worked is there afterwards.
 */
static int64_t work_until_full(const struct directory *d, rlim_t limit, bool *ret_failed)
{
	struct record *record = open_record(d, RECORD_WRITE);
	struct rlimit old, now;
	int64_t id, acknowledged = 0;
	struct error err;
	int r = 0;

	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	now = (struct rlimit){ limit, old.rlim_max };
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &now), 0);
	for (int i = 0; i < 60 && r == 0; i++) {
		struct record_begin begin = { RECORD_KIND_RUN, "cron", 1000 };
		struct record_end end = { .outcome = RECORD_GOOD, .ended_ms = 2000 };

		r = record_run_begin(record, &begin, &id, &err);
		if (r == 0)
			r = record_phase_change(record, id, NULL, "probe", 1000, &err);
		if (r == 0)
			r = record_run_end(record, id, &end, &err);
		if (r == 0)
			acknowledged = id;
	}
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	record_close(record);
	*ret_failed = r < 0;
	if (r < 0) {
		cr_assert_eq(r, -ERROR_IO, "%s", err.msg);
		cr_assert_contains(err.msg, d->path);
		cr_assert_contains(err.msg, "make room there; what it held is intact");
	}
	return acknowledged;
}

Test(record, of_a_full_disk_keeps_what_it_had, .timeout = 60)
{
	int failures = 0;

	/* Else the limit would be a signal. */
	(void)signal(SIGXFSZ, SIG_IGN);
	for (rlim_t limit = 33 << 10; limit < 600 << 10; limit += 7001) {
		DIRECTORY(d);
		bool failed;
		int64_t acknowledged = work_until_full(&d, limit, &failed);
		RECORD(record, d, RECORD_WRITE);
		char text[96];

		failures += failed;
		cr_assert_eq(
			pragma(record, "SELECT count(*) FROM run WHERE outcome = 'good'"),
			acknowledged);
		(void)snprintf(text, sizeof(text),
			       "SELECT count(*) FROM run WHERE id > %lld",
			       (long long)acknowledged);
		cr_assert_leq(pragma(record, text), 1);
		(void)add_backup(record, LEVEL_FULL, "nas1", RECORD_GOOD, 5000);
	}
	cr_assert_gt(failures, 20, "%d", failures);
}

/* A real one: a file system of one megabyte, filled. */
Test(record, of_a_full_file_system_says_so, .timeout = 60)
{
	static char junk[64 << 10];
	DIRECTORY(d);
	char path[PATH_MAX];
	struct error err;
	int64_t id;
	int fd;

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("nfsafe-test", d.path, "tmpfs", 0, "size=1m,mode=0750") < 0)
		cr_skip_test("needs root, to mount a tmpfs");
	{
		RECORD(record, d, RECORD_WRITE);
		int64_t first = add_backup(record, LEVEL_FULL, "nas1", RECORD_GOOD, 1000);
		struct record_begin begin = { RECORD_KIND_RUN, "cron", 1000 };
		int r = 0;

		fd = creat(directory_at(&d, "junk", path), 0600);
		while (write(fd, junk, sizeof(junk)) > 0)
			;
		(void)close(fd);
		for (int i = 0; i < 100 && r == 0; i++)
			r = record_run_begin(record, &begin, &id, &err);
		cr_assert_eq(r, -ERROR_IO);
		cr_assert_contains(err.msg, "No space left on device: make room there");
		cr_assert_eq(unlink(path), 0);
		cr_assert_gt(begin_run(record, RECORD_KIND_RUN, 3000), first);
	}
	/* One that cannot even be made. */
	{
		char state_dir[PATH_MAX];

		fd = creat(directory_at(&d, "junk", path), 0600);
		while (write(fd, junk, sizeof(junk)) > 0)
			;
		(void)close(fd);
		cr_assert_eq(mkdir(directory_at(&d, "state", state_dir), 0750), 0);
		cr_assert_eq(try_open(state_dir, RECORD_WRITE, &err), -ERROR_IO);
		cr_assert_contains(err.msg, "No space left on device");
		cr_assert_eq(try_open(state_dir, RECORD_READ, &err), RECORD_NONE);
	}
	cr_assert_eq(umount2(d.path, MNT_DETACH), 0);
}

Test(record, is_read_where_nothing_can_be_written, .timeout = 60)
{
	DIRECTORY(d);

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("nfsafe-test", d.path, "tmpfs", 0, "size=4m,mode=0750") < 0)
		cr_skip_test("needs root, to mount a tmpfs");
	{
		RECORD(record, d, RECORD_WRITE);
		(void)add_backup(record, LEVEL_FULL, "nas1", RECORD_GOOD, 1000);
	}
	cr_assert_eq(mount(NULL, d.path, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	cr_assert_eq(can_read_all(d.path), 0);
	{
		struct error err;

		cr_assert_lt(try_open(d.path, RECORD_WRITE, &err), 0);
		cr_assert_contains(err.msg, "Read-only file system");
	}
	cr_assert_eq(umount2(d.path, MNT_DETACH), 0);
}

static double seconds(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Ten years of nights, as SQL: ten phases, a verdict, a kilobyte of output each. */
static void fill_ten_years(struct record *record)
{
	must(sql_exec(
		&record->sql,
		"BEGIN;"
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
		" WHERE i < 3650)"
		"INSERT INTO run (kind, level, label, destination, requested_by, outcome,"
		" exit_code, started_ms, ended_ms, bytes, worst_stall_ms, reason, pid,"
		" pid_started, boot_id) SELECT 'run', 'incremental', 'incr-' || i, "
		"'nas1',"
		" 'cron', 'good', 0, i * 86400000, i * 86400000 + 3600000, 123456789, 12,"
		" 'incremental: the last good session began some time ago', 1, 2,"
		" '00000000-0000-0000-0000-000000000000' FROM n;"
		"UPDATE run SET seal = " SCHEMA_SEAL ";"
		"WITH RECURSIVE p (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM p "
		" WHERE i < 10)"
		"INSERT INTO phase SELECT run.id, p.i, 'backup', 'ok', started_ms, 1000,"
		" 'went as it should' FROM run, p;"
		"INSERT INTO verdict (run, destination, source, verdict, elapsed_ms,"
		" total_bytes, free_bytes, at_ms) SELECT id, 'nas1', 'nas1:/export', "
		"'ok',"
		" 20, 1, 1, started_ms FROM run;"
		"INSERT INTO output SELECT id, zeroblob(65536) FROM run WHERE id > 3450;"
		"COMMIT",
		&why));
}

Test(record, of_ten_years_opens_fast, .timeout = 60)
{
	struct record_filter never = { .levels = 1U << LEVEL_FULL };
	double start, opened, searched;
	DIRECTORY(d);

	{
		RECORD(record, d, RECORD_WRITE);
		fill_ten_years(record);
	}
	start = seconds();
	RECORD(record, d, RECORD_WRITE);
	opened = seconds();
	{
		struct record_run run;
		struct error err;

		cr_assert_eq(record_last_run(record, &never, &run, &err), 0);
	}
	searched = seconds();
	cr_log_info("opened in %.1f ms, searched in %.1f ms", (opened - start) * 1e3,
		    (searched - opened) * 1e3);
	/* Ten times what it takes: for slow machines, and sanitizers. */
	cr_assert_lt(opened - start, 2.0);
	cr_assert_lt(searched - opened, 0.5);
}
