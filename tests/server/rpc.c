/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/deadline.h"
#include "lib/base/macro.h"
#include "tests/server/server.h"

#define NAMES_MAX (1u << 20)
#define NS_PER_MS 1000000

/* RFC 5531, 9 */
enum { MSG_CALL, MSG_REPLY };
enum { MSG_ACCEPTED, MSG_DENIED };
enum { SUCCESS, PROG_UNAVAIL, PROG_MISMATCH, PROC_UNAVAIL, GARBAGE_ARGS, SYSTEM_ERR };
enum { RPC_MISMATCH, AUTH_ERROR };
enum { AUTH_SYS = 1 };

/* A call that is served later, as by a disk that is slow. */
struct late {
	struct late *next;
	int64_t due_ns;
	struct call call;
	const struct procedure *procedure;
	struct strbuf record; /* what @call.args points into */
};

static const struct program *const programs[] = {
	&program_portmap2, &program_rpcbind3, &program_rpcbind4,
	&program_mount3,   &program_nfs3,     &program_nfs4,
};

void rpc_put_accepted(struct strbuf *out, uint32_t xid, uint32_t stat)
{
	xdr_put_u32(out, xid);
	xdr_put_u32(out, MSG_REPLY);
	xdr_put_u32(out, MSG_ACCEPTED);
	xdr_put_u64(out, 0); /* verifier: AUTH_NONE, empty */
	xdr_put_u32(out, stat);
}

static void put_denied(struct strbuf *out, uint32_t xid, uint32_t stat)
{
	xdr_put_u32(out, xid);
	xdr_put_u32(out, MSG_REPLY);
	xdr_put_u32(out, MSG_DENIED);
	xdr_put_u32(out, stat);
}

static struct cred read_cred(struct xdr *x)
{
	struct cred cred = { .flavor = xdr_u32(x), .uid = 65534, .gid = 65534 };
	struct xdr body = { 0 };
	uint32_t len;

	body.at = xdr_opaque(x, 400, &len);
	body.left = len;
	if (cred.flavor == AUTH_SYS) {
		(void)xdr_u32(&body); /* stamp */
		(void)xdr_opaque(&body, 255, &len);
		cred.uid = xdr_u32(&body);
		cred.gid = xdr_u32(&body);
		x->bad = x->bad || body.bad;
	}
	(void)xdr_u32(x);
	(void)xdr_opaque(x, 400, &len);
	return cred;
}

/* Returns false for what is no call; it gets no answer. */
static bool read_call(struct call *call)
{
	struct xdr *x = &call->args;
	uint32_t type, rpc_version;

	call->xid = xdr_u32(x);
	type = xdr_u32(x);
	rpc_version = xdr_u32(x);
	call->program = xdr_u32(x);
	call->version = xdr_u32(x);
	call->procedure = xdr_u32(x);
	call->cred = read_cred(x);
	return !x->bad && type == MSG_CALL && rpc_version == 2;
}

/* The program that serves @call, or NULL and an honest refusal in @out. */
static const struct program *find_program(const struct call *call, struct strbuf *out)
{
	uint32_t low = UINT32_MAX, high = 0;

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (programs[i]->service != call->conn->service ||
		    programs[i]->number != call->program)
			continue;
		if (programs[i]->version == call->version)
			return programs[i];
		if (programs[i]->version < low)
			low = programs[i]->version;
		if (programs[i]->version > high)
			high = programs[i]->version;
	}
	if (high == 0) {
		rpc_put_accepted(out, call->xid, PROG_UNAVAIL);
		return NULL;
	}
	rpc_put_accepted(out, call->xid, PROG_MISMATCH);
	xdr_put_u32(out, low);
	xdr_put_u32(out, high);
	return NULL;
}

/* A refusal that a fault asks for; returns false if none does. */
static bool refuse(const struct call *call, struct strbuf *out)
{
	static const struct {
		enum fault_kind kind;
		uint32_t stat;
	} accepted[] = {
		{ FAULT_PROG_UNAVAIL, PROG_UNAVAIL },
		{ FAULT_PROG_MISMATCH, PROG_MISMATCH },
		{ FAULT_PROC_UNAVAIL, PROC_UNAVAIL },
		{ FAULT_GARBAGE_ARGS, GARBAGE_ARGS },
		{ FAULT_SYSTEM_ERR, SYSTEM_ERR },
	};

	if (call_has(call, FAULT_AUTH)) {
		put_denied(out, call->xid, AUTH_ERROR);
		xdr_put_u32(out, call->effects.number[FAULT_AUTH]);
		return true;
	}
	if (call_has(call, FAULT_RPC_MISMATCH)) {
		put_denied(out, call->xid, RPC_MISMATCH);
		xdr_put_u64(out, 3ull << 32 | 3); /* low, high */
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++) {
		if (!call_has(call, accepted[i].kind))
			continue;
		rpc_put_accepted(out, call->xid, accepted[i].stat);
		if (accepted[i].kind == FAULT_PROG_MISMATCH) {
			xdr_put_u32(out, call->effects.number[FAULT_PROG_MISMATCH]);
			xdr_put_u32(out, call->effects.number[FAULT_PROG_MISMATCH]);
		}
		return true;
	}
	return false;
}

