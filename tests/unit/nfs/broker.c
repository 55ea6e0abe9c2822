/* SPDX-License-Identifier: MIT */
#include "lib/nfs/broker.h"

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
#include "lib/nfs/mailbox.h"
#include "lib/proc/privilege.h"
#include "tests/unit/nfs/loopback.h"

/* What a prober does, when a test says how it misbehaves. */
struct order {
	enum { ASK, CRASH, SPIN, LIE } what;
	uint32_t port, address;
};

struct seen {
	unsigned messages, unresolved;
	struct wire_socket answer; /* what the prober got, sent back as it came */
	char why[80];
};

static void wait_for_message(int sock)
{
	struct pollfd pfd = { .fd = sock, .events = POLLIN };

	(void)poll(&pfd, 1, 5000);
}

static void send_back(void *data, const union wire_any *msg, int fd)
{
	int *sock = data;
	struct wire_socket answer = msg->socket;

	if (msg->type != WIRE_SOCKET)
		return;
	/* Did the descriptor arrive? */
	answer.conn = fd >= 0;
	(void)mailbox_post(*sock, &answer, sizeof(answer));
}

static void obedient_prober(int sock, struct prober_shared *shared, const void *arg)
{
	const struct order *order = arg;
	struct wire_ready ready = { .type = WIRE_READY };
	struct wire_connect connect = {
		.type = WIRE_CONNECT,
		.address = order->address,
		.port = order->port,
	};
	struct wire_failed failed = { .type = WIRE_FAILED };

	(void)mailbox_post(sock, &ready, sizeof(ready));
	wait_for_message(sock); /* START */
	if (order->what == CRASH || order->what == SPIN) {
		shared->source = 0;
		shared->layer = PROBE_NFSD;
		if (order->what == CRASH)
			abort();
		for (;;)
			;
	}
	if (order->what == LIE) {
		(void)error_set(&failed.err, ERROR_SYSTEM, 0, "pay no attention");
		(void)mailbox_post(sock, &failed, sizeof(failed));
	}
	(void)mailbox_post(sock, &connect, sizeof(connect));
	for (;;) {
		wait_for_message(sock);
		if (!mailbox_read(sock, send_back, &sock))
			return;
	}
}

static void on_message(void *data, const void *msg, size_t len)
{
	struct seen *seen = data;

	seen->messages++;
	if (wire_type(msg, len) == WIRE_SOCKET && len == sizeof(seen->answer))
		memcpy(&seen->answer, msg, len);
}

static void on_unresolved(void *data, size_t target, const char *why, bool timed_out)
{
	struct seen *seen = data;

	(void)target;
	(void)timed_out;
	seen->unresolved++;
	(void)snprintf(seen->why, sizeof(seen->why), "%s", why);
}

static struct broker *start(const struct broker_target *target, const struct order *order)
{
	struct broker *broker;
	struct identity id;
	struct broker_spec spec = {
		.targets = target,
		.n = 1,
		.identity = &id,
		.main = obedient_prober,
		.arg = order,
		.files = 32,
		.memory = 16UL * 1024 * 1024,
	};
	struct error err;

	identity_self(&id);
	if (id.uid == 0)
		identity_nobody(&id);
	cr_assert_eq(broker_new(&spec, &broker, &err), 0, "%s", err.msg);
	return broker;
}

/* Until the prober dies, or something has come, or 5 s are over. */
static int run(struct broker *broker, struct seen *seen)
{
	struct broker_events events = { seen, on_message, on_unresolved };
	struct deadline d = deadline_after(5000);
	struct error err;
	int r = BROKER_RUNNING;

	while (r == BROKER_RUNNING && seen->messages + seen->unresolved == 0 &&
	       !deadline_expired(d)) {
		struct pollfd pfd = { .fd = broker_fd(broker), .events = POLLIN };

		(void)poll(&pfd, 1, deadline_poll_ms(d));
		r = broker_dispatch(broker, &events, &err);
		cr_assert_geq(r, 0, "%s", err.msg);
	}
	return r;
}

static struct broker_target loopback_target(uint16_t port)
{
	struct broker_target target = { .port = port };

	(void)snprintf(target.host, sizeof(target.host), "127.0.0.1");
	target.deadline_ns = deadline_now_ns() + INT64_C(5000000000);
	return target;
}

Test(broker, hands_over_a_socket, .timeout = 20)
{
	uint16_t port;
	int listener = loopback_listen(&port);
	struct order order = { .what = ASK, .port = port };
	struct broker_target target = loopback_target(0);
	struct broker *broker = start(&target, &order);
	struct seen seen = { 0 };
	char text[64];

	cr_expect_eq(run(broker, &seen), BROKER_RUNNING);
	cr_expect_eq(seen.answer.errnum, 0);
	cr_expect_eq(seen.answer.conn, 1, "the descriptor came");
	broker_address(broker, 0, 0, text, sizeof(text));
	cr_expect_str_eq(text, "127.0.0.1");
	broker_address(broker, 0, 7, text, sizeof(text));
	cr_expect_str_eq(text, "");
	broker_free(broker);
	(void)close(listener);
}

