/* SPDX-License-Identifier: MIT */
#include "lib/backup/recover.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/backup/recovery.h"
#include "lib/backup/session.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/base/macro.h"
#include "lib/conf/conf.h"
#include "lib/mnt/holders.h"
#include "lib/mnt/mountinfo.h"
#include "lib/proc/blocked.h"
#include "lib/proc/lock.h"
#include "lib/proc/marked.h"
#include "lib/proc/tree.h"
#include "lib/record/mounted.h"
#include "lib/record/query.h"

#define LOOK_EVERY_MS 50
#define SEARCH_MS 2000
#define KILLED_MS 2000
/* A call that is answered in time is no block: it counts when it is there twice. */
#define STUCK_MS 300
#define DEAD_RUNS_MAX 64
#define MARK_SIZE 1088 /* "NFSAFE_MOUNTPOINT=" and a path */

static const char *const names[] = {
	[RECOVER_RUN] = "run",       [RECOVER_NOTE] = "note",
	[RECOVER_KEEPER] = "keeper", [RECOVER_PROCESS] = "process",
	[RECOVER_MOUNT] = "mount",   [RECOVER_FOREIGN] = "foreign",
	[RECOVER_TASK] = "task",
};

const char *recover_what_name(enum recover_what what)
{
	return names[what];
}

void recover_tell(const struct recover_report *report, const struct log *log)
{
	for (size_t i = 0; i < report->n; i++) {
		const struct recover_item *item = &report->items[i];

		if (item->cleared)
			log_warning(log, "left behind: %s", item->text);
		else
			log_error(log, "left behind: %s", item->text);
	}
}

/* ---- the report ---- */

/* The time of an event counts from the start of its run. */
static int add_event(struct recovery *rec, enum event_kind kind, int64_t run,
		     const char *text, struct error *err)
{
	struct event e = { .kind = kind, .at_ms = clock_now_ms(), .value = -1 };
	struct record_filter filter = { .id = run };
	struct record_run row;
	int r = record_last_run(rec->req->record, &filter, &row, err);

	if (r <= 0)
		return r;
	e.t_ms = e.at_ms > row.started_ms ? e.at_ms - row.started_ms : 0;
	(void)snprintf(e.text, sizeof(e.text), "%.*s", (int)sizeof(e.text) - 1, text);
	return event_add(rec->req->record, run, &e, 1, 0, err);
}

int recovery_note(struct recovery *rec, enum recover_what what, bool cleared, int64_t run,
		  struct error *err, const char *fmt, ...)
{
	static const enum event_kind kinds[] = {
		[RECOVER_RUN] = EVENT_NOTE,      [RECOVER_NOTE] = EVENT_KEEPER,
		[RECOVER_KEEPER] = EVENT_KEEPER, [RECOVER_PROCESS] = EVENT_SIGNAL,
		[RECOVER_MOUNT] = EVENT_UNMOUNT, [RECOVER_FOREIGN] = EVENT_NOTE,
		[RECOVER_TASK] = EVENT_BLOCKED,
	};
	struct recover_report *report = rec->report;
	struct recover_item item = { .what = what, .cleared = cleared };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(item.text, sizeof(item.text), fmt, ap);
	va_end(ap);
	if (report->n < RECOVER_ITEMS_MAX)
		report->items[report->n++] = item;
	report->left += !cleared;
	report->still_mounted |= !cleared && what == RECOVER_MOUNT;
	return run > 0 ? add_event(rec, kinds[what], run, item.text, err) : 0;
}

/* ---- keeper ---- */

/* Those that are running in the record, found before anything is done about them. */
struct dead_runs {
	struct record_run *rows; /* owned */
	size_t n;
};

static bool is_cancelled(const struct recovery *rec)
{
	struct pollfd fd = { .fd = rec->req->cancel_fd, .events = POLLIN };

	return poll(&fd, 1, LOOK_EVERY_MS) > 0;
}

static bool is_of_dead_run(const struct lock_holder *keeper, const struct dead_runs *dead)
{
	for (size_t i = 0; i < dead->n; i++) {
		if (dead->rows[i].id == keeper->run_id)
			return true;
	}
	return false;
}

/*
 * The keeper of a run that has died is ending that run.  One of a run that has ended, or
 * that goes on for too long, has somebody on a mount out of sight: it is in nobody's way,
 * and the next run sends it away.
 */
static int wait_for_keeper(struct recovery *rec, const struct dead_runs *dead,
			   struct error *err)
{
	struct deadline d = deadline_after(RECOVER_KEEPER_MS);
	struct lock_holder holder;
	char since[CLOCK_TEXT_SIZE];
	int r;

