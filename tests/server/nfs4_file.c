/* SPDX-License-Identifier: MIT */
#include "tests/server/nfs4.h"

#include <string.h>

/*
 * State is not kept: a stateid is made of the file's number, and every one is
 * good.  That is enough for a client that tests a server, and for a kernel's.
 */

#define TRANSFER_MAX (1u << 20)
#define STATEID_SIZE 16u
#define OWNER_MAX 1024u

enum { OPEN_NOCREATE, OPEN_CREATE };
enum { UNCHECKED, GUARDED, EXCLUSIVE, EXCLUSIVE_4_1 };
enum { CLAIM_NULL, CLAIM_FH = 4 };

static void put_stateid(struct call *call, const struct fs_node *node, uint32_t seqid)
{
	xdr_put_u32(&call->body, seqid);
	xdr_put_u32(&call->body, node->id);
	xdr_put_u64(&call->body, 0);
}

void nfs4_put_change(struct call *call, const struct fs_node *dir, uint64_t before)
{
	xdr_put_u32(&call->body, 1); /* atomic */
	xdr_put_u64(&call->body, before);
	xdr_put_u64(&call->body, dir->change);
}

struct open_args {
	uint32_t how, mode, claim;
	const uint8_t *createverf;
	struct xdr attrs; /* where the fattr4 begins */
	char name[FS_NAME_SIZE];
};

static void read_open(struct call *call, struct open_args *ret)
{
	struct xdr *x = &call->args;
	uint32_t len;

	*ret = (struct open_args){ 0 };
	(void)xdr_fixed(x, 12); /* seqid, share_access, share_deny */
	(void)xdr_u64(x);       /* clientid */
	(void)xdr_opaque(x, OWNER_MAX, &len);
	ret->how = xdr_u32(x);
	if (ret->how == OPEN_CREATE) {
		ret->mode = xdr_u32(x);
		if (ret->mode == EXCLUSIVE || ret->mode == EXCLUSIVE_4_1)
			ret->createverf = xdr_fixed(x, 8);
		ret->attrs = *x;
		if (ret->mode != EXCLUSIVE)
			(void)nfs4_set_fattr(call, NULL);
	}
	ret->claim = xdr_u32(x);
	if (ret->claim == CLAIM_NULL)
		xdr_string(x, ret->name, sizeof(ret->name));
}

static uint32_t create(struct call *call, struct fs_node *dir,
		       const struct open_args *args, struct fs_node **ret)
{
	struct cred cred = call_cred(call);
	struct xdr after = call->args;
	uint32_t status = call_may_change(call, dir);

	if (status == FS_OK && call_has(call, FAULT_NO_INODES))
		status = FS_NOSPC;
	if (status == FS_OK)
		status = fs_create(&call->server->fs, dir, args->name, FS_FILE, ret);
	if (status)
		return status;
	(*ret)->uid = cred.uid;
	(*ret)->gid = cred.gid;
	if (args->createverf)
		memcpy((*ret)->createverf, args->createverf, 8);
	if (args->mode == EXCLUSIVE)
		return NFS4_OK;
	call->args = args->attrs;
	status = nfs4_set_fattr(call, *ret);
	call->args = after;
	return status;
}

/* The file of @args->name in @dir, made if asked for. */
static uint32_t find_or_create(struct call *call, struct fs_node *dir,
			       const struct open_args *args, struct fs_node **ret)
{
	uint32_t status = fs_lookup(&call->server->fs, dir, args->name, ret);

	if (status == FS_NOENT && args->how == OPEN_CREATE)
		return create(call, dir, args, ret);
	if (status == FS_OK && args->how == OPEN_CREATE && args->mode == GUARDED)
		return FS_EXIST;
	if (status == FS_OK && args->createverf &&
	    memcmp((*ret)->createverf, args->createverf, 8) != 0)
		return FS_EXIST;
	return status;
}

uint32_t nfs4_open(struct compound *c)
{
	struct fs_node *dir = c->current, *node = NULL;
	struct open_args args;
	uint64_t before = dir->change;
	uint32_t status;

	read_open(c->call, &args);
	if (c->call->args.bad)
		return NFS4ERR_BADXDR;
	if (args.claim == CLAIM_NULL) {
		status = find_or_create(c->call, dir, &args, &node);
	} else {
		node = c->current;
		status = args.claim == CLAIM_FH ? FS_OK : FS_NOTSUPP;
	}
	if (status == FS_OK && node->type == FS_DIR)
		status = FS_ISDIR;
	if (status)
		return status;
	c->current = node;
	put_stateid(c->call, node, 1);
	nfs4_put_change(c->call, dir, before);
	xdr_put_u32(&c->call->body, 4); /* OPEN4_RESULT_LOCKTYPE_POSIX */
	xdr_put_u32(&c->call->body, 0); /* attrset */
	xdr_put_u32(&c->call->body, 0); /* OPEN_DELEGATE_NONE */
	return NFS4_OK;
}

