/* SPDX-License-Identifier: MIT */
#include "lib/nfs/prober.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/proc/privilege.h"
#include "tests/unit/nfs/loopback.h"

/* What happens to the prober happens to no source. */
static void on_report(void *data, size_t index, const struct probe_report *report)
{
	(void)index;
	*(struct probe_report *)data = *report;
}

static struct probe_report run(const char *server, uint16_t port, int64_t timeout_ms)
{
	struct probe_request request = {
		.source = { .export = "/export" },
		.vers = NFS_VERS_4_0,
		.port = port,
		.timeout_ms = timeout_ms,
	};
	struct probe_report report;
	struct identity id;
	struct probe_job job = {
		.requests = &request,
		.n = 1,
		.identity = &id,
		.cancel_fd = -1,
		.on_report = on_report,
		.data = &report,
	};
	struct error err;

	(void)snprintf(request.source.server, sizeof(request.source.server), "%s",
		       server);
	probe_report_init(&report, NFS_VERS_3);
	identity_self(&id);
	if (id.uid == 0)
		identity_nobody(&id);
	cr_assert_eq(probe_run(&job, &err), PROBE_DONE, "%s", err.msg);
	return report;
}

static int64_t now_ms(void)
{
	return deadline_now_ns() / 1000000;
}

/* The first child of this process that is there. */
static pid_t a_child(void)
{
	char path[64];
	FILE *f;
	int pid = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)getppid(),
		       (int)getppid());
	f = fopen(path, "r");
	/* That is this helper itself, or the prober: whoever is not us. */
	while (f && fscanf(f, "%d", &pid) == 1 && pid == (int)getpid())
		;
	if (f)
		(void)fclose(f);
	return pid == (int)getpid() ? 0 : pid;
}

/* A child that sends @signal to the prober, after @ms, @times. */
static pid_t start_killer(int signal, int ms, int times)
{
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid != 0)
		return pid;
	while (times-- > 0) {
		struct deadline d = deadline_after(3000);
		pid_t prober = 0;

		(void)usleep((useconds_t)ms * 1000);
		while (prober == 0 && !deadline_expired(d))
			prober = a_child();
		if (prober > 0)
			(void)kill(prober, signal);
	}
	_exit(0);
}

/* Somebody kills it: another one asks again, and nobody is called garbage for it. */
Test(prober, a_killed_prober_is_replaced, .timeout = 20)
{
	uint16_t port;
	int listener = loopback_listen(&port);
	pid_t killer = start_killer(SIGKILL, 150, 2);
	struct probe_report report;

	report = run("127.0.0.1", port, 1500);
	cr_expect_eq(report.verdict, VERDICT_FROZEN, "%s",
		     probe_verdict_name(report.verdict));
	loopback_end(killer);
	(void)close(listener);
}

/* It stops: the verdict is there in time all the same. */
Test(prober, a_stopped_prober_is_silence_and_bounded, .timeout = 20)
{
	uint16_t port;
	int listener = loopback_listen(&port);
	pid_t killer = start_killer(SIGSTOP, 150, 1);
	int64_t start = now_ms();
	struct probe_report report;

	report = run("127.0.0.1", port, 600);
	/* Whose fault it is, it cannot know; but not that of the server's bytes. */
	cr_expect_eq(report.verdict, VERDICT_FROZEN, "%s",
		     probe_verdict_name(report.verdict));
	cr_expect_leq(now_ms() - start, 800);
	loopback_end(killer);
	(void)close(listener);
}

/* --- the loop alone, with the test as its broker --- */

struct loop {
	struct probe_request request;
	int64_t deadline_ns;
	struct prober_args args;
	struct prober_shared shared;
	int sock; /* the broker's end */
	pid_t pid;
};

