/* SPDX-License-Identifier: MIT */
#include "lib/nfs/mailbox.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct seen {
	unsigned n;
	uint32_t type, source;
	int fd;
};

static void on_message(void *data, const union wire_any *msg, int fd)
{
	struct seen *seen = data;

	seen->n++;
	seen->type = msg->type;
	seen->source = msg->start.source;
	seen->fd = fd;
}

static void open_pair(int pair[2])
{
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
}

Test(mailbox, opening_it_says_ready)
{
	struct wire_ready ready = { 0 };
	int pair[2], epoll_fd;

	open_pair(pair);
	epoll_fd = mailbox_open(pair[0], 1);
	cr_assert_geq(epoll_fd, 0);
	cr_expect_eq(recv(pair[1], &ready, sizeof(ready), 0), (ssize_t)sizeof(ready));
	cr_expect_eq(ready.type, WIRE_READY);
	(void)close(epoll_fd);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

Test(mailbox, messages_come_one_by_one_with_their_descriptors)
{
	struct wire_start start = { .type = WIRE_START, .source = 7 };
	struct wire_socket msg = { .type = WIRE_SOCKET };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { &msg, sizeof(msg) };
	struct msghdr hdr = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	struct seen seen = { .fd = -1 };
	int pair[2], zero = 0;

	open_pair(pair);
	cr_assert(mailbox_post(pair[1], &start, sizeof(start)));
	cr_assert(mailbox_read(pair[0], on_message, &seen));
	cr_expect_eq(seen.n, 1);
	cr_expect_eq(seen.type, WIRE_START);
	cr_expect_eq(seen.source, 7);
	cr_expect_eq(seen.fd, -1);

	control.align = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
					  .cmsg_level = SOL_SOCKET,
					  .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(CMSG_FIRSTHDR(&hdr)), &zero, sizeof(zero));
	cr_assert_eq(sendmsg(pair[1], &hdr, 0), (ssize_t)sizeof(msg));
	cr_assert(mailbox_read(pair[0], on_message, &seen));
	cr_expect_eq(seen.type, WIRE_SOCKET);
	cr_expect_gt(seen.fd, 2);
	(void)close(seen.fd);
	(void)close(pair[1]);
	cr_expect_not(mailbox_read(pair[0], on_message, &seen), "the broker is gone");
	(void)close(pair[0]);
}

Test(mailbox, when_there_is_no_room_it_says_so)
{
	struct wire_report report = { .type = WIRE_REPORT };
	int pair[2];
	unsigned n = 0;

	open_pair(pair);
	while (n < 100000 && mailbox_post(pair[0], &report, sizeof(report)))
		n++;
	cr_expect_gt(n, 10);
	cr_expect_lt(n, 100000);
	(void)close(pair[1]);
	/* Nobody will read it: no reason to wait. */
	cr_expect(mailbox_post(pair[0], &report, sizeof(report)));
	(void)close(pair[0]);
}
