/* SPDX-License-Identifier: MIT */
#include "tests/unit/nfs/stage.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/deadline.h"
#include "lib/base/fd.h"
#include "lib/base/macro.h"

static const struct {
	uint32_t prog, proc;
	const char *name;
} procs[] = {
	{ RPC_PORTMAP, 3, "GETPORT" }, { RPC_MOUNT, 0, "MOUNTD_NULL" },
	{ RPC_MOUNT, 1, "MNT" },       { RPC_MOUNT, 3, "UMNT" },
	{ RPC_NFS, 0, "NULL" },        { RPC_NFS, 1, "GETATTR" },
	{ RPC_NFS, 4, "ACCESS" },      { RPC_NFS, 6, "READ" },
	{ RPC_NFS, 7, "WRITE" },       { RPC_NFS, 8, "CREATE" },
	{ RPC_NFS, 12, "REMOVE" },     { RPC_NFS, 18, "FSSTAT" },
	{ RPC_NFS, 19, "FSINFO" },     { RPC_NFS, 21, "COMMIT" },
};

/* The operation that a compound is about: the first that is not bookkeeping. */
static const char *compound_name(const struct peer_call *call)
{
	uint32_t minor = peer_arg(call, 1), op = peer_arg(call, 3);
	size_t at = 3;

	if (op == 53) { /* SEQUENCE */
		at += 1 + 4 + 4;
		op = peer_arg(call, at);
	}
	if (op == 58) { /* RECLAIM_COMPLETE */
		at += 2;
		op = peer_arg(call, at);
	}
	if (op == 36) { /* SETCLIENTID_CONFIRM */
		at += 5;
		op = peer_arg(call, at);
	}
	if (op == 22) { /* PUTFH */
		at += 2 + (peer_arg(call, at + 1) + 3) / 4;
		op = peer_arg(call, at);
	}
	(void)minor;
	return op == 24 ? "LOOK" : nfs4_op_name(op);
}

static const char *name_of(const struct peer_call *call)
{
	if (call->prog == RPC_NFS && call->vers == 4 && call->proc == 1)
		return compound_name(call);
	for (size_t i = 0; i < ARRAY_SIZE(procs); i++) {
		if (procs[i].prog == call->prog && procs[i].proc == call->proc)
			return procs[i].name;
	}
	cr_assert_fail("program %u, procedure %u", call->prog, call->proc);
	return "";
}

bool stage_is(const struct peer_call *call, const char *name)
{
	return strcmp(name_of(call), name) == 0;
}

void stage_status(struct peer_body *body, uint32_t status)
{
	body->len = 0;
	peer_word(body, status);
}

/* --- v3 --- */

static void put_attr3(const struct stage *stage, struct peer_body *body, uint32_t type,
		      uint32_t uid)
{
	peer_words(body, 5, type, stage->mode, 1U, uid, 0U);
	for (int i = 0; i < 3; i++)
		peer_dword(body, 4096);
	peer_dword(body, 0xf51d);
	peer_dword(body, 0xf11e);
	for (int i = 0; i < 6; i++)
		peer_word(body, 0);
}

static void answer_mount(struct stage *stage, const struct peer_call *call,
			 struct peer_body *body)
{
	(void)stage;
	if (call->proc != 1)
		return;
	peer_word(body, 0);
	peer_opaque(body, "root", 4);
	peer_words(body, 2, 1U, 1U);
}

static void answer_look3(struct stage *stage, const struct peer_call *call,
			 struct peer_body *body)
{
	switch (call->proc) {
	case 1:
		peer_word(body, 0);
		put_attr3(stage, body, 2, 0);
		break;
	case 4:
		peer_words(body, 3, 0U, 0U, stage->access);
		break;
	case 18:
		peer_words(body, 2, 0U, 0U);
		peer_dword(body, 1000000);
		peer_dword(body, stage->free_bytes);
		peer_dword(body, stage->free_bytes);
		peer_dword(body, 1000);
		peer_dword(body, stage->free_files);
		peer_dword(body, stage->free_files);
		peer_word(body, 0);
		break;
	default:
		break;
	}
}

