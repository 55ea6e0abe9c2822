/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "lib/base/macro.h"
#include "lib/nfs/attempt.h"
#include "lib/nfs/finding.h"
#include "lib/nfs/nfs4.h"
#include "lib/nfs/nfs4_op.h"

/*
 * NFS version 4: one port, no rpcbind, no mountd.  4.0 looks at the export without
 * saying who it is, and needs a client id only for the canary.  From 4.1 on nothing
 * goes without a session, which is also what a mount would need first.
 */

static uint32_t minor_of(const struct attempt *a)
{
	return (uint32_t)a->request->vers - NFS_VERS_4_0;
}

/* The start of a compound: with a session, a slot that nobody uses. */
static struct nfs4_head head_of(struct attempt *a)
{
	struct attempt4 *v4 = a->v4;
	struct nfs4_head head = { .minor = minor_of(a) };
	uint32_t slot = 0;

	if (v4->n_slots == 0)
		return head;
	while (slot < v4->n_slots - 1 && v4->slot_step[slot] >= 0)
		slot++;
	v4->slot_step[slot] = v4->current;
	head.sequence = true;
	memcpy(head.session, v4->session, NFS4_SESSION_SIZE);
	head.slot = slot;
	head.seqid = ++v4->slot_seqid[slot];
	head.highest_slot = v4->n_slots - 1;
	return head;
}

static void free_slot(struct attempt *a)
{
	for (size_t i = 0; i < SLOTS_MAX; i++) {
		if (a->v4->slot_step[i] == a->v4->current)
			a->v4->slot_step[i] = -1;
	}
}

/* "LOOKUP: NOENT": which operation of the compound failed. */
static enum probe_result end_result(struct attempt *a, const struct nfs4_end *end)
{
	enum probe_result result = finding_status(a, end->status);
	char why[WHY_SIZE];

	if (result == RESULT_OK)
		return result;
	memcpy(why, a->why, sizeof(why));
	finding_why(a, "%s: %.60s", nfs4_op_name(end->op), why);
	return result;
}

static struct nfs4_open open_of(const struct attempt *a)
{
	return (struct nfs4_open){
		.dir = &a->root,
		.name = a->name,
		.owner = a->v4->owner,
		.client = a->v4->client,
	};
}

static int put_setclientid(struct attempt *a, struct nfs_args to)
{
	return nfs4_put_setclientid(to, a->v4->owner, a->verf);
}

static enum probe_result take_setclientid(struct attempt *a, char *body, size_t len)
{
	struct nfs4_end end;

	if (!nfs4_take_setclientid(body, len, &end, &a->v4->client))
		return RESULT_GARBAGE;
	return end_result(a, &end);
}

static int put_exchange_id(struct attempt *a, struct nfs_args to)
{
	return nfs4_put_exchange_id(to, minor_of(a), a->v4->owner, a->verf);
}

static enum probe_result take_exchange_id(struct attempt *a, char *body, size_t len)
{
	struct nfs4_end end;

	if (!nfs4_take_exchange_id(body, len, &end, &a->v4->client))
		return RESULT_GARBAGE;
	return end_result(a, &end);
}

static int put_create_session(struct attempt *a, struct nfs_args to)
{
	return nfs4_put_create_session(to, minor_of(a), &a->v4->client, SLOTS_MAX);
}

static enum probe_result take_create_session(struct attempt *a, char *body, size_t len)
{
	struct nfs4_end end;
	uint32_t slots;

	if (!nfs4_take_create_session(body, len, &end, a->v4->session, &slots))
		return RESULT_GARBAGE;
	if (end.status == 0)
		a->v4->n_slots = slots < SLOTS_MAX ? slots : SLOTS_MAX;
	return end_result(a, &end);
}

static int put_look(struct attempt *a, struct nfs_args to)
{
	struct nfs4_head head = head_of(a);

	return nfs4_put_look(to, &head, a->request->source.export,
			     head.sequence && a->request->write);
}

