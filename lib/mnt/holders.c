/* SPDX-License-Identifier: MIT */
#include "lib/mnt/holders.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/macro.h"
#include "lib/base/strbuf.h"
#include "lib/mnt/mount.h"
#include "lib/mnt/mountinfo.h"
#include "lib/mnt/span.h"
#include "lib/proc/task.h"

#define PROC_FILE_MAX ((size_t)64 << 20)

/* For the exact search, if there is no deadline. */
#define EXACT_MS 5000

/* "/proc/4194304/task/4194304", and the same with "/fdinfo/2147483647" */
#define PROC_SIZE 48
#define PROC_PATH_SIZE 96

/* One mount of our superblock, in some namespace. */
struct copy {
	uint64_t id;
	char *mountpoint;
};

/* What the task knows while it searches. */
struct search {
	const struct mount_identity *id;
	const struct holders_spare *spare;
	bool exact;           /* open links, read maps */
	char proc[PROC_SIZE]; /* of the process that is looked at */
	struct copy *copies;
	size_t n_copies;
	ino_t *namespaces; /* those that were looked at */
	size_t n_namespaces;
	struct holders *out;
	struct error *err;
};

static int read_proc(char *path, char **ret_text, size_t *ret_len)
{
	struct error gone; /* processes come and go: not worth a word */

	return fd_read_file(path, PROC_FILE_MAX, ret_text, ret_len, &gone);
}

/* ---- in what a process waits ---- */

/* "1234 (a name) with ) in it) S …": the state comes after the last parenthesis. */
static bool read_stat(char *path, struct holders_wait *ret)
{
	cleanup_free char *text = NULL;
	char *open, *close;
	size_t len;

	if (read_proc(path, &text, &len) < 0)
		return false;
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close || close < open || close[1] != ' ' || close[2] == '\0')
		return false;
	*close = '\0';
	ret->state = close[2];
	(void)snprintf(ret->comm, sizeof(ret->comm), "%s", open + 1);
	return true;
}

static void read_wchan(char *path, struct holders_wait *ret)
{
	cleanup_free char *text = NULL;
	size_t len;

	/* "0" while it runs, or to those who may not know. */
	ret->wchan[0] = '\0';
	if (read_proc(path, &text, &len) == 0 && strcmp(text, "0") != 0)
		(void)snprintf(ret->wchan, sizeof(ret->wchan), "%s", text);
}

void holders_wait_of(pid_t pid, struct holders_wait *ret)
{
	struct holders_wait wait, first = { .state = '?' };
	char path[PROC_PATH_SIZE];
	struct dirent *d;
	long blocked = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_stat(path, &first)) {
		(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
		dir = opendir(path);
		while (dir && first.state != 'D' && !blocked && (d = readdir(dir))) {
			long tid = strtol(d->d_name, NULL, 10);

			(void)snprintf(path, sizeof(path), "/proc/%d/task/%ld/stat",
				       (int)pid, tid);
			if (tid > 0 && read_stat(path, &wait) && wait.state == 'D')
				blocked = tid;
		}
		if (dir)
			(void)closedir(dir);
		if (blocked)
			first.state = 'D';
		(void)snprintf(path, sizeof(path), "/proc/%d/task/%ld/wchan", (int)pid,
			       blocked ? blocked : (long)pid);
		read_wchan(path, &first);
	}
	*ret = first;
}

/* ---- the mounts that count as ours ---- */

static int add_copy(struct search *s, const struct mountinfo_entry *e)
{
	struct copy *more = reallocarray(s->copies, s->n_copies + 1, sizeof(*more));

	if (!more)
		return error_oom(s->err);
	s->copies = more;
	more[s->n_copies] = (struct copy){ e->id, strdup(e->mountpoint) };
	if (!more[s->n_copies].mountpoint)
		return error_oom(s->err);
	s->n_copies++;
	return 0;
}

