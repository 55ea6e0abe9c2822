/* SPDX-License-Identifier: MIT */
#include "lib/mnt/mount.h"

#include <libmount.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/fd.h"
#include "lib/base/macro.h"
#include "lib/mnt/handle.h"
#include "lib/mnt/mountinfo.h"
#include "lib/proc/task.h"

/* For taking away what was mounted although the task had to be killed. */
#define TAKE_BACK_MS 500

static int copy_text(char *dst, size_t size, const char *src, struct error *err)
{
	if (strlen(src) >= size)
		return error_set(err, ERROR_INTERNAL, 0, "longer than %zu bytes: %s",
				 size, src);
	memcpy(dst, src, strlen(src) + 1);
	return 0;
}

static int identity_of(const struct mountinfo_entry *e, struct mount_identity *ret,
		       struct error *err)
{
	struct mount_identity id = { .id = e->id, .major = e->major, .minor = e->minor };
	int r;

	r = copy_text(id.source, sizeof(id.source), e->source, err);
	if (r == 0)
		r = copy_text(id.mountpoint, sizeof(id.mountpoint), e->mountpoint, err);
	if (r == 0)
		r = copy_text(id.fstype, sizeof(id.fstype), e->fstype, err);
	if (r == 0)
		*ret = id;
	return r;
}

static bool is_identity(const struct mountinfo_entry *e, const struct mount_identity *id)
{
	return e->id == id->id && e->major == id->major && e->minor == id->minor &&
	       strcmp(e->source, id->source) == 0 &&
	       strcmp(e->mountpoint, id->mountpoint) == 0 &&
	       strcmp(e->fstype, id->fstype) == 0;
}

int mount_look(const struct mount_identity *id, struct error *err)
{
	const struct mountinfo_entry *e, *top;
	struct mountinfo m;
	int r;

	r = mountinfo_read(&m, err);
	if (r < 0)
		return r;
	e = mountinfo_by_id(&m, id->id);
	top = mountinfo_at(&m, id->mountpoint);
	if (!e || !is_identity(e, id))
		r = MOUNT_LOOK_GONE;
	else
		r = top == e ? MOUNT_LOOK_OURS : MOUNT_LOOK_COVERED;
	mountinfo_done(&m);
	return r;
}

/* ---- attach ---- */

struct attach_result {
	int errnum; /* 0: mounted */
	char words[256];
};

/* In the task, while what was just looked up is in the cache and nothing is asked. */
static int send_clone(const char *mountpoint, int sock)
{
	cleanup_fd int clone = handle_clone(mountpoint);

	return clone < 0 || fd_send(sock, clone) < 0 ? errno : 0;
}

/*
 * In the task.  Everything that libmount does besides mount(2) is switched off:
 * helpers talk to the server with time-outs of their own, canonicalising looks
 * paths up, and a mount that is refused must not be tried again read-only.
 */
static int attach(void *arg, void *result, struct error *err)
{
	const struct mount_request *req = arg;
	struct attach_result *res = result;
	struct libmnt_context *cxt = mnt_new_context();
	int r;

	if (!cxt)
		return error_oom(err);
	r = mnt_context_disable_helpers(cxt, 1);
	r = r ? r : mnt_context_disable_canonicalize(cxt, 1);
	r = r ? r : mnt_context_disable_mtab(cxt, 1);
	r = r ? r : mnt_context_disable_swapmatch(cxt, 1);
	r = r ? r : mnt_context_enable_rwonly_mount(cxt, 1);
	r = r ? r : mnt_context_set_optsmode(cxt, MNT_OMODE_NOTAB);
	r = r ? r : mnt_context_set_fstype(cxt, "nfs");
	r = r ? r : mnt_context_set_source(cxt, req->source);
	r = r ? r : mnt_context_set_target(cxt, req->mountpoint);
	r = r ? r : mnt_context_set_options(cxt, req->options);
	if (r)
		return error_set(err, ERROR_INTERNAL, -r, "libmount: cannot set up");
	r = mnt_context_mount(cxt);
	if (r != 0) {
		res->errnum = mnt_context_syscall_called(cxt)
				      ? mnt_context_get_syscall_errno(cxt)
				      : EINVAL;
		(void)mnt_context_get_excode(cxt, r, res->words, sizeof(res->words));
		if (res->errnum == 0)
			res->errnum = EIO;
	}
	mnt_free_context(cxt);
	/* Without it the keeper says that it has no handle. */
	if (res->errnum == 0 && req->clone_sock >= 0)
		(void)send_clone(req->mountpoint, req->clone_sock);
	return 0;
}

