/* SPDX-License-Identifier: MIT */
#include "tests/server/nfs4.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* RFC 7530, 5.6 and 5.7: the numbers of the attributes that we have. */
enum attr {
	SUPPORTED_ATTRS = 0,
	TYPE = 1,
	FH_EXPIRE_TYPE = 2,
	CHANGE = 3,
	SIZE = 4,
	LINK_SUPPORT = 5,
	SYMLINK_SUPPORT = 6,
	NAMED_ATTR = 7,
	FSID = 8,
	UNIQUE_HANDLES = 9,
	LEASE_TIME = 10,
	RDATTR_ERROR = 11,
	FILEHANDLE = 19,
	FILEID = 20,
	FILES_AVAIL = 21,
	FILES_FREE = 22,
	FILES_TOTAL = 23,
	MAXFILESIZE = 27,
	MAXNAME = 29,
	MAXREAD = 30,
	MAXWRITE = 31,
	MODE = 33,
	NUMLINKS = 35,
	OWNER = 36,
	OWNER_GROUP = 37,
	SPACE_AVAIL = 42,
	SPACE_FREE = 43,
	SPACE_TOTAL = 44,
	SPACE_USED = 45,
	TIME_ACCESS = 47,
	TIME_ACCESS_SET = 48,
	TIME_DELTA = 51,
	TIME_METADATA = 52,
	TIME_MODIFY = 53,
	TIME_MODIFY_SET = 54,
	MOUNTED_ON_FILEID = 55,
};

static void put_time(struct strbuf *out, const struct timespec *t)
{
	xdr_put_u64(out, (uint64_t)t->tv_sec);
	xdr_put_u32(out, (uint32_t)t->tv_nsec);
}

static void put_id(struct strbuf *out, uint32_t id)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%" PRIu32, id);
	xdr_put_string(out, text);
}

/* Attributes of the file system.  Returns false if @attr is not one. */
static bool put_fs_attr(struct strbuf *out, const struct call *call, enum attr attr)
{
	const struct fs *fs = &call->server->fs;

	switch (attr) {
	case FH_EXPIRE_TYPE: /* FH4_PERSISTENT */
	case LINK_SUPPORT:
	case SYMLINK_SUPPORT:
	case NAMED_ATTR:
	case RDATTR_ERROR:
		xdr_put_u32(out, 0);
		return true;
	case UNIQUE_HANDLES:
		xdr_put_u32(out, 1);
		return true;
	case LEASE_TIME:
		xdr_put_u32(out, 90);
		return true;
	case MAXNAME:
		xdr_put_u32(out, FS_NAME_SIZE - 1);
		return true;
	case FSID:
		xdr_put_u64(out, FS_FSID);
		xdr_put_u64(out, 0);
		return true;
	case FILES_AVAIL:
	case FILES_FREE:
		xdr_put_u64(out, call_has(call, FAULT_NO_INODES)
					 ? 0
					 : fs->max_nodes - fs->n_nodes);
		return true;
	case FILES_TOTAL:
		xdr_put_u64(out, fs->max_nodes);
		return true;
	case MAXFILESIZE:
		xdr_put_u64(out, 1ull << 30);
		return true;
	case MAXREAD:
	case MAXWRITE:
		xdr_put_u64(out, 1u << 20);
		return true;
	case SPACE_AVAIL:
	case SPACE_FREE:
		xdr_put_u64(out,
			    call_has(call, FAULT_FULL) ? 0 : fs->capacity - fs->used);
		return true;
	case SPACE_TOTAL:
		xdr_put_u64(out, fs->capacity);
		return true;
	case TIME_DELTA:
		put_time(out, &(struct timespec){ .tv_nsec = 1 });
		return true;
	default:
		return false;
	}
}

/* Attributes of @node.  Returns false if @attr is not one. */
static bool put_node_attr(struct strbuf *out, const struct call *call,
			  const struct fs_node *node, enum attr attr)
{
	bool lies = call_has(call, FAULT_NOT_DIR) && node == call->server->fs.export;
	uint8_t handle[FS_HANDLE_SIZE];

	switch (attr) {
	case TYPE:
		xdr_put_u32(out, lies ? FS_FILE : node->type);
		return true;
	case CHANGE:
		xdr_put_u64(out, node->change);
		return true;
	case SIZE:
	case SPACE_USED:
		xdr_put_u64(out, node->type == FS_DIR ? 4096 : node->size);
		return true;
	case FILEHANDLE:
		fs_handle(node, handle);
		xdr_put_opaque(out, handle, sizeof(handle));
		return true;
	case FILEID:
	case MOUNTED_ON_FILEID:
		xdr_put_u64(out, node->id);
		return true;
	case MODE:
		xdr_put_u32(out, node->mode);
		return true;
	case NUMLINKS:
		xdr_put_u32(out, node->type == FS_DIR ? 2 : 1);
		return true;
	case OWNER:
		put_id(out, node->uid);
		return true;
	case OWNER_GROUP:
		put_id(out, node->gid);
		return true;
	case TIME_ACCESS:
		put_time(out, &node->atime);
		return true;
	case TIME_METADATA:
		put_time(out, &node->ctime);
		return true;
	case TIME_MODIFY:
		put_time(out, &node->mtime);
		return true;
	default:
		return false;
	}
}

