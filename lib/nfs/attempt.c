/* SPDX-License-Identifier: MIT */
#include "lib/nfs/attempt.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/deadline.h"
#include "lib/base/fd.h"
#include "lib/nfs/finding.h"
#include "lib/nfs/steps.h"

#define NFS_PORT 2049
#define RPCBIND_PORT 111

static const struct machine *machine_for(enum nfs_vers vers)
{
	switch (vers) {
	case NFS_VERS_3:
		return &probe3_machine;
	case NFS_VERS_4_0:
		return &probe40_machine;
	default:
		return &probe41_machine;
	}
}

static uint64_t random_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
		seed = (uint64_t)deadline_now_ns();
	return seed;
}

/* Bytes that no file system stores by not storing them (zeroes, repetition). */
static void fill_canary(char *data, size_t len, uint64_t seed)
{
	uint64_t x = seed | 1;

	for (size_t i = 0; i < len; i++) {
		x ^= x << 13; /* xorshift64, Marsaglia 2003 */
		x ^= x >> 7;
		x ^= x << 17;
		data[i] = (char)x;
	}
}

static bool make_parts(struct attempt *a, const char *who)
{
	uint64_t seed = random_seed();

	(void)snprintf(a->name, sizeof(a->name), ".nfsafe-canary-%.80s-%016" PRIx64, who,
		       seed);
	memcpy(a->verf, &seed, sizeof(a->verf));
	if (a->request->write) {
		a->canary = calloc(1, sizeof(*a->canary));
		if (!a->canary)
			return false;
		fill_canary(a->canary->data, CANARY_BYTES, seed);
	}
	if (a->request->vers == NFS_VERS_3)
		return true;
	a->v4 = calloc(1, sizeof(*a->v4));
	if (!a->v4)
		return false;
	(void)snprintf(a->v4->owner, sizeof(a->v4->owner),
		       "nfsafe probe %.80s %016" PRIx64, who, seed);
	for (size_t i = 0; i < SLOTS_MAX; i++)
		a->v4->slot_step[i] = -1;
	return true;
}

struct attempt *attempt_new(const struct probe_request *request, unsigned address,
			    bool ipv6, const char *who)
{
	struct attempt *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->request = request;
	a->machine = machine_for(request->vers);
	a->address = address;
	a->ipv6 = ipv6;
	a->connect_us = -1;
	a->mountport = request->mountport;
	for (unsigned i = 0; i < CONN_COUNT; i++)
		a->conns[i].rpc.fd = -1;
	a->conns[CONN_RPCBIND].port = RPCBIND_PORT;
	a->conns[CONN_NFSD].port = request->port ? request->port : NFS_PORT;
	probe_report_init(&a->report, request->vers);
	if (!make_parts(a, who)) {
		attempt_free(a);
		return NULL;
	}
	return a;
}

void attempt_free(struct attempt *a)
{
	if (!a)
		return;
	for (unsigned i = 0; i < CONN_COUNT; i++)
		rpc_done(&a->conns[i].rpc);
	free(a->canary);
	free(a->v4);
	free(a);
}

static void connect_step_ended(struct attempt *a, enum conn_id id,
			       enum probe_result result)
{
	for (size_t i = 0; i < a->machine->n; i++) {
		if (a->machine->steps[i].conn == id && !a->machine->steps[i].proc &&
		    a->runs[i].state == STEP_RUNNING)
			steps_end(a, i, result);
	}
}

/* @conn is lost: so are the calls that are under way on it. */
static void conn_lost(struct attempt *a, enum conn_id id, enum probe_result result)
{
	char why[WHY_SIZE];

	memcpy(why, a->why, sizeof(why));
	rpc_done(&a->conns[id].rpc);
	a->conns[id].state = CONN_DOWN;
	a->conns[id].lost = result;
	for (size_t i = 0; i < a->machine->n; i++) {
		if (a->machine->steps[i].conn != id || a->runs[i].state != STEP_RUNNING)
			continue;
		memcpy(a->why, why, sizeof(why));
		steps_end(a, i, result);
	}
	a->why[0] = '\0';
}

static enum probe_result connect_result(int errnum)
{
	switch (errnum) {
	case ECONNREFUSED:
	case ECONNRESET:
		return RESULT_REFUSED;
	default:
		return RESULT_UNREACHABLE;
	}
}

static void connect_failed(struct attempt *a, enum conn_id id, int errnum)
{
	finding_why(a, "port %u: %s", a->conns[id].port, strerror(errnum));
	conn_lost(a, id, connect_result(errnum));
}

void attempt_socket(struct attempt *a, enum conn_id id, int fd, int errnum,
		    int64_t started_ns)
{
	struct conn *conn = &a->conns[id];

	if (conn->state != CONN_ASKED) {
		fd_close(&fd);
		return;
	}
	if (fd < 0) {
		connect_failed(a, id, errnum);
		return;
	}
	rpc_init(&conn->rpc, fd);
	conn->started_ns = started_ns;
	conn->state = CONN_CONNECTING;
}

uint32_t attempt_events(const struct attempt *a, enum conn_id id)
{
	const struct conn *conn = &a->conns[id];

	switch (conn->state) {
	case CONN_CONNECTING:
		return EPOLLOUT;
	case CONN_UP:
		return EPOLLIN | (rpc_wants_write(&conn->rpc) ? EPOLLOUT : 0);
	default:
		return 0;
	}
}

