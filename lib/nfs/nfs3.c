/* SPDX-License-Identifier: MIT */
#include "lib/nfs/nfs3.h"

#include <string.h>

#include <nfsc/libnfs-raw-nfs.h>
#include <nfsc/libnfs-zdr.h>

#include "lib/nfs/xdr.h"

const struct rpc_proc nfs3_null = { RPC_NFS, 3, 0 };
const struct rpc_proc nfs3_getattr = { RPC_NFS, 3, 1 };
const struct rpc_proc nfs3_lookup = { RPC_NFS, 3, 3 };
const struct rpc_proc nfs3_access = { RPC_NFS, 3, 4 };
const struct rpc_proc nfs3_read = { RPC_NFS, 3, 6 };
const struct rpc_proc nfs3_write = { RPC_NFS, 3, 7 };
const struct rpc_proc nfs3_create = { RPC_NFS, 3, 8 };
const struct rpc_proc nfs3_remove = { RPC_NFS, 3, 12 };
const struct rpc_proc nfs3_fsstat = { RPC_NFS, 3, 18 };
const struct rpc_proc nfs3_fsinfo = { RPC_NFS, 3, 19 };
const struct rpc_proc nfs3_commit = { RPC_NFS, 3, 21 };

static nfs_fh3 handle3(const struct nfs_handle *handle)
{
	return (nfs_fh3){ .data = { handle->len, (char *)handle->data } };
}

static void begin_put(ZDR *zdr, struct nfs_args to)
{
	zdrmem_create(zdr, to.buf, (uint32_t)to.size, ZDR_ENCODE);
}

static int end_put(ZDR *zdr, bool good)
{
	int len = good ? (int)zdr_getpos(zdr) : -1;

	zdr_destroy(zdr);
	return len;
}

int nfs3_put_handle(struct nfs_args to, const struct nfs_handle *handle)
{
	nfs_fh3 fh = handle3(handle);
	ZDR zdr;

	begin_put(&zdr, to);
	return end_put(&zdr, zdr_nfs_fh3(&zdr, &fh));
}

int nfs3_put_access(struct nfs_args to, const struct nfs_handle *handle, uint32_t bits)
{
	ACCESS3args args = { .object = handle3(handle), .access = bits };
	ZDR zdr;

	begin_put(&zdr, to);
	return end_put(&zdr, zdr_ACCESS3args(&zdr, &args));
}

int nfs3_put_lookup(struct nfs_args to, const struct nfs_handle *dir, const char *name)
{
	LOOKUP3args args = { .what = { .dir = handle3(dir), .name = (char *)name } };
	ZDR zdr;

	begin_put(&zdr, to);
	return end_put(&zdr, zdr_LOOKUP3args(&zdr, &args));
}

int nfs3_put_create(struct nfs_args to, const struct nfs_handle *dir, const char *name,
		    const char verf[NFS_VERF_SIZE])
{
	CREATE3args args = {
		.where = { .dir = handle3(dir), .name = (char *)name },
		.how = { .mode = EXCLUSIVE },
	};
	ZDR zdr;

	memcpy(args.how.createhow3_u.verf, verf, NFS_VERF_SIZE);
	begin_put(&zdr, to);
	return end_put(&zdr, zdr_CREATE3args(&zdr, &args));
}

int nfs3_put_remove(struct nfs_args to, const struct nfs_handle *dir, const char *name)
{
	REMOVE3args args = { .object = { .dir = handle3(dir), .name = (char *)name } };
	ZDR zdr;

	begin_put(&zdr, to);
	return end_put(&zdr, zdr_REMOVE3args(&zdr, &args));
}

int nfs3_put_write(struct nfs_args to, const struct nfs_handle *file,
		   const struct nfs3_range *range)
{
	WRITE3args args = {
		.file = handle3(file),
		.offset = range->offset,
		.count = range->count,
		.stable = range->durable ? FILE_SYNC : UNSTABLE,
		.data = { range->count, (char *)range->data },
	};
	ZDR zdr;

	begin_put(&zdr, to);
	return end_put(&zdr, zdr_WRITE3args(&zdr, &args));
}