static void put_bitmap(struct strbuf *out, const uint32_t bits[2])
{
	xdr_put_u32(out, 2);
	xdr_put_u32(out, bits[0]);
	xdr_put_u32(out, bits[1]);
}

/* Every attribute that is not only set: found by asking for each. */
static void put_supported(struct strbuf *out, const struct call *call,
			  const struct fs_node *node)
{
	uint32_t bits[2] = { 1u << SUPPORTED_ATTRS,
			     1u << (TIME_ACCESS_SET - 32) |
				     1u << (TIME_MODIFY_SET - 32) };
	struct strbuf ignored = STRBUF_INIT;

	for (unsigned i = 1; i < 64; i++) {
		if (put_fs_attr(&ignored, call, (enum attr)i) ||
		    put_node_attr(&ignored, call, node, (enum attr)i))
			bits[i / 32] |= 1u << i % 32;
	}
	put_bitmap(out, bits);
	strbuf_done(&ignored);
}

void nfs4_put_fattr(struct call *call, const struct fs_node *node, const uint32_t bits[2])
{
	uint32_t given[2] = { 0, 0 };
	struct strbuf values = STRBUF_INIT;

	for (unsigned i = 0; i < 64; i++) {
		bool has = true;

		if (!(bits[i / 32] & 1u << i % 32))
			continue;
		if (i == SUPPORTED_ATTRS)
			put_supported(&values, call, node);
		else
			has = put_fs_attr(&values, call, (enum attr)i) ||
			      put_node_attr(&values, call, node, (enum attr)i);
		if (has)
			given[i / 32] |= 1u << i % 32;
	}
	put_bitmap(&call->body, given);
	xdr_put_opaque(&call->body, strbuf_str(&values), values.len);
	strbuf_done(&values);
}

void nfs4_read_bitmap(struct xdr *x, uint32_t bits[2])
{
	uint32_t words = xdr_u32(x);

	bits[0] = bits[1] = 0;
	for (uint32_t i = 0; i < words && !x->bad; i++) {
		uint32_t word = xdr_u32(x);

		if (i < 2)
			bits[i] = word;
	}
}

static uint32_t set_size(struct call *call, struct fs_node *node, uint64_t size)
{
	enum fs_status status = call_may_change(call, node);

	return status ? status : fs_truncate(&call->server->fs, node, size);
}

/* The value of @attr from @x, put on @node. */
static uint32_t set_attr(struct call *call, struct fs_node *node, enum attr attr,
			 struct xdr *x)
{
	char text[64];

	switch (attr) {
	case SIZE:
		return set_size(call, node, xdr_u64(x));
	case MODE:
		node->mode = xdr_u32(x) & 07777;
		return NFS4_OK;
	case OWNER:
		xdr_string(x, text, sizeof(text));
		node->uid = (uint32_t)strtoul(text, NULL, 10);
		return NFS4_OK;
	case OWNER_GROUP:
		xdr_string(x, text, sizeof(text));
		node->gid = (uint32_t)strtoul(text, NULL, 10);
		return NFS4_OK;
	case TIME_ACCESS_SET:
	case TIME_MODIFY_SET:
		if (xdr_u32(x) == 1) /* SET_TO_CLIENT_TIME4 */
			(void)xdr_fixed(x, 12);
		return NFS4_OK;
	default:
		return NFS4ERR_ATTRNOTSUPP;
	}
}

uint32_t nfs4_set_fattr(struct call *call, struct fs_node *node)
{
	struct xdr values = { 0 };
	uint32_t bits[2], len, status = NFS4_OK;

	nfs4_read_bitmap(&call->args, bits);
	values.at = xdr_opaque(&call->args, 4096, &len);
	values.left = len;
	if (call->args.bad || !node)
		return NFS4_OK;
	for (unsigned i = 0; i < 64 && status == NFS4_OK; i++) {
		if (bits[i / 32] & 1u << i % 32)
			status = set_attr(call, node, (enum attr)i, &values);
	}
	fs_touch(node, false);
	return values.bad ? NFS4ERR_BADXDR : status;
}
