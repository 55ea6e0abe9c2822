/* SPDX-License-Identifier: MIT */
#include "lib/nfs/prober.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/deadline.h"
#include "lib/nfs/attempt.h"
#include "lib/nfs/mailbox.h"

#define NSEC_PER_MSEC INT64_C(1000000)
#define NEVER INT64_MAX
#define EVENTS_MAX 128

/* A tag of epoll: which connection of which attempt; or the broker. */
#define TAG_BROKER UINT64_MAX
#define TAG(source, address, conn)                                                       \
	((uint64_t)(source) << 8 | (uint64_t)(address) << 4 | (uint64_t)(conn))

enum source_state {
	SOURCE_IDLE = 0, /* not resolved yet */
	SOURCE_ACTIVE,
	SOURCE_REPORTING, /* has its verdict, which is not sent yet */
	SOURCE_OVER,
};

struct source_run {
	enum source_state state;
	unsigned n_addresses, next_address;
	uint32_t ipv6;
	int64_t newest_ns; /* when the newest attempt started */
	int64_t grace_ns;  /* until when to wait for what does not matter */
	bool hurried;
	struct attempt *attempts[WIRE_ADDRESSES_MAX];
	bool has_best;
	uint32_t best_address;
	struct probe_report *best; /* once there is one; to be sent in the end */
};

struct prober {
	const struct prober_args *args;
	struct prober_shared *shared;
	int epoll_fd, sock;
	bool blocked; /* the broker has no room: wait for EPOLLOUT */
	bool closed;
	struct source_run *runs;
};

static int64_t timeout_ns(const struct prober *p, size_t i)
{
	return p->args->requests[i].timeout_ms * NSEC_PER_MSEC;
}

/* --- what goes to the broker --- */

static bool send_connect(struct prober *p, size_t i, const struct attempt *a,
			 enum conn_id id)
{
	struct wire_connect msg = {
		.type = WIRE_CONNECT,
		.source = (uint32_t)i,
		.address = a->address,
		.conn = id,
		.port = a->conns[id].port,
		/* rpcbind asks nobody for a reserved port. */
		.reserved = id != CONN_RPCBIND,
	};

	return mailbox_post(p->sock, &msg, sizeof(msg));
}

static bool flush_attempt(struct prober *p, size_t i, struct attempt *a)
{
	for (unsigned id = 0; id < CONN_COUNT; id++) {
		if (a->conns[id].state != CONN_WANTED)
			continue;
		if (!send_connect(p, i, a, id))
			return false;
		a->conns[id].state = CONN_ASKED;
	}
	return true;
}

static bool flush_report(struct prober *p, size_t i)
{
	struct source_run *run = &p->runs[i];
	struct wire_report msg = {
		.type = WIRE_REPORT,
		.source = (uint32_t)i,
		.address = run->best_address,
		.report = *run->best,
	};

	if (!mailbox_post(p->sock, &msg, sizeof(msg)))
		return false;
	free(run->best);
	run->best = NULL;
	run->state = SOURCE_OVER;
	return true;
}

static bool flush_source(struct prober *p, size_t i)
{
	struct source_run *run = &p->runs[i];

	if (run->state == SOURCE_REPORTING)
		return flush_report(p, i);
	if (run->state != SOURCE_ACTIVE)
		return true;
	for (unsigned k = 0; k < run->next_address; k++) {
		if (run->attempts[k] && !flush_attempt(p, i, run->attempts[k]))
			return false;
	}
	return true;
}

static void flush_all(struct prober *p)
{
	struct epoll_event event = { .events = EPOLLIN, .data = { .u64 = TAG_BROKER } };
	bool room = true;

	for (size_t i = 0; room && i < p->args->n; i++)
		room = flush_source(p, i);
	if (room == !p->blocked)
		return;
	p->blocked = !room;
	event.events |= p->blocked ? EPOLLOUT : 0;
	(void)epoll_ctl(p->epoll_fd, EPOLL_CTL_MOD, p->sock, &event);
}

/* --- attempts --- */

/* Poll for what the connections of @a wait for now. */
static void poll_attempt(struct prober *p, size_t i, struct attempt *a)
{
	for (unsigned id = 0; id < CONN_COUNT; id++) {
		struct conn *conn = &a->conns[id];
		uint32_t events = attempt_events(a, id);
		struct epoll_event event = {
			.events = events,
			.data = { .u64 = TAG(i, a->address, id) },
		};

		/* A closed descriptor leaves by itself; a new one starts at 0. */
		if (events == conn->registered || events == 0)
			continue;
		(void)epoll_ctl(p->epoll_fd,
				conn->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
				conn->rpc.fd, &event);
		conn->registered = events;
	}
}

