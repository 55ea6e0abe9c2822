/* SPDX-License-Identifier: MIT */
#include "tests/server/nfs3.h"

#include <string.h>

#include "lib/base/macro.h"

#define TRANSFER_MAX (1u << 20)
#define HANDLE_MAX 64u

enum {
	ACCESS_READ = 1,
	ACCESS_LOOKUP = 2,
	ACCESS_MODIFY = 4,
	ACCESS_EXTEND = 8,
	ACCESS_DELETE = 16,
	ACCESS_EXECUTE = 32
};

struct fs_node *nfs3_handle(struct call *call, enum fs_status *ret)
{
	struct fs_node *node = NULL;
	uint32_t len;
	const uint8_t *handle = xdr_opaque(&call->args, HANDLE_MAX, &len);

	if (!handle)
		*ret = FS_BADHANDLE;
	else
		*ret = fs_by_handle(&call->server->fs, handle, len, &node);
	return node;
}

bool nfs3_status(struct call *call, enum fs_status status, unsigned words)
{
	xdr_put_u32(&call->body, status);
	if (status == FS_OK)
		return true;
	for (unsigned i = 0; i < words; i++)
		xdr_put_u32(&call->body, 0);
	return false;
}

static void put_time(struct call *call, const struct timespec *t)
{
	xdr_put_u32(&call->body, (uint32_t)t->tv_sec);
	xdr_put_u32(&call->body, (uint32_t)t->tv_nsec);
}

void nfs3_put_fattr(struct call *call, const struct fs_node *node)
{
	struct strbuf *out = &call->body;
	enum fs_type type = node->type;

	if (call_has(call, FAULT_NOT_DIR) && node == call->server->fs.export)
		type = FS_FILE;
	xdr_put_u32(out, type);
	xdr_put_u32(out, node->mode);
	xdr_put_u32(out, node->type == FS_DIR ? 2 : 1); /* nlink */
	xdr_put_u32(out, node->uid);
	xdr_put_u32(out, node->gid);
	xdr_put_u64(out, node->type == FS_DIR ? 4096 : node->size);
	xdr_put_u64(out, node->type == FS_DIR ? 4096 : node->size); /* used */
	xdr_put_u64(out, 0);                                        /* rdev */
	xdr_put_u64(out, FS_FSID);
	xdr_put_u64(out, node->id);
	put_time(call, &node->atime);
	put_time(call, &node->mtime);
	put_time(call, &node->ctime);
}

void nfs3_put_attr(struct call *call, const struct fs_node *node)
{
	xdr_put_u32(&call->body, 1);
	nfs3_put_fattr(call, node);
}

void nfs3_put_wcc(struct call *call, const struct fs_node *node)
{
	xdr_put_u32(&call->body, 0);
	nfs3_put_attr(call, node);
}

static void null(struct call *call)
{
	(void)call;
}

static void getattr(struct call *call)
{
	enum fs_status status;
	struct fs_node *node = nfs3_handle(call, &status);

	if (nfs3_status(call, status, 0))
		nfs3_put_fattr(call, node);
}

void nfs3_read_sattr(struct xdr *x, struct nfs3_sattr *ret)
{
	*ret = (struct nfs3_sattr){ 0 };
	if ((ret->set_mode = xdr_u32(x)))
		ret->mode = xdr_u32(x);
	if ((ret->set_uid = xdr_u32(x)))
		ret->uid = xdr_u32(x);
	if ((ret->set_gid = xdr_u32(x)))
		ret->gid = xdr_u32(x);
	if ((ret->set_size = xdr_u32(x)))
		ret->size = xdr_u64(x);
	for (int i = 0; i < 2; i++) { /* atime, mtime: 2 is SET_TO_CLIENT_TIME */
		if (xdr_u32(x) == 2)
			(void)xdr_u64(x);
	}
}

