/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <nfsc/libnfs-raw-nfs4.h>

#include "lib/base/macro.h"
#include "lib/nfs/nfs4.h"
#include "lib/nfs/nfs4_op.h"
#include "lib/nfs/xdr.h"

/*
 * Operations are decoded one by one, in the order in which they were sent.  The
 * last one in a result is the first that failed, or the last of all.
 */

#define TAG_MAX 1024
#define OPS_MAX 128
#define ATTRS_MAX (16 * 1024)
#define WHO_MAX 1024

static const struct {
	uint32_t op;
	const char *name;
} names[] = {
	{ 0, "COMPOUND" },
	{ OP_ACCESS, "ACCESS" },
	{ OP_CLOSE, "CLOSE" },
	{ OP_COMMIT, "COMMIT" },
	{ OP_GETATTR, "GETATTR" },
	{ OP_GETFH, "GETFH" },
	{ OP_LOOKUP, "LOOKUP" },
	{ OP_OPEN, "OPEN" },
	{ OP_OPEN_CONFIRM, "OPEN_CONFIRM" },
	{ OP_PUTFH, "PUTFH" },
	{ OP_PUTROOTFH, "PUTROOTFH" },
	{ OP_READ, "READ" },
	{ OP_REMOVE, "REMOVE" },
	{ OP_SETCLIENTID, "SETCLIENTID" },
	{ OP_SETCLIENTID_CONFIRM, "SETCLIENTID_CONFIRM" },
	{ OP_WRITE, "WRITE" },
	{ NFS4_OP_EXCHANGE_ID, "EXCHANGE_ID" },
	{ NFS4_OP_CREATE_SESSION, "CREATE_SESSION" },
	{ NFS4_OP_DESTROY_SESSION, "DESTROY_SESSION" },
	{ NFS4_OP_SEQUENCE, "SEQUENCE" },
	{ NFS4_OP_DESTROY_CLIENTID, "DESTROY_CLIENTID" },
	{ NFS4_OP_RECLAIM_COMPLETE, "RECLAIM_COMPLETE" },
};

const char *nfs4_op_name(uint32_t op)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].op == op)
			return names[i].name;
	}
	return "?";
}

/* A result under decoding. */
struct take {
	ZDR zdr;
	uint32_t status; /* of the whole */
	uint32_t n;      /* operations still to come */
	struct nfs4_end end;
};

static bool begin(struct take *t, char *body, size_t len)
{
	uint32_t tag_len;
	char *tag;

	*t = (struct take){ 0 };
	zdrmem_create(&t->zdr, body, (uint32_t)len, ZDR_DECODE);
	if (!zdr_u_int(&t->zdr, &t->status) ||
	    !xdr_take_opaque(&t->zdr, TAG_MAX, &tag, &tag_len) ||
	    !zdr_u_int(&t->zdr, &t->n) || t->n > OPS_MAX)
		return false;
	t->end.status = t->status;
	return true;
}

/*
 * The number and the status of the next operation, which the compound must have
 * got to.  False also when it has failed: then @t->end is how, and nothing follows.
 */
static bool next(struct take *t, uint32_t op)
{
	uint32_t got, status;

	if (t->n == 0 || !zdr_u_int(&t->zdr, &got) || !zdr_u_int(&t->zdr, &status))
		return false;
	t->n--;
	if (got != op && !(got == OP_ILLEGAL && status == NFS4ERR_OP_ILLEGAL))
		return false;
	t->end = (struct nfs4_end){ .status = status, .op = op };
	return status == NFS4_OK;
}

/*
 * What the taker returns, once an operation failed or all were taken.  A failure
 * must be the compound's own, and its last; and good must be good.
 */
static bool finish(struct take *t, bool taken, struct nfs4_end *ret)
{
	bool good =
		taken ? t->status == NFS4_OK
		      : t->status != NFS4_OK && t->end.status == t->status && t->n == 0;

	if (good)
		*ret = t->end;
	zdr_destroy(&t->zdr);
	return good;
}

static bool fixed(struct take *t, char *to, uint32_t len)
{
	char *data;

	if (!xdr_take_fixed(&t->zdr, len, &data))
		return false;
	memcpy(to, data, len);
	return true;
}

static bool word(struct take *t, uint32_t *ret)
{
	return zdr_u_int(&t->zdr, ret);
}

/* SEQUENCE: the session again, four numbers, flags; of no use to us. */
static bool next_sequence(struct take *t)
{
	char *data;

	return next(t, NFS4_OP_SEQUENCE) &&
	       xdr_take_fixed(&t->zdr, NFS4_SESSION_SIZE + 5 * 4, &data);
}

