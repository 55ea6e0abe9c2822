/* SPDX-License-Identifier: MIT */
#include "tests/server/nfs4.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/macro.h"

#define TAG_MAX 1024u
#define OPS_MAX 64u
#define OP_LAST_4_0 39u
#define OP_LAST 71u
#define OP_ILLEGAL 10044u
#define REPLY_SPARE 128u

static uint32_t putrootfh(struct compound *c)
{
	c->current = c->call->server->fs.root;
	return NFS4_OK;
}

static uint32_t putfh(struct compound *c)
{
	uint32_t len;
	const uint8_t *handle = xdr_opaque(&c->call->args, 128, &len);

	if (!handle)
		return NFS4ERR_BADXDR;
	return fs_by_handle(&c->call->server->fs, handle, len, &c->current);
}

static uint32_t getfh(struct compound *c)
{
	uint8_t handle[FS_HANDLE_SIZE];

	fs_handle(c->current, handle);
	xdr_put_opaque(&c->call->body, handle, sizeof(handle));
	return NFS4_OK;
}

static uint32_t savefh(struct compound *c)
{
	c->saved = c->current;
	return NFS4_OK;
}

static uint32_t restorefh(struct compound *c)
{
	if (!c->saved)
		return NFS4ERR_NOFILEHANDLE;
	c->current = c->saved;
	return NFS4_OK;
}

static uint32_t lookup(struct compound *c)
{
	char name[FS_NAME_SIZE];

	xdr_string(&c->call->args, name, sizeof(name));
	if (c->call->args.bad)
		return NFS4ERR_BADXDR;
	if (!call_may(c->call, c->current, 1))
		return FS_ACCES;
	return fs_lookup(&c->call->server->fs, c->current, name, &c->current);
}

static uint32_t lookupp(struct compound *c)
{
	if (!c->current->parent)
		return FS_NOENT;
	c->current = c->current->parent;
	return NFS4_OK;
}

static uint32_t getattr(struct compound *c)
{
	uint32_t bits[2];

	nfs4_read_bitmap(&c->call->args, bits);
	nfs4_put_fattr(c->call, c->current, bits);
	return NFS4_OK;
}

static uint32_t setattr(struct compound *c)
{
	uint32_t status;

	(void)xdr_fixed(&c->call->args, 16); /* stateid */
	status = call_has(c->call, FAULT_READ_ONLY) ? (uint32_t)FS_ROFS
						    : nfs4_set_fattr(c->call, c->current);
	xdr_put_u32(&c->call->body, 0); /* attrsset */
	return status;
}

static uint32_t access4(struct compound *c)
{
	uint32_t asked = xdr_u32(&c->call->args), allowed = 0;
	bool is_dir = c->current->type == FS_DIR;

	if (call_may(c->call, c->current, 4))
		allowed |= 1; /* READ */
	if (call_may(c->call, c->current, 1))
		allowed |= is_dir ? 2 : 32; /* LOOKUP, EXECUTE */
	if (call_may_change(c->call, c->current) == FS_OK)
		allowed |= is_dir ? 4 | 8 | 16 : 4 | 8; /* MODIFY, EXTEND, DELETE */
	xdr_put_u32(&c->call->body, asked & (is_dir ? 31 : 45)); /* supported */
	xdr_put_u32(&c->call->body, asked & allowed);
	return NFS4_OK;
}

/* Directories only. */
static uint32_t create(struct compound *c)
{
	struct fs_node *dir = c->current, *node = NULL;
	uint32_t type = xdr_u32(&c->call->args), status;
	uint64_t before = dir->change;
	char name[FS_NAME_SIZE];

	if (type != FS_DIR)
		return FS_NOTSUPP;
	xdr_string(&c->call->args, name, sizeof(name));
	status = c->call->args.bad ? (uint32_t)NFS4ERR_BADXDR
				   : call_may_change(c->call, dir);
	if (status == FS_OK)
		status = fs_create(&c->call->server->fs, dir, name, FS_DIR, &node);
	if (status)
		return status;
	node->uid = call_cred(c->call).uid;
	node->gid = call_cred(c->call).gid;
	status = nfs4_set_fattr(c->call, node);
	nfs4_put_change(c->call, dir, before);
	xdr_put_u32(&c->call->body, 0); /* attrset */
	c->current = node;
	return status;
}