static bool is_copy(const struct search *s, uint64_t id)
{
	for (size_t i = 0; i < s->n_copies; i++) {
		if (s->copies[i].id == id)
			return true;
	}
	return false;
}

static void add_holder(struct search *s, pid_t pid, const char *what)
{
	struct holders *h = s->out;
	struct holder *holder = &h->list[h->count];

	h->total++;
	if (h->count == HOLDERS_MAX)
		return;
	h->count++;
	holder->pid = pid;
	(void)snprintf(holder->what, sizeof(holder->what), "%s", what);
	if (pid != 0)
		holders_wait_of(pid, &holder->wait);
}

/* Will our umount2(2) take @copy away as well, because its parent follows ours? */
static bool follows(const struct mountinfo *m, const struct mountinfo_entry *copy)
{
	const struct mountinfo_entry *parent = mountinfo_by_id(m, copy->parent_id);

	return parent && (parent->shared || parent->slave);
}

/* Note the copies in the namespace of @pid, and whether one of them would stay. */
static int look_into_namespace(struct search *s, pid_t pid, bool own)
{
	cleanup_free char *text = NULL;
	char path[PROC_PATH_SIZE];
	struct mountinfo m;
	struct error ignored;
	size_t len;
	int r = 0;

	(void)snprintf(path, sizeof(path), "%s/mountinfo", s->proc);
	if (read_proc(path, &text, &len) < 0 ||
	    mountinfo_parse(text, len, &m, &ignored) < 0)
		return 0;
	for (size_t i = 0; i < m.count && r == 0; i++) {
		const struct mountinfo_entry *e = &m.entries[i];
		char what[HOLDERS_WHAT_SIZE];

		if (own && e->parent_id == s->id->id) {
			(void)snprintf(what, sizeof(what), "mounted below: %s",
				       e->mountpoint);
			add_holder(s, 0, what);
		}
		if (e->major != s->id->major || e->minor != s->id->minor)
			continue;
		if (own && e->id != s->id->id) {
			(void)snprintf(what, sizeof(what), "mounted also: %s",
				       e->mountpoint);
			add_holder(s, 0, what);
		}
		r = add_copy(s, e);
		if (!own && !follows(&m, e))
			add_holder(s, pid, "a mount namespace");
	}
	mountinfo_done(&m);
	return r;
}

static int note_namespace(struct search *s, pid_t pid, bool own)
{
	char path[PROC_PATH_SIZE];
	struct stat st;
	ino_t *more;

	(void)snprintf(path, sizeof(path), "%s/ns/mnt", s->proc);
	if (stat(path, &st) < 0)
		return 0;
	for (size_t i = 0; i < s->n_namespaces; i++) {
		if (s->namespaces[i] == st.st_ino)
			return 0;
	}
	more = reallocarray(s->namespaces, s->n_namespaces + 1, sizeof(*more));
	if (!more)
		return error_oom(s->err);
	s->namespaces = more;
	more[s->n_namespaces++] = st.st_ino;
	return look_into_namespace(s, pid, own);
}

/* ---- what a process has of them ---- */

/* The mount of an open file, by its fdinfo; 0 if it cannot be told. */
static uint64_t fdinfo_mount(char *path)
{
	cleanup_free char *text = NULL;
	struct span rest, line, word;
	uint64_t id = 0;

	if (read_proc(path, &text, &rest.len) < 0)
		return 0;
	rest.p = text;
	while (span_next_line(&rest, &line)) {
		if (span_skip(&line, "mnt_id:") && span_next_word(&line, &word) &&
		    span_number(word, &id))
			return id;
	}
	return 0;
}

