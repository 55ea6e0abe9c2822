/* SPDX-License-Identifier: MIT */
#include "lib/nfs/beater.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/deadline.h"
#include "lib/nfs/mailbox.h"
#include "lib/nfs/nfs3.h"
#include "lib/nfs/nfs4.h"
#include "lib/nfs/rpc.h"
#include "lib/nfs/writer.h"

#define NSEC_PER_MSEC INT64_C(1000000)
#define NEVER INT64_MAX
#define TAG_BROKER UINT64_MAX
#define NFS_PORT 2049
#define EVENTS_MAX 32
/* Beats that may be without an answer at once; RPC_CALLS_MAX of them were sent. */
#define PENDING_MAX 16
/* Beats that wait for room at the broker. */
#define OUTBOX_SIZE 64
/* A connection, or an attempt at one, that brings nothing for so long is replaced. */
#define PATIENCE_MS 2000

enum link_state { LINK_NONE = 0, LINK_WANTED, LINK_ASKED, LINK_CONNECTING, LINK_UP };

struct pending {
	bool used, sent, told;
	uint32_t seq;
	int64_t due_ns; /* when the beat was */
};

struct pulse {
	bool resolved;
	enum link_state state;
	struct rpc rpc;
	uint32_t registered;
	unsigned address, n_addresses;
	int64_t owes_ns; /* since when it owes an answer or a connection; 0: it does not
			  */
	int64_t next_ns; /* of the next beat; NEVER: when the last one is over */
	struct writer *writer; /* NULL: the beats are NULL calls */
	uint32_t seq;          /* of the last one */
	struct pending pending[PENDING_MAX];
};

struct beater {
	const struct beater_args *args;
	struct prober_shared *shared;
	int epoll_fd, sock;
	bool blocked, closed;
	struct pulse *pulses;
	struct beat outbox[OUTBOX_SIZE]; /* a ring */
	size_t first, n_out;
	size_t current; /* the pulse that is being read */
};

static const struct beat_request *request_of(const struct beater *b, size_t i)
{
	return &b->args->requests[i];
}

/* --- telling --- */

struct outcome {
	enum beat_result result;
	uint32_t status;
	int64_t rtt_us;
};

/* When the broker takes nothing for long, the oldest beat is the least news. */
static void tell_outcome(struct beater *b, size_t i, const struct pending *pending,
			 struct outcome outcome)
{
	size_t at = (b->first + b->n_out) % OUTBOX_SIZE;

	if (b->n_out == OUTBOX_SIZE)
		b->first = (b->first + 1) % OUTBOX_SIZE;
	else
		b->n_out++;
	b->outbox[at] = (struct beat){
		.source = (uint32_t)i,
		.seq = pending->seq,
		.result = outcome.result,
		.status = outcome.status,
		.sent_ns = pending->due_ns,
		.rtt_us = outcome.rtt_us,
	};
}

static void tell(struct beater *b, size_t i, const struct pending *pending,
		 enum beat_result result, int64_t rtt_us)
{
	tell_outcome(b, i, pending, (struct outcome){ result, 0, rtt_us });
}

static bool flush_beats(struct beater *b)
{
	while (b->n_out > 0) {
		struct wire_beat msg = { .type = WIRE_BEAT, .beat = b->outbox[b->first] };

		if (!mailbox_post(b->sock, &msg, sizeof(msg)))
			return false;
		b->first = (b->first + 1) % OUTBOX_SIZE;
		b->n_out--;
	}
	return true;
}

static bool flush_wanted(struct beater *b)
{
	for (size_t i = 0; i < b->args->n; i++) {
		struct pulse *pulse = &b->pulses[i];
		struct wire_connect msg = {
			.type = WIRE_CONNECT,
			.source = (uint32_t)i,
			.address = pulse->address,
			.port = request_of(b, i)->port ? request_of(b, i)->port
						       : NFS_PORT,
			.reserved = 1,
		};

		if (pulse->state != LINK_WANTED)
			continue;
		if (!mailbox_post(b->sock, &msg, sizeof(msg)))
			return false;
		pulse->state = LINK_ASKED;
	}
	return true;
}

static void flush(struct beater *b)
{
	struct epoll_event event = { .events = EPOLLIN, .data = { .u64 = TAG_BROKER } };
	bool room = flush_beats(b) && flush_wanted(b);

	if (room == !b->blocked)
		return;
	b->blocked = !room;
	event.events |= b->blocked ? EPOLLOUT : 0;
	(void)epoll_ctl(b->epoll_fd, EPOLL_CTL_MOD, b->sock, &event);
}

/* --- a pulse --- */

/* A beat is over; the one that waited for it may come. */
static void end_pending(struct beater *b, size_t i, struct pending *pending)
{
	struct pulse *pulse = &b->pulses[i];

	pending->used = false;
	if (pulse->next_ns == NEVER)
		pulse->next_ns =
			pending->due_ns + request_of(b, i)->interval_ms * NSEC_PER_MSEC;
}