/* A source of @n addresses, if none is set of v4.0 and 900 ms, and its prober. */
static void start_loop(struct loop *loop, unsigned n)
{
	struct wire_start start = { .type = WIRE_START, .n_addresses = n };
	struct wire_ready ready;
	int pair[2];

	if (loop->request.timeout_ms == 0)
		loop->request =
			(struct probe_request){ .vers = NFS_VERS_4_0, .timeout_ms = 900 };
	loop->deadline_ns = deadline_now_ns() + INT64_C(900000000);
	loop->args = (struct prober_args){ .requests = &loop->request,
					   .deadlines_ns = &loop->deadline_ns,
					   .n = 1,
					   .who = "test" };
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	loop->sock = pair[0];
	loop->pid = fork();
	cr_assert_geq(loop->pid, 0);
	if (loop->pid == 0) {
		(void)close(pair[0]);
		prober_main(pair[1], &loop->shared, &loop->args);
		_exit(0);
	}
	(void)close(pair[1]);
	cr_assert_eq(recv(loop->sock, &ready, sizeof(ready), 0), (ssize_t)sizeof(ready));
	cr_assert_eq(send(loop->sock, &start, sizeof(start), 0), (ssize_t)sizeof(start));
}

static void end_loop(struct loop *loop)
{
	(void)close(loop->sock);
	loopback_end(loop->pid);
}

/* The next message, which must be of @type and come within @ms. */
static void expect_message(struct loop *loop, uint32_t type, int ms, union wire_any *ret)
{
	struct pollfd pfd = { .fd = loop->sock, .events = POLLIN };

	cr_assert_eq(poll(&pfd, 1, ms), 1, "nothing came within %d ms", ms);
	cr_assert_gt(recv(loop->sock, ret, sizeof(*ret), 0), 0);
	cr_assert_eq(ret->type, type, "%u", ret->type);
}

/* Answer a CONNECT: with @fd, or with @errnum. */
static void give_socket(struct loop *loop, const struct wire_connect *to, int fd,
			int32_t errnum)
{
	struct wire_socket msg = { .type = WIRE_SOCKET,
				   .address = to->address,
				   .conn = to->conn,
				   .port = to->port,
				   .errnum = errnum,
				   .started_ns = deadline_now_ns() };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .align = { .cmsg_len = CMSG_LEN(sizeof(int)),
				 .cmsg_level = SOL_SOCKET,
				 .cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { &msg, sizeof(msg) };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		hdr.msg_control = control.bytes;
		hdr.msg_controllen = sizeof(control.bytes);
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&hdr)), &fd, sizeof(fd));
	}
	cr_assert_eq(sendmsg(loop->sock, &hdr, 0), (ssize_t)sizeof(msg));
}

Test(prober, a_refused_address_is_followed_by_the_next_at_once, .timeout = 20)
{
	union wire_any msg;
	struct loop loop = { 0 };

	start_loop(&loop, 2);
	expect_message(&loop, WIRE_CONNECT, 500, &msg);
	cr_expect_eq(msg.connect.address, 0);
	give_socket(&loop, &msg.connect, -1, ECONNREFUSED);
	expect_message(&loop, WIRE_CONNECT, 200, &msg);
	cr_expect_eq(msg.connect.address, 1);
	give_socket(&loop, &msg.connect, -1, ECONNREFUSED);
	expect_message(&loop, WIRE_REPORT, 200, &msg);
	cr_expect_eq(msg.report.report.verdict, VERDICT_REFUSED);
	end_loop(&loop);
}

Test(prober, an_address_that_does_not_come_up_is_not_waited_for, .timeout = 20)
{
	union wire_any msg;
	struct loop loop = { 0 };
	int64_t start;

	start_loop(&loop, 2);
	start = now_ms();
	expect_message(&loop, WIRE_CONNECT, 500, &msg);
	cr_expect_eq(msg.connect.address, 0);
	expect_message(&loop, WIRE_CONNECT, 500, &msg);
	cr_expect_eq(msg.connect.address, 1);
	cr_expect_geq(now_ms() - start, HEDGE_CONNECT_MS - 20);
	end_loop(&loop);
}