uint32_t nfs4_open_confirm(struct compound *c)
{
	(void)xdr_fixed(&c->call->args, STATEID_SIZE + 4);
	put_stateid(c->call, c->current, 2);
	return NFS4_OK;
}

uint32_t nfs4_close(struct compound *c)
{
	(void)xdr_fixed(&c->call->args, 4 + STATEID_SIZE);
	put_stateid(c->call, c->current, 3);
	return NFS4_OK;
}

uint32_t nfs4_read(struct compound *c)
{
	struct call *call = c->call;
	const struct fs_node *node = c->current;
	bool half = call_has(call, FAULT_SHORT_READ);
	uint64_t offset;
	uint32_t count;
	size_t at;

	(void)xdr_fixed(&call->args, STATEID_SIZE);
	offset = xdr_u64(&call->args);
	count = xdr_u32(&call->args);
	if (node->type != FS_FILE)
		return FS_ISDIR;
	if (!call_may(call, node, 4))
		return FS_ACCES;
	if (offset > node->size)
		offset = node->size;
	if (count > node->size - offset)
		count = (uint32_t)(node->size - offset);
	if (count > TRANSFER_MAX)
		count = TRANSFER_MAX;
	if (half)
		count /= 2;
	xdr_put_u32(&call->body, half || offset + count == node->size);
	xdr_put_u32(&call->body, count);
	at = call->body.len;
	xdr_put_fixed(&call->body, count ? node->data + offset : NULL, count);
	if (call_has(call, FAULT_CORRUPT) && count > 0)
		call->body.text[at + count / 2] ^= 1;
	return NFS4_OK;
}

static uint64_t verifier(const struct call *call)
{
	uint64_t value = call->server->verifier;

	return call_has(call, FAULT_VERIFIER) ? value + 1 + call->xid : value;
}

uint32_t nfs4_write(struct compound *c)
{
	struct call *call = c->call;
	uint64_t offset;
	uint32_t stable, count, status;
	const uint8_t *data;

	(void)xdr_fixed(&call->args, STATEID_SIZE);
	offset = xdr_u64(&call->args);
	stable = xdr_u32(&call->args);
	data = xdr_opaque(&call->args, TRANSFER_MAX, &count);
	if (call->args.bad)
		return NFS4ERR_BADXDR;
	if (call_has(call, FAULT_SHORT_WRITE))
		count /= 2;
	status = call_may_change(call, c->current);
	if (status == FS_OK && call_has(call, FAULT_FULL))
		status = FS_NOSPC;
	if (status == FS_OK)
		status = fs_write(&call->server->fs, c->current, offset, data, count);
	if (status)
		return status;
	xdr_put_u32(&call->body, count);
	xdr_put_u32(&call->body, stable);
	xdr_put_u64(&call->body, verifier(call));
	return NFS4_OK;
}

uint32_t nfs4_commit(struct compound *c)
{
	(void)xdr_fixed(&c->call->args, 12);
	xdr_put_u64(&c->call->body, verifier(c->call));
	return NFS4_OK;
}

uint32_t nfs4_setclientid(struct compound *c)
{
	struct xdr *x = &c->call->args;
	uint32_t len;

	(void)xdr_u64(x); /* verifier */
	(void)xdr_opaque(x, OWNER_MAX, &len);
	(void)xdr_u32(x); /* callback program */
	(void)xdr_opaque(x, 64, &len);
	(void)xdr_opaque(x, 128, &len);
	(void)xdr_u32(x); /* callback_ident */
	xdr_put_u64(&c->call->body, 1);
	xdr_put_u64(&c->call->body, c->call->server->verifier);
	return NFS4_OK;
}

uint32_t nfs4_setclientid_confirm(struct compound *c)
{
	(void)xdr_fixed(&c->call->args, 16);
	return NFS4_OK;
}

uint32_t nfs4_renew(struct compound *c)
{
	(void)xdr_u64(&c->call->args);
	return NFS4_OK;
}