/* Whatever is not answered will not be, over this connection. */
static void give_up(struct beater *b, size_t i, enum beat_result result)
{
	struct pulse *pulse = &b->pulses[i];

	for (size_t k = 0; k < PENDING_MAX; k++) {
		struct pending *pending = &pulse->pending[k];

		if (pending->used && !pending->told)
			tell(b, i, pending, result, -1);
		if (pending->used)
			end_pending(b, i, pending);
	}
	rpc_done(&pulse->rpc);
	pulse->state = LINK_NONE;
	pulse->registered = 0;
	pulse->owes_ns = 0;
}

static void want_link(struct pulse *pulse)
{
	pulse->state = LINK_WANTED;
	pulse->owes_ns = deadline_now_ns();
}

/* When there is no room for one more it is silent, like all those before it. */
static void call_null(struct beater *b, size_t i, const struct pending *pending)
{
	struct rpc_request request = {
		.proc = request_of(b, i)->vers == NFS_VERS_3 ? nfs3_null : nfs4_null,
		.tag = pending->seq,
	};

	(void)!rpc_call(&b->pulses[i].rpc, &request);
}

static void call_writer(struct beater *b, size_t i, const struct pending *pending)
{
	struct pulse *pulse = &b->pulses[i];
	char buf[WRITER_ARGS_SIZE];
	struct rpc_request request;

	if (!writer_call(pulse->writer, buf, &request))
		return;
	request.tag = pending->seq;
	(void)!rpc_call(&pulse->rpc, &request);
}

static void call(struct beater *b, size_t i, struct pending *pending)
{
	struct pulse *pulse = &b->pulses[i];

	if (pulse->writer) {
		writer_begin(pulse->writer);
		call_writer(b, i, pending);
	} else {
		call_null(b, i, pending);
	}
	pending->sent = true;
	if (pulse->owes_ns == 0)
		pulse->owes_ns = deadline_now_ns();
	if (rpc_send(&pulse->rpc) != RPC_OPEN)
		give_up(b, i, BEAT_CLOSED);
}

static void link_is_up(struct beater *b, size_t i)
{
	struct pulse *pulse = &b->pulses[i];

	pulse->state = LINK_UP;
	pulse->owes_ns = 0;
	if (pulse->writer)
		writer_reset(pulse->writer);
	for (size_t k = 0; k < PENDING_MAX && pulse->state == LINK_UP; k++) {
		struct pending *pending = &pulse->pending[k];

		/* One that was told as lost is not worth a call any more. */
		if (pending->used && pending->told)
			end_pending(b, i, pending);
		else if (pending->used && !pending->sent)
			call(b, i, pending);
	}
}

/* The next address is for the next beat. */
static void link_failed(struct beater *b, size_t i, int errnum)
{
	struct pulse *pulse = &b->pulses[i];

	give_up(b, i, errnum == ECONNREFUSED ? BEAT_REFUSED : BEAT_UNREACHABLE);
	pulse->address = (pulse->address + 1) % pulse->n_addresses;
}

static void finish_connect(struct beater *b, size_t i)
{
	socklen_t len = sizeof(int);
	int errnum = 0;

	if (getsockopt(b->pulses[i].rpc.fd, SOL_SOCKET, SO_ERROR, &errnum, &len) < 0)
		errnum = errno;
	if (errnum != 0)
		link_failed(b, i, errnum);
	else
		link_is_up(b, i);
}

static void note_answer(const struct beat_request *request)
{
	if (request->last_answer_ns)
		atomic_store_explicit(request->last_answer_ns, deadline_now_ns(),
				      memory_order_relaxed);
}

static void take_null(struct beater *b, struct pending *pending,
		      const struct rpc_reply *reply)
{
	if (reply->status != RPC_SUCCESS)
		tell(b, b->current, pending, BEAT_REJECTED, -1);
	else
		tell(b, b->current, pending, pending->told ? BEAT_LATE : BEAT_ANSWERED,
		     reply->us);
	end_pending(b, b->current, pending);
}

/* What was to go before the WRITE is answered, and the next call queued; or it is over.
 */
static void take_write(struct beater *b, struct pending *pending,
		       const struct rpc_reply *reply)
{
	struct pulse *pulse = &b->pulses[b->current];
	struct outcome outcome = {
		.rtt_us = (deadline_now_ns() - pending->due_ns) / 1000,
	};

	if (!writer_take(pulse->writer, reply, &outcome.result, &outcome.status)) {
		call_writer(b, b->current, pending);
		pulse->owes_ns = deadline_now_ns();
		return;
	}
	if (outcome.result == BEAT_ANSWERED && pending->told)
		outcome.result = BEAT_LATE;
	tell_outcome(b, b->current, pending, outcome);
	end_pending(b, b->current, pending);
}