static void keep_root(struct attempt *a, const struct nfs4_root *root)
{
	const struct nfs4_attr *attr = &root->attr;

	a->has_root = true;
	a->root = root->handle;
	a->has_attr = attr->has_fsid && attr->has_fileid;
	a->has_owner = attr->has_mode && attr->has_owner && attr->has_group;
	a->attr = (struct nfs3_attr){
		.known = true,
		.mode = attr->mode,
		.uid = attr->owner,
		.gid = attr->group,
		.fsid = attr->fsid[0],
		.fileid = attr->fileid,
	};
	a->fsid_minor = attr->fsid[1];
	a->has_space = attr->has_bytes;
	a->space = (struct nfs3_space){
		.total_bytes = attr->total_bytes,
		.free_bytes = attr->free_bytes,
		.total_files = attr->has_files ? attr->total_files : 0,
		.free_files = attr->free_files,
	};
	a->has_access = true;
	a->access = root->access;
}

static enum probe_result take_look(struct attempt *a, char *body, size_t len)
{
	struct nfs4_root root;
	struct nfs4_end end;

	free_slot(a);
	if (!nfs4_take_look(body, len, &end, &root))
		return RESULT_GARBAGE;
	if (end.status != 0)
		return end_result(a, &end);
	keep_root(a, &root);
	if (!root.attr.has_type || root.attr.is_directory)
		return RESULT_OK;
	finding_why(a, "the export is not a directory");
	return RESULT_MISSING;
}

/* As for v3: only where ACCESS says no, and no canary will tell why. */
static bool wants_reason(const struct attempt *a)
{
	return !a->request->write && !access_can_write(a->access);
}

static int put_remove(struct attempt *a, struct nfs_args to)
{
	struct nfs4_head head = head_of(a);

	return nfs4_put_remove(to, &head, &a->root, a->name);
}

static enum probe_result take_remove_nothing(struct attempt *a, char *body, size_t len)
{
	struct nfs4_end end;

	free_slot(a);
	if (!nfs4_take_end(body, len, &end))
		return RESULT_GARBAGE;
	return finding_removal(a, end.status);
}

static int put_open(struct attempt *a, struct nfs_args to)
{
	struct nfs4_open open = open_of(a);
	struct nfs4_head head = head_of(a);

	a->created = true;
	return nfs4_put_open(to, &head, &open);
}

/* Who is it that the server has created the file for? */
static bool is_somebody_else(const struct attempt *a, const struct nfs4_attr *attr)
{
	if (attr->owner_is_nobody)
		return a->request->uid != 65534;
	return attr->has_owner && attr->owner != a->request->uid;
}

static enum probe_result take_open(struct attempt *a, char *body, size_t len)
{
	struct nfs4_end end;

	free_slot(a);
	if (!nfs4_take_open(body, len, &end, &a->v4->opened))
		return RESULT_GARBAGE;
	if (end.status == 0)
		a->squashed = is_somebody_else(a, &a->v4->opened.attr);
	else if (end.op != NFS4_OP_GETFH && end.op != NFS4_OP_GETATTR)
		a->created = false;
	return end_result(a, &end);
}

static bool wants_confirm(const struct attempt *a)
{
	return a->v4->opened.confirm;
}

static int put_open_confirm(struct attempt *a, struct nfs_args to)
{
	struct nfs4_head head = head_of(a);

	return nfs4_put_open_confirm(to, &head, &a->v4->opened);
}

static enum probe_result take_open_confirm(struct attempt *a, char *body, size_t len)
{
	struct nfs4_end end;

	if (!nfs4_take_open_confirm(body, len, &end, &a->v4->opened.stateid))
		return RESULT_GARBAGE;
	return end_result(a, &end);
}

static int put_write(struct attempt *a, struct nfs_args to)
{
	struct nfs3_range range = finding_range(a);
	struct nfs4_head head = head_of(a);

	return nfs4_put_write(to, &head, &a->v4->opened, &range);
}

static enum probe_result take_write(struct attempt *a, char *body, size_t len)
{
	struct nfs4_end end;
	uint32_t count;

	free_slot(a);
	if (!nfs4_take_write(body, len, &end, &count, a->canary->write_verf))
		return RESULT_GARBAGE;
	return end.status != 0 ? end_result(a, &end) : finding_written(a, count);
}

static int put_commit(struct attempt *a, struct nfs_args to)
{
	struct nfs3_range range = finding_range(a);
	struct nfs4_head head = head_of(a);

	return nfs4_put_commit(to, &head, &a->v4->opened, &range);
}

static enum probe_result take_commit(struct attempt *a, char *body, size_t len)
{
	char verf[NFS_VERF_SIZE];
	struct nfs4_end end;

