/* SPDX-License-Identifier: MIT */
#include "lib/nfs/mailbox.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* A turn of the loop: connections want to be looked at too. */
#define MESSAGES_A_TURN 64

int mailbox_open(int sock, uint64_t tag)
{
	struct epoll_event event = { .events = EPOLLIN, .data = { .u64 = tag } };
	struct wire_ready ready = { .type = WIRE_READY };
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd >= 0 && (epoll_ctl(fd, EPOLL_CTL_ADD, sock, &event) < 0 ||
			!mailbox_post(sock, &ready, sizeof(ready))))
		return -1;
	return fd;
}

bool mailbox_post(int sock, const void *msg, size_t len)
{
	ssize_t n;

	do {
		n = send(sock, msg, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n >= 0 || errno != EAGAIN;
}

/* The descriptor that came with a message, -1 if none did. */
static int take_fd(struct msghdr *hdr)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(hdr);
	int fd;

	if (!cmsg || cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS ||
	    cmsg->cmsg_len != CMSG_LEN(sizeof(fd)))
		return -1;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return fd;
}

bool mailbox_read(int sock, mailbox_fn fn, void *data)
{
	for (int i = 0; i < MESSAGES_A_TURN; i++) {
		union {
			struct cmsghdr align;
			char bytes[CMSG_SPACE(sizeof(int))];
		} control;
		union wire_any msg;
		struct iovec iov = { .iov_base = &msg, .iov_len = sizeof(msg) };
		struct msghdr hdr = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control.bytes,
			.msg_controllen = sizeof(control.bytes),
		};
		ssize_t n = recvmsg(sock, &hdr, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n <= 0)
			return false;
		fn(data, &msg, take_fd(&hdr));
	}
	return true;
}