static void explain_refusal(const struct mount_request *req,
			    const struct attach_result *res, struct error *why)
{
	static const struct {
		int errnum;
		enum error_kind kind;
		const char *words;
	} known[] = {
		{ EPERM, ERROR_PERMISSION,
		  "only root can mount, or the server refuses us" },
		{ EACCES, ERROR_UNREACHABLE, "the server denies this host the export" },
		{ ENOENT, ERROR_UNREACHABLE, "the server has no such export" },
		{ ENOTDIR, ERROR_UNREACHABLE, "the export is not a directory" },
		{ ESTALE, ERROR_UNREACHABLE,
		  "the server does not know the export any more" },
		{ ETIMEDOUT, ERROR_UNREACHABLE, "the server does not answer" },
		{ ECONNREFUSED, ERROR_UNREACHABLE, "nobody listens at the server" },
		{ EHOSTUNREACH, ERROR_UNREACHABLE, "no way to the server" },
		{ ENETUNREACH, ERROR_UNREACHABLE, "no way to the server" },
		{ EPROTONOSUPPORT, ERROR_UNREACHABLE,
		  "the server does not serve this version" },
		{ EBUSY, ERROR_UNSAFE, "the mountpoint is in use" },
		{ EINVAL, ERROR_SYSTEM, "the kernel does not take these options" },
		{ ENODEV, ERROR_SYSTEM, "this kernel has no NFS" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (known[i].errnum != res->errnum)
			continue;
		(void)error_set(why, known[i].kind, res->errnum, "%s: mount: %s (%s)",
				req->source, strerror(res->errnum), known[i].words);
		return;
	}
	(void)error_set(why, ERROR_UNREACHABLE, res->errnum, "%s: mount: %s%s%s",
			req->source, strerror(res->errnum), res->words[0] ? ": " : "",
			res->words);
}

/* Nothing may be mounted there, not even hidden; else sets @why. */
static bool is_free(const struct mountinfo *m, const char *mountpoint, struct error *why)
{
	const struct mountinfo_entry *top = mountinfo_at(m, mountpoint);

	if (top)
		(void)error_set(why, ERROR_UNSAFE, 0,
				"%s: %s (%s) is mounted there already; it was left alone",
				mountpoint, top->source, top->fstype);
	else if (mountinfo_count_at(m, mountpoint) > 0)
		(void)error_set(why, ERROR_UNSAFE, 0,
				"%s: a mount there is hidden by another one above it",
				mountpoint);
	return !top && mountinfo_count_at(m, mountpoint) == 0;
}

enum proof {
	PROOF_NONE,    /* nothing is mounted there */
	PROOF_OURS,    /* ours, alone: @ret_identity */
	PROOF_STACKED, /* ours, on top of something else: @ret_identity */
	PROOF_COVERED, /* ours may be there, but not on top, or not for sure */
	PROOF_FOREIGN, /* ours is not there, something else is */
};

static bool is_as_asked(const struct mountinfo_entry *e, const struct mount_request *req)
{
	return mountinfo_is_nfs(e->fstype) &&
	       mountinfo_same_source(e->source, req->source);
}

/*
 * The path was free before, so that whatever is mounted there is new.  It is ours if
 * it is NFS from our source; unless there are two of those.
 */
static enum proof look_at(const struct mount_request *req, const struct mountinfo *m,
			  const struct mountinfo_entry **ret_top)
{
	const struct mountinfo_entry *top = mountinfo_at(m, req->mountpoint);
	size_t count = 0, as_asked = 0;

	for (size_t i = 0; i < m->count; i++) {
		if (strcmp(m->entries[i].mountpoint, req->mountpoint) != 0)
			continue;
		count++;
		as_asked += is_as_asked(&m->entries[i], req);
	}
	*ret_top = top;
	if (as_asked == 0)
		return count == 0 ? PROOF_NONE : PROOF_FOREIGN;
	if (as_asked > 1 || !top || !is_as_asked(top, req))
		return PROOF_COVERED;
	return count == 1 ? PROOF_OURS : PROOF_STACKED;
}

/* Returns an enum proof, with @why unless it is OURS, or a negative error. */
static int prove(const struct mount_request *req, struct mount_identity *ret_identity,
		 struct error *why, struct error *err)
{
	const struct mountinfo_entry *top;
	struct mountinfo m;
	int r, proof;

	r = mountinfo_read(&m, err);
	if (r < 0)
		return r;
	proof = (int)look_at(req, &m, &top);
	if (proof == PROOF_NONE)
		(void)error_set(why, ERROR_UNSAFE, 0,
				"%s: mounted, and gone again: somebody unmounted it",
				req->mountpoint);
	else if (proof != PROOF_OURS)
		(void)error_set(
			why, ERROR_UNSAFE, 0,
			"%s: somebody mounted something there, too: %s (%s) is what "
			"it shows",
			req->mountpoint, top ? top->source : "another mount above",
			top ? top->fstype : "-");
	if (proof == PROOF_OURS || proof == PROOF_STACKED)
		r = identity_of(top, ret_identity, err);
	mountinfo_done(&m);
	return r < 0 ? r : proof;
}

/* Ours, but not to be used: undo it. */
static void take_back(const struct mount_identity *id, struct mount_attach_report *report)
{
	struct mount_detach_request req = {
		.identity = id,
		.deadline = deadline_after(TAKE_BACK_MS),
		.server_dead = true,
		.cancel_fd = -1,
	};
	struct mount_detach_report detach;
	struct error ignored;

	if (mount_detach(&req, &detach, &ignored) == MOUNT_DETACH_STUCK)
		report->stuck = detach.stuck;
	report->left_mounted = mount_look(id, &ignored) != MOUNT_LOOK_GONE;
}

/*
 * The task did not say that it had mounted; it may have, all the same, at the last
 * moment.  What is foreign came from elsewhere, and stays.
 */
static int clean_up(const struct mount_request *req, struct mount_attach_report *report,
		    struct error *err)
{
	struct mount_identity id;
	struct error ignored;
	int r = prove(req, &id, &ignored, err);

	if (r == PROOF_OURS || r == PROOF_STACKED)
		take_back(&id, report);
	if (r == PROOF_COVERED)
		report->left_mounted = true;
	return r < 0 ? r : 0;
}

/* The task has said that mount(2) succeeded. */
static int conclude(const struct mount_request *req, struct mount_attach_report *report,
		    struct error *err)
{
	struct mount_identity id;
	int r = prove(req, &id, &report->why, err);

	if (r == PROOF_OURS) {
		report->identity = id;
		return MOUNT_ATTACHED;
	}
	if (r == PROOF_STACKED)
		take_back(&id, report);
	if (r == PROOF_COVERED)
		report->left_mounted = true;
	return r < 0 ? r : MOUNT_ATTACH_UNPROVEN;
}

static int give_up(const struct mount_request *req, int task, pid_t stuck_pid,
		   struct mount_attach_report *report, struct error *err)
{
	static const int outcomes[] = {
		[TASK_TIMED_OUT] = MOUNT_ATTACH_TIMED_OUT,
		[TASK_CANCELLED] = MOUNT_ATTACH_CANCELLED,
		[TASK_STUCK] = MOUNT_ATTACH_STUCK,
	};
	int r;

	(void)error_set(&report->why,
			task == TASK_CANCELLED ? ERROR_DEADLINE : ERROR_UNREACHABLE, 0,
			"%s: mount %s%s", req->source, task_outcome_text(task),
			task == TASK_TIMED_OUT ? ": the server stopped answering" : "");
	if (task == TASK_STUCK) {
		report->stuck.pid = stuck_pid;
		holders_wait_of(stuck_pid, &report->stuck.wait);
		(void)error_set(&report->why, ERROR_UNREACHABLE, 0,
				"%s: mount is stuck: process %d cannot be killed (in %s)",
				req->source, (int)stuck_pid, report->stuck.wait.wchan);
	}
	r = clean_up(req, report, err);
	return r < 0 ? r : outcomes[task];
}

int mount_attach(const struct mount_request *req, struct deadline d, int cancel_fd,
		 struct mount_attach_report *ret, struct error *err)
{
	struct mount_request copy = *req;
	struct attach_result result = { 0 };
	struct task_spec spec = {
		.name = "mount",
		.fn = attach,
		.arg = &copy,
		.result = &result,
		.result_size = sizeof(result),
		.deadline = d,
		.cancel_fd = cancel_fd,
		.keep_fds = { req->clone_sock },
		.n_keep_fds = req->clone_sock >= 0 ? 1 : 0,
	};
	struct mountinfo before;
	pid_t stuck_pid;
	bool free;
	int r;

	*ret = (struct mount_attach_report){ 0 };
	r = mountinfo_read(&before, err);
	if (r < 0)
		return r;
	free = is_free(&before, req->mountpoint, &ret->why);
	mountinfo_done(&before);
	if (!free)
		return MOUNT_ATTACH_OCCUPIED;
	r = task_run(&spec, &stuck_pid, err);
	if (r < 0) {
		struct error ignored;

		/* It may have crashed with the mount made. */
		(void)clean_up(req, ret, &ignored);
		return r;
	}
	if (r != TASK_DONE)
		return give_up(req, r, stuck_pid, ret, err);
	if (result.errnum == 0)
		return conclude(req, ret, err);
	explain_refusal(req, &result, &ret->why);
	r = clean_up(req, ret, err);
	return r < 0 ? r : MOUNT_ATTACH_REFUSED;
}

/* ---- hand over ---- */

struct hand_over {
	const struct mount_identity *id;
	int sock;
};

static int hand_over(void *arg, void *result, struct error *err)
{
	const struct hand_over *over = arg;
	int errnum = send_clone(over->id->mountpoint, over->sock);

	(void)result;
	if (errnum == 0)
		return 0;
	errno = errnum;
	return error_sys(err, "%s: clone", over->id->mountpoint);
}

int mount_hand_over(const struct mount_identity *id, int sock, struct deadline d,
		    struct error *err)
{
	struct hand_over over = { id, sock };
	struct task_spec spec = {
		.name = "clone",
		.fn = hand_over,
		.arg = &over,
		.deadline = d,
		.cancel_fd = -1,
		.keep_fds = { sock },
		.n_keep_fds = 1,
	};
	int r = mount_look(id, err);

	if (r == 0)
		r = task_run(&spec, NULL, err);
	else if (r > 0)
		return error_set(err, ERROR_UNSAFE, 0, "%s: our mount is not there",
				 id->mountpoint);
	if (r > 0)
		return error_set(err, ERROR_UNREACHABLE, 0, "%s: clone %s",
				 id->mountpoint, task_outcome_text(r));
	return r;
}