static void finish_connect(struct attempt *a, enum conn_id id)
{
	struct conn *conn = &a->conns[id];
	socklen_t len = sizeof(int);
	int errnum = 0;
	int64_t us;

	if (getsockopt(conn->rpc.fd, SOL_SOCKET, SO_ERROR, &errnum, &len) < 0)
		errnum = errno;
	if (errnum != 0) {
		connect_failed(a, id, errnum);
		return;
	}
	us = (deadline_now_ns() - conn->started_ns) / 1000;
	if (a->connect_us < 0 || us < a->connect_us)
		a->connect_us = us;
	conn->state = CONN_UP;
	connect_step_ended(a, id, RESULT_OK);
}

/* A call was refused by RPC itself. */
static enum probe_result rpc_result(struct attempt *a, const struct rpc_reply *reply)
{
	switch (reply->status) {
	case RPC_SUCCESS:
		return RESULT_OK;
	case RPC_PROG_MISMATCH:
		finding_why(a, "served are versions %" PRIu32 " to %" PRIu32, reply->low,
			    reply->high);
		return RESULT_VERSION;
	case RPC_PROG_UNAVAIL:
		finding_why(a, "the program is not served there");
		return RESULT_VERSION;
	case RPC_PROC_UNAVAIL:
		finding_why(a, "the procedure is not served");
		return RESULT_VERSION;
	case RPC_AUTH_ERROR:
		finding_why(a, "credentials refused (auth_stat %" PRIu32 ")",
			    reply->auth_stat);
		return RESULT_REJECTED;
	case RPC_SYSTEM_ERR:
		finding_why(a, "the server has an error of its own (SYSTEM_ERR)");
		return RESULT_BUSY;
	case RPC_GARBAGE_ARGS:
		finding_why(a, "the server did not understand the call (GARBAGE_ARGS)");
		return RESULT_GARBAGE;
	case RPC_RPC_MISMATCH:
		finding_why(a, "the server does not speak RPC version 2");
		return RESULT_GARBAGE;
	}
	return RESULT_GARBAGE;
}

static void take_reply(void *data, const struct rpc_reply *reply)
{
	struct attempt *a = data;
	size_t i = reply->tag;
	const struct step *step = &a->machine->steps[i];
	enum probe_result result;

	if (a->runs[i].state != STEP_RUNNING)
		return;
	a->answered = a->answered || step->conn == CONN_NFSD;
	if (a->busy)
		*a->busy = step->layer;
	if (a->v4)
		a->v4->current = (int)i;
	result = rpc_result(a, reply);
	/* Refused before it was executed. */
	if (result != RESULT_OK && (step->flags & STEP_CREATES))
		a->created = false;
	if (result == RESULT_OK && step->take) {
		result = step->take(a, reply->body, reply->len);
		if (result == RESULT_GARBAGE && a->why[0] == '\0')
			finding_why(a, "the answer cannot be decoded");
	}
	/* Moved away from this connection meanwhile. */
	if (a->runs[i].state == STEP_RUNNING)
		steps_end(a, i, result);
}

void attempt_ready(struct attempt *a, enum conn_id id, uint32_t events)
{
	struct conn *conn = &a->conns[id];

	if (conn->state == CONN_CONNECTING) {
		finish_connect(a, id);
		return;
	}
	if (conn->state != CONN_UP || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	switch (rpc_receive(&conn->rpc, take_reply, a)) {
	case RPC_OPEN:
		return;
	case RPC_CLOSED:
		finding_why(a, "the server closed the connection");
		conn_lost(a, id, RESULT_CLOSED);
		return;
	case RPC_NO_MEMORY:
		finding_why(a, "out of memory");
		break;
	default:
		finding_why(a, "what came is no answer to a call of ours");
		break;
	}
	conn_lost(a, id, RESULT_GARBAGE);
}

/* What was queued goes out, one segment a connection.  True if one was lost. */
static bool send_all(struct attempt *a)
{
	bool lost = false;

	for (unsigned id = 0; id < CONN_COUNT; id++) {
		struct conn *conn = &a->conns[id];

		if (conn->state != CONN_UP || !rpc_wants_write(&conn->rpc) ||
		    rpc_send(&conn->rpc) == RPC_OPEN)
			continue;
		finding_why(a, "the server closed the connection");
		conn_lost(a, id, RESULT_CLOSED);
		lost = true;
	}
	return lost;
}

void attempt_advance(struct attempt *a)
{
	do {
		steps_start(a);
	} while (send_all(a));
}

void attempt_hurry(struct attempt *a)
{
	steps_hurry(a);
	(void)send_all(a);
}

bool attempt_is_over(const struct attempt *a)
{
	return !steps_running(a, true);
}

bool attempt_is_settled(const struct attempt *a)
{
	return !steps_running(a, false);
}

bool attempt_is_connected(const struct attempt *a)
{
	return a->connect_us >= 0;
}

void attempt_move_nfsd(struct attempt *a, uint16_t port)
{
	struct conn *conn = &a->conns[CONN_NFSD];

	/* The reply that brings us here came over another connection. */
	rpc_done(&conn->rpc);
	*conn = (struct conn){ .port = port, .rpc = { .fd = -1 } };
	for (size_t i = 0; i < a->machine->n; i++) {
		if (a->machine->steps[i].conn == CONN_NFSD)
			a->runs[i] = (struct step_run){ 0 };
	}
	a->whys[PROBE_NFSD][0] = '\0';
}
