/* SPDX-License-Identifier: MIT */
#include "lib/mnt/flow.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/error.h"

static struct flow one(uint16_t port, uint64_t bytes)
{
	return (struct flow){ .list = { { port, bytes } }, .count = 1 };
}

Test(flow, moved_is_the_same_connection_and_more_than_a_beat)
{
	struct flow none = { .count = 0 };
	struct flow before = one(700, 1000), after = one(700, 1000 + FLOW_LEAST_BYTES);

	cr_expect(flow_moved(&before, &after));
	after.list[0].bytes--;
	cr_expect_not(flow_moved(&before, &after));
	/* Another one, in its place. */
	after = one(701, 1000000);
	cr_expect_not(flow_moved(&before, &after));
	after = one(700, 0);
	cr_expect_not(flow_moved(&before, &after));
	cr_expect_not(flow_moved(&none, &before));
	cr_expect_not(flow_moved(&before, &none));
}

Test(flow, what_is_no_address_is_refused)
{
	struct flow flow;
	struct error err;

	cr_expect_lt(flow_read("nas1", 2049, &flow, &err), 0);
	cr_expect_lt(flow_read("", 2049, &flow, &err), 0);
}

/* A real connection, with more on it than a beat. */
Test(flow, bytes_of_a_connection_are_seen, .timeout = 20)
{
	static char data[8192];
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0), client, server;
	struct flow before, after;
	struct error err;

	cr_assert_eq(bind(listener, (struct sockaddr *)&at, len), 0);
	cr_assert_eq(listen(listener, 1), 0);
	cr_assert_eq(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	client = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert_eq(connect(client, (struct sockaddr *)&at, len), 0);
	server = accept(listener, NULL, NULL);
	if (flow_read("127.0.0.1", ntohs(at.sin_port), &before, &err) < 0)
		cr_skip_test("%s", err.msg);
	cr_assert_eq(before.count, 1);
	cr_assert_eq(flow_read("127.0.0.1", ntohs(at.sin_port), &after, &err), 0);
	cr_expect_not(flow_moved(&before, &after));
	cr_assert_eq(write(client, data, sizeof(data)), (ssize_t)sizeof(data));
	cr_assert_eq(recv(server, data, sizeof(data), MSG_WAITALL),
		     (ssize_t)sizeof(data));
	cr_assert_eq(flow_read("127.0.0.1", ntohs(at.sin_port), &after, &err), 0);
	cr_expect(flow_moved(&before, &after));
	(void)close(client);
	(void)close(server);
	(void)close(listener);
}