static void answer_canary3(struct stage *stage, const struct peer_call *call,
			   struct peer_body *body)
{
	switch (call->proc) {
	case 6:
		peer_words(body, 4, 0U, 0U, (uint32_t)CANARY_BYTES, 1U);
		peer_opaque(body, stage->written, CANARY_BYTES);
		break;
	case 7:
		memcpy(stage->written, call->args + 8 + 8 + 4 + 4 + 4, CANARY_BYTES);
		peer_words(body, 5, 0U, 0U, 0U, (uint32_t)CANARY_BYTES, 0U);
		peer_fixed(body, "verifier", 8);
		break;
	case 8:
		stage->exists = true;
		peer_words(body, 2, 0U, 1U);
		peer_opaque(body, "file", 4);
		peer_word(body, 1);
		put_attr3(stage, body, 1, stage->owner_of_new);
		peer_words(body, 2, 0U, 0U);
		break;
	case 12:
		peer_words(body, 3, stage->exists ? 0U : 2U, 0U, 0U);
		stage->exists = false;
		break;
	case 21:
		peer_words(body, 3, 0U, 0U, 0U);
		peer_fixed(body, "verifier", 8);
		break;
	default:
		break;
	}
}

/* --- v4 --- */

static void put_attr4(const struct stage *stage, struct peer_body *body, bool file)
{
	struct peer_body vals = { 0 };
	char owner[16];

	(void)snprintf(owner, sizeof(owner), "%u", file ? stage->owner_of_new : 0);
	peer_word(&vals, file ? 1 : 2);
	peer_dword(&vals, 0xf51d);
	peer_dword(&vals, 0);
	peer_dword(&vals, 0xf11e);
	peer_dword(&vals, stage->free_files);
	peer_dword(&vals, 1000);
	peer_word(&vals, stage->mode);
	peer_opaque(&vals, owner, strlen(owner));
	peer_opaque(&vals, "0", 1);
	peer_dword(&vals, stage->free_bytes);
	peer_dword(&vals, 1000000);
	peer_words(body, 5, 9U, 0U, 2U,
		   1U << 1 | 1U << 8 | 1U << 20 | 1U << 21 | 1U << 23,
		   1U << 1 | 1U << 4 | 1U << 5 | 1U << 10 | 1U << 12);
	peer_opaque(body, vals.data, vals.len);
}

/* status, tag, count, and what a session puts before the rest. */
static void begin4(const struct peer_call *call, struct peer_body *body)
{
	bool sequence = peer_arg(call, 3) == 53;

	peer_words(body, 3, 0U, 0U, peer_arg(call, 2));
	if (sequence) {
		peer_words(body, 2, 53U, 0U);
		peer_fixed(body, "0123456789abcdef", 16);
		peer_words(body, 5, 1U, 0U, 3U, 3U, 0U);
		if (peer_arg(call, 12) == 58)
			peer_words(body, 2, 58U, 0U);
	} else if (peer_arg(call, 3) == 36) {
		peer_words(body, 2, 36U, 0U);
	}
}

static void answer_look4(struct stage *stage, const struct peer_call *call,
			 struct peer_body *body)
{
	(void)call;
	/* PUTROOTFH, LOOKUP of "/export", GETFH */
	peer_words(body, 6, 24U, 0U, 15U, 0U, 10U, 0U);
	peer_opaque(body, "root", 4);
	put_attr4(stage, body, false);
	peer_words(body, 4, 3U, 0U, 0x1fU, stage->access);
}

static void answer_open4(struct stage *stage, struct peer_body *body)
{
	stage->exists = true;
	peer_words(body, 5, 22U, 0U, 18U, 0U, 1U);
	peer_fixed(body, "twelve bytes", 12);
	peer_words(body, 5, 1U, 0U, 1U, 0U, 2U);
	/* OPEN4_RESULT_CONFIRM, no attributes set, no delegation; GETFH */
	peer_words(body, 5, 2U, 0U, 0U, 10U, 0U);
	peer_opaque(body, "file", 4);
	put_attr4(stage, body, true);
}

