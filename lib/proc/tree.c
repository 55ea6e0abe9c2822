/* SPDX-License-Identifier: MIT */
#include "lib/proc/tree.h"

#include <fcntl.h>
#include <stdio.h>
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

pid_t tree_parent(pid_t pid)
{
	char path[64], text[512];
	cleanup_fd int fd = -1;
	const char *p;
	int parent;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	/* proc(5): "PID (COMM) STATE PPID …", and COMM may hold anything, also ")". */
	p = strrchr(text, ')');
	if (!p || sscanf(p, ") %*c %d", &parent) != 1)
		return 0;
	return parent;
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
