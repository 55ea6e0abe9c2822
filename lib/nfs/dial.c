/* SPDX-License-Identifier: MIT */
#include "lib/nfs/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/fd.h"

/*
 * The range that the kernel's NFS client takes (sunrpc.min_resvport and max_resvport),
 * from above.  Whoever listens there sets SO_REUSEADDR, as all daemons do, and is not
 * kept from its port by a socket of ours, nor we by its.
 */
#define RESERVED_FIRST 665
#define RESERVED_LAST 1023

socklen_t dial_address_size(const struct sockaddr_storage *address)
{
	switch (address->ss_family) {
	case AF_INET:
		return sizeof(struct sockaddr_in);
	case AF_INET6:
		return sizeof(struct sockaddr_in6);
	default:
		return 0;
	}
}

void dial_address_text(const struct sockaddr_storage *address, char *buf, size_t size)
{
	buf[0] = '\0';
	/* NI_NUMERICHOST asks nobody. */
	if (getnameinfo((const struct sockaddr *)address, dial_address_size(address), buf,
			(socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0)
		buf[0] = '\0';
}

static void set_port(struct sockaddr_storage *address, uint16_t port)
{
	if (address->ss_family == AF_INET)
		((struct sockaddr_in *)address)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)address)->sin6_port = htons(port);
}

/* tcp(7); what the kernel does not know is as the system has it. */
static void keep_alive(int fd, int lost_after_ms)
{
	static const int on = 1, idle_s = 2, interval_s = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &lost_after_ms,
			 sizeof(lost_after_ms));
}

static int open_socket(const struct dial *dial, int family)
{
	static const struct linger no_time_wait = { .l_onoff = 1, .l_linger = 0 };
	static const int on = 1;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	/* Calls are small, and none may wait for the answer to another. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &no_time_wait, sizeof(no_time_wait));
	if (dial->lost_after_ms > 0)
		keep_alive(fd, dial->lost_after_ms);
	return fd;
}

static int connect_from(int fd, const struct sockaddr_storage *to)
{
	if (connect(fd, (const struct sockaddr *)to, dial_address_size(to)) == 0 ||
	    errno == EINPROGRESS)
		return 0;
	return errno;
}

static uint16_t next_reserved(struct dial *dial)
{
	uint16_t port = dial->next;

	/* Not all processes from the same one on. */
	if (port == 0)
		port = (uint16_t)(RESERVED_LAST - (unsigned)getpid() % 256);
	dial->next = port > RESERVED_FIRST ? (uint16_t)(port - 1) : RESERVED_LAST;
	return port;
}

/* EADDRINUSE: none is left; EACCES: not ours to bind. */
static int dial_reserved(struct dial *dial, const struct sockaddr_storage *to,
			 int *ret_fd)
{
	for (int i = RESERVED_FIRST; i <= RESERVED_LAST; i++) {
		struct sockaddr_storage from = { .ss_family = to->ss_family };
		cleanup_fd int fd = open_socket(dial, to->ss_family);
		int e;

		if (fd < 0)
			return errno;
		set_port(&from, next_reserved(dial));
		if (bind(fd, (const struct sockaddr *)&from, dial_address_size(&from)) <
		    0) {
			if (errno == EADDRINUSE)
				continue;
			return errno;
		}
		e = connect_from(fd, to);
		/* This port talks to that server already. */
		if (e == EADDRNOTAVAIL)
			continue;
		if (e == 0) {
			*ret_fd = fd;
			fd = -1;
		}
		return e;
	}
	return EADDRINUSE;
}

int dial_start(struct dial *dial, const struct sockaddr_storage *address, uint16_t port,
	       bool reserved, int *ret_fd)
{
	struct sockaddr_storage to = *address;
	cleanup_fd int fd = -1;
	int e;

	if (dial_address_size(&to) == 0)
		return EAFNOSUPPORT;
	set_port(&to, port);
	if (reserved) {
		e = dial_reserved(dial, &to, ret_fd);
		if (e != EACCES && e != EADDRINUSE)
			return e;
	}
	fd = open_socket(dial, to.ss_family);
	if (fd < 0)
		return errno;
	e = connect_from(fd, &to);
	if (e == 0) {
		*ret_fd = fd;
		fd = -1;
	}
	return e;
}