enum fs_status nfs3_set_attr(struct call *call, struct fs_node *node,
			     const struct nfs3_sattr *sattr)
{
	struct cred cred = call_cred(call);

	if (call_has(call, FAULT_READ_ONLY))
		return FS_ROFS;
	if ((sattr->set_mode || sattr->set_uid || sattr->set_gid) && cred.uid != 0 &&
	    cred.uid != node->uid)
		return FS_PERM;
	if (sattr->set_size) {
		enum fs_status status = call_may_change(call, node);

		if (status == FS_OK)
			status = fs_truncate(&call->server->fs, node, sattr->size);
		if (status)
			return status;
	}
	if (sattr->set_mode)
		node->mode = sattr->mode & 07777;
	if (sattr->set_uid)
		node->uid = sattr->uid;
	if (sattr->set_gid)
		node->gid = sattr->gid;
	fs_touch(node, false);
	return FS_OK;
}

static void setattr(struct call *call)
{
	enum fs_status status;
	struct fs_node *node = nfs3_handle(call, &status);
	struct nfs3_sattr sattr;

	nfs3_read_sattr(&call->args, &sattr);
	if (status == FS_OK && !call->args.bad)
		status = nfs3_set_attr(call, node, &sattr);
	if (nfs3_status(call, status, 2))
		nfs3_put_wcc(call, node);
}

static void access3(struct call *call)
{
	enum fs_status status;
	struct fs_node *node = nfs3_handle(call, &status);
	uint32_t asked = xdr_u32(&call->args), allowed = 0;

	if (!nfs3_status(call, status, 1))
		return;
	if (call_may(call, node, 4))
		allowed |= ACCESS_READ;
	if (call_may(call, node, 1))
		allowed |= node->type == FS_DIR ? ACCESS_LOOKUP : ACCESS_EXECUTE;
	if (call_may_change(call, node) == FS_OK)
		allowed |= ACCESS_MODIFY | ACCESS_EXTEND |
			   (node->type == FS_DIR ? ACCESS_DELETE : 0);
	nfs3_put_attr(call, node);
	xdr_put_u32(&call->body, asked & allowed);
}

static void read3(struct call *call)
{
	enum fs_status status;
	struct fs_node *node = nfs3_handle(call, &status);
	uint64_t offset = xdr_u64(&call->args);
	uint32_t count = xdr_u32(&call->args);
	size_t at;

	if (status == FS_OK && node->type != FS_FILE)
		status = FS_ISDIR;
	else if (status == FS_OK && !call_may(call, node, 4))
		status = FS_ACCES;
	if (!nfs3_status(call, status, 1))
		return;
	if (offset > node->size)
		offset = node->size;
	if (count > node->size - offset)
		count = (uint32_t)(node->size - offset);
	if (count > TRANSFER_MAX)
		count = TRANSFER_MAX;
	if (call_has(call, FAULT_SHORT_READ))
		count /= 2;
	nfs3_put_attr(call, node);
	xdr_put_u32(&call->body, count);
	xdr_put_u32(&call->body,
		    offset + count == node->size || call_has(call, FAULT_SHORT_READ));
	xdr_put_u32(&call->body, count);
	at = call->body.len;
	xdr_put_fixed(&call->body, count ? node->data + offset : NULL, count);
	if (call_has(call, FAULT_CORRUPT) && count > 0)
		call->body.text[at + count / 2] ^= 1;
}

static uint64_t verifier(const struct call *call)
{
	uint64_t value = call->server->verifier;

	return call_has(call, FAULT_VERIFIER) ? value + 1 + call->xid : value;
}

static void write3(struct call *call)
{
	enum fs_status status;
	struct fs_node *node = nfs3_handle(call, &status);
	uint64_t offset = xdr_u64(&call->args);
	uint32_t count = xdr_u32(&call->args), stable = xdr_u32(&call->args), len;
	const uint8_t *data = xdr_opaque(&call->args, TRANSFER_MAX, &len);

	if (call->args.bad)
		return;
	if (count > len)
		count = len;
	if (call_has(call, FAULT_SHORT_WRITE))
		count /= 2;
	if (status == FS_OK)
		status = call_may_change(call, node);
	if (status == FS_OK && call_has(call, FAULT_FULL))
		status = FS_NOSPC;
	if (status == FS_OK)
		status = fs_write(&call->server->fs, node, offset, data, count);
	if (!nfs3_status(call, status, 2))
		return;
	nfs3_put_wcc(call, node);
	xdr_put_u32(&call->body, count);
	xdr_put_u32(&call->body, stable);
	xdr_put_u64(&call->body, verifier(call));
}

