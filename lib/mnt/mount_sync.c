/* SPDX-License-Identifier: MIT */
#include "lib/mnt/mount.h"

#include <errno.h>

#include "lib/base/macro.h"
#include "lib/mnt/mountstats.h"
#include "lib/mnt/remote.h"
#include "lib/proc/task.h"

/* How often the statistics of a mount are read while it is flushed. */
#define SILENCE_LOOK_MS 100

struct sync_result {
	int errnum;
};

static int sync_in_task(void *arg, void *result, struct error *err)
{
	struct sync_result *res = result;

	(void)err;
	errno = 0;
	if (remote_syncfs(arg) < 0)
		res->errnum = errno ? errno : EIO;
	return 0;
}

/* When was something answered last? */
struct silence {
	struct mountstats_key key;
	int64_t limit_ns;
	int64_t since_ns;
	struct mountstats last;
	bool known;   /* @last was read */
	bool is_over; /* the limit */
};

static bool is_silent(void *arg)
{
	struct silence *s = arg;
	int64_t now_ns = deadline_now_ns();
	struct mountstats stats;
	struct error ignored;

	/* Statistics that cannot be read tell nothing against the server. */
	if (mountstats_read(&s->key, &stats, &ignored) != MOUNTSTATS_FOUND)
		return false;
	if (!s->known || mountstats_progress(&s->last, &stats))
		s->since_ns = now_ns;
	s->last = stats;
	s->known = true;
	s->is_over = now_ns - s->since_ns >= s->limit_ns;
	return s->is_over;
}

static int judge_sync(const struct mount_sync_request *req, int task, int errnum,
		      struct mount_sync_report *report)
{
	static const int outcomes[] = {
		[TASK_TIMED_OUT] = MOUNT_SYNC_TIMED_OUT,
		[TASK_CANCELLED] = MOUNT_SYNC_CANCELLED,
		[TASK_STUCK] = MOUNT_SYNC_STUCK,
	};
	const char *source = req->identity->source;

	if (task == TASK_DONE && errnum == 0)
		return MOUNT_SYNCED;
	if (task == TASK_DONE) {
		errno = errnum;
		(void)error_errno(&report->why, ERROR_IO, "%s: flush", source);
		return MOUNT_SYNC_FAILED;
	}
	if (task == TASK_STUCK)
		holders_wait_of(report->stuck.pid, &report->stuck.wait);
	if (report->silent)
		(void)error_set(
			&report->why, ERROR_UNREACHABLE, 0,
			"%s: nothing was answered for %.1f s, with a flush under way",
			source, (double)req->silence_ms / 1000);
	else
		(void)error_set(&report->why, ERROR_DEADLINE, 0, "%s: flush %s", source,
				task_outcome_text(task));
	return outcomes[task];
}

int mount_sync(const struct mount_sync_request *req, struct mount_sync_report *ret,
	       struct error *err)
{
	const struct mount_identity *id = req->identity;
	cleanup_remote struct remote *root = NULL;
	struct sync_result result = { 0 };
	struct silence silence = {
		.key = { id->source, id->mountpoint },
		.limit_ns = req->silence_ms * 1000000,
	};
	struct task_spec spec = {
		.name = "flush",
		.fn = sync_in_task,
		.result = &result,
		.result_size = sizeof(result),
		.deadline = req->deadline,
		.cancel_fd = req->cancel_fd,
		.give_up = req->give_up          ? req->give_up
			   : req->silence_ms > 0 ? is_silent
						 : NULL,
		.give_up_arg = req->give_up ? req->give_up_arg : &silence,
		.look_ms = SILENCE_LOOK_MS,
	};
	int r;

	*ret = (struct mount_sync_report){ 0 };
	r = mount_look(id, err);
	if (r < 0)
		return r;
	if (r != MOUNT_LOOK_OURS) {
		(void)error_set(&ret->why, ERROR_UNSAFE, 0, "%s: our mount is not there",
				id->mountpoint);
		return MOUNT_SYNC_GONE;
	}
	r = remote_new(id->mountpoint, &root, err);
	if (r < 0)
		return r;
	spec.arg = root;
	r = task_run(&spec, &ret->stuck.pid, err);
	if (r < 0)
		return r;
	ret->silent = silence.is_over && r != TASK_DONE;
	return judge_sync(req, r, result.errnum, ret);
}