static uint32_t remove4(struct compound *c)
{
	uint64_t before = c->current->change;
	char name[FS_NAME_SIZE];
	uint32_t status;

	xdr_string(&c->call->args, name, sizeof(name));
	status = c->call->args.bad ? (uint32_t)NFS4ERR_BADXDR
				   : call_may_change(c->call, c->current);
	if (status == FS_OK)
		status = fs_remove(&c->call->server->fs, c->current, name);
	c->saved = NULL; /* it may be what was removed */
	nfs4_put_change(c->call, c->current, before);
	return status;
}

static uint32_t rename4(struct compound *c)
{
	struct fs *fs = &c->call->server->fs;
	char from[FS_NAME_SIZE], to[FS_NAME_SIZE];
	struct fs_node *node = NULL;
	uint32_t status;

	xdr_string(&c->call->args, from, sizeof(from));
	xdr_string(&c->call->args, to, sizeof(to));
	if (c->call->args.bad || !c->saved)
		return c->saved ? NFS4ERR_BADXDR : NFS4ERR_NOFILEHANDLE;
	status = call_may_change(c->call, c->saved);
	if (status == FS_OK)
		status = call_may_change(c->call, c->current);
	if (status == FS_OK)
		status = fs_lookup(fs, c->saved, from, &node);
	if (status == FS_OK)
		status = fs_rename(fs, node, c->current, to);
	nfs4_put_change(c->call, c->saved, c->saved->change - 1);
	nfs4_put_change(c->call, c->current, c->current->change - 1);
	return status;
}

static uint32_t readdir4(struct compound *c)
{
	struct call *call = c->call;
	uint64_t after = xdr_u64(&call->args);
	uint32_t max, bits[2];
	bool complete = true;

	(void)xdr_fixed(&call->args, 12); /* cookieverf, dircount */
	max = xdr_u32(&call->args);
	nfs4_read_bitmap(&call->args, bits);
	if (c->current->type != FS_DIR)
		return FS_NOTDIR;
	xdr_put_u64(&call->body, 0);
	for (struct fs_node *node = call->server->fs.nodes; node && complete;
	     node = node->next) {
		uint64_t cookie = (uint64_t)node->id + 2; /* 1 and 2 are reserved */
		size_t before = call->body.len;

		if (node->parent != c->current || cookie <= after)
			continue;
		xdr_put_u32(&call->body, 1);
		xdr_put_u64(&call->body, cookie);
		xdr_put_string(&call->body, node->name);
		nfs4_put_fattr(call, node, bits);
		if (call->body.len + REPLY_SPARE > max) {
			call->body.len = before;
			complete = false;
		}
	}
	xdr_put_u32(&call->body, 0);
	xdr_put_u32(&call->body, complete);
	return NFS4_OK;
}

/* RFC 7530, 16 and RFC 8881, 18: by their numbers. */
static const struct operation {
	const char *name;
	uint32_t (*serve)(struct compound *c);
	bool no_handle; /* needs no current filehandle */
} operations[] = {
	[3] = { "ACCESS", access4, false },
	[4] = { "CLOSE", nfs4_close, false },
	[5] = { "COMMIT", nfs4_commit, false },
	[6] = { "CREATE", create, false },
	[9] = { "GETATTR", getattr, false },
	[10] = { "GETFH", getfh, false },
	[15] = { "LOOKUP", lookup, false },
	[16] = { "LOOKUPP", lookupp, false },
	[18] = { "OPEN", nfs4_open, false },
	[20] = { "OPEN_CONFIRM", nfs4_open_confirm, false },
	[22] = { "PUTFH", putfh, true },
	[23] = { "PUTPUBFH", putrootfh, true },
	[24] = { "PUTROOTFH", putrootfh, true },
	[25] = { "READ", nfs4_read, false },
	[26] = { "READDIR", readdir4, false },
	[28] = { "REMOVE", remove4, false },
	[29] = { "RENAME", rename4, false },
	[30] = { "RENEW", nfs4_renew, true },
	[31] = { "RESTOREFH", restorefh, true },
	[32] = { "SAVEFH", savefh, false },
	[34] = { "SETATTR", setattr, false },
	[35] = { "SETCLIENTID", nfs4_setclientid, true },
	[36] = { "SETCLIENTID_CONFIRM", nfs4_setclientid_confirm, true },
	[38] = { "WRITE", nfs4_write, false },
	[42] = { "EXCHANGE_ID", nfs4_exchange_id, true },
	[43] = { "CREATE_SESSION", nfs4_create_session, true },
	[44] = { "DESTROY_SESSION", nfs4_destroy_session, true },
	[45] = { "FREE_STATEID", nfs4_free_stateid, true },
	[52] = { "SECINFO_NO_NAME", nfs4_secinfo_no_name, false },
	[53] = { "SEQUENCE", nfs4_sequence, true },
	[57] = { "DESTROY_CLIENTID", nfs4_destroy_clientid, true },
	[58] = { "RECLAIM_COMPLETE", nfs4_reclaim_complete, true },
};

