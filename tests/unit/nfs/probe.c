/* SPDX-License-Identifier: MIT */
#include "lib/nfs/probe.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/base/macro.h"
#include "lib/proc/privilege.h"
#include "tests/unit/nfs/loopback.h"

/* Broker, prober and resolver together, against what loopback has. */
struct seen {
	struct probe_report reports[64];
	unsigned n[64]; /* how often each was told */
	unsigned n_all;
};

static void on_report(void *data, size_t index, const struct probe_report *report)
{
	struct seen *seen = data;

	cr_assert_lt(index, ARRAY_SIZE(seen->n));
	seen->reports[index] = *report;
	seen->n[index]++;
	seen->n_all++;
}

static struct probe_request request(const char *server, uint16_t port, int64_t timeout_ms)
{
	struct probe_request r = {
		.source = { .export = "/export" },
		.vers = NFS_VERS_4_0,
		.port = port,
		.timeout_ms = timeout_ms,
	};

	(void)snprintf(r.source.server, sizeof(r.source.server), "%s", server);
	return r;
}

static int run(const struct probe_request *requests, size_t n, int cancel_fd,
	       struct seen *seen)
{
	struct identity id;
	struct probe_job job = {
		.requests = requests,
		.n = n,
		.identity = &id,
		.cancel_fd = cancel_fd,
		.on_report = on_report,
		.data = seen,
	};
	struct error err;
	int r;

	memset(seen, 0, sizeof(*seen));
	identity_self(&id);
	if (id.uid == 0)
		identity_nobody(&id);
	r = probe_run(&job, &err);
	cr_assert_geq(r, 0, "%s", err.msg);
	return r;
}

static int64_t now_ms(void)
{
	return deadline_now_ns() / 1000000;
}

Test(probe, nobody_listens, .timeout = 20)
{
	struct probe_request r = request("127.0.0.1", 1, 3000);
	struct seen seen;

	cr_assert_eq(run(&r, 1, -1, &seen), PROBE_DONE);
	cr_expect_eq(seen.n_all, 1);
	cr_expect_eq(seen.reports[0].verdict, VERDICT_REFUSED);
	cr_expect_eq(seen.reports[0].layer, PROBE_CONNECT);
	cr_expect_lt(seen.reports[0].elapsed_us, 1000000);
}

/* The kernel accepts, and nobody ever answers: the incident. */
Test(probe, a_frozen_server_takes_its_time_out_and_no_more, .timeout = 20)
{
	uint16_t port;
	int listener = loopback_listen(&port);
	struct probe_request r = request("127.0.0.1", port, 300);
	int64_t start = now_ms();
	struct seen seen;

	cr_assert_eq(run(&r, 1, -1, &seen), PROBE_DONE);
	cr_expect_eq(seen.reports[0].verdict, VERDICT_FROZEN);
	cr_expect_eq(seen.reports[0].layer, PROBE_NFSD);
	cr_expect_str_eq(seen.reports[0].address, "127.0.0.1");
	cr_expect_geq(seen.reports[0].elapsed_us, 300000);
	cr_expect_leq(now_ms() - start, 400);
	(void)close(listener);
}

/* NULL is answered, the COMPOUND with what NULL is answered with. */
Test(probe, an_answer_without_a_body_is_garbage, .timeout = 20)
{
	uint16_t port;
	int listener = loopback_listen(&port);
	pid_t server = loopback_serve_null(listener);
	struct probe_request r = request("127.0.0.1", port, 3000);
	struct seen seen;

	cr_assert_eq(run(&r, 1, -1, &seen), PROBE_DONE);
	cr_expect_eq(seen.reports[0].verdict, VERDICT_GARBAGE);
	cr_expect_eq(seen.reports[0].layers[PROBE_NFSD].result, RESULT_OK);
	loopback_end(server);
	(void)close(listener);
}

Test(probe, each_is_told_once_and_a_slow_one_delays_no_other, .timeout = 20)
{
	struct probe_request r[40];
	struct seen seen;
	uint16_t port;
	int listener = loopback_listen(&port);

	for (size_t i = 0; i < ARRAY_SIZE(r); i++) {
		char server[32];

		(void)snprintf(server, sizeof(server), "127.0.0.%zu", i + 1);
		r[i] = request(server, 1, 2000);
	}
	r[7] = request("127.0.0.1", port, 500);
	cr_assert_eq(run(r, ARRAY_SIZE(r), -1, &seen), PROBE_DONE);
	cr_expect_eq(seen.n_all, ARRAY_SIZE(r));
	for (size_t i = 0; i < ARRAY_SIZE(r); i++) {
		cr_expect_eq(seen.n[i], 1);
		cr_expect_eq(seen.reports[i].verdict,
			     (uint32_t)(i == 7 ? VERDICT_FROZEN : VERDICT_REFUSED));
		if (i != 7)
			cr_expect_lt(seen.reports[i].elapsed_us, 400000, "%zu", i);
	}
	(void)close(listener);
}

Test(probe, a_name_without_an_address, .timeout = 20)
{
	/* No label may be so long, so no name server is asked. */
	struct probe_request r = request("a-label-of-more-than-sixty-three-characters-is-"
					 "not-a-label-in-the-domain-"
					 "name-system",
					 1, 4000);
	struct seen seen;

	cr_assert_eq(run(&r, 1, -1, &seen), PROBE_DONE);
	cr_expect_eq(seen.reports[0].verdict, VERDICT_UNRESOLVED);
	cr_expect(strstr(seen.reports[0].detail, "a-label-of"));
	cr_expect_str_eq(seen.reports[0].address, "");
}

/* The first address does not answer, the second refuses: both are tried. */
Test(probe, all_addresses_of_a_name_are_tried, .timeout = 20)
{
	struct probe_request r = request("localhost", 1, 2000);
	struct seen seen;

	cr_assert_eq(run(&r, 1, -1, &seen), PROBE_DONE);
	cr_expect_eq(seen.reports[0].verdict, VERDICT_REFUSED);
	cr_expect_gt(seen.reports[0].layers[PROBE_RESOLVE].us, 0);
}

Test(probe, cancelled_at_once, .timeout = 20)
{
	uint16_t port;
	int listener = loopback_listen(&port);
	struct probe_request r = request("127.0.0.1", port, 5000);
	int cancel_fd = eventfd(1, EFD_CLOEXEC);
	int64_t start = now_ms();
	struct seen seen;

	cr_expect_eq(run(&r, 1, cancel_fd, &seen), PROBE_CANCELLED);
	cr_expect_eq(seen.n_all, 0);
	cr_expect_lt(now_ms() - start, 1000);
	(void)close(cancel_fd);
	(void)close(listener);
}

Test(probe, nothing_to_do)
{
	struct seen seen;

	cr_expect_eq(run(NULL, 0, -1, &seen), PROBE_DONE);
	cr_expect_eq(seen.n_all, 0);
}
