/* SPDX-License-Identifier: MIT */
#include "lib/backup/guard.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "lib/backup/guard_task.h"
#include "lib/base/macro.h"
#include "lib/mnt/mountpoint.h"
#include "lib/proc/task.h"

#define NAME_SIZE 64

int guard_mountpoint(const char *mountpoint, struct error *err)
{
	int r = mountpoint_check(mountpoint, err);

	switch (r) {
	case MOUNTPOINT_SAFE:
		return GUARD_PASSED;
	case MOUNTPOINT_NOT_EMPTY:
		return GUARD_MOUNTPOINT_NOT_EMPTY;
	case MOUNTPOINT_MOUNTED:
		return GUARD_MOUNTPOINT_MOUNTED;
	default:
		return r < 0 ? r : GUARD_MOUNTPOINT_UNSAFE;
	}
}

/* One walk through the steps. */
struct walk {
	const struct guard_request *req;
	struct deadline deadline;
	int cancel_fd;
	struct marker host;
	struct remote *root;
	struct guard_facts facts;
	struct guard_report *report;
	struct error *err;
};

/* A name in the root of the mount that nobody has. */
static int join_unique(const struct walk *w, const char *prefix, struct remote **ret)
{
	char name[NAME_SIZE];
	uint64_t x;

	if (getrandom(&x, sizeof(x), 0) != (ssize_t)sizeof(x))
		return error_sys(w->err, "getrandom");
	(void)snprintf(name, sizeof(name), "%s%016" PRIx64, prefix, x);
	return remote_join(w->root, name, ret, w->err);
}

/*
 * Run @fn as the backup user, if what is mounted is still ours.
 * Returns GUARD_PASSED with the facts filled, another reason with the words in the
 * report, or a negative error.
 */
static int run_task(struct walk *w, const char *name, task_fn fn, struct guard_task *job)
{
	const struct mount_identity *mount = w->req->mount;
	struct guard_report *report = w->report;
	struct task_spec spec = {
		.name = name,
		.fn = fn,
		.arg = job,
		.result = &w->facts,
		.result_size = sizeof(w->facts),
		.deadline = w->deadline,
		.cancel_fd = w->cancel_fd,
		.identity = w->req->user,
	};
	int r = mount_look(mount, w->err);

	if (r < 0)
		return r;
	if (r != MOUNT_LOOK_OURS) {
		(void)error_set(&report->why, ERROR_UNSAFE, 0,
				"%s: our mount is not there any more: somebody %s",
				mount->mountpoint,
				r == MOUNT_LOOK_GONE ? "unmounted it"
						     : "mounted above it");
		return GUARD_MOUNT_LOST;
	}
	r = task_run(&spec, &report->stuck_pid, w->err);
	if (r <= TASK_DONE)
		return r;
	if (report->stuck_pid != 0)
		holders_wait_of(report->stuck_pid, &report->stuck_wait);
	(void)error_set(&report->why, ERROR_UNREACHABLE, 0,
			"%s: the guard could not %s: it %s", mount->source, name,
			task_outcome_text(r));
	return r == TASK_CANCELLED ? GUARD_CANCELLED : GUARD_NO_ANSWER;
}

/* ---- the steps ---- */

static int look_at_marker(struct walk *w)
{
	struct guard_task job = { .root = w->root };
	int r = remote_join(w->root, MARKER_FILE_NAME, &job.file, w->err);

	if (r == 0)
		r = run_task(w, "read the marker", guard_task_read_marker, &job);
	if (r == 0 && w->facts.marker.valid)
		w->report->marker = w->facts.marker.found;
	remote_free(job.file);
	return r;
}

/* Asks the kernel, not the server. */
static int look_at_fsid(struct walk *w)
{
	const struct mount_identity *mount = w->req->mount;
	int r = volumes_read(mount->major, mount->minor, w->report->fsid, w->err);

	if (r == VOLUMES_FOUND)
		memcpy(w->facts.fsid, w->report->fsid, sizeof(w->facts.fsid));
	return r < 0 ? r : 0;
}

static int look_at_space(struct walk *w)
{
	struct guard_task job = { .root = w->root };
	int r = run_task(w, "tell the free space", guard_task_read_space, &job);

	if (r == 0 && w->facts.space.errnum == 0) {
		w->report->space = w->facts.space.space;
		w->report->space_known = true;
	}
	return r;
}

static void beat_name(const struct marker *host, char ret[GUARD_BEAT_NAME_SIZE])
{
	(void)snprintf(ret, GUARD_BEAT_NAME_SIZE, ".nfsafe-beat-%s", host->machine);
}

int guard_beat_name(char ret[GUARD_BEAT_NAME_SIZE], struct error *err)
{
	struct marker host;
	int r = marker_new("", &host, err);

	if (r == 0)
		beat_name(&host, ret);
	return r;
}