static void count(struct call *call)
{
	struct statistics *stats = &call->server->stats;
	struct conn *conn = call->conn;
	uint32_t after = conn->round > stats->answered ? conn->round : stats->answered;

	stats->calls++;
	conn->round = after; /* later calls of this connection are not before it */
	if (after + 1 > stats->rounds)
		stats->rounds = after + 1;
	if (call->server->names.len > NAMES_MAX)
		strbuf_done(&call->server->names);
	strbuf_printf(&call->server->names, " %s.%s", call->program_name,
		      call->procedure_name);
	if (call->server->verbose)
		(void)fprintf(stderr,
			      "%s %s.%s xid %08" PRIx32 " uid %" PRIu32 " round %" PRIu32
			      "\n",
			      conn->address, call->program_name, call->procedure_name,
			      call->xid, call->cred.uid, after + 1);
}

static void run(struct call *call, const struct procedure *procedure, struct strbuf *out)
{
	if (procedure->has_status && call_has(call, FAULT_STATUS)) {
		xdr_put_u32(&call->body, call->effects.number[FAULT_STATUS]);
		for (unsigned i = 0; i < procedure->fail_words; i++)
			xdr_put_u32(&call->body, 0);
	} else {
		procedure->serve(call);
	}
	rpc_put_accepted(out, call->xid, call->args.bad ? GARBAGE_ARGS : SUCCESS);
	if (!call->args.bad && call->body.len > 0)
		strbuf_add(out, call->body.text, call->body.len);
}

/* When an operation of a COMPOUND asked for a refusal: of the whole call. */
static void refuse_late(const struct call *call, struct strbuf *out)
{
	struct strbuf refusal = STRBUF_INIT;

	if (!refuse(call, &refusal))
		return;
	strbuf_done(out);
	*out = refusal;
}

/* Do what @call asks for; @procedure is NULL if there is none such. */
static void perform(struct call *call, const struct procedure *procedure)
{
	struct strbuf out = STRBUF_INIT;

	if (!refuse(call, &out)) {
		if (procedure)
			run(call, procedure, &out);
		else
			rpc_put_accepted(&out, call->xid, PROC_UNAVAIL);
		refuse_late(call, &out);
	}
	mangle_send(call, &out);
	strbuf_done(&out);
	strbuf_done(&call->body);
}

/* Keep @call, whose arguments are the end of @record, until its time has come. */
static void put_off(const struct call *call, const struct procedure *procedure,
		    const struct strbuf *record)
{
	struct late *late = calloc(1, sizeof(*late));
	struct late **last = &call->conn->late;

	if (!late)
		abort();
	late->call = *call;
	late->procedure = procedure;
	late->due_ns =
		deadline_now_ns() + (int64_t)call->effects.number[FAULT_LATE] * NS_PER_MS;
	strbuf_add(&late->record, record->text, record->len);
	late->call.args.at =
		(const uint8_t *)late->record.text + record->len - call->args.left;
	while (*last)
		last = &(*last)->next;
	*last = late;
}

static void serve(struct call *call, const struct program *program,
		  const struct strbuf *record)
{
	struct fault_point point = { .program = program->name,
				     .address = call->conn->address };
	const struct procedure *procedure = NULL;

	if (call->procedure < program->count && program->procedures[call->procedure].name)
		procedure = &program->procedures[call->procedure];
	call->program_name = program->name;
	call->procedure_name = procedure ? procedure->name : "UNKNOWN";
	point.procedure = call->procedure_name;
	faults_apply(&call->server->faults, &point, &call->effects);
	count(call);
	if (call_has(call, FAULT_SILENT))
		return;
	if (call_has(call, FAULT_CLOSE))
		call->conn->dead = true;
	else if (call_has(call, FAULT_LATE))
		put_off(call, procedure, record);
	else
		perform(call, procedure);
}

void rpc_serve(struct conn *conn, const struct strbuf *record)
{
	struct call call = { .server = conn->server, .conn = conn };
	struct strbuf out = STRBUF_INIT;
	const struct program *program;

	call.args.at = (const uint8_t *)record->text;
	call.args.left = record->len;
	if (!read_call(&call))
		return;
	program = find_program(&call, &out);
	if (program)
		serve(&call, program, record);
	else
		mangle_send(&call, &out);
	strbuf_done(&out);
}

int64_t rpc_serve_late(struct conn *conn, int64_t now_ns)
{
	int64_t next_ns = INT64_MAX;
	struct late **at = &conn->late;

	while (*at) {
		struct late *late = *at;

		if (late->due_ns > now_ns) {
			if (late->due_ns < next_ns)
				next_ns = late->due_ns;
			at = &late->next;
			continue;
		}
		*at = late->next;
		perform(&late->call, late->procedure);
		strbuf_done(&late->record);
		free(late);
	}
	return next_ns;
}

void rpc_forget_late(struct conn *conn)
{
	while (conn->late) {
		struct late *late = conn->late;

		conn->late = late->next;
		strbuf_done(&late->record);
		free(late);
	}
}

struct cred call_cred(const struct call *call)
{
	struct cred cred = call->cred;

	if (call_has(call, FAULT_SQUASH))
		cred.uid = cred.gid = call->effects.number[FAULT_SQUASH];
	else if (call_has(call, FAULT_ROOT_SQUASH) && cred.uid == 0)
		cred.uid = cred.gid = call->effects.number[FAULT_ROOT_SQUASH];
	return cred;
}

bool call_may(const struct call *call, const struct fs_node *node, uint32_t bits)
{
	struct cred cred = call_cred(call);

	return fs_may(node, cred.uid, cred.gid, bits);
}

enum fs_status call_may_change(const struct call *call, const struct fs_node *node)
{
	if (call_has(call, FAULT_READ_ONLY))
		return FS_ROFS;
	return call_may(call, node, node->type == FS_DIR ? 3 : 2) ? FS_OK : FS_ACCES;
}
