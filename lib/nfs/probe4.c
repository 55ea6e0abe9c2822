/* SPDX-License-Identifier: MIT */
#include "lib/nfs/probe4.h"

#include <string.h>

#include "lib/nfs/attempt.h"
#include "lib/nfs/finding.h"
#include "lib/nfs/nfs4.h"
#include "lib/nfs/nfs4_op.h"

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

int probe4_put_setclientid(struct attempt *a, struct nfs_args to)
{
	return nfs4_put_setclientid(to, a->v4->owner, a->verf);
}

enum probe_result probe4_take_setclientid(struct attempt *a, char *body, size_t len)
{
	struct nfs4_end end;

	if (!nfs4_take_setclientid(body, len, &end, &a->v4->client))
		return RESULT_GARBAGE;
	return end_result(a, &end);
}

int probe4_put_exchange_id(struct attempt *a, struct nfs_args to)
{
	return nfs4_put_exchange_id(to, minor_of(a), a->v4->owner, a->verf);
}

enum probe_result probe4_take_exchange_id(struct attempt *a, char *body, size_t len)
{
	struct nfs4_end end;

	if (!nfs4_take_exchange_id(body, len, &end, &a->v4->client))
		return RESULT_GARBAGE;
	return end_result(a, &end);
}

int probe4_put_create_session(struct attempt *a, struct nfs_args to)
{
	return nfs4_put_create_session(to, minor_of(a), &a->v4->client, SLOTS_MAX);
}

enum probe_result probe4_take_create_session(struct attempt *a, char *body, size_t len)
{
	struct nfs4_end end;
	uint32_t slots;

	if (!nfs4_take_create_session(body, len, &end, a->v4->session, &slots))
		return RESULT_GARBAGE;
	if (end.status == 0)
		a->v4->n_slots = slots < SLOTS_MAX ? slots : SLOTS_MAX;
	return end_result(a, &end);
}

int probe4_put_look(struct attempt *a, struct nfs_args to)
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

enum probe_result probe4_take_look(struct attempt *a, char *body, size_t len)
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
bool probe4_wants_reason(const struct attempt *a)
{
	return !a->request->write && !access_can_write(a->access);
}

int probe4_put_remove(struct attempt *a, struct nfs_args to)
{
	struct nfs4_head head = head_of(a);

	return nfs4_put_remove(to, &head, &a->root, a->name);
}

enum probe_result probe4_take_remove_nothing(struct attempt *a, char *body, size_t len)
{
	struct nfs4_end end;

	free_slot(a);
	if (!nfs4_take_end(body, len, &end))
		return RESULT_GARBAGE;
	return finding_removal(a, end.status);
}

int probe4_put_open(struct attempt *a, struct nfs_args to)
{
	struct nfs4_open open = open_of(a);
	struct nfs4_head head = head_of(a);

	return nfs4_put_open(to, &head, &open);
}

/* Who is it that the server has created the file for? */
static bool is_somebody_else(const struct attempt *a, const struct nfs4_attr *attr)
{
	if (attr->owner_is_nobody)
		return a->request->uid != 65534;
	return attr->has_owner && attr->owner != a->request->uid;
}

enum probe_result probe4_take_open(struct attempt *a, char *body, size_t len)
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

bool probe4_wants_confirm(const struct attempt *a)
{
	return a->v4->opened.confirm;
}

int probe4_put_open_confirm(struct attempt *a, struct nfs_args to)
{
	struct nfs4_head head = head_of(a);

	return nfs4_put_open_confirm(to, &head, &a->v4->opened);
}

enum probe_result probe4_take_open_confirm(struct attempt *a, char *body, size_t len)
{
	struct nfs4_end end;

	if (!nfs4_take_open_confirm(body, len, &end, &a->v4->opened.stateid))
		return RESULT_GARBAGE;
	return end_result(a, &end);
}

int probe4_put_write(struct attempt *a, struct nfs_args to)
{
	struct nfs3_range range = finding_range(a);
	struct nfs4_head head = head_of(a);

	return nfs4_put_write(to, &head, &a->v4->opened, &range);
}

enum probe_result probe4_take_write(struct attempt *a, char *body, size_t len)
{
	struct nfs4_end end;
	uint32_t count;

	free_slot(a);
	if (!nfs4_take_write(body, len, &end, &count, a->canary->write_verf))
		return RESULT_GARBAGE;
	return end.status != 0 ? end_result(a, &end) : finding_written(a, count);
}

int probe4_put_commit(struct attempt *a, struct nfs_args to)
{
	struct nfs3_range range = finding_range(a);
	struct nfs4_head head = head_of(a);

	return nfs4_put_commit(to, &head, &a->v4->opened, &range);
}

enum probe_result probe4_take_commit(struct attempt *a, char *body, size_t len)
{
	char verf[NFS_VERF_SIZE];
	struct nfs4_end end;

	free_slot(a);
	if (!nfs4_take_commit(body, len, &end, verf))
		return RESULT_GARBAGE;
	return end.status != 0 ? end_result(a, &end) : finding_committed(a, verf);
}

int probe4_put_read(struct attempt *a, struct nfs_args to)
{
	struct nfs3_range range = finding_range(a);
	struct nfs4_head head = head_of(a);

	return nfs4_put_read(to, &head, &a->v4->opened, &range);
}

enum probe_result probe4_take_read(struct attempt *a, char *body, size_t len)
{
	struct nfs3_range range = finding_range(a);
	struct nfs4_end end;
	bool same;

	free_slot(a);
	if (!nfs4_take_read(body, len, &end, &range, &same))
		return RESULT_GARBAGE;
	return end.status != 0 ? end_result(a, &end) : finding_read_back(a, same);
}

int probe4_put_close_remove(struct attempt *a, struct nfs_args to)
{
	struct nfs4_open open = open_of(a);
	struct nfs4_head head = head_of(a);

	return nfs4_put_close_remove(to, &head, &open, &a->v4->opened,
				     a->v4->opened.confirm ? 2 : 1);
}

/* When it fails there is one more REMOVE, which tells. */
enum probe_result probe4_take_close_remove(struct attempt *a, char *body, size_t len)
{
	struct nfs4_end end;

	free_slot(a);
	if (!nfs4_take_end(body, len, &end))
		return RESULT_GARBAGE;
	a->removed = end.status == 0;
	return RESULT_OK;
}

/* Over another connection, where there is no session: 4.0 needs none. */
int probe4_put_remove_again(struct attempt *a, struct nfs_args to)
{
	struct nfs4_head head = { 0 };

	return nfs4_put_remove(to, &head, &a->root, a->name);
}

enum probe_result probe4_take_remove(struct attempt *a, char *body, size_t len)
{
	struct nfs4_end end;

	free_slot(a);
	if (!nfs4_take_end(body, len, &end))
		return RESULT_GARBAGE;
	return finding_removed(a, end.status);
}

int probe4_put_destroy_session(struct attempt *a, struct nfs_args to)
{
	/* No call after it: no more slots. */
	a->v4->n_slots = 0;
	return nfs4_put_destroy_session(to, minor_of(a), a->v4->session);
}

int probe4_put_destroy_clientid(struct attempt *a, struct nfs_args to)
{
	return nfs4_put_destroy_clientid(to, minor_of(a), a->v4->client.id);
}
