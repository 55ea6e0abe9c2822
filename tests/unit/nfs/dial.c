/* SPDX-License-Identifier: MIT */
#include "lib/nfs/dial.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/nfs/loopback.h"

static struct sockaddr_storage address_of(const char *text)
{
	struct sockaddr_storage address = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
		address.ss_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
		address.ss_family = AF_INET6;
	return address;
}

static int error_of(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int error = 0;

	cr_assert_eq(poll(&pfd, 1, 5000), 1);
	cr_assert_eq(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	return error;
}

static uint16_t own_port(int fd)
{
	struct sockaddr_in own;
	socklen_t len = sizeof(own);

	cr_assert_eq(getsockname(fd, (struct sockaddr *)&own, &len), 0);
	return ntohs(own.sin_port);
}

Test(dial, connects_without_blocking, .timeout = 20)
{
	struct sockaddr_storage to = address_of("127.0.0.1");
	struct dial dial = { 0 };
	uint16_t port;
	int listener = loopback_listen(&port), fd;

	cr_assert_eq(dial_start(&dial, &to, port, false, &fd), 0);
	cr_expect_eq(error_of(fd), 0);
	cr_expect(fcntl(fd, F_GETFL) & O_NONBLOCK);
	cr_expect(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	cr_expect_geq(own_port(fd), 1024);
	(void)close(fd);
	(void)close(listener);
	/* Told at once or by the socket: both are said to be possible. */
	fd = -1;
	if (dial_start(&dial, &to, port, false, &fd) == 0)
		cr_expect_eq(error_of(fd), ECONNREFUSED);
	if (fd >= 0)
		(void)close(fd);
}

Test(dial, root_gets_a_reserved_port_others_some_port, .timeout = 20)
{
	struct sockaddr_storage to = address_of("127.0.0.1");
	struct dial dial = { 0 };
	uint16_t port;
	int listener = loopback_listen(&port), fds[8];

	for (size_t i = 0; i < 8; i++) {
		cr_assert_eq(dial_start(&dial, &to, port, true, &fds[i]), 0);
		cr_expect_eq(error_of(fds[i]), 0);
		if (geteuid() == 0)
			cr_expect(own_port(fds[i]) < 1024 && own_port(fds[i]) >= 665);
	}
	for (size_t i = 0; i < 8; i++)
		(void)close(fds[i]);
	/* Freed at once, so that the next probe finds them. */
	for (size_t i = 0; i < 8; i++) {
		cr_assert_eq(dial_start(&dial, &to, port, true, &fds[i]), 0);
		(void)close(fds[i]);
	}
	(void)close(listener);
}

/* There are 359: after that it goes on without. */
Test(dial, when_no_reserved_port_is_left_another_serves, .timeout = 20)
{
	struct sockaddr_storage to = address_of("127.0.0.1");
	struct dial dial = { 0 };
	uint16_t port;
	int listener = loopback_listen(&port), fds[400];
	unsigned reserved = 0;

	for (size_t i = 0; i < 400; i++) {
		cr_assert_eq(dial_start(&dial, &to, port, true, &fds[i]), 0, "%zu", i);
		reserved += own_port(fds[i]) < 1024;
	}
	cr_expect_lt(reserved, 400);
	if (geteuid() == 0)
		cr_expect_gt(reserved, 300);
	for (size_t i = 0; i < 400; i++)
		(void)close(fds[i]);
	(void)close(listener);
}

Test(dial, one_that_is_neither_ipv4_nor_ipv6)
{
	struct sockaddr_storage to = { .ss_family = AF_UNIX };
	struct dial dial = { 0 };
	char text[64];
	int fd;

	cr_expect_eq(dial_start(&dial, &to, 1, false, &fd), EAFNOSUPPORT);
	cr_expect_eq(dial_address_size(&to), 0);
	dial_address_text(&to, text, sizeof(text));
	cr_expect_str_eq(text, "");
}

Test(dial, addresses_are_numbers)
{
	struct sockaddr_storage v4 = address_of("10.1.2.3");
	struct sockaddr_storage v6 = address_of("2001:db8::1");
	char text[64];

	dial_address_text(&v4, text, sizeof(text));
	cr_expect_str_eq(text, "10.1.2.3");
	dial_address_text(&v6, text, sizeof(text));
	cr_expect_str_eq(text, "2001:db8::1");
}
