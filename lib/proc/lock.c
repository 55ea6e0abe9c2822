/* SPDX-License-Identifier: MIT */
#include "lib/proc/lock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/place.h"
#include "lib/proc/tree.h"

/* One write of this size: a reader sees the old text or the new one. */
#define FILE_SIZE 512

/* A lock that hangs with the share it guards would be none. */
static int lock_path(const char *run_dir, enum lock_file which, char ret_dir[PATH_MAX],
		     char ret_path[PATH_MAX], struct error *err)
{
	static const char *const names[] = {
		[LOCK_RUN] = "nfsafe.lock",
		[LOCK_KEEPER] = "keeper.lock",
	};

	if (place_find(run_dir, ret_dir, err) < 0)
		return error_prefix(err, "run_dir");
	if ((size_t)snprintf(ret_path, PATH_MAX, "%s/%s", ret_dir, names[which]) >=
	    PATH_MAX)
		return error_set(err, ERROR_CONFIG, ENAMETOOLONG,
				 "run_dir %s: the path is too long", run_dir);
	return 0;
}

static void write_self(const struct lock *lock)
{
	const struct lock_holder *h = &lock->self;
	char text[FILE_SIZE];
	int n;

	memset(text, ' ', sizeof(text));
	n = snprintf(
		text, sizeof(text),
		"pid=%d since=%" PRId64 " phase_since=%" PRId64 " run=%" PRId64
		" command=%s phase=%s destination=%s group=%d group_started=%" PRId64,
		(int)h->pid, h->since_ms, h->phase_since_ms, h->run_id, h->command,
		h->phase, h->destination, (int)h->group, h->group_started);
	if (n >= 0 && n < FILE_SIZE)
		text[n] = ' ';
	text[FILE_SIZE - 1] = '\n';
	/* Information only: a full disk must not end the run that holds the lock. */
	(void)!pwrite(lock->fd, text, sizeof(text), 0);
}

static void parse_number(const char *text, const char *key, int64_t *ret)
{
	const char *p = strstr(text, key);

	if (p && sscanf(p + strlen(key), "%" SCNd64, ret) != 1)
		*ret = 0;
}

static void parse_word(const char *text, const char *key, char ret[LOCK_TEXT_SIZE])
{
	const char *p = strstr(text, key);
	size_t len;

	ret[0] = '\0';
	if (!p)
		return;
	p += strlen(key);
	len = strcspn(p, " \n");
	if (len < LOCK_TEXT_SIZE) {
		memcpy(ret, p, len);
		ret[len] = '\0';
	}
}

static void read_holder(int fd, pid_t pid, struct lock_holder *ret)
{
	struct lock_holder h = { .pid = pid };
	char text[FILE_SIZE + 1];
	ssize_t n = pread(fd, text, FILE_SIZE, 0);
	int64_t written = 0, group = 0;

	text[n > 0 ? n : 0] = '\0';
	/* The kernel knows who has it, but not who had it. */
	if (pid == 0 && strncmp(text, "pid=", 4) == 0)
		parse_number(text, "pid=", &written);
	if (written > 0 && written <= INT_MAX)
		h.pid = (pid_t)written;
	parse_number(text, " group=", &group);
	if (group > 0 && group <= INT_MAX)
		h.group = (pid_t)group;
	parse_number(text, " group_started=", &h.group_started);
	parse_number(text, " since=", &h.since_ms);
	parse_number(text, " phase_since=", &h.phase_since_ms);
	parse_number(text, " run=", &h.run_id);
	parse_word(text, " command=", h.command);
	parse_word(text, " phase=", h.phase);
	parse_word(text, " destination=", h.destination);
	*ret = h;
}

/* A FIFO would be waited for, a device do whatever it does. */
static int require_file(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(err, "lock %s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_CONFIG, 0, "lock %s is not a file: remove it",
				 path);
	return 0;
}