/* Connected and silent: after a third of the time the next one is tried beside it. */
Test(prober, a_silent_address_is_not_waited_for_to_the_end, .timeout = 20)
{
	union wire_any msg;
	struct loop loop = { 0 };
	int64_t start;
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	start_loop(&loop, 2);
	start = now_ms();
	expect_message(&loop, WIRE_CONNECT, 500, &msg);
	give_socket(&loop, &msg.connect, pair[0], 0);
	expect_message(&loop, WIRE_CONNECT, 600, &msg);
	cr_expect_eq(msg.connect.address, 1);
	cr_expect_geq(now_ms() - start, 280);
	/* The second is dead: the verdict is that of the one that got farther. */
	give_socket(&loop, &msg.connect, -1, EHOSTUNREACH);
	expect_message(&loop, WIRE_REPORT, 900, &msg);
	cr_expect_eq(msg.report.report.verdict, VERDICT_FROZEN);
	cr_expect_eq(msg.report.address, 0);
	end_loop(&loop);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static uint32_t word_at(const char *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return ntohl(word);
}

/* Answer the GETPORT calls at @fd, both of them: @nfs_port, and none for mountd. */
static void answer_getports(int fd, uint32_t nfs_port)
{
	char bytes[512];
	size_t len = 0, at = 0;

	for (int n = 0; n < 2; n++) {
		uint32_t size, reply[8] = { htonl(0x80000000U | 28) };

		while (len - at < 4 ||
		       len - at < 4 + (word_at(bytes + at) & 0x7fffffff)) {
			struct pollfd pfd = { .fd = fd, .events = POLLIN };
			ssize_t got;

			cr_assert_eq(poll(&pfd, 1, 500), 1, "no GETPORT came");
			got = recv(fd, bytes + len, sizeof(bytes) - len, 0);
			cr_assert_gt(got, 0);
			len += (size_t)got;
		}
		size = word_at(bytes + at) & 0x7fffffff;
		memcpy(&reply[1], bytes + at + 4, 4); /* xid */
		reply[2] = htonl(1);                  /* a reply, accepted, AUTH_NONE */
		/* The arguments end the call: program, version, protocol, port. */
		if (word_at(bytes + at + 4 + size - 16) == 100003)
			reply[7] = htonl(nfs_port);
		at += 4 + size;
		cr_assert_eq(send(fd, reply, sizeof(reply), MSG_NOSIGNAL), sizeof(reply));
	}
}

/* rpcbind is faster than the socket for 2049: that one is not for the other port. */
Test(prober, a_socket_for_another_port_is_not_taken, .timeout = 10)
{
	struct loop loop = { .request = { .vers = NFS_VERS_3,
					  .timeout_ms = 900,
					  .source = { .export = "/export" } } };
	union wire_any first, second, moved;
	const struct wire_connect *rpcbind, *nfsd;
	int to_rpcbind[2], to_nfsd[2];
	char byte;

	start_loop(&loop, 1);
	/* Only now: the prober has no copy of its own that would keep them open. */
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, to_rpcbind), 0);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, to_nfsd), 0);
	expect_message(&loop, WIRE_CONNECT, 500, &first);
	expect_message(&loop, WIRE_CONNECT, 500, &second);
	rpcbind = first.connect.port == 111 ? &first.connect : &second.connect;
	nfsd = first.connect.port == 111 ? &second.connect : &first.connect;
	cr_assert_eq(nfsd->port, 2049);
	give_socket(&loop, rpcbind, to_rpcbind[0], 0);
	answer_getports(to_rpcbind[1], 12049);
	expect_message(&loop, WIRE_CONNECT, 500, &moved);
	cr_assert_eq(moved.connect.port, 12049);
	give_socket(&loop, nfsd, to_nfsd[0], 0);
	(void)close(to_nfsd[0]);
	(void)poll(&(struct pollfd){ .fd = to_nfsd[1], .events = POLLIN }, 1, 500);
	cr_expect_eq(recv(to_nfsd[1], &byte, 1, 0), 0, "it was used");
	end_loop(&loop);
	(void)close(to_rpcbind[0]);
	(void)close(to_rpcbind[1]);
	(void)close(to_nfsd[1]);
}