static int try_to_write(struct walk *w)
{
	struct guard_task job = { .root = w->root };
	char name[GUARD_BEAT_NAME_SIZE];
	int r = join_unique(w, ".nfsafe-guard-", &job.file);

	beat_name(&w->host, name);
	if (r == 0)
		r = remote_join(w->root, name, &job.target, w->err);
	if (r == 0)
		r = run_task(w, "write", guard_task_write, &job);
	if (r == 0) {
		w->report->write_ms = w->facts.write.elapsed_ms;
		w->report->beat_errnum = w->facts.beat.errnum;
	}
	remote_free(job.file);
	remote_free(job.target);
	return r;
}

/* Look, then judge.  Returns a reason or a negative error. */
static int step(struct walk *w, enum guard_step which)
{
	static int (*const looks[])(struct walk *) = {
		[GUARD_STEP_MARKER] = look_at_marker,
		[GUARD_STEP_FSID] = look_at_fsid,
		[GUARD_STEP_SPACE] = look_at_space,
		[GUARD_STEP_WRITE] = try_to_write,
	};
	int r;

	w->facts = (struct guard_facts){ 0 };
	r = looks[which](w);
	if (r != GUARD_PASSED)
		return r;
	return (int)guard_judge(which, w->req, &w->host, &w->facts, &w->report->why);
}

static int walk_begin(struct walk *w)
{
	int r = marker_new(w->req->destination, &w->host, w->err);

	*w->report = (struct guard_report){ .write_ms = -1 };
	if (r == 0)
		r = remote_new(w->req->mount->mountpoint, &w->root, w->err);
	return r;
}

int guard_run(const struct guard_request *req, struct deadline d, int cancel_fd,
	      struct guard_report *ret, struct error *err)
{
	/* Nothing is written before the marker was seen to be ours. */
	static const enum guard_step order[] = {
		GUARD_STEP_MARKER,
		GUARD_STEP_FSID,
		GUARD_STEP_SPACE,
		GUARD_STEP_WRITE,
	};
	struct walk w = {
		.req = req,
		.deadline = d,
		.cancel_fd = cancel_fd,
		.report = ret,
		.err = err,
	};
	int r = walk_begin(&w);

	for (size_t i = 0; i < ARRAY_SIZE(order) && r == GUARD_PASSED; i++)
		r = step(&w, order[i]);
	remote_free(w.root);
	return r;
}

/* ---- install ---- */

static int write_marker(struct walk *w)
{
	struct guard_task job = { .root = w->root, .marker = &w->host };
	int r = remote_join(w->root, MARKER_FILE_NAME, &job.target, w->err);

	w->facts = (struct guard_facts){ 0 };
	if (r == 0)
		r = join_unique(w, MARKER_FILE_NAME ".", &job.file);
	if (r == 0)
		r = run_task(w, "write the marker", guard_task_install, &job);
	remote_free(job.file);
	remote_free(job.target);
	return r != GUARD_PASSED ? r
				 : (int)guard_judge(GUARD_STEP_WRITE, w->req, &w->host,
						    &w->facts, &w->report->why);
}

/* What is there, or else ours.  Returns a reason or a negative error. */
static int settle_marker(struct walk *w, enum guard_install_outcome *outcome)
{
	int r = step(w, GUARD_STEP_MARKER);

	*outcome = GUARD_INSTALL_KEPT;
	if (r != GUARD_MARKER_MISSING)
		return r;
	*outcome = GUARD_INSTALLED;
	r = write_marker(w);
	/* Somebody may have been quicker: whose is it now? */
	return r != GUARD_PASSED ? r : step(w, GUARD_STEP_MARKER);
}

int guard_install(const struct guard_request *req, struct deadline d, int cancel_fd,
		  struct guard_install_report *ret, struct error *err)
{
	/* Any marker of ours will do: the pin is what init is about to set. */
	struct guard_request free_of_pins = *req;
	struct walk w = {
		.req = &free_of_pins,
		.deadline = d,
		.cancel_fd = cancel_fd,
		.report = &ret->guard,
		.err = err,
	};
	enum guard_install_outcome outcome = GUARD_INSTALL_REFUSED;
	int r;

	free_of_pins.pinned_uuid = NULL;
	free_of_pins.pinned_fsid = NULL;
	ret->reason = GUARD_PASSED;
	r = walk_begin(&w);
	if (r == 0)
		r = settle_marker(&w, &outcome);
	if (r == GUARD_PASSED)
		r = step(&w, GUARD_STEP_FSID);
	remote_free(w.root);
	if (r < 0)
		return r;
	ret->reason = (enum guard_reason)r;
	if (r == GUARD_PASSED)
		ret->guard.why = (struct error){ 0 };
	return r == GUARD_PASSED ? (int)outcome : GUARD_INSTALL_REFUSED;
}
