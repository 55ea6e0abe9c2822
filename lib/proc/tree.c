/* SPDX-License-Identifier: MIT */
#include "lib/proc/tree.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"

/* No chain of parents is longer, unless it changed while we walked it. */
#define DEPTH_MAX 4096

/* Ours are a handful; what a command left behind may be all that its user may have. */
#define CHILDREN "/proc/thread-self/children"
#define CHILDREN_MAX ((size_t)4 << 20)

/* At most at once: a command may fork faster than we reap. */
#define REAP_MAX 1000

/* Of proc_pid_stat(5). */
struct stat_line {
	char state;
	pid_t parent;
	long n_threads;
	long long started;
};

static bool look(pid_t pid, struct stat_line *ret)
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
	/* "PID (COMM) STATE PPID …", and COMM may hold anything, also ")". */
	p = strrchr(text, ')');
	return p &&
	       sscanf(p,
		      ") %c %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
		      "%*s %*s %*s %ld %*s %lld",
		      &ret->state, &ret->parent, &ret->n_threads, &ret->started) == 4;
}

/* A main thread that has ended is a zombie for as long as another one works on. */
static bool has_ended(const struct stat_line *line)
{
	return line->state == 'X' || (line->state == 'Z' && line->n_threads <= 1);
}

pid_t tree_parent(pid_t pid)
{
	struct stat_line line;

	return look(pid, &line) ? line.parent : 0;
}

int64_t tree_started(pid_t pid)
{
	struct stat_line line;

	return look(pid, &line) && !has_ended(&line) ? line.started : -1;
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

/* ---- our children ---- */

int tree_adopt(struct error *err)
{
	int fd = open(CHILDREN, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_sys(err, CHILDREN " (needs CONFIG_PROC_CHILDREN)");
	(void)close(fd);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L) < 0)
		return error_sys(err, "prctl");
	return 0;
}

static bool is_spared(pid_t pid, const pid_t *spare, size_t n_spare)
{
	for (size_t i = 0; i < n_spare; i++) {
		if (spare[i] == pid)
			return true;
	}
	return false;
}

/* Signal it, or reap it if it has ended. */
static void deal_with(pid_t pid, int sig)
{
	struct stat_line line;

	/* Nobody else can reap a child of ours: what cannot be read is there. */
	if (look(pid, &line) && has_ended(&line))
		(void)waitpid(pid, NULL, WNOHANG);
	else if (sig != 0)
		(void)kill(pid, sig);
}

/*
 * The kernel lists children in the order in which they became ours, as they are when
 * each is listed, and none leaves the list before we reap it: whoever was our child when
 * the list was begun is seen, living or ended.
 */
size_t tree_signal_adopted(const pid_t *spare, size_t n_spare, int sig)
{
	cleanup_free char *text = NULL;
	struct error ignored;
	size_t n = 0, len;
	char *p, *end;

	/* What cannot be seen is no proof that nobody is there. */
	if (fd_read_file(CHILDREN, CHILDREN_MAX, &text, &len, &ignored) < 0)
		return 1;
	for (p = text;; p = end) {
		pid_t pid = (pid_t)strtol(p, &end, 10);

		if (end == p)
			return n;
		if (is_spared(pid, spare, n_spare))
			continue;
		n++;
		deal_with(pid, sig);
	}
}

void tree_reap(const pid_t *spare, size_t n_spare)
{
	siginfo_t info;

	for (int i = 0; i < REAP_MAX; i++) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
		    info.si_pid == 0)
			return;
		if (is_spared(info.si_pid, spare, n_spare))
			break;
		(void)waitpid(info.si_pid, NULL, WNOHANG);
	}
	/* The kernel would name that one for ever: what is behind it goes by the list. */
	(void)tree_signal_adopted(spare, n_spare, 0);
}
