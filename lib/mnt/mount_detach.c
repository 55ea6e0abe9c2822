/* SPDX-License-Identifier: MIT */
#include "lib/mnt/mount.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mount.h>

#include "lib/base/macro.h"
#include "lib/base/strbuf.h"
#include "lib/proc/task.h"

#define BUSY_AGAIN_MS 100
#define FORCE_AGAIN_MS 20

/* Beyond the deadline: for a loop to notice it, and for what comes after it. */
#define LOOP_MARGIN_NS INT64_C(200000000)
#define HOLDERS_MS 1000
#define LAZY_MS 2000 /* local work, but of a host that a dead server may have loaded */
#define FORCE_MIN_MS 500

/* The tree is rid of the mount as soon as it is not busy; what follows, in the same
 * umount2(2), may wait for the dead server for ever.  So no task is given longer. */
#define FORCE_SLICE_MS 1000

/* What has been tried. */
enum step {
	STEP_GONE = 0, /* our mount is not in the table any more */
	STEP_STILL_THERE,
};

enum flush {
	FLUSH_ENDED = 0, /* well or not */
	FLUSH_SLOW,      /* it goes on, and the server answers */
	FLUSH_DEAD,      /* it hangs */
};

/* One umount2(2), repeated while the mount is busy. */
struct plan {
	const struct mount_identity *id;
	int flags;
	int again_ms;
	struct deadline until;
	int cancel_fd;
	const struct mount_detach_request *req; /* whom to ask meanwhile; NULL: nobody */
};

struct plan_result {
	int task;   /* enum task_outcome: the rest is set for TASK_DONE */
	int errnum; /* of the last call; 0: unmounted */
	unsigned calls;
	bool covered;
};

/*
 * In the task.  Looked at before each call, because umount2(2) takes what is on top,
 * whosever it is.
 */
static int unmount(void *arg, void *result, struct error *err)
{
	const struct plan *plan = arg;
	struct plan_result *res = result;

	for (;;) {
		int look = mount_look(plan->id, err);

		if (look < 0)
			return look;
		res->covered = look == MOUNT_LOOK_COVERED;
		res->errnum = 0;
		if (look != MOUNT_LOOK_OURS)
			return 0;
		res->calls++;
		if (umount2(plan->id->mountpoint, plan->flags | UMOUNT_NOFOLLOW) == 0)
			return 0;
		res->errnum = errno;
		if (errno != EBUSY || deadline_expired(plan->until))
			return 0;
		(void)poll(NULL, 0, plan->again_ms);
	}
}

/*
 * Run @plan in a task.  What came of it is read in the table of mounts, however the
 * task ended.  Returns an enum step, or a negative error.
 */
static int carry_out(const struct plan *plan, struct plan_result *result,
		     struct mount_detach_report *report, struct error *err)
{
	struct plan copy = *plan;
	struct task_spec spec = {
		.name = "unmount",
		.fn = unmount,
		.arg = &copy,
		.result = result,
		.result_size = sizeof(*result),
		.deadline = plan->until,
		.cancel_fd = plan->cancel_fd,
		.give_up = plan->req ? plan->req->give_up : NULL,
		.give_up_arg = plan->req ? plan->req->give_up_arg : NULL,
		.look_ms = BUSY_AGAIN_MS,
	};
	pid_t stuck_pid;
	int r;

	*result = (struct plan_result){ 0 };
	if (spec.deadline.at_ns < INT64_MAX - LOOP_MARGIN_NS)
		spec.deadline.at_ns += LOOP_MARGIN_NS;
	r = task_run(&spec, &stuck_pid, err);
	if (r < 0)
		return r;
	result->task = r;
	if (stuck_pid != 0)
		report->stuck.pid = stuck_pid;
	r = mount_look(plan->id, err);
	if (r < 0)
		return r;
	return r == MOUNT_LOOK_GONE ? STEP_GONE : STEP_STILL_THERE;
}

/* A task that was left behind may have ended since: by force, for example. */
static bool still_stuck(struct mount_detach_report *report)
{
	struct mount_stuck *stuck = &report->stuck;

	if (stuck->pid != 0)
		holders_wait_of(stuck->pid, &stuck->wait);
	if (stuck->pid == 0 || stuck->wait.state == '?' || stuck->wait.state == 'Z' ||
	    stuck->wait.state == 'X')
		*stuck = (struct mount_stuck){ 0 };
	return stuck->pid != 0;
}

