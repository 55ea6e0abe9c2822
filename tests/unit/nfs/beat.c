/* SPDX-License-Identifier: MIT */
#include "lib/nfs/beat.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/base/macro.h"
#include "lib/proc/privilege.h"
#include "tests/unit/nfs/loopback.h"

struct seen {
	unsigned n[BEAT_COUNT];
	unsigned total;
	uint32_t last_seq;
	struct beat last;
	int64_t late_us; /* the round trip of the last late one */
};

static void on_beat(void *data, const struct beat *beat)
{
	struct seen *seen = data;

	cr_assert_lt(beat->result, BEAT_COUNT);
	seen->n[beat->result]++;
	seen->total++;
	seen->last = *beat;
	if (beat->result == BEAT_LATE)
		seen->late_us = beat->rtt_us;
	if (beat->seq > seen->last_seq)
		seen->last_seq = beat->seq;
}

static struct beat_request request(uint16_t port)
{
	struct beat_request r = {
		.host = "127.0.0.1",
		.port = port,
		.vers = NFS_VERS_3,
		.interval_ms = 50,
		.timeout_ms = 100,
	};

	return r;
}

static struct beat_watch *start(const struct beat_request *requests, size_t n)
{
	struct beat_watch *watch;
	struct identity id;
	struct error err;

	identity_self(&id);
	if (id.uid == 0)
		identity_nobody(&id);
	cr_assert_eq(beat_watch_start(requests, n, &id, &watch, &err), 0, "%s", err.msg);
	return watch;
}

/* Until @enough is true or 5 s are over. */
static int run(struct beat_watch *watch, struct seen *seen, enum beat_result what,
	       unsigned enough)
{
	struct deadline d = deadline_after(5000);
	struct error err;
	int r = BEAT_WATCH_RUNNING;

	while (r == BEAT_WATCH_RUNNING && seen->n[what] < enough &&
	       !deadline_expired(d)) {
		struct pollfd pfd = { .fd = beat_watch_fd(watch), .events = POLLIN };

		(void)poll(&pfd, 1, deadline_poll_ms(d));
		r = beat_watch_dispatch(watch, on_beat, seen, &err);
		cr_assert_geq(r, 0, "%s", err.msg);
	}
	return r;
}

Test(beat, each_is_answered_and_numbered, .timeout = 20)
{
	uint16_t port;
	int listener = loopback_listen(&port);
	pid_t server = loopback_serve_null(listener);
	struct beat_request r = request(port);
	struct beat_watch *watch = start(&r, 1);
	struct seen seen = { 0 };

	cr_expect_eq(run(watch, &seen, BEAT_ANSWERED, 5), BEAT_WATCH_RUNNING);
	cr_expect_eq(seen.n[BEAT_ANSWERED], 5);
	cr_expect_eq(seen.total, 5);
	cr_expect_eq(seen.last_seq, 5);
	cr_expect_geq(seen.last.rtt_us, 0);
	cr_expect_lt(seen.last.rtt_us, 100000);
	cr_expect_leq(seen.last.sent_ns, deadline_now_ns());
	beat_watch_stop(watch);
	loopback_end(server);
	(void)close(listener);
}

Test(beat, nobody_listens_is_told_at_once_and_tried_again, .timeout = 20)
{
	struct beat_request r = request(1);
	struct beat_watch *watch = start(&r, 1);
	struct seen seen = { 0 };

	cr_expect_eq(run(watch, &seen, BEAT_REFUSED, 3), BEAT_WATCH_RUNNING);
	cr_expect_eq(seen.n[BEAT_REFUSED], 3);
	cr_expect_eq(seen.total, 3);
	cr_expect_eq(seen.last.rtt_us, -1);
	beat_watch_stop(watch);
}

/* Frozen, then thawed: told as silent, then as late, then all is well. */
Test(beat, a_frozen_server_is_silent_then_late, .timeout = 20)
{
	uint16_t port;
	int listener = loopback_listen(&port);
	pid_t server = loopback_serve_null(listener);
	struct beat_request r = request(port);
	struct beat_watch *watch = start(&r, 1);
	struct seen seen = { 0 };

	(void)run(watch, &seen, BEAT_ANSWERED, 2);
	(void)kill(server, SIGSTOP);
	(void)run(watch, &seen, BEAT_SILENT, 3);
	cr_expect_eq(seen.n[BEAT_SILENT], 3);
	(void)kill(server, SIGCONT);
	(void)run(watch, &seen, BEAT_LATE, 2);
	cr_expect_geq(seen.n[BEAT_LATE], 2);
	cr_expect_geq(seen.late_us, 100000);
	memset(&seen, 0, sizeof(seen));
	(void)run(watch, &seen, BEAT_ANSWERED, 3);
	cr_expect_eq(seen.n[BEAT_ANSWERED], 3);
	beat_watch_stop(watch);
	loopback_end(server);
	(void)close(listener);
}