	do {
		r = lock_peek(rec->req->conf->nfsafe.run_dir, LOCK_KEEPER, &holder, err);
		if (r != LOCK_PEEK_HELD)
			return r;
	} while (is_of_dead_run(&holder, dead) && !deadline_expired(d) &&
		 !is_cancelled(rec));
	if (!rec->req->thorough && !is_of_dead_run(&holder, dead))
		return 0;
	clock_format_local(holder.since_ms, since);
	return recovery_note(rec, RECOVER_KEEPER, false, holder.run_id, err,
			     "the keeper of run %" PRId64 " on %s (pid %d, since %s) "
			     "holds a mount out of sight that somebody uses; SIGTERM "
			     "makes it let go, and so does the next run",
			     holder.run_id, holder.destination, (int)holder.pid, since);
}

/* ---- runs ---- */

static int find_running(struct recovery *rec, struct dead_runs *ret, struct error *err)
{
	struct record_filter running = { .outcomes = 1U << RECORD_RUNNING };

	return record_last_runs(rec->req->record, &running, DEAD_RUNS_MAX, &ret->rows,
				&ret->n, err);
}

/* What has become of a run that was running when we came. */
static int tell_run(struct recovery *rec, const struct record_run *before,
		    struct error *err)
{
	struct record_filter this_one = { .id = before->id };
	struct record_run now;
	int r = record_last_run(rec->req->record, &this_one, &now, err);

	if (r <= 0)
		return r;
	if (now.outcome == RECORD_RUNNING)
		return recovery_note(rec, RECOVER_RUN, false, 0, err,
				     "run %" PRId64
				     " (nfsafe %s, pid %d) lives, although "
				     "it has not got the lock: was run_dir removed?",
				     now.id, record_kind_name(now.kind), (int)now.pid);
	return recovery_note(rec, RECOVER_RUN, true, 0, err,
			     "run %" PRId64 " (nfsafe %s%s%s) is recorded as %s: %s",
			     now.id, record_kind_name(now.kind),
			     now.destination[0] ? " on " : "", now.destination,
			     record_outcome_name(now.outcome), now.reason);
}

/* The lock tells of the last one that it has not died: only the record was full. */
static int settle_unrecorded(struct recovery *rec, const struct dead_runs *dead,
			     struct error *err)
{
	const struct lock_holder *previous = rec->req->previous;
	struct record_end end = {
		.outcome = RECORD_FAILED,
		.exit_code = -1,
		.ended_ms = previous->phase_since_ms,
		.reason = SESSION_UNRECORDED_REASON,
		.bytes = -1,
		.worst_stall_ms = -1,
	};
	int r = 0;

	if (strcmp(previous->phase, SESSION_UNRECORDED) != 0)
		return 0;
	for (size_t i = 0; i < dead->n && r == 0; i++) {
		if (dead->rows[i].id == previous->run_id &&
		    dead->rows[i].pid == previous->pid)
			r = record_run_end(rec->req->record, previous->run_id, &end, err);
	}
	return r;
}

static int settle(struct recovery *rec, const struct dead_runs *dead, struct error *err)
{
	int settled, r;

	r = settle_unrecorded(rec, dead, err);
	if (r == 0)
		r = record_settle_dead(rec->req->record, &settled, err);
	for (size_t i = dead->n; r == 0 && i-- > 0;)
		r = tell_run(rec, &dead->rows[i], err);
	return r;
}

/* ---- processes ---- */

static int search(const struct recovery *rec, const char *mountpoint, int sig,
		  struct marked *ret, struct error *err)
{
	const struct lock_holder *previous = rec->req->previous;
	char mark[MARK_SIZE];
	const char *vars[] = { mark, "NFSAFE_RUN=", NULL };
	struct marked_request req = {
		.vars = vars,
		.group = previous->group,
		.group_started = previous->group_started,
		.sig = sig,
	};

	(void)snprintf(mark, sizeof(mark), "NFSAFE_MOUNTPOINT=%s", mountpoint);
	return marked_signal(&req, deadline_after(SEARCH_MS), ret, err);
}

static void name_processes(const struct marked *found, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < found->count && i < MARKED_NAMED && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%d (%s%s)",
					i > 0 ? ", " : "", (int)found->named[i].pid,
					found->named[i].comm,
					found->named[i].state == 'D' ? ", blocked" : "");
	if (found->count > MARKED_NAMED && len < size)
		(void)snprintf(buf + len, size - len, " and %zu more",
			       found->count - MARKED_NAMED);
}

int recover_processes(struct recovery *rec, const char *mountpoint, int64_t run,
		      int64_t grace_ms, struct error *err)
{
	struct deadline grace = deadline_after(grace_ms);
	struct deadline limit = deadline_after(grace_ms + KILLED_MS);
	struct marked first = { 0 }, found;
	struct error why;
	char text[160];
	int r;

	for (;;) {
		int sig = deadline_expired(grace) ? SIGKILL : SIGTERM;

		r = search(rec, mountpoint, sig, &found, &why);
		if (r < 0)
			break;
		if (first.count == 0)
			first = found;
		if (found.count == 0 || deadline_expired(limit))
			break;
		(void)poll(NULL, 0, LOOK_EVERY_MS);
	}
	if (r < 0)
		return recovery_note(rec, RECOVER_PROCESS, false, run, err, "%s",
				     why.msg);
	if (first.count == 0)
		return 0;
	name_processes(found.count > 0 ? &found : &first, text, sizeof(text));
	if (found.count > 0)
		return recovery_note(rec, RECOVER_PROCESS, false, run, err,
				     "what worked on %s cannot be ended: %s", mountpoint,
				     text);
	return recovery_note(rec, RECOVER_PROCESS, true, run, err,
			     "what worked on %s was ended: %s", mountpoint, text);
}

