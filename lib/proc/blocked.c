/* SPDX-License-Identifier: MIT */
#include "lib/proc/blocked.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/fd.h"

/* include/linux/sched.h */
#define PF_KTHREAD 0x00200000U
#define STAT_SIZE 1024
/* "4194304/task/4194304/wchan" */
#define PATH_SIZE 64

struct scan {
	int proc_fd;
	const struct blocked *last;
	const char *const *prefixes;
	int64_t since_ns;
	struct blocked *ret;
};

/* A name may have blanks and brackets in it: the last bracket ends it. */
bool blocked_parse_stat(const char *text, size_t len, struct blocked_task *ret,
			bool *ret_blocked, uint64_t *ret_threads)
{
	char copy[STAT_SIZE];
	char *open, *close;
	uint64_t starttime, threads;
	unsigned flags;
	char state;

	if (len == 0 || len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	open = strchr(copy, '(');
	close = strrchr(copy, ')');
	if (!open || !close || close < open)
		return false;
	*close = '\0';
	/* 3 state … 9 flags … 20 num_threads, itrealvalue, 22 starttime */
	if (sscanf(close + 1,
		   " %c %*d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
		   "%" SCNu64 " %*d %" SCNu64,
		   &state, &flags, &threads, &starttime) != 4)
		return false;
	*ret = (struct blocked_task){
		.pid = (pid_t)strtol(copy, NULL, 10),
		.starttime = starttime,
	};
	(void)snprintf(ret->comm, sizeof(ret->comm), "%s", open + 1);
	*ret_blocked = state == 'D' && !(flags & PF_KTHREAD);
	*ret_threads = threads;
	return ret->pid > 0;
}

/* Up to @size bytes of a file of /proc.  Returns how many, 0 if it is gone. */
static size_t read_at(int dir_fd, const char *path, char *buf, size_t size)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, buf, size);
	(void)close(fd);
	return n > 0 ? (size_t)n : 0;
}

static void read_wchan(const struct scan *s, struct blocked_task *task)
{
	char path[PATH_SIZE];
	size_t len;

	(void)snprintf(path, sizeof(path), "%d/task/%d/wchan", (int)task->pid,
		       (int)task->tid);
	len = read_at(s->proc_fd, path, task->wchan, sizeof(task->wchan) - 1);
	task->wchan[len] = '\0';
	/* What the kernel does not know, or does not tell. */
	if (strcmp(task->wchan, "0") == 0)
		task->wchan[0] = '\0';
}

static bool is_known(const char *wchan, const char *const *prefixes)
{
	for (size_t i = 0; prefixes[i]; i++) {
		if (strncmp(wchan, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}

const struct blocked_task *blocked_find(const struct blocked *b,
					const struct blocked_task *task)
{
	for (size_t i = 0; i < b->count; i++) {
		if (b->list[i].tid == task->tid &&
		    b->list[i].starttime == task->starttime)
			return &b->list[i];
	}
	return NULL;
}

static void add(struct scan *s, struct blocked_task *task)
{
	const struct blocked_task *before = blocked_find(s->last, task);

	task->since_ns = before ? before->since_ns : s->since_ns;
	read_wchan(s, task);
	task->known = is_known(task->wchan, s->prefixes);
	s->ret->total++;
	if (s->ret->count < BLOCKED_MAX)
		s->ret->list[s->ret->count++] = *task;
}

/* Returns how many threads its process has; 0: it is gone. */
static uint64_t look_at(struct scan *s, const char *path, pid_t pid, bool alone)
{
	char text[STAT_SIZE];
	size_t len = read_at(s->proc_fd, path, text, sizeof(text));
	struct blocked_task task;
	uint64_t threads;
	bool is_blocked;

	if (!blocked_parse_stat(text, len, &task, &is_blocked, &threads))
		return 0;
	task.tid = task.pid;
	task.pid = pid;
	if (is_blocked && (!alone || threads == 1))
		add(s, &task);
	return threads;
}

static void look_at_threads(struct scan *s, pid_t pid)
{
	char path[PATH_SIZE];
	struct dirent *entry;
	DIR *dir;
	int fd;

	(void)snprintf(path, sizeof(path), "%d/task", (int)pid);
	fd = openat(s->proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		fd_close(&fd);
		return;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%d/task/%.16s/stat", (int)pid,
			       entry->d_name);
		(void)look_at(s, path, pid, false);
	}
	(void)closedir(dir);
}

static void look_at_process(struct scan *s, const char *name)
{
	pid_t pid = (pid_t)strtol(name, NULL, 10);
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof(path), "%d/stat", (int)pid);
	/* Of several threads each has a state of its own. */
	if (look_at(s, path, pid, true) > 1)
		look_at_threads(s, pid);
}

int blocked_scan(const struct blocked *last, const char *const *prefixes,
		 int64_t since_ns, struct blocked *ret, struct error *err)
{
	struct scan s = {
		.last = last,
		.prefixes = prefixes,
		.since_ns = since_ns,
		.ret = ret,
	};
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	if (!dir)
		return error_sys(err, "/proc");
	s.proc_fd = dirfd(dir);
	ret->count = 0;
	ret->total = 0;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			look_at_process(&s, entry->d_name);
	}
	(void)closedir(dir);
	return 0;
}