/* What each compound of a session starts with is recognized, not remembered. */
static bool starts_with(struct take *t, uint32_t op)
{
	uint32_t at = zdr_getpos(&t->zdr);
	uint32_t got = 0;

	if (t->n == 0 || !word(t, &got))
		return false;
	(void)zdr_setpos(&t->zdr, at);
	return got == op;
}

static bool next_head(struct take *t)
{
	return !starts_with(t, NFS4_OP_SEQUENCE) || next_sequence(t);
}

bool nfs4_take_setclientid(char *body, size_t len, struct nfs4_end *ret,
			   struct nfs4_client *ret_client)
{
	struct nfs4_client client = { 0 };
	struct take t;
	bool good = begin(&t, body, len) && next(&t, OP_SETCLIENTID) &&
		    zdr_uint64_t(&t.zdr, &client.id) &&
		    fixed(&t, client.confirm, NFS_VERF_SIZE);

	if (good)
		*ret_client = client;
	/* CLID_INUSE has an address after its status; a name of ours is not in use. */
	return finish(&t, good, ret);
}

bool nfs4_take_exchange_id(char *body, size_t len, struct nfs4_end *ret,
			   struct nfs4_client *ret_client)
{
	struct nfs4_client client = { 0 };
	struct take t;
	bool good = begin(&t, body, len) && next(&t, NFS4_OP_EXCHANGE_ID) &&
		    zdr_uint64_t(&t.zdr, &client.id) && word(&t, &client.seqid);

	if (good)
		*ret_client = client;
	return finish(&t, good, ret);
}

bool nfs4_take_create_session(char *body, size_t len, struct nfs4_end *ret,
			      char ret_session[NFS4_SESSION_SIZE], uint32_t *ret_slots)
{
	/* Sequence, flags; of channel_attrs4: padding, sizes, operations, requests. */
	uint32_t words[8] = { 0 };
	struct take t;
	bool good = begin(&t, body, len) && next(&t, NFS4_OP_CREATE_SESSION) &&
		    fixed(&t, ret_session, NFS4_SESSION_SIZE);

	for (size_t i = 0; good && i < ARRAY_SIZE(words); i++)
		good = word(&t, &words[i]);
	good = good && words[7] > 0;
	if (good)
		*ret_slots = words[7];
	return finish(&t, good, ret);
}

static bool take_getfh(struct take *t, struct nfs_handle *ret)
{
	char *data;

	if (!next(t, OP_GETFH) ||
	    !xdr_take_opaque(&t->zdr, NFS_HANDLE_MAX, &data, &ret->len) || ret->len == 0)
		return false;
	memcpy(ret->data, data, ret->len);
	return true;
}

/* A bitmap4: more than two words only if the rest is empty. */
static bool take_bitmap(struct take *t, uint32_t ret[2])
{
	uint32_t n, bits;

	ret[0] = ret[1] = 0;
	if (!word(t, &n) || n > xdr_left(&t->zdr) / 4)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (!word(t, &bits) || (i >= 2 && bits != 0))
			return false;
		if (i < 2)
			ret[i] = bits;
	}
	return true;
}

static bool take_getattr(struct take *t, struct nfs4_attr *ret)
{
	uint32_t mask[2], len;
	char *vals;

	return next(t, OP_GETATTR) && take_bitmap(t, mask) &&
	       xdr_take_opaque(&t->zdr, ATTRS_MAX, &vals, &len) &&
	       nfs4_attr_parse(mask, vals, len, ret);
}

bool nfs4_take_look(char *body, size_t len, struct nfs4_end *ret,
		    struct nfs4_root *ret_root)
{
	struct nfs4_root root = { 0 };
	uint32_t supported;
	struct take t;
	bool good = begin(&t, body, len) && next_head(&t);

	if (good && starts_with(&t, NFS4_OP_RECLAIM_COMPLETE))
		good = next(&t, NFS4_OP_RECLAIM_COMPLETE);
	good = good && next(&t, OP_PUTROOTFH);
	while (good && starts_with(&t, OP_LOOKUP))
		good = next(&t, OP_LOOKUP);
	good = good && take_getfh(&t, &root.handle) && take_getattr(&t, &root.attr) &&
	       next(&t, OP_ACCESS) && word(&t, &supported) && word(&t, &root.access);
	if (good)
		*ret_root = root;
	return finish(&t, good, ret);
}

static bool take_stateid(struct take *t, struct nfs4_stateid *ret)
{
	return word(t, &ret->seqid) && fixed(t, ret->other, sizeof(ret->other));
}

