/* SPDX-License-Identifier: MIT */
#include "lib/backup/guard_task.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/backup/guard.h"
#include "lib/base/cleanup.h"
#include "lib/base/deadline.h"
#include "lib/mnt/remote.h"

/* More than one WRITE of a server with small ones, not more than one of any other. */
#define WRITE_SIZE 65536
/* In the file for the beats, which are written at its start meanwhile. */
#define BEAT_ROOM 4096

static int errno_or(int otherwise)
{
	return errno != 0 ? errno : otherwise;
}

static int64_t elapsed_ms(int64_t since_ns)
{
	return (deadline_now_ns() - since_ns) / 1000000;
}

/* Up to @size bytes; fewer only at the end of the file.  Returns -1 and errno. */
static ssize_t read_whole(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, buf + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static bool write_whole(int fd, const char *buf, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, buf, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		buf += n;
		size -= (size_t)n;
	}
	return true;
}

int guard_task_read_marker(void *arg, void *result, struct error *err)
{
	const struct guard_task *job = arg;
	struct guard_facts *facts = result;
	/* O_NONBLOCK: somebody may have put a FIFO there. */
	cleanup_fd int fd = remote_open(job->file, O_RDONLY | O_NONBLOCK, 0);
	char text[MARKER_TEXT_MAX + 1];
	struct stat st;
	ssize_t len;

	(void)err;
	if (fd < 0 || fstat(fd, &st) < 0) {
		facts->marker.errnum = errno_or(EIO);
		return 0;
	}
	if (!S_ISREG(st.st_mode)) {
		(void)error_set(&facts->marker.parse, ERROR_UNSAFE, 0, "not a file");
		return 0;
	}
	len = read_whole(fd, text, sizeof(text));
	if (len < 0)
		facts->marker.errnum = errno_or(EIO);
	else
		facts->marker.valid =
			marker_parse(text, (size_t)len, &facts->marker.found,
				     &facts->marker.parse) == 0;
	return 0;
}

int guard_task_read_space(void *arg, void *result, struct error *err)
{
	const struct guard_task *job = arg;
	struct guard_facts *facts = result;

	(void)err;
	if (remote_space(job->root, &facts->space.space) < 0)
		facts->space.errnum = errno_or(EIO);
	return 0;
}

/* Bytes that no cache, no sparse file and no other run has by chance. */
static void fill(char *buf, size_t size)
{
	uint64_t x = 0;

	if (getrandom(&x, sizeof(x), GRND_NONBLOCK) != (ssize_t)sizeof(x) || x == 0)
		x = (uint64_t)deadline_now_ns() | 1;
	for (size_t i = 0; i < size; i++) {
		/* xorshift64: Marsaglia, "Xorshift RNGs", 2003 */
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		buf[i] = (char)x;
	}
}

/*
 * Write to @fd at @offset and read it back; closes it.  Returns the stage that failed,
 * with errno; GUARD_WRITE_REMOVE: all is well.
 */
static enum guard_write_stage write_and_read(int fd, off_t offset, const char *data,
					     char *back)
{
	enum guard_write_stage stage = GUARD_WRITE_WRITE;
	ssize_t len = -1;

	if (lseek(fd, offset, SEEK_SET) == offset && write_whole(fd, data, WRITE_SIZE))
		stage = GUARD_WRITE_FSYNC;
	/* An error of a write is told once, by whoever comes first. */
	if (stage == GUARD_WRITE_FSYNC && fsync(fd) == 0)
		stage = GUARD_WRITE_READ;
	if (stage == GUARD_WRITE_READ) {
		/* What is clean is dropped, so that reading asks the server. */
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		if (lseek(fd, offset, SEEK_SET) == offset)
			len = read_whole(fd, back, WRITE_SIZE);
		if (len >= 0)
			stage = GUARD_WRITE_COMPARE;
	}
	if (stage != GUARD_WRITE_COMPARE) {
		int saved_errno = errno;

		(void)close(fd);
		errno = saved_errno;
		return stage;
	}
	if (close(fd) < 0)
		return GUARD_WRITE_CLOSE;
	if (len != WRITE_SIZE || memcmp(data, back, WRITE_SIZE) != 0)
		return GUARD_WRITE_COMPARE;
	return GUARD_WRITE_REMOVE;
}

