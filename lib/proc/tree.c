/* SPDX-License-Identifier: MIT */
#include "lib/proc/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

/* No chain of parents is longer, unless it changed while we walked it. */
#define DEPTH_MAX 4096

void tree_adopt(void)
{
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
}

/* What proc_pid_stat(5) tells that does not change by itself. */
struct stat_line {
	char state;
	pid_t parent;
	long long started;
};

/* Returns whether there is such a process. */
static bool read_stat(pid_t pid, struct stat_line *ret)
{
	char path[64], text[512];
	cleanup_fd int fd = -1;
	const char *p;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	/* proc(5): "PID (COMM) STATE PPID …", and COMM may hold anything, also ")". */
	p = strrchr(text, ')');
	return p && sscanf(p,
			   ") %c %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			   "%*s %*s %*s %*s %*s %lld",
			   &ret->state, &ret->parent, &ret->started) == 3;
}

static bool look(pid_t pid, char *ret_state, pid_t *ret_parent)
{
	struct stat_line line;

	if (!read_stat(pid, &line))
		return false;
	*ret_state = line.state;
	*ret_parent = line.parent;
	return true;
}

int64_t tree_started(pid_t pid)
{
	struct stat_line line;

	if (!read_stat(pid, &line) || line.state == 'Z' || line.state == 'X')
		return -1;
	return line.started;
}

pid_t tree_parent(pid_t pid)
{
	pid_t parent;
	char state;

	return look(pid, &state, &parent) ? parent : 0;
}

bool tree_descends(pid_t pid, pid_t ancestor)
{
	for (int i = 0; i < DEPTH_MAX && pid > 0; i++) {
		if (pid == ancestor)
			return true;
		pid = tree_parent(pid);
	}
	return false;
}

static bool is_spared(pid_t pid, const pid_t *spare, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (spare[i] == pid)
			return true;
	}
	return false;
}

size_t tree_signal_adopted(const pid_t *spare, size_t n_spare, int sig)
{
	DIR *proc = opendir("/proc");
	size_t n = 0;

	if (!proc)
		return 0;
	for (struct dirent *entry; (entry = readdir(proc));) {
		pid_t pid = (pid_t)atoi(entry->d_name), parent;
		char state;

		if (pid <= 0 || is_spared(pid, spare, n_spare) ||
		    !look(pid, &state, &parent) || parent != getpid() || state == 'Z' ||
		    state == 'X')
			continue;
		n++;
		if (sig != 0)
			(void)kill(pid, sig);
	}
	(void)closedir(proc);
	return n;
}

void tree_reap(pid_t spare)
{
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
		    info.si_pid == 0 || info.si_pid == spare)
			return;
		/* Ours lead groups (child_fork()): they are waited for by who made them.
		 */
		if (getpgid(info.si_pid) == info.si_pid)
			return;
		(void)waitpid(info.si_pid, NULL, WNOHANG);
	}
}
