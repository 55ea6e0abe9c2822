/* SPDX-License-Identifier: MIT */
#include "lib/base/fd.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"

int fd_wait_readable(int fd, struct deadline d, struct error *err)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	do {
		int n = poll(&pfd, 1, deadline_poll_ms(d));

		if (n > 0)
			return 1;
		if (n < 0 && errno != EINTR)
			return error_sys(err, "poll: fd %d", fd);
	} while (!deadline_expired(d));
	return 0;
}

int fd_read_file(const char *path, size_t max, char **ret_text, size_t *ret_len,
		 struct error *err)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return error_errno(err, ERROR_IO, "%s", path);
	return fd_read_all(fd, path, max, ret_text, ret_len, err);
}

int fd_read_all(int fd, const char *name, size_t max, char **ret_text, size_t *ret_len,
		struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len = 0, size = 0;

	for (;;) {
		ssize_t n;

		/* One byte for the NUL, one to see that there is more than @max. */
		if (size - len < 2) {
			size_t want = size ? size * 2 : 4096;
			char *more = realloc(text, want);

			if (!more)
				return error_oom(err);
			text = more;
			size = want;
		}
		n = read(fd, text + len, size - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, ERROR_IO, "%s", name);
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > max)
			return error_set(err, ERROR_IO, EFBIG,
					 "%s: larger than %zu bytes", name, max);
	}
	text[len] = '\0';
	*ret_text = text;
	*ret_len = len;
	text = NULL;
	return 0;
}

int fd_write_all(int fd, const void *data, size_t len, struct error *err)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, ERROR_IO, "write: fd %d", fd);
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int fd_set_nonblock(int fd, struct error *err)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return error_sys(err, "fcntl: fd %d", fd);
	return 0;
}

void fd_ensure_standard(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

int fd_reopen_nonblock(int fd)
{
	char path[64];

	/* Not fstat(2): of a file it may ask a server. */
	if (!isatty(fd) && fcntl(fd, F_GETPIPE_SZ) < 0)
		return -1;
	/* What could not be written to must not become so. */
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

ssize_t fd_write_now(int fd, const void *data, size_t len)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	ssize_t n = send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n >= 0 || errno != ENOTSOCK)
		return n;
	/* Room that was seen earlier may have been taken since, by ourselves as well. */
	if (poll(&pfd, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(fd, data, len);
}

/* Aligned for the header of a control message. */
union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

int fd_send(int sock, int fd)
{
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	union control control = { 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control.space);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

int fd_receive(int sock, int *ret_fd)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	union control control = { 0 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control.space) };
	ssize_t n = recvmsg(sock, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;

	*ret_fd = -1;
	if (header && header->cmsg_level == SOL_SOCKET &&
	    header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(ret_fd, CMSG_DATA(header), sizeof(int));
	if (n < 0)
		return -1;
	return n > 0 ? 1 : 0;
}

void fd_close(int *fd)
{
	int saved_errno = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = saved_errno;
}