	free_slot(a);
	if (!nfs4_take_commit(body, len, &end, verf))
		return RESULT_GARBAGE;
	return end.status != 0 ? end_result(a, &end) : finding_committed(a, verf);
}

static int put_read(struct attempt *a, struct nfs_args to)
{
	struct nfs3_range range = finding_range(a);
	struct nfs4_head head = head_of(a);

	return nfs4_put_read(to, &head, &a->v4->opened, &range);
}

static enum probe_result take_read(struct attempt *a, char *body, size_t len)
{
	struct nfs3_range range = finding_range(a);
	struct nfs4_end end;
	bool same;

	free_slot(a);
	if (!nfs4_take_read(body, len, &end, &range, &same))
		return RESULT_GARBAGE;
	return end.status != 0 ? end_result(a, &end) : finding_read_back(a, same);
}

static int put_close_remove(struct attempt *a, struct nfs_args to)
{
	struct nfs4_open open = open_of(a);
	struct nfs4_head head = head_of(a);

	return nfs4_put_close_remove(to, &head, &open, &a->v4->opened,
				     a->v4->opened.confirm ? 2 : 1);
}

/* When it fails there is one more REMOVE, which tells. */
static enum probe_result take_close_remove(struct attempt *a, char *body, size_t len)
{
	struct nfs4_end end;

	free_slot(a);
	if (!nfs4_take_end(body, len, &end))
		return RESULT_GARBAGE;
	a->removed = end.status == 0;
	return RESULT_OK;
}

static bool is_left(const struct attempt *a)
{
	return !a->removed;
}

static enum probe_result take_remove(struct attempt *a, char *body, size_t len)
{
	struct nfs4_end end;

	free_slot(a);
	if (!nfs4_take_end(body, len, &end))
		return RESULT_GARBAGE;
	return finding_removed(a, end.status);
}

static int put_destroy_session(struct attempt *a, struct nfs_args to)
{
	/* No call after it: no more slots. */
	a->v4->n_slots = 0;
	return nfs4_put_destroy_session(to, minor_of(a), a->v4->session);
}

static int put_destroy_clientid(struct attempt *a, struct nfs_args to)
{
	return nfs4_put_destroy_clientid(to, minor_of(a), a->v4->client.id);
}
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
		.put = put_look,
		.take = take_look,
	},
	[S0_SETCLIENTID] = {
		CALL("COMPOUND", PROBE_CANARY),
		.needs = B(S0_CONNECT),
		.flags = STEP_CANARY,
		.put = put_setclientid,
		.take = take_setclientid,
	},
	[S0_REMOVE_NOTHING] = {
		CALL("REMOVE of nothing", PROBE_ACCESS),
		.needs = B(S0_NULL) | B(S0_LOOK),
		.flags = STEP_RARE,
		.wanted = wants_reason,
		.put = put_remove,
		.take = take_remove_nothing,
	},
	[S0_OPEN] = {
		CALL("OPEN to create", PROBE_CANARY),
		.needs = B(S0_NULL) | B(S0_LOOK) | B(S0_SETCLIENTID),
		.flags = STEP_CANARY,
		.put = put_open,
		.take = take_open,
	},
	[S0_OPEN_CONFIRM] = {
		CALL("OPEN_CONFIRM", PROBE_CANARY),
		.needs = B(S0_OPEN),
		.flags = STEP_CANARY,
		.wanted = wants_confirm,
		.put = put_open_confirm,
		.take = take_open_confirm,
	},
	[S0_WRITE] = {
		CALL("WRITE", PROBE_CANARY),
		.needs = B(S0_OPEN) | B(S0_OPEN_CONFIRM),
		.flags = STEP_CANARY,
		.put = put_write,
		.take = take_write,
	},
	[S0_COMMIT] = {
		CALL("COMMIT", PROBE_CANARY),
		.needs = B(S0_WRITE),
		.flags = STEP_CANARY,
		.put = put_commit,
		.take = take_commit,
	},
	[S0_READ] = {
		CALL("READ", PROBE_CANARY),
		.needs = B(S0_WRITE),
		.flags = STEP_CANARY,
		.put = put_read,
		.take = take_read,
	},
	[S0_CLOSE_REMOVE] = {
		CALL("CLOSE and REMOVE", PROBE_CANARY),
		.needs = B(S0_OPEN),
		.after = B(S0_OPEN_CONFIRM) | B(S0_WRITE) | B(S0_COMMIT) |
			 B(S0_READ),
		.flags = STEP_CANARY,
		.put = put_close_remove,
		.take = take_close_remove,
	},
	[S0_REMOVE] = {
		CALL("REMOVE", PROBE_CANARY),
		.needs = B(S0_OPEN),
		.after = B(S0_CLOSE_REMOVE),
		.flags = STEP_CANARY | STEP_CLEANUP | STEP_RARE,
		.wanted = is_left,
		.put = put_remove,
		.take = take_remove,
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
	S1_DESTROY_SESSION,
	S1_DESTROY_CLIENTID,
};

