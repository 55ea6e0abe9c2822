/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "tests/server/nfs3.h"

#define REPLY_SPARE 160u /* header, attributes, the end of the list */

enum { UNCHECKED, GUARDED, EXCLUSIVE };

/* diropargs3: a directory's handle and a name in it. */
static struct fs_node *read_name(struct call *call, char name[FS_NAME_SIZE],
				 enum fs_status *ret)
{
	struct fs_node *dir = nfs3_handle(call, ret);

	xdr_string(&call->args, name, FS_NAME_SIZE);
	if (*ret == FS_OK && call->args.bad)
		*ret = FS_NAMETOOLONG;
	if (*ret == FS_OK && dir->type != FS_DIR)
		*ret = FS_NOTDIR;
	return dir;
}

static void put_handle(struct call *call, const struct fs_node *node)
{
	uint8_t handle[FS_HANDLE_SIZE];

	fs_handle(node, handle);
	xdr_put_opaque(&call->body, handle, sizeof(handle));
}

void nfs3_lookup(struct call *call)
{
	char name[FS_NAME_SIZE];
	enum fs_status status;
	struct fs_node *dir = read_name(call, name, &status), *node = NULL;

	if (status == FS_OK && !call_may(call, dir, 1))
		status = FS_ACCES;
	if (status == FS_OK)
		status = fs_lookup(&call->server->fs, dir, name, &node);
	if (!nfs3_status(call, status, 1))
		return;
	put_handle(call, node);
	nfs3_put_attr(call, node);
	nfs3_put_attr(call, dir);
}

/* What a successful CREATE or MKDIR says. */
static void put_created(struct call *call, enum fs_status status,
			const struct fs_node *dir, const struct fs_node *node)
{
	if (!nfs3_status(call, status, 2))
		return;
	xdr_put_u32(&call->body, 1);
	put_handle(call, node);
	nfs3_put_attr(call, node);
	nfs3_put_wcc(call, dir);
}

static enum fs_status make(struct call *call, struct fs_node *dir, const char *name,
			   enum fs_type type, struct fs_node **ret)
{
	enum fs_status status = call_may_change(call, dir);
	struct cred cred = call_cred(call);

	if (status == FS_OK && call_has(call, FAULT_NO_INODES))
		status = FS_NOSPC;
	if (status == FS_OK)
		status = fs_create(&call->server->fs, dir, name, type, ret);
	if (status == FS_OK) {
		(*ret)->uid = cred.uid;
		(*ret)->gid = cred.gid;
	}
	return status;
}

void nfs3_create(struct call *call)
{
	char name[FS_NAME_SIZE];
	enum fs_status status;
	struct fs_node *dir = read_name(call, name, &status), *node = NULL;
	uint32_t how = xdr_u32(&call->args);
	struct nfs3_sattr sattr = { 0 };
	const uint8_t *createverf = NULL;

	if (how == EXCLUSIVE)
		createverf = xdr_fixed(&call->args, 8);
	else
		nfs3_read_sattr(&call->args, &sattr);
	if (call->args.bad)
		return;
	if (status == FS_OK)
		status = make(call, dir, name, FS_FILE, &node);
	if (status == FS_OK && createverf)
		memcpy(node->createverf, createverf, sizeof(node->createverf));
	if (status == FS_EXIST) {
		(void)fs_lookup(&call->server->fs, dir, name, &node);
		if (how == UNCHECKED ||
		    (createverf && memcmp(node->createverf, createverf, 8) == 0))
			status = FS_OK; /* for EXCLUSIVE: a retransmission */
	}
	if (status == FS_OK)
		status = nfs3_set_attr(call, node, &sattr);
	put_created(call, status, dir, node);
}

void nfs3_mkdir(struct call *call)
{
	char name[FS_NAME_SIZE];
	enum fs_status status;
	struct fs_node *dir = read_name(call, name, &status), *node = NULL;
	struct nfs3_sattr sattr;

	nfs3_read_sattr(&call->args, &sattr);
	if (call->args.bad)
		return;
	if (status == FS_OK)
		status = make(call, dir, name, FS_DIR, &node);
	if (status == FS_OK)
		status = nfs3_set_attr(call, node, &sattr);
	put_created(call, status, dir, node);
}

