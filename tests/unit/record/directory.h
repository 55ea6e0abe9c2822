/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_RECORD_DIRECTORY_H
#define TESTS_UNIT_RECORD_DIRECTORY_H

/*
 * A directory for one test, gone when it ends, and a record in it.
 *
 * On /dev/shm: what SIGKILL and damage do does not depend on the disk, and a test
 * that commits a thousand times need not wait for it.
 */

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/record/handle.h"
#include "lib/record/query.h"
#include "lib/record/record.h"

/*
 * Also for forked children, in which nothing of Criterion may be used: even an
 * assertion that holds sends a message to the runner, over a socket whose threads did
 * not survive the fork, and now and then waits there for ever.
 */
#define require(condition, ...)                                                          \
	do {                                                                             \
		if (!(condition)) {                                                      \
			(void)fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);            \
			(void)fprintf(stderr, __VA_ARGS__);                              \
			(void)fputc('\n', stderr);                                       \
			abort();                                                         \
		}                                                                        \
	} while (0)

/* @call, which takes &why last, returns 0. */
#define must(call)                                                                       \
	do {                                                                             \
		struct error why;                                                        \
		int must_r = (call);                                                     \
		require(must_r == 0, "%s: %d: %s", #call, must_r, why.msg);              \
	} while (0)

struct directory {
	char path[64];
};

static inline struct directory directory_make(void)
{
	struct directory d = { "/dev/shm/nfsafe-record-XXXXXX" };

	if (access("/dev/shm", W_OK) != 0)
		(void)snprintf(d.path, sizeof(d.path), "/tmp/nfsafe-record-XXXXXX");
	require(mkdtemp(d.path), "%s", d.path);
	return d;
}

static inline void directory_remove(const struct directory *d)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf -- '%s'", d->path);
	require(system(command) == 0, "%s", command);
}

#define DIRECTORY(name)                                                                  \
	__attribute__((cleanup(directory_remove))) struct directory name =               \
		directory_make()

/* The path of @name in @d. */
static inline const char *directory_at(const struct directory *d, const char *name,
				       char buf[PATH_MAX])
{
	(void)snprintf(buf, PATH_MAX, "%s/%s", d->path, name);
	return buf;
}

static inline struct record *open_record(const struct directory *d, enum record_mode mode)
{
	struct record *record = NULL;
	struct error err;
	int r = record_open(d->path, mode, &record, &err);

	require(r == RECORD_OPENED, "record_open: %d %s", r, r < 0 ? err.msg : "");
	return record;
}

#define RECORD(name, directory, mode)                                                    \
	__attribute__((cleanup(record_closep))) struct record *name =                    \
		open_record(&(directory), mode)

#define cr_assert_contains(text, part)                                                   \
	cr_assert(strstr((text), (part)), "'%s' does not say '%s'", (text), (part))

static inline int64_t begin_run(struct record *record, enum record_kind kind,
				int64_t at_ms)
{
	struct record_begin begin = { .kind = kind,
				      .requested_by = "cron",
				      .started_ms = at_ms };
	int64_t run = 0;

	must(record_run_begin(record, &begin, &run, &why));
	return run;
}

static inline void end_run(struct record *record, int64_t run,
			   enum record_outcome outcome, int64_t at_ms)
{
	struct record_end end = { .outcome = outcome,
				  .exit_code = outcome == RECORD_GOOD ? 0 : 2,
				  .ended_ms = at_ms,
				  .reason = "as the test wanted",
				  .bytes = 1000,
				  .worst_stall_ms = 3 };

	must(record_run_end(record, run, &end, &why));
}

/* A backup from beginning to end, a minute long. */
static inline int64_t add_backup(struct record *record, enum level level,
				 const char *destination, enum record_outcome outcome,
				 int64_t at_ms)
{
	struct record_choice choice = { .level = level, .destination = destination };
	int64_t run = begin_run(record, RECORD_KIND_RUN, at_ms);
	char label[LABEL_SIZE];

	label_format(level, at_ms, label);
	choice.label = label;
	must(record_run_choose(record, run, &choice, &why));
	end_run(record, run, outcome, at_ms + 60000);
	return run;
}

static inline int try_open(const char *state_dir, enum record_mode mode,
			   struct error *err)
{
	struct record *record = NULL;
	int r;

	*err = (struct error){ .msg = "" };
	r = record_open(state_dir, mode, &record, err);
	require((r == RECORD_OPENED) == (record != NULL), "%d", r);
	record_close(record);
	return r;
}

static inline int64_t pragma(struct record *record, const char *text)
{
	int64_t n = -1;

	must(sql_number(&record->sql, text, &n, &why));
	return n;
}

static inline int can_read_all(const char *path)
{
	struct record_filter all = { 0 };
	struct record_run run;
	struct record *record;
	struct error err;

	if (record_open(path, RECORD_READ, &record, &err) != RECORD_OPENED)
		return 1;
	if (record_last_run(record, &all, &run, &err) != 1)
		return 2;
	record_close(record);
	return run.outcome == RECORD_GOOD ? 0 : 3;
}

#endif