static void commit(struct call *call)
{
	enum fs_status status;
	struct fs_node *node = nfs3_handle(call, &status);

	if (!nfs3_status(call, status, 2))
		return;
	nfs3_put_wcc(call, node);
	xdr_put_u64(&call->body, verifier(call));
}

static void fsstat(struct call *call)
{
	enum fs_status status;
	struct fs_node *node = nfs3_handle(call, &status);
	const struct fs *fs = &call->server->fs;
	uint64_t bytes = call_has(call, FAULT_FULL) ? 0 : fs->capacity - fs->used;
	uint64_t files =
		call_has(call, FAULT_NO_INODES) ? 0 : fs->max_nodes - fs->n_nodes;

	if (!nfs3_status(call, status, 1))
		return;
	nfs3_put_attr(call, node);
	xdr_put_u64(&call->body, fs->capacity);
	xdr_put_u64(&call->body, bytes); /* free */
	xdr_put_u64(&call->body, bytes); /* available */
	xdr_put_u64(&call->body, fs->max_nodes);
	xdr_put_u64(&call->body, files);
	xdr_put_u64(&call->body, files);
	xdr_put_u32(&call->body, 0); /* invarsec */
}

static void fsinfo(struct call *call)
{
	enum fs_status status;
	struct fs_node *node = nfs3_handle(call, &status);

	if (!nfs3_status(call, status, 1))
		return;
	nfs3_put_attr(call, node);
	for (int i = 0; i < 2; i++) { /* reading, writing */
		xdr_put_u32(&call->body, TRANSFER_MAX);
		xdr_put_u32(&call->body, TRANSFER_MAX);
		xdr_put_u32(&call->body, 4096);
	}
	xdr_put_u32(&call->body, 65536);      /* dtpref */
	xdr_put_u64(&call->body, 1ull << 30); /* maxfilesize */
	xdr_put_u64(&call->body, 1);          /* time_delta: 1 ns */
	xdr_put_u32(&call->body, 0x8 | 0x10); /* homogeneous, can set time */
}

static void pathconf3(struct call *call)
{
	enum fs_status status;
	struct fs_node *node = nfs3_handle(call, &status);

	if (!nfs3_status(call, status, 1))
		return;
	nfs3_put_attr(call, node);
	xdr_put_u32(&call->body, 1);                /* linkmax */
	xdr_put_u32(&call->body, FS_NAME_SIZE - 1); /* name_max */
	xdr_put_u32(&call->body, 1);                /* no_trunc */
	xdr_put_u32(&call->body, 1);                /* chown_restricted */
	xdr_put_u32(&call->body, 0);                /* case_insensitive */
	xdr_put_u32(&call->body, 1);                /* case_preserving */
}

static void not_supported(struct call *call)
{
	(void)nfs3_status(call, FS_NOTSUPP, 3);
}

static const struct procedure procedures[] = {
	{ "NULL", null, false, 0 },
	{ "GETATTR", getattr, true, 0 },
	{ "SETATTR", setattr, true, 2 },
	{ "LOOKUP", nfs3_lookup, true, 1 },
	{ "ACCESS", access3, true, 1 },
	{ "READLINK", not_supported, true, 1 },
	{ "READ", read3, true, 1 },
	{ "WRITE", write3, true, 2 },
	{ "CREATE", nfs3_create, true, 2 },
	{ "MKDIR", nfs3_mkdir, true, 2 },
	{ "SYMLINK", not_supported, true, 2 },
	{ "MKNOD", not_supported, true, 2 },
	{ "REMOVE", nfs3_remove, true, 2 },
	{ "RMDIR", nfs3_remove, true, 2 },
	{ "RENAME", nfs3_rename, true, 4 },
	{ "LINK", not_supported, true, 3 },
	{ "READDIR", nfs3_readdir, true, 1 },
	{ "READDIRPLUS", nfs3_readdirplus, true, 1 },
	{ "FSSTAT", fsstat, true, 1 },
	{ "FSINFO", fsinfo, true, 1 },
	{ "PATHCONF", pathconf3, true, 1 },
	{ "COMMIT", commit, true, 2 },
};

const struct program program_nfs3 = {
	.name = "nfs3",
	.service = SERVICE_NFS,
	.number = PROGRAM_NFS,
	.version = 3,
	.procedures = procedures,
	.count = ARRAY_SIZE(procedures),
};