/* Whatever uses the session. */
#define SESSION_USERS                                                                    \
	(B(S1_LOOK) | B(S1_REMOVE_NOTHING) | B(S1_OPEN) | B(S1_WRITE) | B(S1_COMMIT) |   \
	 B(S1_READ) | B(S1_CLOSE_REMOVE) | B(S1_REMOVE))

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
		.put = put_exchange_id,
		.take = take_exchange_id,
	},
	[S1_CREATE_SESSION] = {
		CALL("COMPOUND", PROBE_NFSD),
		.needs = B(S1_EXCHANGE_ID),
		.put = put_create_session,
		.take = take_create_session,
	},
	[S1_LOOK] = {
		CALL("COMPOUND", PROBE_HANDLE),
		.also = LOOKS_AT,
		.needs = B(S1_CREATE_SESSION),
		.put = put_look,
		.take = take_look,
	},
	[S1_REMOVE_NOTHING] = {
		CALL("REMOVE of nothing", PROBE_ACCESS),
		.needs = B(S1_LOOK),
		.flags = STEP_RARE,
		.wanted = wants_reason,
		.put = put_remove,
		.take = take_remove_nothing,
	},
	[S1_OPEN] = {
		CALL("OPEN to create", PROBE_CANARY),
		.needs = B(S1_NULL) | B(S1_LOOK),
		.flags = STEP_CANARY,
		.put = put_open,
		.take = take_open,
	},
	[S1_WRITE] = {
		CALL("WRITE", PROBE_CANARY),
		.needs = B(S1_OPEN),
		.flags = STEP_CANARY,
		.put = put_write,
		.take = take_write,
	},
	[S1_COMMIT] = {
		CALL("COMMIT", PROBE_CANARY),
		.needs = B(S1_WRITE),
		.flags = STEP_CANARY,
		.put = put_commit,
		.take = take_commit,
	},
	[S1_READ] = {
		CALL("READ", PROBE_CANARY),
		.needs = B(S1_WRITE),
		.flags = STEP_CANARY,
		.put = put_read,
		.take = take_read,
	},
	[S1_CLOSE_REMOVE] = {
		CALL("CLOSE and REMOVE", PROBE_CANARY),
		.needs = B(S1_OPEN),
		.after = B(S1_WRITE) | B(S1_COMMIT) | B(S1_READ),
		.flags = STEP_CANARY,
		.put = put_close_remove,
		.take = take_close_remove,
	},
	[S1_REMOVE] = {
		CALL("REMOVE", PROBE_CANARY),
		.needs = B(S1_OPEN),
		.after = B(S1_CLOSE_REMOVE),
		.flags = STEP_CANARY | STEP_CLEANUP | STEP_RARE,
		.wanted = is_left,
		.put = put_remove,
		.take = take_remove,
	},
	/* They are handled in this order; else the client id lives for one lease. */
	[S1_DESTROY_SESSION] = {
		CALL("DESTROY_SESSION", PROBE_NFSD),
		.needs = B(S1_CREATE_SESSION),
		.after = SESSION_USERS,
		.flags = STEP_COURTESY,
		.put = put_destroy_session,
	},
	[S1_DESTROY_CLIENTID] = {
		CALL("DESTROY_CLIENTID", PROBE_NFSD),
		.needs = B(S1_EXCHANGE_ID),
		.after = SESSION_USERS,
		.flags = STEP_COURTESY,
		.put = put_destroy_clientid,
	},
};

_Static_assert(ARRAY_SIZE(steps40) <= STEPS_MAX && ARRAY_SIZE(steps41) <= STEPS_MAX,
	       "too many steps");

const struct machine probe40_machine = { steps40, ARRAY_SIZE(steps40) };
const struct machine probe41_machine = { steps41, ARRAY_SIZE(steps41) };