/* For who watches without parsing: it moves with the answers, and only with them. */
Test(beat, the_time_of_the_last_answer_is_shared, .timeout = 20)
{
	uint16_t port;
	int listener = loopback_listen(&port);
	pid_t server = loopback_serve_null(listener);
	_Atomic int64_t *at = mmap(NULL, sizeof(*at), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct beat_request r = request(port);
	struct beat_watch *watch;
	struct seen seen = { 0 };
	int64_t start_ns = deadline_now_ns(), stopped_ns;

	cr_assert_neq(at, MAP_FAILED);
	r.last_answer_ns = at;
	watch = start(&r, 1);
	(void)run(watch, &seen, BEAT_ANSWERED, 2);
	cr_expect_geq(atomic_load(at), start_ns);
	cr_expect_leq(atomic_load(at), deadline_now_ns());
	(void)kill(server, SIGSTOP);
	(void)run(watch, &seen, BEAT_SILENT, 1);
	stopped_ns = atomic_load(at);
	(void)run(watch, &seen, BEAT_SILENT, 4);
	cr_expect_eq(atomic_load(at), stopped_ns);
	(void)kill(server, SIGCONT);
	(void)run(watch, &seen, BEAT_LATE, 1);
	cr_expect_gt(atomic_load(at), stopped_ns);
	beat_watch_stop(watch);
	loopback_end(server);
	(void)munmap((void *)at, sizeof(*at));
	(void)close(listener);
}

/* Killed, and another one at the same port: the beats find it. */
Test(beat, after_a_restart_it_connects_again, .timeout = 20)
{
	uint16_t port;
	int listener = loopback_listen(&port);
	pid_t server = loopback_serve_null(listener);
	struct beat_request r = request(port);
	struct beat_watch *watch = start(&r, 1);
	struct seen seen = { 0 };

	(void)run(watch, &seen, BEAT_ANSWERED, 2);
	loopback_end(server);
	server = loopback_serve_null(listener);
	memset(&seen, 0, sizeof(seen));
	(void)run(watch, &seen, BEAT_ANSWERED, 3);
	cr_expect_eq(seen.n[BEAT_ANSWERED], 3);
	beat_watch_stop(watch);
	loopback_end(server);
	(void)close(listener);
}

/* A connection that stays silent for long is given up for another one. */
Test(beat, a_silent_connection_is_replaced, .timeout = 20)
{
	uint16_t port;
	int listener = loopback_listen(&port);
	struct beat_request r = request(port);
	struct beat_watch *watch = start(&r, 1);
	struct seen seen = { 0 };
	pid_t server;
	int first;

	/* Whoever accepts it does not read it. */
	(void)run(watch, &seen, BEAT_SILENT, 2);
	first = accept(listener, NULL, NULL);
	cr_assert_geq(first, 0);
	server = loopback_serve_null(listener);
	(void)run(watch, &seen, BEAT_ANSWERED, 3);
	cr_expect_eq(seen.n[BEAT_ANSWERED], 3);
	beat_watch_stop(watch);
	loopback_end(server);
	(void)close(first);
	(void)close(listener);
}

Test(beat, several_at_once_do_not_mind_one_another, .timeout = 20)
{
	uint16_t port;
	int listener = loopback_listen(&port);
	pid_t server = loopback_serve_null(listener);
	struct beat_request r[] = { request(1), request(port) };
	struct beat_watch *watch = start(r, ARRAY_SIZE(r));
	struct seen seen = { 0 };

	(void)run(watch, &seen, BEAT_ANSWERED, 4);
	cr_expect_eq(seen.n[BEAT_ANSWERED], 4);
	cr_expect_geq(seen.n[BEAT_REFUSED], 3);
	beat_watch_stop(watch);
	loopback_end(server);
	(void)close(listener);
}

Test(beat, a_name_without_an_address_is_told_once, .timeout = 20)
{
	struct beat_request r = request(1);
	struct beat_watch *watch;
	struct seen seen = { 0 };

	memset(r.host, 'x', 80);
	watch = start(&r, 1);
	(void)run(watch, &seen, BEAT_UNRESOLVED, 1);
	cr_expect_eq(seen.n[BEAT_UNRESOLVED], 1);
	beat_watch_stop(watch);
	beat_watch_stop(NULL);
}

Test(beat, names_of_results)
{
	for (unsigned i = 0; i < BEAT_COUNT; i++)
		cr_expect_gt(strlen(beat_result_name(i)), 3);
	cr_expect_str_eq(beat_result_name(BEAT_COUNT), "?");
}
