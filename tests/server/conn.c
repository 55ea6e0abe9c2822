/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/base/deadline.h"
#include "tests/server/server.h"

#define RECORD_MAX (4u << 20)
#define LAST_FRAGMENT 0x80000000u

static void name_address(int fd, char *buf, size_t size)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	const void *raw = &((struct sockaddr_in *)&ss)->sin_addr;

	(void)getsockname(fd, (struct sockaddr *)&ss, &len);
	if (ss.ss_family == AF_INET6)
		raw = &((struct sockaddr_in6 *)&ss)->sin6_addr;
	if (!inet_ntop(ss.ss_family, raw, buf, (socklen_t)size))
		(void)snprintf(buf, size, "?");
}

/* For "stats": was it a reserved port? */
static void note_peer(struct server *server, enum service service, int fd)
{
	static const char *const names[SERVICES] = { "portmap", "mount", "nfs" };
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	(void)getpeername(fd, (struct sockaddr *)&ss, &len);
	/* sin_port and sin6_port are at the same place. */
	strbuf_printf(&server->peers, " %s:%u", names[service],
		      ntohs(((struct sockaddr_in *)&ss)->sin_port));
}

/* As real servers do: answers are small, and not held back until the last is acked. */
static void send_at_once(int fd)
{
	int one = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static void watch(const struct conn *conn, int op)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = (void *)conn };

	if (conn->wants_write)
		event.events |= EPOLLOUT;
	(void)epoll_ctl(conn->server->epoll_fd, op, conn->fd, &event);
}

void conn_new(struct listener *listener, int fd)
{
	struct server *server = listener->server;
	struct conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		abort();
	*conn = (struct conn){
		.source = SOURCE_CONN,
		.server = server,
		.next = server->conns,
		.service = listener->service,
		.fd = fd,
		.round = server->stats.answered + 1,
	};
	server->conns = conn;
	server->stats.connections++;
	if (conn->round > server->stats.rounds)
		server->stats.rounds = conn->round;
	name_address(fd, conn->address, sizeof(conn->address));
	send_at_once(fd);
	note_peer(server, listener->service, fd);
	watch(conn, EPOLL_CTL_ADD);
}

static void drop_front(struct strbuf *s, size_t len)
{
	memmove(s->text, s->text + len, s->len - len);
	s->len -= len;
}

/* Serve each whole record in @conn->in (RFC 5531, 11). */
static void split_records(struct conn *conn)
{
	while (conn->in.len >= 4 && !conn->dead) {
		struct xdr x = { .at = (const uint8_t *)conn->in.text, .left = 4 };
		uint32_t mark = xdr_u32(&x);
		size_t len = mark & ~LAST_FRAGMENT;

		if (len > RECORD_MAX || conn->record.len + len > RECORD_MAX) {
			conn->dead = true;
			return;
		}
		if (conn->in.len - 4 < len)
			return;
		strbuf_add(&conn->record, conn->in.text + 4, len);
		drop_front(&conn->in, 4 + len);
		if (mark & LAST_FRAGMENT) {
			rpc_serve(conn, &conn->record);
			conn->record.len = 0;
		}
	}
}

static void receive(struct conn *conn)
{
	char buf[65536];
	ssize_t n = recv(conn->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		conn->dead = true;
	if (n <= 0)
		return;
	strbuf_add(&conn->in, buf, (size_t)n);
	split_records(conn);
}

void conn_send(struct conn *conn, struct reply *reply)
{
	struct reply **last = &conn->replies;

	while (*last)
		last = &(*last)->next;
	*last = reply;
	reply->round = conn->round + 1;
}

static void free_reply(struct reply *reply)
{
	strbuf_done(&reply->bytes);
	free(reply);
}

static void reset(struct conn *conn)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	conn->dead = true;
}

/* The first answer of @conn has been sent. */
static void finish(struct conn *conn)
{
	struct reply *reply = conn->replies;
	struct statistics *stats = &conn->server->stats;

	if (reply->end == REPLY_AGAIN) {
		reply->sent = 0;
		return;
	}
	if (reply->round > stats->answered)
		stats->answered = reply->round;
	if (reply->end == REPLY_RESET)
		reset(conn);
	else if (reply->end == REPLY_CLOSE)
		conn->dead = true;
	conn->replies = reply->next;
	free_reply(reply);
}

/* Send some of the first answer; returns false if there is no room for more. */
static bool send_some(struct conn *conn, int64_t now_ns)
{
	struct reply *reply = conn->replies;
	size_t len = reply->bytes.len - reply->sent;
	ssize_t n;

	if (reply->gap_ns > 0 && len > 1)
		len = 1;
	n = send(conn->fd, reply->bytes.text + reply->sent, len,
		 MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0) {
		conn->dead = errno != EAGAIN && errno != EINTR;
		return false;
	}
	reply->sent += (size_t)n;
	if (reply->gap_ns > 0)
		reply->due_ns = now_ns + reply->gap_ns;
	if (reply->sent == reply->bytes.len)
		finish(conn);
	return true;
}

/* Send what is due; at most a few pieces, lest one client starve the others. */
static void pump(struct conn *conn, int64_t now_ns)
{
	bool full = false;

	for (int i = 0; i < 8 && !full && !conn->dead && conn->replies; i++) {
		if (conn->replies->due_ns > now_ns)
			break;
		full = !send_some(conn, now_ns);
	}
	full = full && !conn->dead;
	if (full != conn->wants_write) {
		conn->wants_write = full;
		watch(conn, EPOLL_CTL_MOD);
	}
}

void conn_ready(struct conn *conn, uint32_t events)
{
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		receive(conn);
	if (events & EPOLLOUT)
		pump(conn, deadline_now_ns());
}

static void free_conn(struct conn *conn)
{
	while (conn->replies) {
		struct reply *reply = conn->replies;

		conn->replies = reply->next;
		free_reply(reply);
	}
	rpc_forget_late(conn);
	strbuf_done(&conn->in);
	strbuf_done(&conn->record);
	(void)close(conn->fd);
	free(conn);
}

int conn_turn(struct server *server)
{
	int64_t now_ns = deadline_now_ns(), next_ns = INT64_MAX;
	struct conn **at = &server->conns;

	while (*at) {
		struct conn *conn = *at;
		int64_t late_ns = rpc_serve_late(conn, now_ns);

		if (late_ns < next_ns)
			next_ns = late_ns;
		if (!conn->dead && !conn->wants_write)
			pump(conn, deadline_now_ns());
		if (conn->dead) {
			*at = conn->next;
			free_conn(conn);
			continue;
		}
		if (conn->replies && !conn->wants_write &&
		    conn->replies->due_ns < next_ns)
			next_ns = conn->replies->due_ns;
		at = &conn->next;
	}
	if (next_ns == INT64_MAX)
		return -1;
	return deadline_poll_ms((struct deadline){ .at_ns = next_ns });
}

void conn_done(struct server *server)
{
	while (server->conns) {
		struct conn *conn = server->conns;

		server->conns = conn->next;
		free_conn(conn);
	}
}