/* The mount is out of sight: @outcome, unless the last task hangs in the teardown. */
static int gone(const struct mount_identity *id, int outcome,
		struct mount_detach_report *report)
{
	if (!still_stuck(report))
		return outcome;
	(void)error_set(
		&report->why, ERROR_UNREACHABLE, 0,
		"%s: unmounted, but process %d cannot end (in %s) before the server "
		"answers",
		id->source, (int)report->stuck.pid, report->stuck.wait.wchan);
	return MOUNT_DETACH_STUCK;
}

/* Those that were found before stay, if the search does not end in time. */
static void find_holders(const struct mount_detach_request *req,
			 struct mount_detach_report *report)
{
	struct error ignored;

	if (holders_find(req->identity, req->spare, deadline_after(HOLDERS_MS),
			 &report->holders, &ignored) < 0)
		report->holders.incomplete = true;
}

static void explain(struct mount_detach_report *report, enum error_kind kind,
		    const struct mount_identity *id, const char *what)
{
	struct strbuf text = STRBUF_INIT;

	if (report->holders.total > 0)
		strbuf_puts(&text, ", held by ");
	if (report->holders.total > 0)
		holders_format(&report->holders, &text);
	(void)error_set(&report->why, kind, EBUSY, "%s: %s%s", id->mountpoint, what,
			strbuf_str(&text));
	strbuf_done(&text);
}

/* In the eyes of who called us. */
static bool has_died(const struct mount_detach_request *req)
{
	return req->give_up && req->give_up(req->give_up_arg);
}

/* Returns an enum flush, or a negative error. */
static int flush(const struct mount_detach_request *req,
		 struct mount_detach_report *report, struct error *err)
{
	int left_ms = deadline_poll_ms(req->deadline);
	struct mount_sync_request sync = {
		.identity = req->identity,
		.deadline = req->deadline,
		.silence_ms = MOUNT_SILENCE_MS,
		.cancel_fd = -1,
		.give_up = req->give_up,
		.give_up_arg = req->give_up_arg,
	};
	struct mount_sync_report done;
	int r;

	/* Some of the time must be left for forcing. */
	if (left_ms >= 0 && left_ms / 3 * 2 < MOUNT_SILENCE_MS)
		sync.silence_ms = left_ms / 3 * 2 + 1;
	r = mount_sync(&sync, &done, err);
	if (r < 0)
		return r;
	report->flushed = r == MOUNT_SYNCED;
	report->why = done.why;
	report->stuck = done.stuck;
	if (done.silent)
		return FLUSH_DEAD;
	return r == MOUNT_SYNC_TIMED_OUT || r == MOUNT_SYNC_STUCK ? FLUSH_SLOW
								  : FLUSH_ENDED;
}

/* The last resort.  Returns an outcome, or a negative error. */
static int unmount_lazily(const struct mount_detach_request *req,
			  struct mount_detach_report *report, struct error *err)
{
	const struct mount_identity *id = req->identity;
	struct plan lazy = {
		.id = id,
		.flags = MNT_DETACH,
		.until = deadline_after(LAZY_MS),
		.cancel_fd = -1,
	};
	struct plan_result result;
	int r;

	/* Before: once it is out of sight nobody can be found. */
	find_holders(req, report);
	r = carry_out(&lazy, &result, report, err);
	if (r < 0)
		return r;
	if (r == STEP_GONE) {
		explain(report, ERROR_UNREACHABLE, id,
			"detached, but it lives on, out of reach, and may block who "
			"uses it");
		(void)still_stuck(report);
		return MOUNT_DETACH_LAZY;
	}
	(void)error_set(&report->why, ERROR_SYSTEM, result.errnum,
			"%s: still mounted: even MNT_DETACH failed: %s", id->mountpoint,
			result.errnum ? strerror(result.errnum)
				      : task_outcome_text(result.task));
	return MOUNT_DETACH_FAILED;
}

/* Until it is gone, or the time is up.  Returns an enum step, or a negative error. */
static int force(const struct mount_detach_request *req, struct plan_result *result,
		 struct mount_detach_report *report, struct error *err)
{
	struct deadline least = deadline_after(FORCE_MIN_MS);
	struct deadline d = least.at_ns > req->deadline.at_ns ? least : req->deadline;
	struct plan plan = {
		.id = req->identity,
		.flags = MNT_FORCE,
		.again_ms = FORCE_AGAIN_MS,
		.cancel_fd = -1,
	};
	int r;

