/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_NFS3_H
#define LIB_NFS_NFS3_H

/*
 * NFS version 3, RFC 1813: the procedures that a probe calls.  nfs3_put_…: the
 * arguments in XDR; they return the length, or -1 if they do not fit.
 * nfs3_take_…: false if @body is no such result; the other results are only set
 * for status 0.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/nfs/handle.h"
#include "lib/nfs/rpc.h"

extern const struct rpc_proc nfs3_null, nfs3_getattr, nfs3_fsinfo, nfs3_fsstat,
	nfs3_access, nfs3_lookup, nfs3_create, nfs3_write, nfs3_commit, nfs3_read,
	nfs3_remove;

#define NFS_VERF_SIZE 8

/* Where XDR goes. */
struct nfs_args {
	char *buf;
	size_t size;
};

struct nfs3_attr {
	bool known;
	uint32_t mode, uid, gid;
	uint64_t fsid, fileid;
	bool is_directory;
};

struct nfs3_space {
	uint64_t total_bytes, free_bytes; /* free: for the caller, not for root */
	uint64_t total_files, free_files; /* total 0: not counted */
};

struct nfs3_range {
	uint64_t offset;
	uint32_t count;
	const char *data; /* WRITE only */
	bool durable;     /* WRITE only: on the disk before it is answered, FILE_SYNC */
};

/* Of GETATTR, FSINFO, FSSTAT. */
int nfs3_put_handle(struct nfs_args to, const struct nfs_handle *handle);
int nfs3_put_access(struct nfs_args to, const struct nfs_handle *handle, uint32_t bits);
int nfs3_put_lookup(struct nfs_args to, const struct nfs_handle *dir, const char *name);
/* EXCLUSIVE: fails if @name is there, and may be repeated with the same @verf. */
int nfs3_put_create(struct nfs_args to, const struct nfs_handle *dir, const char *name,
		    const char verf[NFS_VERF_SIZE]);
int nfs3_put_remove(struct nfs_args to, const struct nfs_handle *dir, const char *name);
/* UNSTABLE unless durable: the COMMIT is what reaches the disk. */
int nfs3_put_write(struct nfs_args to, const struct nfs_handle *file,
		   const struct nfs3_range *range);
int nfs3_put_commit(struct nfs_args to, const struct nfs_handle *file,
		    const struct nfs3_range *range);
int nfs3_put_read(struct nfs_args to, const struct nfs_handle *file,
		  const struct nfs3_range *range);

/* Of what has no result but its status that is needed: FSINFO, REMOVE. */
bool nfs3_take_status(char *body, size_t len, uint32_t *ret_status);
bool nfs3_take_getattr(char *body, size_t len, uint32_t *ret_status,
		       struct nfs3_attr *ret);
bool nfs3_take_fsstat(char *body, size_t len, uint32_t *ret_status,
		      struct nfs3_space *ret);
bool nfs3_take_access(char *body, size_t len, uint32_t *ret_status, uint32_t *ret_bits);
bool nfs3_take_lookup(char *body, size_t len, uint32_t *ret_status,
		      struct nfs_handle *ret_file);
/* @ret_file: length 0 if the server does not tell; @ret_attr likewise unknown. */
bool nfs3_take_create(char *body, size_t len, uint32_t *ret_status,
		      struct nfs_handle *ret_file, struct nfs3_attr *ret_attr);
bool nfs3_take_write(char *body, size_t len, uint32_t *ret_status, uint32_t *ret_count,
		     char ret_verf[NFS_VERF_SIZE]);
bool nfs3_take_commit(char *body, size_t len, uint32_t *ret_status,
		      char ret_verf[NFS_VERF_SIZE]);
/* @ret_same: the bytes are those of @range. */
bool nfs3_take_read(char *body, size_t len, uint32_t *ret_status,
		    const struct nfs3_range *range, bool *ret_same);

#endif