static int open_file(const char *run_dir, enum lock_file which, struct error *err)
{
	char dir[PATH_MAX], path[PATH_MAX];
	int fd, r;

	r = lock_path(run_dir, which, dir, path, err);
	if (r < 0)
		return r;
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return error_errno(err, errno == EACCES ? ERROR_PERMISSION : ERROR_CREATE,
				   "run_dir %s", run_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
	if (fd < 0)
		return error_errno(err, errno == EACCES ? ERROR_PERMISSION : ERROR_CREATE,
				   "lock %s", path);
	r = require_file(fd, path, err);
	if (r < 0)
		(void)close(fd);
	return r < 0 ? r : fd;
}

int lock_take(const char *run_dir, enum lock_file which, const char *command,
	      struct lock *ret, struct lock_holder *ret_holder, struct error *err)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct lock lock = LOCK_INIT;
	int fd = open_file(run_dir, which, err);

	if (fd < 0)
		return fd;
	if (fcntl(fd, F_SETLK, &fl) < 0) {
		int r = LOCK_HELD;

		if (errno != EAGAIN && errno != EACCES) {
			r = error_sys(err, "lock in %s", run_dir);
		} else {
			fl.l_pid = 0;
			(void)fcntl(fd, F_GETLK, &fl);
			read_holder(fd, fl.l_pid, ret_holder);
		}
		(void)close(fd);
		return r;
	}
	read_holder(fd, 0, ret_holder);
	lock.fd = fd;
	lock.self.pid = getpid();
	lock.self.group = ret_holder->group;
	lock.self.group_started = ret_holder->group_started;
	lock.self.since_ms = clock_now_ms();
	(void)snprintf(lock.self.command, LOCK_TEXT_SIZE, "%s", command);
	*ret = lock;
	lock_set_phase(ret, "starting", NULL);
	return LOCK_TAKEN;
}

void lock_set_phase(struct lock *lock, const char *phase, const char *destination)
{
	if (phase) {
		(void)snprintf(lock->self.phase, LOCK_TEXT_SIZE, "%s", phase);
		lock->self.phase_since_ms = clock_now_ms();
	}
	if (destination)
		(void)snprintf(lock->self.destination, LOCK_TEXT_SIZE, "%s", destination);
	write_self(lock);
}

void lock_set_run(struct lock *lock, int64_t run_id)
{
	lock->self.run_id = run_id;
	write_self(lock);
}

void lock_set_group(struct lock *lock, pid_t leader)
{
	lock->self.group = leader;
	lock->self.group_started = leader > 0 ? tree_started(leader) : 0;
	write_self(lock);
}

void lock_release(struct lock *lock)
{
	if (lock)
		fd_close(&lock->fd);
}

void lock_abandon(struct lock *lock, const struct lock_holder *previous)
{
	if (lock->fd < 0)
		return;
	lock->self = *previous;
	write_self(lock);
	lock_release(lock);
}

int lock_peek(const char *run_dir, enum lock_file which, struct lock_holder *ret_holder,
	      struct error *err)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	cleanup_fd int fd = -1;
	char dir[PATH_MAX], path[PATH_MAX];
	int r = lock_path(run_dir, which, dir, path, err);

	if (r < 0)
		return r;
	*ret_holder = (struct lock_holder){ 0 };
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return LOCK_PEEK_FREE;
	if (fd < 0)
		return error_errno(err, ERROR_IO, "lock %s", path);
	r = require_file(fd, path, err);
	if (r < 0)
		return r;
	/* F_GETLK asks for what would be in the way; a reader may ask for a writer. */
	if (fcntl(fd, F_GETLK, &fl) < 0)
		return error_sys(err, "lock %s", path);
	read_holder(fd, fl.l_type == F_UNLCK ? 0 : fl.l_pid, ret_holder);
	return fl.l_type == F_UNLCK ? LOCK_PEEK_FREE : LOCK_PEEK_HELD;
}