/* ---- what is left in the end ---- */

/* Tasks of an earlier nfsafe, known by the name that we have, too, or begins so. */
static int find_stuck(struct recovery *rec, struct error *err)
{
	static const char *const in_nfs[] = {
		"nfs", "rpc", "wait_on_page", "folio_wait", "wait_on_commit", NULL
	};
	cleanup_free struct blocked *scans = calloc(3, sizeof(*scans));
	struct holders_wait self;
	int r;

	if (!scans)
		return error_oom(err);
	holders_wait_of(getpid(), &self);
	r = blocked_scan(&scans[0], in_nfs, deadline_now_ns(), &scans[1], err);
	if (r < 0 || scans[1].count == 0)
		return r;
	(void)poll(NULL, 0, STUCK_MS);
	r = blocked_scan(&scans[1], in_nfs, deadline_now_ns(), &scans[2], err);
	for (size_t i = 0; r == 0 && i < scans[2].count; i++) {
		const struct blocked_task *task = &scans[2].list[i];

		if (!task->known ||
		    strncmp(task->comm, self.comm, strlen(self.comm)) != 0 ||
		    !blocked_find(&scans[1], task) || tree_descends(task->pid, getpid()))
			continue;
		r = recovery_note(rec, RECOVER_TASK, false, 0, err,
				  "process %d (%s) of an earlier run is stuck in %s: it "
				  "ends once the server answers",
				  (int)task->pid, task->comm, task->wchan);
	}
	return r;
}

/* What is ours and still there was told as such. */
static bool is_told(const struct record_mount *rows, size_t n, const char *mountpoint)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(rows[i].mountpoint, mountpoint) == 0)
			return true;
	}
	return false;
}

static int find_foreign(struct recovery *rec, struct error *err)
{
	const struct conf *conf = rec->req->conf;
	cleanup_free struct record_mount *rows = NULL;
	struct mountinfo m = { 0 };
	size_t n;
	int r;

	r = record_mounts_left(rec->req->record, &rows, &n, err);
	if (r == 0)
		r = mountinfo_read(&m, err);
	for (size_t i = 0; r == 0 && i < conf->n_destinations; i++) {
		const struct conf_destination *d = &conf->destinations[i];
		const struct mountinfo_entry *e = mountinfo_at(&m, d->mountpoint);

		if (e && !is_told(rows, n, d->mountpoint))
			r = recovery_note(rec, RECOVER_FOREIGN, false, 0, err,
					  "%s: %s (%s) is mounted there, and is not "
					  "nfsafe's: left alone",
					  d->mountpoint, e->source, e->fstype);
	}
	mountinfo_done(&m);
	return r;
}

/* ---- all of it ---- */

/* Is there a reason to look around?  Mostly there is none, and a run is not held up. */
static bool was_something(const struct recovery *rec, const struct dead_runs *dead)
{
	return rec->req->thorough || dead->n > 0 || rec->report->n > 0 ||
	       rec->req->previous->group > 0;
}

static int look_around(struct recovery *rec, struct error *err)
{
	const struct conf *conf = rec->req->conf;
	struct dead_runs living = { 0 };
	int r = find_running(rec, &living, err);

	free(living.rows);
	/* One that lives without the lock has processes of its own, marked like these. */
	if (r < 0 || living.n > 0)
		return r;
	for (size_t i = 0; r == 0 && i < conf->n_destinations; i++)
		r = recover_processes(rec, conf->destinations[i].mountpoint, 0, KILLED_MS,
				      err);
	if (r == 0 &&
	    tree_started(rec->req->previous->group) != rec->req->previous->group_started)
		lock_set_group(rec->req->lock, 0);
	if (r == 0)
		r = find_stuck(rec, err);
	return r;
}

static int recover(struct recovery *rec, struct dead_runs *dead, struct error *err)
{
	int r = find_running(rec, dead, err);

	if (r == 0)
		r = wait_for_keeper(rec, dead, err);
	if (r == 0)
		r = recover_note(rec, err);
	if (r == 0)
		r = settle(rec, dead, err);
	if (r == 0)
		r = recover_mounts(rec, err);
	if (r == 0 && was_something(rec, dead))
		r = look_around(rec, err);
	if (r == 0 && rec->req->thorough)
		r = find_foreign(rec, err);
	return r;
}

int recover_all(const struct recover_request *req, struct recover_report *ret,
		struct error *err)
{
	struct recovery rec = { .req = req, .report = ret };
	struct dead_runs dead = { 0 };
	int r;

	memset(ret, 0, sizeof(*ret));
	r = recover(&rec, &dead, err);
	free(dead.rows);
	return r;
}