static void put_removed4(struct stage *stage, struct peer_body *body)
{
	if (stage->exists) {
		peer_words(body, 7, 28U, 0U, 1U, 0U, 1U, 0U, 2U);
	} else {
		/* The first word is the status of it all. */
		body->data[3] = 2;
		peer_words(body, 2, 28U, 2U);
	}
	stage->exists = false;
}

static void answer_canary4(struct stage *stage, const struct peer_call *call,
			   const char *name, struct peer_body *body)
{
	peer_words(body, 2, 22U, 0U);
	if (strcmp(name, "OPEN_CONFIRM") == 0) {
		peer_words(body, 3, 20U, 0U, 2U);
		peer_fixed(body, "twelve bytes", 12);
	} else if (strcmp(name, "WRITE") == 0) {
		memcpy(stage->written, call->args + call->len - CANARY_BYTES,
		       CANARY_BYTES);
		peer_words(body, 4, 38U, 0U, (uint32_t)CANARY_BYTES, 0U);
		peer_fixed(body, "verifier", 8);
	} else if (strcmp(name, "COMMIT") == 0) {
		peer_words(body, 2, 5U, 0U);
		peer_fixed(body, "verifier", 8);
	} else if (strcmp(name, "READ") == 0) {
		peer_words(body, 3, 25U, 0U, 1U);
		peer_opaque(body, stage->written, CANARY_BYTES);
	} else { /* CLOSE and REMOVE, or REMOVE alone */
		if (strcmp(name, "CLOSE") == 0) {
			peer_words(body, 3, 4U, 0U, 2U);
			peer_fixed(body, "twelve bytes", 12);
			peer_words(body, 2, 22U, 0U);
		}
		put_removed4(stage, body);
	}
}

static void answer_client4(const char *name, struct peer_body *body)
{
	if (strcmp(name, "SETCLIENTID") == 0) {
		peer_words(body, 4, 35U, 0U, 0U, 42U);
		peer_fixed(body, "confirm!", 8);
	} else if (strcmp(name, "EXCHANGE_ID") == 0) {
		peer_words(body, 7, 42U, 0U, 0U, 42U, 1U, 0U, 0U);
	} else if (strcmp(name, "CREATE_SESSION") == 0) {
		peer_words(body, 2, 43U, 0U);
		peer_fixed(body, "0123456789abcdef", 16);
		peer_words(body, 9, 1U, 0U, 0U, 65536U, 65536U, 4096U, 64U, 4U, 0U);
	} else if (strcmp(name, "DESTROY_SESSION") == 0) {
		peer_words(body, 2, 44U, 0U);
	} else {
		peer_words(body, 2, 57U, 0U);
	}
}

static void answer4(struct stage *stage, const struct peer_call *call,
		    struct peer_body *body)
{
	const char *name = name_of(call);

	if (call->proc == 0)
		return;
	begin4(call, body);
	if (strcmp(name, "LOOK") == 0)
		answer_look4(stage, call, body);
	else if (strcmp(name, "OPEN") == 0)
		answer_open4(stage, body);
	else if (strstr(name, "CLIENTID") || strstr(name, "SESSION") ||
		 strcmp(name, "EXCHANGE_ID") == 0)
		answer_client4(name, body);
	else
		answer_canary4(stage, call, name, body);
}

static void answer(struct stage *stage, const struct peer_call *call,
		   struct peer_body *body)
{
	if (call->prog == RPC_PORTMAP) {
		peer_word(body, peer_arg(call, 0) == RPC_NFS ? stage->nfs_port
							     : stage->mountd_port);
	} else if (call->prog == RPC_MOUNT) {
		answer_mount(stage, call, body);
	} else if (call->vers == 4) {
		answer4(stage, call, body);
	} else {
		answer_look3(stage, call, body);
		answer_canary3(stage, call, body);
		if (call->proc == 19)
			stage_status(body, 0);
	}
}