int nfs3_put_commit(struct nfs_args to, const struct nfs_handle *file,
		    const struct nfs3_range *range)
{
	COMMIT3args args = {
		.file = handle3(file),
		.offset = range->offset,
		.count = range->count,
	};
	ZDR zdr;

	begin_put(&zdr, to);
	return end_put(&zdr, zdr_COMMIT3args(&zdr, &args));
}

int nfs3_put_read(struct nfs_args to, const struct nfs_handle *file,
		  const struct nfs3_range *range)
{
	READ3args args = {
		.file = handle3(file),
		.offset = range->offset,
		.count = range->count,
	};
	ZDR zdr;

	begin_put(&zdr, to);
	return end_put(&zdr, zdr_READ3args(&zdr, &args));
}

/*
 * The status comes first in every result.  What follows a failure is optional
 * attributes that some servers cut short, so it is not decoded.
 * Returns true if the rest is to be decoded, from the start.
 */
static bool begin_take(ZDR *zdr, char *body, size_t len, uint32_t *ret_status, bool *good)
{
	uint32_t status = 0;

	zdrmem_create(zdr, body, (uint32_t)len, ZDR_DECODE);
	*good = zdr_u_int(zdr, &status);
	if (*good)
		*ret_status = status;
	(void)zdr_setpos(zdr, 0);
	return *good && status == NFS3_OK;
}

/* libnfs does not look for the end of what has a fixed size. */
static bool whole(ZDR *zdr, size_t len, bool decoded)
{
	return decoded && zdr_getpos(zdr) <= len;
}

bool nfs3_take_status(char *body, size_t len, uint32_t *ret_status)
{
	bool good;
	ZDR zdr;

	(void)begin_take(&zdr, body, len, ret_status, &good);
	zdr_destroy(&zdr);
	return good;
}

static void copy_attr(const fattr3 *from, struct nfs3_attr *to)
{
	*to = (struct nfs3_attr){
		.known = true,
		.mode = from->mode,
		.uid = from->uid,
		.gid = from->gid,
		.fsid = from->fsid,
		.fileid = from->fileid,
		.is_directory = from->type == NF3DIR,
	};
}

/* ftype3, RFC 1813, 2.5 */
static bool is_type(ftype3 type)
{
	return type >= NF3REG && type <= NF3FIFO;
}

bool nfs3_take_getattr(char *body, size_t len, uint32_t *ret_status,
		       struct nfs3_attr *ret)
{
	GETATTR3res res = { 0 };
	bool good;
	ZDR zdr;

	if (begin_take(&zdr, body, len, ret_status, &good)) {
		good = whole(&zdr, len, zdr_GETATTR3res(&zdr, &res)) &&
		       is_type(res.GETATTR3res_u.resok.obj_attributes.type);
		if (good)
			copy_attr(&res.GETATTR3res_u.resok.obj_attributes, ret);
	}
	zdr_destroy(&zdr);
	return good;
}

bool nfs3_take_fsstat(char *body, size_t len, uint32_t *ret_status,
		      struct nfs3_space *ret)
{
	FSSTAT3res res = { 0 };
	const FSSTAT3resok *ok = &res.FSSTAT3res_u.resok;
	bool good;
	ZDR zdr;

	if (begin_take(&zdr, body, len, ret_status, &good)) {
		good = whole(&zdr, len, zdr_FSSTAT3res(&zdr, &res));
		if (good)
			*ret = (struct nfs3_space){
				.total_bytes = ok->tbytes,
				.free_bytes = ok->abytes,
				.total_files = ok->tfiles,
				.free_files = ok->afiles,
			};
	}
	zdr_destroy(&zdr);
	return good;
}

bool nfs3_take_access(char *body, size_t len, uint32_t *ret_status, uint32_t *ret_bits)
{
	ACCESS3res res = { 0 };
	bool good;
	ZDR zdr;

	if (begin_take(&zdr, body, len, ret_status, &good)) {
		good = whole(&zdr, len, zdr_ACCESS3res(&zdr, &res));
		if (good)
			*ret_bits = res.ACCESS3res_u.resok.access;
	}
	zdr_destroy(&zdr);
	return good;
}