/* nfsace4: type, flags, mask, who. */
static bool skip_ace(struct take *t)
{
	uint32_t len;
	char *data;

	return xdr_take_fixed(&t->zdr, 3 * 4, &data) &&
	       xdr_take_opaque(&t->zdr, WHO_MAX, &data, &len);
}

/* open_delegation4: none was asked for, but a server may insist. */
static bool skip_delegation(struct take *t)
{
	struct nfs4_stateid ignored;
	uint32_t type, recall, why, limit[3];

	if (!word(t, &type))
		return false;
	switch (type) {
	case OPEN_DELEGATE_NONE:
		return true;
	case OPEN_DELEGATE_READ:
		return take_stateid(t, &ignored) && word(t, &recall) && skip_ace(t);
	case OPEN_DELEGATE_WRITE:
		return take_stateid(t, &ignored) && word(t, &recall) &&
		       word(t, &limit[0]) && word(t, &limit[1]) && word(t, &limit[2]) &&
		       skip_ace(t);
	case NFS4_DELEGATE_NONE_EXT:
		/* Contention or resource: will it be told when there is one? */
		return word(t, &why) && ((why != 1 && why != 2) || word(t, &recall));
	default:
		return false;
	}
}

bool nfs4_take_open(char *body, size_t len, struct nfs4_end *ret,
		    struct nfs4_opened *ret_opened)
{
	struct nfs4_opened opened = { 0 };
	uint32_t flags = 0, mask[2];
	char *change_info;
	struct take t;
	bool good = begin(&t, body, len) && next_head(&t);

	if (good && starts_with(&t, OP_SETCLIENTID_CONFIRM))
		good = next(&t, OP_SETCLIENTID_CONFIRM);
	good = good && next(&t, OP_PUTFH) && next(&t, OP_OPEN) &&
	       take_stateid(&t, &opened.stateid) &&
	       xdr_take_fixed(&t.zdr, 4 + 8 + 8, &change_info) && word(&t, &flags) &&
	       take_bitmap(&t, mask) && skip_delegation(&t) &&
	       take_getfh(&t, &opened.file) && take_getattr(&t, &opened.attr);
	opened.confirm = flags & OPEN4_RESULT_CONFIRM;
	if (good)
		*ret_opened = opened;
	return finish(&t, good, ret);
}

bool nfs4_take_open_confirm(char *body, size_t len, struct nfs4_end *ret,
			    struct nfs4_stateid *ret_stateid)
{
	struct take t;
	bool good = begin(&t, body, len) && next_head(&t) && next(&t, OP_PUTFH) &&
		    next(&t, OP_OPEN_CONFIRM) && take_stateid(&t, ret_stateid);

	return finish(&t, good, ret);
}

bool nfs4_take_write(char *body, size_t len, struct nfs4_end *ret, uint32_t *ret_count,
		     char ret_verf[NFS_VERF_SIZE])
{
	uint32_t committed;
	struct take t;
	bool good = begin(&t, body, len) && next_head(&t) && next(&t, OP_PUTFH) &&
		    next(&t, OP_WRITE) && word(&t, ret_count) && word(&t, &committed) &&
		    fixed(&t, ret_verf, NFS_VERF_SIZE);

	return finish(&t, good, ret);
}

bool nfs4_take_commit(char *body, size_t len, struct nfs4_end *ret,
		      char ret_verf[NFS_VERF_SIZE])
{
	struct take t;
	bool good = begin(&t, body, len) && next_head(&t) && next(&t, OP_PUTFH) &&
		    next(&t, OP_COMMIT) && fixed(&t, ret_verf, NFS_VERF_SIZE);

	return finish(&t, good, ret);
}

bool nfs4_take_read(char *body, size_t len, struct nfs4_end *ret,
		    const struct nfs3_range *range, bool *ret_same)
{
	uint32_t eof, data_len;
	struct take t;
	char *data;
	bool good = begin(&t, body, len) && next_head(&t) && next(&t, OP_PUTFH) &&
		    next(&t, OP_READ) && word(&t, &eof) &&
		    xdr_take_opaque(&t.zdr, RPC_RECORD_MAX, &data, &data_len);

	if (good)
		*ret_same = data_len == range->count &&
			    memcmp(data, range->data, range->count) == 0;
	return finish(&t, good, ret);
}

/* The operations before the last one do not matter when the whole is good. */
bool nfs4_take_end(char *body, size_t len, struct nfs4_end *ret)
{
	struct nfs4_end end = { 0 };
	struct take t;
	bool good = begin(&t, body, len);

	end.status = t.status;
	zdr_destroy(&t.zdr);
	if (good)
		*ret = end;
	return good;
}