/*
 * Empty, so that there must be room for what is written.  Others may have put something
 * else there: a FIFO must not hold us up, nor another's file be emptied by its link.
 * Returns a descriptor, or -1 with errno.
 */
static int open_beat_file(const struct remote *file)
{
	int fd = remote_open(file, O_CREAT | O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0600);
	struct stat st;

	if (fd < 0)
		return -1;
	errno = 0;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
	    (st.st_size == 0 || ftruncate(fd, 0) == 0))
		return fd;
	(void)close(fd);
	errno = errno_or(EEXIST);
	return -1;
}

/* Under a name of its own, which is removed again. */
static enum guard_write_stage try_new_file(const struct guard_task *job, const char *data,
					   char *back)
{
	int fd = remote_open(job->file, O_CREAT | O_EXCL | O_RDWR, 0600);
	enum guard_write_stage stage = GUARD_WRITE_CREATE;
	int saved_errno;

	if (fd < 0)
		return stage;
	stage = write_and_read(fd, 0, data, back);
	saved_errno = errno;
	if (remote_unlink(job->file) == 0 && stage == GUARD_WRITE_REMOVE)
		return GUARD_WRITE_DONE;
	if (stage != GUARD_WRITE_REMOVE)
		errno = saved_errno;
	return stage;
}

/* The file for the beats does for this as well: fewer calls. */
static enum guard_write_stage try_to_write(const struct guard_task *job,
					   struct guard_facts *facts, const char *data,
					   char *back)
{
	enum guard_write_stage stage;
	int fd;

	if (!job->target)
		return try_new_file(job, data, back);
	fd = open_beat_file(job->target);
	if (fd < 0) {
		facts->beat.errnum = errno_or(EIO);
		errno = 0;
		return try_new_file(job, data, back);
	}
	stage = write_and_read(fd, BEAT_ROOM, data, back);
	return stage == GUARD_WRITE_REMOVE ? GUARD_WRITE_DONE : stage;
}

int guard_task_write(void *arg, void *result, struct error *err)
{
	const struct guard_task *job = arg;
	struct guard_facts *facts = result;
	cleanup_free char *data = malloc(WRITE_SIZE);
	cleanup_free char *back = malloc(WRITE_SIZE);
	int64_t start_ns = deadline_now_ns();
	enum guard_write_stage stage;

	if (!data || !back)
		return error_oom(err);
	fill(data, WRITE_SIZE);
	errno = 0;
	stage = try_to_write(job, facts, data, back);
	facts->write.errnum = errno_or(EIO);
	facts->write.stage = stage;
	facts->write.elapsed_ms = elapsed_ms(start_ns);
	return 0;
}

/* A new @file with @text, read-only only then: not every server lets owners override. */
static bool write_new(const struct remote *file, const char *text, size_t len)
{
	int fd = remote_open(file, O_CREAT | O_EXCL | O_WRONLY, 0600);
	bool written;

	if (fd < 0)
		return false;
	written = write_whole(fd, text, len) && fchmod(fd, 0444) == 0 && fsync(fd) == 0;
	return close(fd) == 0 && written;
}

/* NFS3ERR_NOTSUPP comes as an errno that libc does not know: ENOTSUPP. */
static bool means_no_links(int errnum)
{
	enum { KERNEL_ENOTSUPP = 524 };

	return errnum == KERNEL_ENOTSUPP || errnum == EOPNOTSUPP || errnum == EPERM ||
	       errnum == ENOSYS || errnum == EMLINK;
}

/*
 * The whole marker under a name of its own, then link(2)ed to the right one, which
 * does not replace what is there.  Servers without hard links get it made in place.
 */
int guard_task_install(void *arg, void *result, struct error *err)
{
	const struct guard_task *job = arg;
	struct guard_facts *facts = result;
	char text[MARKER_TEXT_MAX];
	int len = marker_format(job->marker, text, sizeof(text), err);
	bool done;

	if (len < 0)
		return len;
	errno = 0;
	done = write_new(job->file, text, (size_t)len) &&
	       remote_link(job->file, job->target) == 0;
	if (!done && means_no_links(errno))
		done = write_new(job->target, text, (size_t)len);
	if (!done && errno != EEXIST) {
		facts->write.stage = GUARD_WRITE_CREATE;
		facts->write.errnum = errno_or(EIO);
	} else {
		facts->write.stage = GUARD_WRITE_DONE;
	}
	(void)remote_unlink(job->file);
	return 0;
}
