/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/backup/keeper_note.h"
#include "lib/backup/note.h"
#include "lib/backup/recovery.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/conf/conf.h"
#include "lib/record/quarantine.h"
#include "lib/record/query.h"
#include "lib/record/record.h"
#include "lib/record/run.h"

#define NOTE_MAX 8192
#define EXIT_CODE_TRIPPED 124

/* As it was found, for one that cannot be read: what can be shown of its beginning. */
static void show(const char *text, size_t len, char *buf, size_t size)
{
	size_t n = len < size - 1 ? len : size - 1;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		buf[i] = c >= 0x20 && c < 0x7f ? text[i] : ' ';
	}
	buf[n] = '\0';
}

/* Of which run it is cannot be told: the last one, which is the likeliest. */
static int take_garbage(struct recovery *rec, const char *text, size_t len,
			struct error *err)
{
	struct record_filter all = { 0 };
	struct record_run last = { 0 };
	char shown[101];
	int r = record_last_run(rec->req->record, &all, &last, err);

	if (r < 0)
		return r;
	show(text, len, shown, sizeof(shown));
	return recovery_note(rec, RECOVER_NOTE, true, last.id, err,
			     "a note of a keeper that cannot be read: '%s'", shown);
}

/* Before record_settle_dead(): it knows better why the run ended, and when. */
static int end_run(struct recovery *rec, const struct note *note,
		   const struct record_run *run, struct error *err)
{
	struct record_end end = {
		.outcome = RECORD_ABORTED,
		.exit_code = note->tripped ? EXIT_CODE_TRIPPED : -1,
		.ended_ms = note->at_ms > run->started_ms ? note->at_ms : run->started_ms,
		.reason = note->text,
		.bytes = -1,
		.worst_stall_ms = note->tripped ? note->stall_ms : -1,
	};

	return record_run_end(rec->req->record, run->id, &end, err);
}

static int begin_quarantine(struct recovery *rec, const struct note *note,
			    struct error *err)
{
	struct record_quarantine q = { .run = note->run, .since_ms = note->at_ms };

	(void)snprintf(q.destination, sizeof(q.destination), "%s", note->destination);
	(void)snprintf(q.reason, sizeof(q.reason), "%s", note->text);
	return record_quarantine_begin(rec->req->record, &q, err);
}

/* The text of an event of the run: it is there already, if we were here before. */
static int is_known(struct recovery *rec, const struct note *note, const char *text,
		    struct error *err)
{
	cleanup_free struct event *events = NULL;
	size_t n;
	int r = event_list(rec->req->record, note->run, &events, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (events[i].kind == EVENT_KEEPER &&
		    strncmp(events[i].text, text, sizeof(events[i].text) - 1) == 0)
			return 1;
	}
	return r;
}

static int take_note(struct recovery *rec, const struct note *note, struct error *err)
{
	struct record_filter filter = { .id = note->run };
	struct record_run run = { 0 };
	char what[NOTE_TEXT_SIZE + 160], text[sizeof(what) + 128];
	int r = record_last_run(rec->req->record, &filter, &run, err);

	if (r < 0)
		return r;
	note_describe(note, what, sizeof(what));
	(void)snprintf(text, sizeof(text), "run %" PRId64 " on %s: %s", note->run,
		       note->destination, what);
	/* Of another record: nothing here is to be changed by it. */
	if (run.id == 0)
		return recovery_note(rec, RECOVER_NOTE, true, 0, err,
				     "a note of a keeper of no run in the record: %s",
				     text);
	if (run.outcome == RECORD_RUNNING)
		r = end_run(rec, note, &run, err);
	if (r >= 0 && note->tripped)
		r = begin_quarantine(rec, note, err);
	if (r >= 0)
		r = is_known(rec, note, text, err);
	if (r != 0)
		return r < 0 ? r : 0;
	return recovery_note(rec, RECOVER_NOTE, true, note->run, err, "%s", text);
}

/* All of it or nothing: else a note that is read again would be told twice. */
static int take(struct recovery *rec, const char *text, size_t len, struct error *err)
{
	struct note note;
	int r = record_batch_begin(rec->req->record, err);

	if (r < 0)
		return r;
	r = note_parse(text, len, &note) ? take_note(rec, &note, err)
					 : take_garbage(rec, text, len, err);
	return record_batch_end(rec->req->record, r, err);
}

/* Once it is in the record, durably. */
static int remove_note(const char *path, const char *dir, struct error *err)
{
	cleanup_fd int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (unlink(path) < 0 && errno != ENOENT)
		return error_errno(err, ERROR_IO, "%s", path);
	if (dir_fd >= 0)
		(void)fsync(dir_fd);
	return 0;
}

int recover_note(struct recovery *rec, struct error *err)
{
	const char *dir = rec->req->conf->nfsafe.state_dir;
	cleanup_free char *text = NULL;
	cleanup_fd int fd = -1;
	char path[PATH_MAX];
	size_t len = 0;
	int r;

	if ((size_t)snprintf(path, sizeof(path), "%s/" KEEPER_NOTE_NAME, dir) >=
	    sizeof(path))
		return 0; /* there cannot be one */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return 0;
	/* One that is too long, a directory, a link: garbage as well. */
	if (fd < 0 || fd_read_all(fd, path, NOTE_MAX, &text, &len, err) < 0)
		r = take(rec, "", 0, err);
	else
		r = take(rec, text, len, err);
	return r < 0 ? r : remove_note(path, dir, err);
}
