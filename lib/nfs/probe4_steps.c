/* SPDX-License-Identifier: MIT */
#include "lib/base/macro.h"
#include "lib/nfs/attempt.h"
#include "lib/nfs/finding.h"
#include "lib/nfs/nfs4.h"
#include "lib/nfs/probe4.h"

/*
 * NFS version 4: one port, no rpcbind, no mountd.  4.0 looks at the export without
 * saying who it is, and needs a client id only for the canary.  From 4.1 on nothing
 * goes without a session, which is also what a mount would need first.
 */

#define B STEP_BIT
#define CALL(step_name, step_layer)                                                      \
	.name = (step_name), .layer = (step_layer), .conn = CONN_NFSD,                   \
	.proc = &nfs4_compound
#define LOOKS_AT (1U << PROBE_SPACE | 1U << PROBE_ACCESS)

enum step40 {
	S0_CONNECT,
	S0_NULL,
	S0_LOOK,
	S0_SETCLIENTID,
	S0_REMOVE_NOTHING,
	S0_OPEN,
	S0_OPEN_CONFIRM,
	S0_WRITE,
	S0_COMMIT,
	S0_READ,
	S0_CLOSE_REMOVE,
	S0_REMOVE,
	S0_CONNECT_AGAIN,
	S0_REMOVE_AGAIN,
};

static const struct step steps40[] = {
	[S0_CONNECT] = {
		.name = "connect", .layer = PROBE_NFSD, .conn = CONN_NFSD,
	},
	[S0_NULL] = {
		.name = "NULL",
		.layer = PROBE_NFSD,
		.conn = CONN_NFSD,
		.proc = &nfs4_null,
		.needs = B(S0_CONNECT),
	},
	[S0_LOOK] = {
		CALL("COMPOUND", PROBE_HANDLE),
		.also = LOOKS_AT,
		.needs = B(S0_CONNECT),
		.put = probe4_put_look,
		.take = probe4_take_look,
	},
	[S0_SETCLIENTID] = {
		CALL("COMPOUND", PROBE_CANARY),
		.needs = B(S0_CONNECT),
		.flags = STEP_CANARY,
		.put = probe4_put_setclientid,
		.take = probe4_take_setclientid,
	},
	[S0_REMOVE_NOTHING] = {
		CALL("REMOVE of nothing", PROBE_ACCESS),
		.needs = B(S0_NULL) | B(S0_LOOK),
		.flags = STEP_RARE,
		.wanted = probe4_wants_reason,
		.put = probe4_put_remove,
		.take = probe4_take_remove_nothing,
	},
	[S0_OPEN] = {
		CALL("OPEN to create", PROBE_CANARY),
		.needs = B(S0_NULL) | B(S0_LOOK) | B(S0_SETCLIENTID),
		.flags = STEP_CANARY | STEP_CREATES,
		.put = probe4_put_open,
		.take = probe4_take_open,
	},
	[S0_OPEN_CONFIRM] = {
		CALL("OPEN_CONFIRM", PROBE_CANARY),
		.needs = B(S0_OPEN),
		.flags = STEP_CANARY,
		.wanted = probe4_wants_confirm,
		.put = probe4_put_open_confirm,
		.take = probe4_take_open_confirm,
	},
	[S0_WRITE] = {
		CALL("WRITE", PROBE_CANARY),
		.needs = B(S0_OPEN) | B(S0_OPEN_CONFIRM),
		.flags = STEP_CANARY,
		.put = probe4_put_write,
		.take = probe4_take_write,
	},
	[S0_COMMIT] = {
		CALL("COMMIT", PROBE_CANARY),
		.needs = B(S0_WRITE),
		.flags = STEP_CANARY,
		.put = probe4_put_commit,
		.take = probe4_take_commit,
	},
	[S0_READ] = {
		CALL("READ", PROBE_CANARY),
		.needs = B(S0_WRITE),
		.flags = STEP_CANARY,
		.put = probe4_put_read,
		.take = probe4_take_read,
	},
	[S0_CLOSE_REMOVE] = {
		CALL("CLOSE and REMOVE", PROBE_CANARY),
		.needs = B(S0_OPEN),
		.after = B(S0_OPEN_CONFIRM) | B(S0_WRITE) | B(S0_COMMIT) |
			 B(S0_READ),
		.flags = STEP_CANARY,
		.put = probe4_put_close_remove,
		.take = probe4_take_close_remove,
	},
	[S0_REMOVE] = {
		CALL("REMOVE", PROBE_CANARY),
		.needs = B(S0_LOOK),
		.after = B(S0_OPEN) | B(S0_CLOSE_REMOVE),
		.flags = STEP_CANARY | STEP_CLEANUP | STEP_RARE,
		.wanted = finding_is_left,
		.put = probe4_put_remove,
		.take = probe4_take_remove,
	},
	[S0_CONNECT_AGAIN] = {
		.name = "connect again",
		.layer = PROBE_CANARY,
		.conn = CONN_AGAIN,
		.needs = B(S0_LOOK),
		.after = B(S0_REMOVE),
		.flags = STEP_CANARY | STEP_RARE,
		.wanted = finding_is_orphaned,
	},
	[S0_REMOVE_AGAIN] = {
		.name = "REMOVE again",
		.layer = PROBE_CANARY,
		.conn = CONN_AGAIN,
		.proc = &nfs4_compound,
		.needs = B(S0_CONNECT_AGAIN),
		.flags = STEP_CANARY | STEP_RARE,
		.wanted = finding_is_orphaned,
		.put = probe4_put_remove_again,
		.take = probe4_take_remove,
	},
};