static void finish_source(struct source_run *run)
{
	for (unsigned k = 0; k < WIRE_ADDRESSES_MAX; k++) {
		attempt_free(run->attempts[k]);
		run->attempts[k] = NULL;
	}
	run->state = SOURCE_REPORTING;
}

/* Does @a say more than @b, neither being good?  Whichever got farther does. */
static bool is_better(const struct probe_report *a, const struct probe_report *b)
{
	bool good = a->verdict == VERDICT_OK || a->verdict == VERDICT_SLOW;

	return good || a->layer > b->layer;
}

static void keep_best(struct source_run *run, const struct attempt *a)
{
	if (run->has_best && !is_better(&a->report, run->best))
		return;
	run->has_best = true;
	*run->best = a->report;
	run->best_address = a->address;
}

static bool start_next(struct prober *p, size_t i)
{
	struct source_run *run = &p->runs[i];
	struct attempt *a;
	unsigned k = run->next_address;

	if (k >= run->n_addresses)
		return false;
	a = attempt_new(&p->args->requests[i], k, run->ipv6 >> k & 1, p->args->who);
	/* No memory: as if the prober had crashed, which the broker knows to handle. */
	if (!a)
		abort();
	a->busy = &p->shared->layer;
	run->attempts[k] = a;
	run->next_address++;
	run->newest_ns = deadline_now_ns();
	attempt_advance(a);
	return true;
}

static bool any_alive(const struct source_run *run)
{
	for (unsigned k = 0; k < run->next_address; k++) {
		if (run->attempts[k])
			return true;
	}
	return false;
}

static void end_attempt(struct prober *p, size_t i, struct attempt *a)
{
	struct source_run *run = &p->runs[i];
	enum probe_verdict verdict;

	attempt_conclude(a);
	keep_best(run, a);
	verdict = a->report.verdict;
	run->attempts[a->address] = NULL;
	attempt_free(a);
	run->grace_ns = 0;
	if (!verdict_is_of_address(verdict))
		finish_source(run);
	else if (!start_next(p, i) && !any_alive(run))
		finish_source(run);
}

/* UMNT and the like: worth a moment, no more. */
static int64_t grace(const struct attempt *a)
{
	int64_t us = a->connect_us * 4;

	return (us > 100000 ? us : 100000) * 1000;
}

/* After whatever may have changed @a. */
static void update(struct prober *p, size_t i, struct attempt *a)
{
	struct source_run *run = &p->runs[i];

	attempt_advance(a);
	if (attempt_is_over(a)) {
		end_attempt(p, i, a);
		return;
	}
	if (attempt_is_settled(a) && run->grace_ns == 0)
		run->grace_ns = deadline_now_ns() + grace(a);
	poll_attempt(p, i, a);
}

/* --- time --- */

static bool lacks_an_answer(const struct source_run *run)
{
	const struct attempt *newest =
		run->next_address > 0 ? run->attempts[run->next_address - 1] : NULL;

	return newest && !newest->answered;
}

/* When the next address is to be tried beside the newest one; NEVER: not at all. */
static int64_t hedge_at(const struct prober *p, size_t i)
{
	const struct source_run *run = &p->runs[i];

	if (run->next_address >= run->n_addresses || !lacks_an_answer(run))
		return NEVER;
	if (!attempt_is_connected(run->attempts[run->next_address - 1]))
		return run->newest_ns + HEDGE_CONNECT_MS * NSEC_PER_MSEC;
	return run->newest_ns + timeout_ns(p, i) / 3;
}

/* The last part of the time belongs to the removal of the canary. */
static int64_t hurry_at(const struct prober *p, size_t i)
{
	int64_t part = timeout_ns(p, i) / 5;

	if (!p->args->requests[i].write || p->runs[i].hurried)
		return NEVER;
	if (part > 1000 * NSEC_PER_MSEC)
		part = 1000 * NSEC_PER_MSEC;
	return p->args->deadlines_ns[i] - part;
}

static void hurry(struct source_run *run)
{
	run->hurried = true;
	for (unsigned k = 0; k < run->next_address; k++) {
		if (run->attempts[k])
			attempt_hurry(run->attempts[k]);
	}
}

/* The time is up: what there is is the verdict. */
static void conclude_source(struct prober *p, size_t i)
{
	struct source_run *run = &p->runs[i];

	/* No further address is tried. */
	run->n_addresses = run->next_address;
	for (unsigned k = 0; k < run->next_address && run->state == SOURCE_ACTIVE; k++) {
		if (run->attempts[k])
			end_attempt(p, i, run->attempts[k]);
	}
}