static void take_reply(void *data, const struct rpc_reply *reply)
{
	struct beater *b = data;
	struct pulse *pulse = &b->pulses[b->current];

	note_answer(request_of(b, b->current));
	/* A sign of life; what else it owes it owes from now on. */
	pulse->owes_ns = rpc_pending(&pulse->rpc) > 0 ? deadline_now_ns() : 0;
	for (size_t k = 0; k < PENDING_MAX; k++) {
		struct pending *pending = &pulse->pending[k];

		if (!pending->used || pending->seq != reply->tag)
			continue;
		if (pulse->writer)
			take_write(b, pending, reply);
		else
			take_null(b, pending, reply);
	}
}

static void read_link(struct beater *b, size_t i)
{
	int outcome;

	b->current = i;
	b->shared->source = (uint32_t)i;
	outcome = rpc_receive(&b->pulses[i].rpc, take_reply, b);
	b->shared->source = BROKER_NOBODY;
	if (outcome != RPC_OPEN)
		give_up(b, i, outcome == RPC_CLOSED ? BEAT_CLOSED : BEAT_GARBAGE);
	else if (rpc_wants_write(&b->pulses[i].rpc) &&
		 rpc_send(&b->pulses[i].rpc) != RPC_OPEN)
		give_up(b, i, BEAT_CLOSED);
}

static void poll_link(struct beater *b, size_t i)
{
	struct pulse *pulse = &b->pulses[i];
	struct epoll_event event = { .data = { .u64 = i } };

	if (pulse->state == LINK_CONNECTING)
		event.events = EPOLLOUT;
	else if (pulse->state == LINK_UP)
		event.events = EPOLLIN | (rpc_wants_write(&pulse->rpc) ? EPOLLOUT : 0);
	if (event.events == 0 || event.events == pulse->registered)
		return;
	(void)epoll_ctl(b->epoll_fd, pulse->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
			pulse->rpc.fd, &event);
	pulse->registered = event.events;
}

/* --- time --- */

/* The place of the oldest is taken: it was told long ago. */
static struct pending *new_pending(struct pulse *pulse)
{
	struct pending *oldest = &pulse->pending[0];

	for (size_t k = 0; k < PENDING_MAX; k++) {
		if (!pulse->pending[k].used)
			return &pulse->pending[k];
		if (pulse->pending[k].seq < oldest->seq)
			oldest = &pulse->pending[k];
	}
	return oldest;
}

static bool is_busy(const struct pulse *pulse)
{
	for (size_t k = 0; k < PENDING_MAX; k++) {
		if (pulse->pending[k].used)
			return true;
	}
	return false;
}

static void beat(struct beater *b, size_t i, int64_t now)
{
	struct pulse *pulse = &b->pulses[i];
	struct pending *pending = new_pending(pulse);

	if (pulse->writer && is_busy(pulse)) {
		pulse->next_ns = NEVER;
		return;
	}
	if (pending->used && !pending->told)
		tell(b, i, pending, BEAT_SILENT, -1);
	*pending = (struct pending){ .used = true, .seq = ++pulse->seq, .due_ns = now };
	if (pulse->state == LINK_UP)
		call(b, i, pending);
	else if (pulse->state == LINK_NONE)
		want_link(pulse);
	pulse->next_ns += request_of(b, i)->interval_ms * NSEC_PER_MSEC;
	/* After a stop of this process: go on from now, not through what was missed. */
	if (pulse->next_ns <= now)
		pulse->next_ns = now + request_of(b, i)->interval_ms * NSEC_PER_MSEC;
}

static int64_t timeout_ns(const struct beater *b, size_t i)
{
	return request_of(b, i)->timeout_ms * NSEC_PER_MSEC;
}

static int64_t patience_ns(const struct beater *b, size_t i)
{
	int64_t twice = 2 * timeout_ns(b, i);

	if (request_of(b, i)->patience_ms > 0)
		return request_of(b, i)->patience_ms * NSEC_PER_MSEC;
	return twice > PATIENCE_MS * NSEC_PER_MSEC ? twice : PATIENCE_MS * NSEC_PER_MSEC;
}

static void tell_silent(struct beater *b, size_t i, int64_t now)
{
	struct pulse *pulse = &b->pulses[i];

	for (size_t k = 0; k < PENDING_MAX; k++) {
		struct pending *pending = &pulse->pending[k];

		if (!pending->used || pending->told ||
		    now < pending->due_ns + timeout_ns(b, i))
			continue;
		tell(b, i, pending, pending->sent ? BEAT_SILENT : BEAT_UNREACHABLE, -1);
		/* It stays, for an answer that comes late. */
		pending->told = true;
	}
}