static bool take_handle(ZDR *zdr, struct nfs_handle *ret)
{
	char *data;

	*ret = (struct nfs_handle){ 0 };
	if (!xdr_take_opaque(zdr, NFS3_FHSIZE, &data, &ret->len) || ret->len == 0)
		return false;
	memcpy(ret->data, data, ret->len);
	return true;
}

/* post_op_fh3 */
static bool take_file(ZDR *zdr, struct nfs_handle *ret)
{
	uint32_t follows;

	*ret = (struct nfs_handle){ 0 };
	if (!zdr_u_int(zdr, &follows))
		return false;
	return !follows || take_handle(zdr, ret);
}

/* The attributes that follow are of no use, and some servers leave them out. */
bool nfs3_take_lookup(char *body, size_t len, uint32_t *ret_status,
		      struct nfs_handle *ret_file)
{
	bool good;
	ZDR zdr;

	if (begin_take(&zdr, body, len, ret_status, &good)) {
		(void)zdr_setpos(&zdr, 4);
		good = take_handle(&zdr, ret_file);
	}
	zdr_destroy(&zdr);
	return good;
}

bool nfs3_take_create(char *body, size_t len, uint32_t *ret_status,
		      struct nfs_handle *ret_file, struct nfs3_attr *ret_attr)
{
	post_op_attr attr = { 0 };
	wcc_data wcc = { 0 };
	bool good;
	ZDR zdr;

	if (begin_take(&zdr, body, len, ret_status, &good)) {
		(void)zdr_setpos(&zdr, 4);
		good = take_file(&zdr, ret_file) && zdr_post_op_attr(&zdr, &attr) &&
		       whole(&zdr, len, zdr_wcc_data(&zdr, &wcc));
		*ret_attr = (struct nfs3_attr){ 0 };
		if (good && attr.attributes_follow)
			copy_attr(&attr.post_op_attr_u.attributes, ret_attr);
	}
	zdr_destroy(&zdr);
	return good;
}

bool nfs3_take_write(char *body, size_t len, uint32_t *ret_status, uint32_t *ret_count,
		     char ret_verf[NFS_VERF_SIZE])
{
	WRITE3res res = { 0 };
	bool good;
	ZDR zdr;

	if (begin_take(&zdr, body, len, ret_status, &good)) {
		good = whole(&zdr, len, zdr_WRITE3res(&zdr, &res));
		if (good) {
			*ret_count = res.WRITE3res_u.resok.count;
			memcpy(ret_verf, res.WRITE3res_u.resok.verf, NFS_VERF_SIZE);
		}
	}
	zdr_destroy(&zdr);
	return good;
}

bool nfs3_take_commit(char *body, size_t len, uint32_t *ret_status,
		      char ret_verf[NFS_VERF_SIZE])
{
	COMMIT3res res = { 0 };
	bool good;
	ZDR zdr;

	if (begin_take(&zdr, body, len, ret_status, &good)) {
		good = whole(&zdr, len, zdr_COMMIT3res(&zdr, &res));
		if (good)
			memcpy(ret_verf, res.COMMIT3res_u.resok.verf, NFS_VERF_SIZE);
	}
	zdr_destroy(&zdr);
	return good;
}

bool nfs3_take_read(char *body, size_t len, uint32_t *ret_status,
		    const struct nfs3_range *range, bool *ret_same)
{
	uint32_t count, eof, data_len;
	post_op_attr attr = { 0 };
	char *data;
	bool good;
	ZDR zdr;

	if (begin_take(&zdr, body, len, ret_status, &good)) {
		(void)zdr_setpos(&zdr, 4);
		good = zdr_post_op_attr(&zdr, &attr) && zdr_u_int(&zdr, &count) &&
		       zdr_u_int(&zdr, &eof) &&
		       xdr_take_opaque(&zdr, RPC_RECORD_MAX, &data, &data_len);
		if (good)
			*ret_same = data_len == range->count &&
				    memcmp(data, range->data, range->count) == 0;
	}
	zdr_destroy(&zdr);
	return good;
}