/* --- the stage --- */

void stage_open(struct stage *stage, const struct probe_request *request)
{
	memset(stage, 0, sizeof(*stage));
	for (unsigned id = 0; id < CONN_COUNT; id++)
		stage->peers[id] = -1;
	stage->nfs_port = 2049;
	stage->mountd_port = 20048;
	stage->mode = 0755;
	stage->access = 0x1f;
	stage->free_bytes = 500000;
	stage->free_files = 500;
	stage->attempt = attempt_new(request, 0, false, "host-1");
	cr_assert(stage->attempt);
}

void stage_close(struct stage *stage)
{
	for (unsigned id = 0; id < CONN_COUNT; id++)
		fd_close(&stage->peers[id]);
	attempt_free(stage->attempt);
}

unsigned stage_count(const struct stage *stage, const char *name)
{
	unsigned n = 0;

	for (size_t i = 0; i < stage->n_calls; i++)
		n += strcmp(stage->calls[i], name) == 0;
	return n;
}

static void connect_one(struct stage *stage, enum conn_id id)
{
	int pair[2];

	stage->attempt->conns[id].state = CONN_ASKED;
	if (stage->refuse & 1U << id) {
		attempt_socket(stage->attempt, id, -1, ECONNREFUSED, 0);
		return;
	}
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	fd_close(&stage->peers[id]);
	stage->peers[id] = pair[1];
	attempt_socket(stage->attempt, id, pair[0], 0, deadline_now_ns());
}

static void serve_call(struct stage *stage, enum conn_id id, const struct peer_call *call)
{
	static struct peer_body body;
	unsigned char record[64];
	size_t len;

	body.len = 0;
	cr_assert_lt(stage->n_calls, ARRAY_SIZE(stage->calls));
	(void)snprintf(stage->calls[stage->n_calls++], sizeof(stage->calls[0]), "%s",
		       name_of(call));
	answer(stage, call, &body);
	switch (stage->fn ? stage->fn(stage, call, &body) : STAGE_ANSWER) {
	case STAGE_ANSWER:
		peer_reply(stage->peers[id], call->xid, &body);
		break;
	case STAGE_SILENT:
		break;
	case STAGE_CLOSE:
		fd_close(&stage->peers[id]);
		break;
	case STAGE_UNAVAILABLE:
		body.len = 0;
		len = peer_record(call->xid, 3, &body, record, sizeof(record));
		cr_assert_eq(write(stage->peers[id], record, len), (ssize_t)len);
		break;
	case STAGE_GARBAGE:
		cr_assert_eq(write(stage->peers[id], "HTTP/1.1 400 Bad", 16), 16);
		break;
	}
}

/* Returns true if something was under way: connects, or calls that were answered. */
static bool serve(struct stage *stage)
{
	static struct peer_call call;
	bool moved = false;

	for (unsigned id = 0; id < CONN_COUNT; id++) {
		if (stage->attempt->conns[id].state == CONN_WANTED &&
		    !(stage->hang & 1U << id)) {
			connect_one(stage, id);
			moved = true;
			continue;
		}
		while (stage->peers[id] >= 0 && peer_next(stage->peers[id], &call)) {
			serve_call(stage, id, &call);
			moved = true;
		}
	}
	return moved;
}

/* What the server has sent in this round arrives. */
static void deliver(struct stage *stage)
{
	for (unsigned id = 0; id < CONN_COUNT; id++) {
		uint32_t events = attempt_events(stage->attempt, id);

		if (events != 0)
			attempt_ready(stage->attempt, id, events);
	}
	attempt_advance(stage->attempt);
}

void stage_run(struct stage *stage)
{
	attempt_advance(stage->attempt);
	while (serve(stage)) {
		stage->rounds++;
		cr_assert_lt(stage->rounds, 100);
		deliver(stage);
	}
}

const struct probe_report *stage_report(struct stage *stage)
{
	attempt_conclude(stage->attempt);
	return &stage->attempt->report;
}