static void expect_refused(const struct order *order, const struct broker_target *target)
{
	struct broker *broker = start(target, order);
	struct seen seen = { 0 };

	cr_expect_eq(run(broker, &seen), BROKER_RUNNING);
	cr_expect_eq(seen.answer.errnum, EACCES);
	cr_expect_eq(seen.answer.conn, 0);
	broker_free(broker);
}

/* What a prober may want that has been taken over. */
Test(broker, connects_only_where_it_should, .timeout = 20)
{
	uint16_t port;
	int listener = loopback_listen(&port);
	struct order order = { .what = ASK, .port = port, .address = 1 };
	struct broker_target target = loopback_target(0);

	expect_refused(&order, &target);
	order = (struct order){ .what = ASK, .port = port };
	target.port = (uint16_t)(port ^ 1);
	expect_refused(&order, &target);
	(void)close(listener);
}

Test(broker, a_failure_that_comes_late_is_no_error, .timeout = 20)
{
	uint16_t port;
	int listener = loopback_listen(&port);
	struct order order = { .what = LIE, .port = port };
	struct broker_target target = loopback_target(0);
	struct broker *broker = start(&target, &order);
	struct seen seen = { 0 };

	cr_expect_eq(run(broker, &seen), BROKER_RUNNING);
	cr_expect_eq(seen.answer.errnum, 0);
	broker_free(broker);
	(void)close(listener);
}

Test(broker, tells_whose_bytes_it_died_of_and_starts_another, .timeout = 20)
{
	struct order order = { .what = CRASH };
	struct broker_target target = loopback_target(0);
	struct broker *broker = start(&target, &order);
	struct seen seen = { 0 };
	struct broker_death death;
	struct error err;

	for (int i = 0; i < 3; i++) {
		cr_assert_eq(run(broker, &seen), BROKER_DIED);
		broker_death(broker, &death);
		cr_expect_eq(death.source, 0);
		cr_expect_eq(death.layer, PROBE_NFSD);
		cr_expect(strstr(death.how, "signal"), "%s", death.how);
		cr_assert_eq(broker_restart(broker, &err), 0);
	}
	broker_free(broker);
}

Test(broker, sees_one_that_does_not_come_back, .timeout = 20)
{
	struct order order = { .what = SPIN };
	struct broker_target target = loopback_target(0);
	struct broker *broker = start(&target, &order);
	struct broker_events events = { NULL, on_message, on_unresolved };
	struct deadline d = deadline_after(5000);
	struct error err;

	while (!broker_prober_hangs(broker, 100)) {
		cr_assert_not(deadline_expired(d));
		cr_assert_eq(broker_dispatch(broker, &events, &err), BROKER_RUNNING);
		(void)poll(NULL, 0, 10);
	}
	broker_kill_prober(broker);
	while (broker_dispatch(broker, &events, &err) == BROKER_RUNNING)
		cr_assert_not(deadline_expired(d));
	broker_free(broker);
}

Test(broker, tells_what_cannot_be_resolved, .timeout = 20)
{
	struct order order = { .what = ASK };
	struct broker_target target = loopback_target(0);
	struct broker *broker;
	struct seen seen = { 0 };

	/* Its time is up before it starts. */
	(void)snprintf(target.host, sizeof(target.host), "localhost");
	target.deadline_ns = 0;
	broker = start(&target, &order);
	cr_expect_eq(run(broker, &seen), BROKER_RUNNING);
	cr_expect_eq(seen.unresolved, 1);
	cr_expect_gt(strlen(seen.why), 0);
	broker_free(broker);
	broker_free(NULL);
}

static void no_prober(int sock, struct prober_shared *shared, const void *arg)
{
	(void)sock;
	(void)shared;
	(void)arg;
}

/* The cell cannot be entered: that is ours, and said with its reason. */
Test(broker, a_prober_that_cannot_start_is_an_error, .timeout = 20)
{
	struct broker_target target = loopback_target(0);
	struct identity id = { .uid = 12345, .gid = 12345, .name = "nobody I know" };
	struct broker_spec spec = {
		.targets = &target,
		.n = 1,
		.identity = &id,
		.main = no_prober,
		.files = 32,
	};
	struct broker_events events = { NULL, on_message, on_unresolved };
	struct deadline d = deadline_after(5000);
	struct broker *broker;
	struct error err = { 0 };
	int r = 0;

	/* Root can become anybody; this test has a process of its own. */
	if (geteuid() == 0)
		cr_assert_eq(setresuid(65534, 65534, 65534), 0);
	cr_assert_eq(broker_new(&spec, &broker, &err), 0);
	while (r == 0 && !deadline_expired(d))
		r = broker_dispatch(broker, &events, &err);
	cr_expect_eq(r, -ERROR_PERMISSION);
	cr_expect(strstr(err.msg, "prober: cannot become"), "%s", err.msg);
	broker_free(broker);
}