static void end_grace(struct prober *p, size_t i)
{
	struct source_run *run = &p->runs[i];

	run->grace_ns = 0;
	for (unsigned k = 0; k < run->next_address && run->state == SOURCE_ACTIVE; k++) {
		if (run->attempts[k] && attempt_is_settled(run->attempts[k]))
			end_attempt(p, i, run->attempts[k]);
	}
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When @i needs to be looked at, whatever comes. */
static int64_t due_at(const struct prober *p, size_t i)
{
	const struct source_run *run = &p->runs[i];
	int64_t at = p->args->deadlines_ns[i];

	if (run->state != SOURCE_ACTIVE)
		return NEVER;
	at = earliest(at, hedge_at(p, i));
	at = earliest(at, hurry_at(p, i));
	return run->grace_ns > 0 ? earliest(at, run->grace_ns) : at;
}

static void handle_time(struct prober *p, size_t i, int64_t now)
{
	struct source_run *run = &p->runs[i];

	if (run->state != SOURCE_ACTIVE)
		return;
	if (now >= p->args->deadlines_ns[i]) {
		conclude_source(p, i);
		return;
	}
	if (now >= hurry_at(p, i))
		hurry(run);
	if (run->grace_ns > 0 && now >= run->grace_ns)
		end_grace(p, i);
	if (run->state == SOURCE_ACTIVE && now >= hedge_at(p, i))
		(void)start_next(p, i);
}

/* Returns milliseconds until something is due, as epoll_wait(2) takes them. */
static int handle_all_times(struct prober *p)
{
	struct deadline next = { .at_ns = NEVER };
	int64_t now = deadline_now_ns();

	for (size_t i = 0; i < p->args->n; i++) {
		int64_t at;

		handle_time(p, i, now);
		at = due_at(p, i);
		if (at < next.at_ns)
			next.at_ns = at;
	}
	return deadline_poll_ms(next);
}

/* --- what comes from the broker --- */

static void take_start(struct prober *p, const struct wire_start *msg)
{
	struct source_run *run = &p->runs[msg->source];

	if (run->state != SOURCE_IDLE)
		return;
	run->state = SOURCE_ACTIVE;
	run->n_addresses = msg->n_addresses;
	run->ipv6 = msg->ipv6;
	run->best = calloc(1, sizeof(*run->best));
	if (!run->best)
		abort();
	(void)start_next(p, msg->source);
}

static void take_socket(struct prober *p, const struct wire_socket *msg, int fd)
{
	struct source_run *run = &p->runs[msg->source];
	struct attempt *a = run->attempts[msg->address];

	/* Or rpcbind has named another port since this one was asked for. */
	if (run->state != SOURCE_ACTIVE || !a || msg->port != a->conns[msg->conn].port) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	/* One that was sent and did not arrive: there was no descriptor left for it. */
	attempt_socket(a, msg->conn, fd, msg->errnum ? msg->errnum : EMFILE,
		       msg->started_ns);
	update(p, msg->source, a);
}

static void take_message(void *data, const union wire_any *msg, int fd)
{
	struct prober *p = data;

	if (msg->type == WIRE_START)
		take_start(p, &msg->start);
	else if (msg->type == WIRE_SOCKET)
		take_socket(p, &msg->socket, fd);
}

/* --- the loop --- */

static void handle_event(struct prober *p, const struct epoll_event *event)
{
	size_t i = (size_t)(event->data.u64 >> 8);
	struct attempt *a;

	if (event->data.u64 == TAG_BROKER) {
		p->closed = !mailbox_read(p->sock, take_message, p);
		return;
	}
	a = p->runs[i].attempts[event->data.u64 >> 4 & 0xf];
	if (p->runs[i].state != SOURCE_ACTIVE || !a)
		return;
	p->shared->source = (uint32_t)i;
	attempt_ready(a, (enum conn_id)(event->data.u64 & 0xf), event->events);
	p->shared->source = BROKER_NOBODY;
	update(p, i, a);
}

static void loop(struct prober *p)
{
	struct epoll_event events[EVENTS_MAX];

	while (!p->closed) {
		int wait_ms = handle_all_times(p);
		int n;

		flush_all(p);
		n = epoll_wait(p->epoll_fd, events, EVENTS_MAX, wait_ms);
		p->shared->turns++;
		for (int k = 0; k < n && !p->closed; k++)
			handle_event(p, &events[k]);
	}
}

void prober_main(int sock, struct prober_shared *shared, const void *arg)
{
	struct prober p = {
		.args = arg,
		.shared = shared,
		.sock = sock,
		.epoll_fd = mailbox_open(sock, TAG_BROKER),
	};

	p.runs = calloc(p.args->n, sizeof(*p.runs));
	if (p.epoll_fd < 0 || !p.runs)
		abort();
	loop(&p);
}