/* When the connection is given up, unless it is heard of; NEVER if it owes nothing. */
static int64_t give_up_at(const struct beater *b, size_t i)
{
	const struct pulse *pulse = &b->pulses[i];

	return pulse->owes_ns > 0 ? pulse->owes_ns + patience_ns(b, i) : NEVER;
}

static void handle_time(struct beater *b, size_t i, int64_t now)
{
	struct pulse *pulse = &b->pulses[i];

	tell_silent(b, i, now);
	if (now >= give_up_at(b, i)) {
		if (pulse->state == LINK_UP)
			give_up(b, i, BEAT_SILENT);
		else
			link_failed(b, i, ETIMEDOUT);
	}
	if (now >= pulse->next_ns)
		beat(b, i, now);
	poll_link(b, i);
}

static int64_t due_at(const struct beater *b, size_t i)
{
	const struct pulse *pulse = &b->pulses[i];
	int64_t at = give_up_at(b, i);

	if (pulse->next_ns < at)
		at = pulse->next_ns;
	for (size_t k = 0; k < PENDING_MAX; k++) {
		const struct pending *pending = &pulse->pending[k];
		int64_t end = pending->due_ns + timeout_ns(b, i);

		if (pending->used && !pending->told && end < at)
			at = end;
	}
	return at;
}

static int handle_all_times(struct beater *b)
{
	struct deadline next = { .at_ns = NEVER };
	int64_t now = deadline_now_ns();

	for (size_t i = 0; i < b->args->n; i++) {
		if (!b->pulses[i].resolved)
			continue;
		handle_time(b, i, now);
		if (due_at(b, i) < next.at_ns)
			next.at_ns = due_at(b, i);
	}
	return deadline_poll_ms(next);
}

/* --- the loop --- */

static void take_socket(struct beater *b, const struct wire_socket *msg, int fd)
{
	struct pulse *pulse = &b->pulses[msg->source];

	/* One that was asked for and given up meanwhile: the next one follows. */
	if (pulse->state != LINK_ASKED || msg->address != pulse->address) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	if (fd < 0) {
		link_failed(b, msg->source, msg->errnum);
		return;
	}
	rpc_init(&pulse->rpc, fd);
	pulse->registered = 0;
	pulse->state = LINK_CONNECTING;
}

static void take_message(void *data, const union wire_any *msg, int fd)
{
	struct beater *b = data;

	if (msg->type == WIRE_SOCKET) {
		take_socket(b, &msg->socket, fd);
	} else if (msg->type == WIRE_START) {
		struct pulse *pulse = &b->pulses[msg->start.source];

		pulse->resolved = true;
		pulse->n_addresses = msg->start.n_addresses;
		pulse->next_ns = deadline_now_ns();
	}
}

static void handle_event(struct beater *b, const struct epoll_event *event)
{
	struct pulse *pulse;

	if (event->data.u64 == TAG_BROKER) {
		b->closed = !mailbox_read(b->sock, take_message, b);
		return;
	}
	pulse = &b->pulses[event->data.u64];
	if (pulse->state == LINK_CONNECTING)
		finish_connect(b, (size_t)event->data.u64);
	else if (pulse->state == LINK_UP && (event->events & ~(uint32_t)EPOLLOUT))
		read_link(b, (size_t)event->data.u64);
	else if (pulse->state == LINK_UP && rpc_send(&pulse->rpc) != RPC_OPEN)
		give_up(b, (size_t)event->data.u64, BEAT_CLOSED);
}

static void init_pulse(struct pulse *pulse, const struct beat_request *request)
{
	uint64_t unique;

	pulse->rpc.fd = -1;
	if (!request->file)
		return;
	pulse->writer = malloc(sizeof(*pulse->writer));
	if (!pulse->writer || getrandom(&unique, sizeof(unique), 0) != sizeof(unique))
		abort();
	writer_init(pulse->writer, request->file, request->vers, unique);
}

void beater_main(int sock, struct prober_shared *shared, const void *arg)
{
	struct beater b = {
		.args = arg,
		.shared = shared,
		.sock = sock,
		.epoll_fd = mailbox_open(sock, TAG_BROKER),
	};

	b.pulses = calloc(b.args->n, sizeof(*b.pulses));
	if (b.epoll_fd < 0 || !b.pulses)
		abort();
	for (size_t i = 0; i < b.args->n; i++)
		init_pulse(&b.pulses[i], request_of(&b, i));
	while (!b.closed) {
		struct epoll_event events[EVENTS_MAX];
		int wait_ms = handle_all_times(&b);
		int n;

		flush(&b);
		n = epoll_wait(b.epoll_fd, events, EVENTS_MAX, wait_ms);
		shared->turns++;
		for (int k = 0; k < n && !b.closed; k++)
			handle_event(&b, &events[k]);
	}
}