enum step41 {
	S1_CONNECT,
	S1_NULL,
	S1_EXCHANGE_ID,
	S1_CREATE_SESSION,
	S1_LOOK,
	S1_REMOVE_NOTHING,
	S1_OPEN,
	S1_WRITE,
	S1_COMMIT,
	S1_READ,
	S1_CLOSE_REMOVE,
	S1_REMOVE,
	S1_CONNECT_AGAIN,
	S1_REMOVE_AGAIN,
	S1_DESTROY_SESSION,
	S1_DESTROY_CLIENTID,
};

/* Whatever uses the session. */
#define SESSION_USERS                                                                    \
	(B(S1_LOOK) | B(S1_REMOVE_NOTHING) | B(S1_OPEN) | B(S1_WRITE) | B(S1_COMMIT) |   \
	 B(S1_READ) | B(S1_CLOSE_REMOVE) | B(S1_REMOVE) | B(S1_REMOVE_AGAIN))

static const struct step steps41[] = {
	[S1_CONNECT] = {
		.name = "connect", .layer = PROBE_NFSD, .conn = CONN_NFSD,
	},
	[S1_NULL] = {
		.name = "NULL",
		.layer = PROBE_NFSD,
		.conn = CONN_NFSD,
		.proc = &nfs4_null,
		.needs = B(S1_CONNECT),
	},
	[S1_EXCHANGE_ID] = {
		CALL("COMPOUND", PROBE_NFSD),
		.needs = B(S1_CONNECT),
		.put = probe4_put_exchange_id,
		.take = probe4_take_exchange_id,
	},
	[S1_CREATE_SESSION] = {
		CALL("COMPOUND", PROBE_NFSD),
		.needs = B(S1_EXCHANGE_ID),
		.put = probe4_put_create_session,
		.take = probe4_take_create_session,
	},
	[S1_LOOK] = {
		CALL("COMPOUND", PROBE_HANDLE),
		.also = LOOKS_AT,
		.needs = B(S1_CREATE_SESSION),
		.put = probe4_put_look,
		.take = probe4_take_look,
	},
	[S1_REMOVE_NOTHING] = {
		CALL("REMOVE of nothing", PROBE_ACCESS),
		.needs = B(S1_LOOK),
		.flags = STEP_RARE,
		.wanted = probe4_wants_reason,
		.put = probe4_put_remove,
		.take = probe4_take_remove_nothing,
	},
	[S1_OPEN] = {
		CALL("OPEN to create", PROBE_CANARY),
		.needs = B(S1_NULL) | B(S1_LOOK),
		.flags = STEP_CANARY | STEP_CREATES,
		.put = probe4_put_open,
		.take = probe4_take_open,
	},
	[S1_WRITE] = {
		CALL("WRITE", PROBE_CANARY),
		.needs = B(S1_OPEN),
		.flags = STEP_CANARY,
		.put = probe4_put_write,
		.take = probe4_take_write,
	},
	[S1_COMMIT] = {
		CALL("COMMIT", PROBE_CANARY),
		.needs = B(S1_WRITE),
		.flags = STEP_CANARY,
		.put = probe4_put_commit,
		.take = probe4_take_commit,
	},
	[S1_READ] = {
		CALL("READ", PROBE_CANARY),
		.needs = B(S1_WRITE),
		.flags = STEP_CANARY,
		.put = probe4_put_read,
		.take = probe4_take_read,
	},
	[S1_CLOSE_REMOVE] = {
		CALL("CLOSE and REMOVE", PROBE_CANARY),
		.needs = B(S1_OPEN),
		.after = B(S1_WRITE) | B(S1_COMMIT) | B(S1_READ),
		.flags = STEP_CANARY,
		.put = probe4_put_close_remove,
		.take = probe4_take_close_remove,
	},
	[S1_REMOVE] = {
		CALL("REMOVE", PROBE_CANARY),
		.needs = B(S1_LOOK),
		.after = B(S1_OPEN) | B(S1_CLOSE_REMOVE),
		.flags = STEP_CANARY | STEP_CLEANUP | STEP_RARE,
		.wanted = finding_is_left,
		.put = probe4_put_remove,
		.take = probe4_take_remove,
	},
	[S1_CONNECT_AGAIN] = {
		.name = "connect again",
		.layer = PROBE_CANARY,
		.conn = CONN_AGAIN,
		.needs = B(S1_LOOK),
		.after = B(S1_REMOVE),
		.flags = STEP_CANARY | STEP_RARE,
		.wanted = finding_is_orphaned,
	},
	[S1_REMOVE_AGAIN] = {
		.name = "REMOVE again",
		.layer = PROBE_CANARY,
		.conn = CONN_AGAIN,
		.proc = &nfs4_compound,
		.needs = B(S1_CONNECT_AGAIN),
		.flags = STEP_CANARY | STEP_RARE,
		.wanted = finding_is_orphaned,
		.put = probe4_put_remove_again,
		.take = probe4_take_remove,
	},
	/* They are handled in this order; else the client id lives for one lease. */
	[S1_DESTROY_SESSION] = {
		CALL("DESTROY_SESSION", PROBE_NFSD),
		.needs = B(S1_CREATE_SESSION),
		.after = SESSION_USERS,
		.flags = STEP_COURTESY,
		.put = probe4_put_destroy_session,
	},
	[S1_DESTROY_CLIENTID] = {
		CALL("DESTROY_CLIENTID", PROBE_NFSD),
		.needs = B(S1_EXCHANGE_ID),
		.after = SESSION_USERS,
		.flags = STEP_COURTESY,
		.put = probe4_put_destroy_clientid,
	},
};

_Static_assert(ARRAY_SIZE(steps40) <= STEPS_MAX && ARRAY_SIZE(steps41) <= STEPS_MAX,
	       "too many steps");

const struct machine probe40_machine = { steps40, ARRAY_SIZE(steps40) };
const struct machine probe41_machine = { steps41, ARRAY_SIZE(steps41) };