	do {
		plan.until = deadline_within(d, FORCE_SLICE_MS);
		r = carry_out(&plan, result, report, err);
		if (r < 0)
			return r;
		report->forces += result->calls;
	} while (r == STEP_STILL_THERE && result->task != TASK_STUCK &&
		 !result->covered && !deadline_expired(d));
	return r;
}

/* The server is dead.  Returns an outcome, or a negative error. */
static int unmount_by_force(const struct mount_detach_request *req,
			    struct mount_detach_report *report, struct error *err)
{
	const struct mount_identity *id = req->identity;
	struct plan_result result;
	int r;

	/* Before: those that are blocked now may have ended afterwards. */
	find_holders(req, report);
	r = force(req, &result, report, err);
	if (r < 0)
		return r;
	if (r == STEP_GONE) {
		explain(report, ERROR_UNREACHABLE, id,
			"unmounted by force: calls under way were aborted");
		return gone(id, MOUNT_DETACH_FORCED, report);
	}
	if (result.covered)
		return MOUNT_DETACH_COVERED;
	return unmount_lazily(req, report, err);
}

/*
 * Not forced, as long as the server lives: umount2(2) hangs only if it died since the
 * flush.  Returns an outcome, or a negative error.
 */
static int unmount_plainly(const struct mount_detach_request *req,
			   struct mount_detach_report *report, struct error *err)
{
	const struct mount_identity *id = req->identity;
	struct plan plan = {
		.id = id,
		.again_ms = BUSY_AGAIN_MS,
		.until = req->deadline,
		.cancel_fd = req->cancel_fd,
		.req = req,
	};
	struct plan_result result;
	int r = carry_out(&plan, &result, report, err);

	if (r < 0)
		return r;
	if (has_died(req))
		return MOUNT_DETACH_GIVEN_UP;
	if (r == STEP_GONE)
		return gone(id, MOUNT_DETACHED, report);
	if (result.covered)
		return MOUNT_DETACH_COVERED;
	if (result.task == TASK_TIMED_OUT || result.task == TASK_STUCK)
		return unmount_by_force(req, report, err);
	if (result.errnum != 0 && result.errnum != EBUSY) {
		errno = result.errnum;
		(void)error_sys(&report->why, "%s: unmount", id->mountpoint);
		return MOUNT_DETACH_FAILED;
	}
	if (req->detach_if_busy)
		return unmount_lazily(req, report, err);
	find_holders(req, report);
	explain(report, ERROR_BUSY, id, "still mounted: it is busy");
	return MOUNT_DETACH_BUSY;
}

static int detach(const struct mount_detach_request *req,
		  struct mount_detach_report *report, struct error *err)
{
	int r = FLUSH_DEAD;

	report->flushed = req->no_flush;
	if (req->no_flush)
		r = FLUSH_ENDED;
	else if (!req->server_dead)
		r = flush(req, report, err);
	if (r < 0)
		return r;
	if (has_died(req))
		return MOUNT_DETACH_GIVEN_UP;
	if (r == FLUSH_DEAD)
		return unmount_by_force(req, report, err);
	if (r == FLUSH_ENDED)
		return unmount_plainly(req, report, err);
	if (req->detach_if_busy)
		return unmount_lazily(req, report, err);
	(void)still_stuck(report);
	(void)error_set(
		&report->why, ERROR_BUSY, 0,
		"%s: still mounted: the server answers, but has not yet taken all "
		"that was written",
		req->identity->mountpoint);
	return MOUNT_DETACH_BUSY;
}

int mount_detach(const struct mount_detach_request *req, struct mount_detach_report *ret,
		 struct error *err)
{
	int r = mount_look(req->identity, err);

	*ret = (struct mount_detach_report){ 0 };
	if (r < 0)
		return r;
	if (r == MOUNT_LOOK_GONE)
		return MOUNT_DETACH_GONE;
	r = r == MOUNT_LOOK_COVERED ? MOUNT_DETACH_COVERED : detach(req, ret, err);
	if (r == MOUNT_DETACH_COVERED)
		(void)error_set(&ret->why, ERROR_UNSAFE, 0,
				"%s: still mounted: something else is mounted above it, "
				"and was left alone",
				req->identity->mountpoint);
	return r;
}
