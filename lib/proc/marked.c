/* SPDX-License-Identifier: MIT */
#include "lib/proc/marked.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/proc/task.h"
#include "lib/proc/tree.h"

/* execve(2) takes no more than a quarter of the stack's limit, mostly 2 MiB. */
#define ENVIRON_MAX ((size_t)4 << 20)

struct search {
	const struct marked_request *req;
	pid_t caller;
};

static bool has_var(const char *environ_text, size_t len, const char *var)
{
	size_t var_len = strlen(var);
	bool any_value = var_len > 0 && var[var_len - 1] == '=';

	for (const char *p = environ_text; p < environ_text + len; p += strlen(p) + 1) {
		if (any_value ? strncmp(p, var, var_len) == 0 : strcmp(p, var) == 0)
			return true;
	}
	return false;
}

static bool has_vars(pid_t pid, const char *const *vars)
{
	cleanup_free char *text = NULL;
	struct error gone; /* or not ours to look at: no mark is seen */
	char path[64];
	size_t len;

	if (!vars[0])
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	if (fd_read_file(path, ENVIRON_MAX, &text, &len, &gone) < 0)
		return false;
	for (size_t i = 0; vars[i]; i++) {
		if (!has_var(text, len, vars[i]))
			return false;
	}
	return true;
}

/* State and comm, for the report.  Returns whether it lives. */
static bool describe(pid_t pid, struct marked_process *ret)
{
	cleanup_free char *text = NULL;
	struct error gone;
	char path[64], *open, *close;
	size_t len;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (fd_read_file(path, 4096, &text, &len, &gone) < 0)
		return false;
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close || close < open || close[1] != ' ')
		return false;
	*close = '\0';
	*ret = (struct marked_process){ .pid = pid, .state = close[2] };
	(void)snprintf(ret->comm, sizeof(ret->comm), "%s", open + 1);
	return ret->state != 'Z' && ret->state != 'X';
}

static void take(int pidfd, const struct marked_process *p, int sig, struct marked *found)
{
	if (found->count < MARKED_NAMED)
		found->named[found->count] = *p;
	found->count++;
	if (sig == 0)
		return;
	(void)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
	/* A stopped process sees nothing but SIGKILL until it goes on. */
	if (sig != SIGKILL)
		(void)syscall(SYS_pidfd_send_signal, pidfd, SIGCONT, NULL, 0);
}

/* @in_group: those of the group, else the others. */
static void look(const struct search *s, pid_t pid, bool in_group, struct marked *found)
{
	struct marked_process p;
	int pidfd;

	if (pid <= 0 || pid == getpid() || pid == s->caller)
		return;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return;
	if (describe(pid, &p)) {
		bool member = s->req->group > 0 && getpgid(pid) == s->req->group;

		if (in_group ? member : !member && has_vars(pid, s->req->vars))
			take(pidfd, &p, s->req->sig, found);
	}
	(void)close(pidfd);
}

static void look_at_all(const struct search *s, bool in_group, struct marked *found)
{
	DIR *proc = opendir("/proc");

	if (!proc)
		return;
	for (struct dirent *entry; (entry = readdir(proc));)
		look(s, (pid_t)atoi(entry->d_name), in_group, found);
	(void)closedir(proc);
}

/* Once its leader has ended a group's number may come to be another's. */
static bool group_is_meant(const struct marked_request *req)
{
	return req->group > 1 && req->group_started > 0 &&
	       tree_started(req->group) == req->group_started;
}

/* In the task.  The group first: to find its members reads nothing that may hang. */
static int search(void *arg, void *result, struct error *err)
{
	const struct search *given = arg;
	struct marked_request req = *given->req;
	struct search s = { .req = &req, .caller = given->caller };
	struct marked *found = result;

	(void)err;
	if (!group_is_meant(&req))
		req.group = 0;
	if (req.group > 0)
		look_at_all(&s, true, found);
	look_at_all(&s, false, found);
	return 0;
}

int marked_signal(const struct marked_request *req, struct deadline d, struct marked *ret,
		  struct error *err)
{
	struct search s = { .req = req, .caller = getpid() };
	struct marked found = { 0 };
	struct task_spec spec = {
		.name = "a search for processes",
		.fn = search,
		.arg = &s,
		.result = &found,
		.result_size = sizeof(found),
		.deadline = d,
		.cancel_fd = -1,
	};
	int r = task_run(&spec, NULL, err);

	if (r < 0)
		return r;
	if (r != TASK_DONE)
		return error_set(err, ERROR_DEADLINE, 0, "the search for processes %s",
				 task_outcome_text(r));
	*ret = found;
	return 0;
}