static bool holds_file(const struct search *s, char what[HOLDERS_WHAT_SIZE])
{
	char path[PROC_PATH_SIZE];
	struct dirent *d;
	bool found = false;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/fdinfo", s->proc);
	dir = opendir(path);
	while (dir && !found && (d = readdir(dir))) {
		int fd = atoi(d->d_name);

		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		(void)snprintf(path, sizeof(path), "%s/fdinfo/%d", s->proc, fd);
		found = is_copy(s, fdinfo_mount(path));
		if (found)
			(void)snprintf(what, HOLDERS_WHAT_SIZE, "fd %d", fd);
	}
	if (dir)
		(void)closedir(dir);
	return found;
}

/* Does @target, the text of a link, lie at or below one of the copies? */
static bool may_be_below(const struct search *s, const char *target)
{
	for (size_t i = 0; i < s->n_copies; i++) {
		size_t len = strlen(s->copies[i].mountpoint);

		if (strncmp(target, s->copies[i].mountpoint, len) == 0 &&
		    (target[len] == '\0' || target[len] == '/' || len == 1))
			return true;
	}
	return false;
}

/* May ask the server, and block: nfs_weak_revalidate(). */
static bool is_on_copy(const struct search *s, const char *link)
{
	cleanup_fd int fd = open(link, O_PATH | O_CLOEXEC);
	char path[PROC_PATH_SIZE];

	if (fd < 0)
		return false;
	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	return is_copy(s, fdinfo_mount(path));
}

static bool holds_link(const struct search *s, char what[HOLDERS_WHAT_SIZE])
{
	static const char *const links[] = { "cwd", "root", "exe" };
	char path[PROC_PATH_SIZE], target[PATH_MAX + 1];

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		ssize_t len;

		(void)snprintf(path, sizeof(path), "%s/%s", s->proc, links[i]);
		len = readlink(path, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		if (!may_be_below(s, target) || (s->exact && !is_on_copy(s, path)))
			continue;
		(void)snprintf(what, HOLDERS_WHAT_SIZE, "%s", links[i]);
		return true;
	}
	return false;
}

/* "7f00…-7f00… r--p 00000000 00:1e 1234 /path", the device in hexadecimal. */
static bool holds_mapping(const struct search *s, char what[HOLDERS_WHAT_SIZE])
{
	cleanup_free char *text = NULL;
	char path[PROC_PATH_SIZE], device[32];
	struct span rest, line, word;

	(void)snprintf(device, sizeof(device), "%02x:%02x", s->id->major, s->id->minor);
	(void)snprintf(path, sizeof(path), "%s/maps", s->proc);
	if (!s->exact || read_proc(path, &text, &rest.len) < 0)
		return false;
	rest.p = text;
	while (span_next_line(&rest, &line)) {
		if (span_next_word(&line, &word) && span_next_word(&line, &word) &&
		    span_next_word(&line, &word) && span_next_word(&line, &word) &&
		    span_is(word, device)) {
			(void)snprintf(what, HOLDERS_WHAT_SIZE, "map");
			return true;
		}
	}
	return false;
}

/* ---- the search ---- */

/*
 * Where @pid's things are told.  A main thread that has ended has none any more, however
 * much its process holds: then it is another thread's.
 */
static void turn_to(struct search *s, pid_t pid)
{
	struct holders_wait thread;
	char path[PROC_PATH_SIZE];
	struct dirent *d;
	DIR *dir;

	(void)snprintf(s->proc, sizeof(s->proc), "/proc/%d", (int)pid);
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (!read_stat(path, &thread) || thread.state != 'Z')
		return;
	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	while (dir && thread.state == 'Z' && (d = readdir(dir))) {
		long tid = strtol(d->d_name, NULL, 10);

		(void)snprintf(path, sizeof(path), "/proc/%d/task/%ld/stat", (int)pid,
			       tid);
		if (tid > 0 && read_stat(path, &thread) && thread.state != 'Z')
			(void)snprintf(s->proc, sizeof(s->proc), "/proc/%d/task/%ld",
				       (int)pid, tid);
	}
	if (dir)
		(void)closedir(dir);
}

