/* SPDX-License-Identifier: MIT */
#include "lib/proc/task.h"

#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/proc/child.h"

/* How long a killed task may take to be gone before it counts as stuck. */
#define KILL_GRACE_MS 1000

/* What crosses the pipe: this, then the result if @value is 0. */
struct answer {
	int value;
	struct error err;
};

static int isolate(const struct task_spec *spec, int pipe_fd, pid_t parent,
		   struct error *err)
{
	int keep_fds[TASK_KEEP_MAX + 1] = { pipe_fd };
	struct child_isolation isolation = {
		.parent = parent,
		.identity = spec->identity,
		.keep_fds = keep_fds,
		.n_keep_fds = spec->n_keep_fds + 1,
	};

	memcpy(keep_fds + 1, spec->keep_fds, spec->n_keep_fds * sizeof(int));
	return child_isolate(&isolation, err);
}

static _Noreturn void child_main(const struct task_spec *spec, int pipe_fd, pid_t parent)
{
	struct answer answer = { 0 };
	struct error ignored;
	void *result = NULL;

	answer.value = isolate(spec, pipe_fd, parent, &answer.err);
	if (answer.value == 0) {
		result = calloc(1, spec->result_size + 1);
		answer.value = result ? spec->fn(spec->arg, result, &answer.err)
				      : error_oom(&answer.err);
	}
	if (fd_write_all(pipe_fd, &answer, sizeof(answer), &ignored) == 0 &&
	    answer.value == 0)
		(void)!fd_write_all(pipe_fd, result, spec->result_size, &ignored);
	_exit(EXIT_SUCCESS);
}

enum event { EVENT_DEADLINE, EVENT_CANCEL, EVENT_DATA };

static int wait_event(const struct task_spec *spec, int fd, struct error *err)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = spec->cancel_fd, .events = POLLIN },
	};

	for (;;) {
		struct deadline look =
			spec->give_up ? deadline_within(spec->deadline, spec->look_ms)
				      : spec->deadline;
		int n = poll(fds, 2, deadline_poll_ms(look));

		if (n < 0 && errno != EINTR)
			return error_sys(err, "poll");
		/* What is finished counts, even if a signal came as well. */
		if (n > 0 && fds[0].revents)
			return EVENT_DATA;
		if (n > 0 && fds[1].revents)
			return EVENT_CANCEL;
		if (deadline_expired(spec->deadline))
			return EVENT_DEADLINE;
		if (spec->give_up && deadline_expired(look) &&
		    spec->give_up(spec->give_up_arg))
			return EVENT_CANCEL;
	}
}

/*
 * Read answer and result.  Returns an enum event (EVENT_DATA: all is there), or a
 * negative error if the pipe ended early.
 */
static int read_answer(const struct task_spec *spec, int fd, char *buf, size_t size,
		       struct error *err)
{
	size_t len = 0, want = sizeof(struct answer);

	while (len < want) {
		int event = wait_event(spec, fd, err);
		ssize_t n;

		if (event != EVENT_DATA)
			return event;
		n = read(fd, buf + len, want - len);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return error_sys(err, "%s: read", spec->name);
		if (n == 0)
			return error_set(err, ERROR_INTERNAL, 0,
					 "the process for %s crashed", spec->name);
		if (n > 0)
			len += (size_t)n;
		if (len == sizeof(struct answer)) {
			struct answer answer;

			memcpy(&answer, buf, sizeof(answer));
			if (answer.value == 0)
				want = size;
		}
	}
	return EVENT_DATA;
}

static int take_answer(const struct task_spec *spec, const char *buf, struct error *err)
{
	struct answer answer;

	memcpy(&answer, buf, sizeof(answer));
	if (answer.value != 0) {
		*err = answer.err;
		return answer.value < 0
			       ? answer.value
			       : error_set(err, ERROR_INTERNAL, 0, "%s returned %d",
					   spec->name, answer.value);
	}
	if (spec->result_size > 0)
		memcpy(spec->result, buf + sizeof(answer), spec->result_size);
	return TASK_DONE;
}

/* Kill @child unless it is done; returns TASK_DONE when it is gone, or TASK_STUCK. */
static int dispose(struct child *child, pid_t *ret_stuck)
{
	struct error ignored;
	siginfo_t status;

	(void)kill(-child->pid, SIGKILL);
	(void)kill(child->pid, SIGKILL);
	if (child_wait(child, deadline_after(KILL_GRACE_MS), 0, &status, &ignored) !=
	    CHILD_STUCK)
		return TASK_DONE;
	if (ret_stuck)
		*ret_stuck = child->pid;
	fd_close(&child->pidfd);
	return TASK_STUCK;
}

int task_run(const struct task_spec *spec, pid_t *ret_stuck, struct error *err)
{
	cleanup_free char *buf = NULL;
	cleanup_fd int rd = -1;
	size_t size = sizeof(struct answer) + spec->result_size;
	pid_t parent = getpid();
	struct child child;
	int fds[2], event, r;

	assert(spec->n_keep_fds <= TASK_KEEP_MAX);
	if (ret_stuck)
		*ret_stuck = 0;
	buf = malloc(size);
	if (!buf)
		return error_oom(err);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_sys(err, "%s: pipe", spec->name);
	rd = fds[0];
	r = child_fork(&child, err);
	if (r < 0) {
		(void)close(fds[1]);
		return error_prefix(err, "%s", spec->name);
	}
	if (r == CHILD_FORK_CHILD)
		child_main(spec, fds[1], parent);
	(void)close(fds[1]);
	r = fd_set_nonblock(rd, err);
	event = r < 0 ? r : read_answer(spec, rd, buf, size, err);
	/* Whoever has answered is killed as well: it has nothing left to do but exit. */
	if (dispose(&child, ret_stuck) == TASK_STUCK && event != EVENT_DATA)
		return TASK_STUCK;
	if (event < 0)
		return event;
	if (event == EVENT_DATA)
		return take_answer(spec, buf, err);
	return event == EVENT_CANCEL ? TASK_CANCELLED : TASK_TIMED_OUT;
}

const char *task_outcome_text(int outcome)
{
	switch (outcome) {
	case TASK_DONE:
		return "ended";
	case TASK_TIMED_OUT:
		return "was killed at its deadline";
	case TASK_CANCELLED:
		return "was cancelled by a signal";
	case TASK_STUCK:
		return "is stuck and cannot be killed";
	default:
		return "failed";
	}
}