/* REMOVE and RMDIR */
void nfs3_remove(struct call *call)
{
	char name[FS_NAME_SIZE];
	enum fs_status status;
	struct fs_node *dir = read_name(call, name, &status);

	if (status == FS_OK)
		status = call_may_change(call, dir);
	if (status == FS_OK)
		status = fs_remove(&call->server->fs, dir, name);
	if (nfs3_status(call, status, 2))
		nfs3_put_wcc(call, dir);
}

void nfs3_rename(struct call *call)
{
	char from_name[FS_NAME_SIZE], to_name[FS_NAME_SIZE];
	enum fs_status status, to_status;
	struct fs_node *from = read_name(call, from_name, &status);
	struct fs_node *to = read_name(call, to_name, &to_status), *node = NULL;

	if (status == FS_OK)
		status = to_status;
	if (status == FS_OK)
		status = call_may_change(call, from);
	if (status == FS_OK)
		status = call_may_change(call, to);
	if (status == FS_OK)
		status = fs_lookup(&call->server->fs, from, from_name, &node);
	if (status == FS_OK)
		status = fs_rename(&call->server->fs, node, to, to_name);
	if (!nfs3_status(call, status, 4))
		return;
	nfs3_put_wcc(call, from);
	nfs3_put_wcc(call, to);
}

struct listing {
	uint64_t cookie; /* entries after this one */
	uint32_t max;    /* bytes of the whole answer */
	bool plus;
};

/* One entry; returns false, leaving nothing of it, when it does not fit. */
static bool put_entry(struct call *call, const struct listing *listing, const char *name,
		      const struct fs_node *node, uint64_t cookie)
{
	size_t before = call->body.len;

	xdr_put_u32(&call->body, 1);
	xdr_put_u64(&call->body, node->id);
	xdr_put_string(&call->body, name);
	xdr_put_u64(&call->body, cookie);
	if (listing->plus) {
		nfs3_put_attr(call, node);
		xdr_put_u32(&call->body, 1);
		put_handle(call, node);
	}
	if (call->body.len + REPLY_SPARE <= listing->max)
		return true;
	call->body.len = before;
	return false;
}

/* Returns true when the list is complete. */
static bool put_entries(struct call *call, const struct listing *listing,
			const struct fs_node *dir)
{
	const struct fs_node *parent = dir->parent ? dir->parent : dir;

	if (listing->cookie < 1 && !put_entry(call, listing, ".", dir, 1))
		return false;
	if (listing->cookie < 2 && !put_entry(call, listing, "..", parent, 2))
		return false;
	for (struct fs_node *node = call->server->fs.nodes; node; node = node->next) {
		uint64_t cookie = (uint64_t)node->id + 2;

		if (node->parent != dir || cookie <= listing->cookie)
			continue;
		if (!put_entry(call, listing, node->name, node, cookie))
			return false;
	}
	return true;
}

static void list(struct call *call, bool plus)
{
	enum fs_status status;
	struct fs_node *dir = nfs3_handle(call, &status);
	struct listing listing = { .cookie = xdr_u64(&call->args), .plus = plus };
	bool complete;

	(void)xdr_u64(&call->args); /* cookieverf: cookies stay good */
	if (plus)
		(void)xdr_u32(&call->args); /* dircount */
	listing.max = xdr_u32(&call->args);
	if (status == FS_OK && dir->type != FS_DIR)
		status = FS_NOTDIR;
	else if (status == FS_OK && !call_may(call, dir, 4))
		status = FS_ACCES;
	if (!nfs3_status(call, status, 1))
		return;
	nfs3_put_attr(call, dir);
	xdr_put_u64(&call->body, 0);
	complete = put_entries(call, &listing, dir);
	xdr_put_u32(&call->body, 0);
	xdr_put_u32(&call->body, complete);
}

void nfs3_readdir(struct call *call)
{
	list(call, false);
}

void nfs3_readdirplus(struct call *call)
{
	list(call, true);
}