static int for_each_process(struct search *s, int (*fn)(struct search *s, pid_t pid))
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	int r = 0;

	if (!dir)
		return error_sys(s->err, "/proc");
	while (r == 0 && (d = readdir(dir))) {
		pid_t pid = (pid_t)atoi(d->d_name);

		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		turn_to(s, pid);
		r = fn(s, pid);
	}
	(void)closedir(dir);
	return r;
}

static bool is_spared(const struct search *s, pid_t pid)
{
	return s->spare && (pid == s->spare->pids[0] || pid == s->spare->pids[1]);
}

static int visit_namespace(struct search *s, pid_t pid)
{
	if (is_spared(s, pid))
		return 0;
	return note_namespace(s, pid, false);
}

static int visit_process(struct search *s, pid_t pid)
{
	char what[HOLDERS_WHAT_SIZE];

	if (pid != getpid() && !is_spared(s, pid) &&
	    (holds_file(s, what) || holds_link(s, what) || holds_mapping(s, what)))
		add_holder(s, pid, what);
	return 0;
}

static int search(struct search *s)
{
	int r;

	turn_to(s, getpid());
	r = note_namespace(s, getpid(), true);
	if (r == 0)
		r = for_each_process(s, visit_namespace);
	if (r == 0)
		r = for_each_process(s, visit_process);
	for (size_t i = 0; i < s->n_copies; i++)
		free(s->copies[i].mountpoint);
	free(s->copies);
	free(s->namespaces);
	return r;
}

/* What is asked. */
struct question {
	const struct mount_identity *id;
	const struct holders_spare *spare;
};

static int search_exactly(void *arg, void *result, struct error *err)
{
	const struct question *q = arg;
	struct search s = {
		.id = q->id, .spare = q->spare, .exact = true, .out = result, .err = err
	};

	return search(&s);
}

static int search_by_text(void *arg, void *result, struct error *err)
{
	const struct question *q = arg;
	struct search s = { .id = q->id, .spare = q->spare, .out = result, .err = err };

	s.out->incomplete = true;
	return search(&s);
}

int holders_find(const struct mount_identity *id, const struct holders_spare *spare,
		 struct deadline d, struct holders *ret, struct error *err)
{
	static const task_fn searches[] = { search_exactly, search_by_text };
	int left_ms = deadline_poll_ms(d);
	/* The first half of the time for the search that may block. */
	struct deadline deadlines[] = {
		deadline_within(d, left_ms < 0 ? EXACT_MS : left_ms / 2),
		d,
	};
	struct question question = { id, spare };
	struct holders found = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(searches); i++) {
		struct task_spec spec = {
			.name = "search for holders",
			.fn = searches[i],
			.arg = &question,
			.result = &found,
			.result_size = sizeof(found),
			.deadline = deadlines[i],
			.cancel_fd = -1,
		};
		int r = task_run(&spec, NULL, err);

		if (r < 0)
			return r;
		if (r == TASK_DONE) {
			*ret = found;
			return 0;
		}
	}
	return error_set(err, ERROR_DEADLINE, 0,
			 "the search for who holds %s did not end in time",
			 id->mountpoint);
}

void holders_format(const struct holders *h, struct strbuf *out)
{
	if (h->count == 0)
		strbuf_puts(out, "no process");
	for (size_t i = 0; i < h->count; i++) {
		const struct holder *holder = &h->list[i];

		strbuf_puts(out, i > 0 ? ", " : "");
		if (holder->pid == 0) {
			strbuf_puts(out, holder->what);
			continue;
		}
		strbuf_printf(out, "%d %s (%s", (int)holder->pid, holder->wait.comm,
			      holder->what);
		if (holder->wait.state == 'D')
			strbuf_printf(out, ", blocked in %s",
				      holder->wait.wchan[0] ? holder->wait.wchan
							    : "the kernel");
		strbuf_puts(out, ")");
	}
	if (h->total > h->count)
		strbuf_printf(out, " and %zu more", h->total - h->count);
}