static void patch_u32(struct strbuf *out, size_t at, uint32_t value)
{
	struct strbuf word = STRBUF_INIT;

	xdr_put_u32(&word, value);
	memcpy(out->text + at, word.text, 4);
	strbuf_done(&word);
}

/* The status of @op, by fault or by serving it. */
static uint32_t status_of(struct compound *c, const struct operation *op)
{
	struct effects *effects = &c->call->effects;
	struct fault_point point = { .program = program_nfs4.name,
				     .procedure = op->name,
				     .address = c->call->conn->address,
				     .operation = true };
	uint32_t status = NFS4ERR_NOFILEHANDLE;

	strbuf_printf(&c->call->server->names, " nfs4.%s", op->name);
	faults_apply(&c->call->server->faults, &point, effects);
	if (effects->on[FAULT_STATUS]) {
		effects->on[FAULT_STATUS] = false;
		return effects->number[FAULT_STATUS];
	}
	if (op->no_handle || c->current)
		status = op->serve(c);
	return c->call->args.bad ? (uint32_t)NFS4ERR_BADXDR : status;
}

/* Those that may come first, outside of a session. */
static bool is_of_sessions(uint32_t number)
{
	return number == 53 || (number >= 42 && number <= 44) || number == 57;
}

static uint32_t serve_operation(struct compound *c, uint32_t minor, bool first)
{
	struct strbuf *out = &c->call->body;
	uint32_t number = xdr_u32(&c->call->args), status = FS_NOTSUPP;
	bool known = number < ARRAY_SIZE(operations) && operations[number].name;
	size_t at;

	if (number < 3 || number > (minor > 0 ? OP_LAST : OP_LAST_4_0)) {
		number = OP_ILLEGAL;
		status = NFS4ERR_OP_ILLEGAL;
		known = false;
	} else if (minor > 0 && first && !is_of_sessions(number)) {
		status = NFS4ERR_OP_NOT_IN_SESSION;
		known = false;
	}
	xdr_put_u32(out, number);
	at = out->len;
	xdr_put_u32(out, 0);
	if (known)
		status = status_of(c, &operations[number]);
	if (status) { /* no results but, of SETATTR, what was set */
		out->len = at + 4;
		if (known && operations[number].serve == setattr)
			xdr_put_u32(out, 0);
	}
	patch_u32(out, at, status);
	if (c->call->server->verbose)
		(void)fprintf(stderr, "  %s %u\n", known ? operations[number].name : "?",
			      status);
	return status;
}

static void compound(struct call *call)
{
	struct compound c = { .call = call };
	struct effects *effects = &call->effects;
	uint32_t tag_len, minor, wanted, done = 0, status = NFS4_OK;
	const uint8_t *tag = xdr_opaque(&call->args, TAG_MAX, &tag_len);
	size_t status_at = call->body.len, count_at;

	minor = xdr_u32(&call->args);
	wanted = xdr_u32(&call->args);
	if (call->args.bad || wanted > OPS_MAX)
		return;
	xdr_put_u32(&call->body, 0);
	xdr_put_opaque(&call->body, tag, tag_len);
	count_at = call->body.len;
	xdr_put_u32(&call->body, 0);
	if (minor > 2 || (effects->on[FAULT_STATUS] &&
			  effects->number[FAULT_STATUS] == NFS4ERR_MINOR_VERS_MISMATCH)) {
		patch_u32(&call->body, status_at, NFS4ERR_MINOR_VERS_MISMATCH);
		return;
	}
	while (done < wanted && status == NFS4_OK) {
		status = serve_operation(&c, minor, done == 0);
		done++;
	}
	patch_u32(&call->body, status_at, status);
	patch_u32(&call->body, count_at, done);
	call->args.bad = false; /* said as NFS4ERR_BADXDR */
}

static void null(struct call *call)
{
	(void)call;
}

static const struct procedure procedures[] = {
	{ "NULL", null, false, 0 },
	{ "COMPOUND", compound, false, 0 },
};

const struct program program_nfs4 = {
	.name = "nfs4",
	.service = SERVICE_NFS,
	.number = PROGRAM_NFS,
	.version = 4,
	.procedures = procedures,
	.count = ARRAY_SIZE(procedures),
};
