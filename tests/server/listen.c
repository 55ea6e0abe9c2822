/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/macro.h"
#include "tests/server/server.h"

static const char *const service_programs[SERVICES] = { "portmap", "mount", "nfs3" };

static int numeric_address(const char *text, in_port_t port, struct listener *listener,
			   struct error *err)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&listener->address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&listener->address;

	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		listener->address_len = sizeof(*in);
		return 0;
	}
	if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		listener->address_len = sizeof(*in6);
		return 0;
	}
	return error_set(err, ERROR_USAGE, 0, "%s: not a numeric address", text);
}

static int bind_socket(struct listener *listener, struct error *err)
{
	int one = 1;

	fd_close(&listener->fd);
	listener->fd = socket(listener->address.ss_family,
			      SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener->fd < 0)
		return error_sys(err, "socket");
	(void)setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (listener->address.ss_family == AF_INET6)
		(void)setsockopt(listener->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one,
				 sizeof(one));
	if (bind(listener->fd, (struct sockaddr *)&listener->address,
		 listener->address_len) < 0)
		return error_sys(err, "bind");
	return 0;
}

/* The kernel chose the port: keep it, for all that comes. */
static void learn_port(struct listener *listener)
{
	socklen_t len = sizeof(listener->address);

	(void)getsockname(listener->fd, (struct sockaddr *)&listener->address, &len);
	listener->server->ports[listener->service] =
		ntohs(((struct sockaddr_in *)&listener->address)->sin_port);
}

int listen_add(struct server *server, const char *address, struct error *err)
{
	for (int service = 0; service < SERVICES; service++) {
		struct listener *listener = &server->listeners[server->n_listeners];
		int r;

		if (server->n_listeners == ARRAY_SIZE(server->listeners))
			return error_set(err, ERROR_USAGE, 0, "too many addresses");
		*listener = (struct listener){
			.source = SOURCE_LISTENER,
			.server = server,
			.service = (enum service)service,
			.fd = -1,
			.fault = FAULT_REFUSE,
		};
		(void)snprintf(listener->name, sizeof(listener->name), "%s", address);
		memset(listener->fillers, -1, sizeof(listener->fillers));
		r = numeric_address(address, server->ports[service], listener, err);
		if (r == 0)
			r = bind_socket(listener, err);
		if (r < 0)
			return error_prefix(err, "%s port %u", address,
					    server->ports[service]);
		learn_port(listener);
		server->n_listeners++;
	}
	return 0;
}

/* Connect to ourselves until the backlog of 0 has no room: a SYN is dropped then. */
static void fill(struct listener *listener)
{
	for (size_t i = 0; i < ARRAY_SIZE(listener->fillers); i++) {
		listener->fillers[i] =
			socket(listener->address.ss_family,
			       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(listener->fillers[i], (struct sockaddr *)&listener->address,
			      listener->address_len);
	}
}

static int change(struct listener *listener, enum fault_kind fault, struct error *err)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = listener };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(listener->fillers); i++)
		fd_close(&listener->fillers[i]);
	r = bind_socket(listener, err);
	if (r < 0)
		return r;
	listener->fault = fault;
	if (fault == FAULT_REFUSE)
		return 0; /* bound, so that the port stays ours, and deaf */
	if (listen(listener->fd, fault == FAULT_BACKLOG ? 0 : SOMAXCONN) < 0)
		return error_sys(err, "listen");
	if (fault == FAULT_BACKLOG)
		fill(listener);
	else if (fault != FAULT_NO_ACCEPT &&
		 epoll_ctl(listener->server->epoll_fd, EPOLL_CTL_ADD, listener->fd,
			   &event) < 0)
		return error_sys(err, "epoll_ctl");
	return 0;
}

int listen_sync(struct server *server, struct error *err)
{
	for (uint32_t i = 0; i < server->n_listeners; i++) {
		struct listener *listener = &server->listeners[i];
		struct fault_point point = { .program =
						     service_programs[listener->service],
					     .address = listener->name };
		enum fault_kind fault = faults_of_listener(&server->faults, &point);
		int r = 0;

		if (fault != listener->fault)
			r = change(listener, fault, err);
		if (r < 0)
			return r;
	}
	return 0;
}

void listen_ready(struct listener *listener)
{
	for (int i = 0; i < 64; i++) {
		int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		conn_new(listener, fd);
	}
}

void listen_done(struct server *server)
{
	for (uint32_t i = 0; i < server->n_listeners; i++) {
		struct listener *listener = &server->listeners[i];

		fd_close(&listener->fd);
		for (size_t j = 0; j < ARRAY_SIZE(listener->fillers); j++)
			fd_close(&listener->fillers[j]);
	}
	server->n_listeners = 0;
}
