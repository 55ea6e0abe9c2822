/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_NFS4_H
#define LIB_NFS_NFS4_H

/*
 * NFS version 4.0 (RFC 7530), 4.1 (RFC 8881) and 4.2 (RFC 7862): the compounds
 * that a probe sends.  nfs4_put_…: arguments in XDR; they return the length, or -1
 * if they do not fit.  nfs4_take_…: false if @body is no such result; else @ret
 * says how the compound ended, and the other results are only set for status 0.
 *
 * libnfs knows the operations of 4.0; those for sessions are coded here.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/nfs/handle.h"
#include "lib/nfs/nfs3.h"
#include "lib/nfs/rpc.h"

extern const struct rpc_proc nfs4_null, nfs4_compound;

#define NFS4_SESSION_SIZE 16

/* How a compound begins: with SEQUENCE from 4.1 on. */
struct nfs4_head {
	uint32_t minor;
	bool sequence;
	char session[NFS4_SESSION_SIZE];
	uint32_t slot, seqid, highest_slot;
};

/* How a compound ended: the status, and the operation that had it. */
struct nfs4_end {
	uint32_t status;
	uint32_t op; /* 0: none was executed */
};

/* "LOOKUP"; "COMPOUND" for 0, "?" for one that we do not send. */
const char *nfs4_op_name(uint32_t op);

/* --- a client: 4.0 --- */

struct nfs4_client {
	uint64_t id;
	char confirm[NFS_VERF_SIZE]; /* 4.0 */
	uint32_t seqid;              /* 4.1: of CREATE_SESSION */
};

/* @owner: a name that nobody else uses, @verf: new at each start of its owner. */
int nfs4_put_setclientid(struct nfs_args to, const char *owner,
			 const char verf[NFS_VERF_SIZE]);
bool nfs4_take_setclientid(char *body, size_t len, struct nfs4_end *ret,
			   struct nfs4_client *ret_client);

/* --- a client and its session: 4.1 and later --- */

int nfs4_put_exchange_id(struct nfs_args to, uint32_t minor, const char *owner,
			 const char verf[NFS_VERF_SIZE]);
bool nfs4_take_exchange_id(char *body, size_t len, struct nfs4_end *ret,
			   struct nfs4_client *ret_client);
int nfs4_put_create_session(struct nfs_args to, uint32_t minor,
			    const struct nfs4_client *client, uint32_t slots);
/* @ret_slots: how many the server grants. */
bool nfs4_take_create_session(char *body, size_t len, struct nfs4_end *ret,
			      char ret_session[NFS4_SESSION_SIZE], uint32_t *ret_slots);
int nfs4_put_destroy_session(struct nfs_args to, uint32_t minor,
			     const char session[NFS4_SESSION_SIZE]);
int nfs4_put_destroy_clientid(struct nfs_args to, uint32_t minor, uint64_t client);

/* --- the root of the export --- */

struct nfs4_attr {
	bool has_type, is_directory;
	bool has_fsid;
	uint64_t fsid[2];
	bool has_fileid;
	uint64_t fileid;
	bool has_bytes;
	uint64_t total_bytes, free_bytes; /* free: for the caller */
	bool has_files;
	uint64_t total_files, free_files;
	bool has_mode;
	uint32_t mode;
	bool has_owner; /* as a number */
	uint32_t owner;
	bool has_group;
	uint32_t group;
	bool owner_is_nobody; /* "nobody", "nobody@…", "nfsnobody" */
};

struct nfs4_root {
	struct nfs_handle handle;
	struct nfs4_attr attr;
	uint32_t access; /* PROBE_ACCESS_… */
};

/* The values of @mask, as GETATTR returns them (RFC 8881, section 3.3.9). */
bool nfs4_attr_parse(const uint32_t mask[2], char *vals, size_t len,
		     struct nfs4_attr *ret) __attribute__((nonnull));

/*
 * PUTROOTFH, LOOKUP of each part of @path, GETFH, GETATTR, ACCESS.
 * @reclaim: RECLAIM_COMPLETE before it, without which 4.1 allows no OPEN.
 */
int nfs4_put_look(struct nfs_args to, const struct nfs4_head *head, const char *path,
		  bool reclaim);
bool nfs4_take_look(char *body, size_t len, struct nfs4_end *ret,
		    struct nfs4_root *ret_root);

/* --- the canary --- */

struct nfs4_stateid {
	uint32_t seqid;
	char other[12];
};

struct nfs4_open {
	const struct nfs_handle *dir;
	const char *name;
	const char *owner;         /* as for the client */
	struct nfs4_client client; /* 4.0: SETCLIENTID_CONFIRM goes before */
};

struct nfs4_opened {
	struct nfs4_stateid stateid;
	bool confirm; /* 4.0: OPEN_CONFIRM is wanted */
	struct nfs_handle file;
	struct nfs4_attr attr;
};

/* Create @open->name, which must not exist (GUARDED), and open it to write. */
int nfs4_put_open(struct nfs_args to, const struct nfs4_head *head,
		  const struct nfs4_open *open);
bool nfs4_take_open(char *body, size_t len, struct nfs4_end *ret,
		    struct nfs4_opened *ret_opened);
int nfs4_put_open_confirm(struct nfs_args to, const struct nfs4_head *head,
			  const struct nfs4_opened *opened);
bool nfs4_take_open_confirm(char *body, size_t len, struct nfs4_end *ret,
			    struct nfs4_stateid *ret_stateid);
int nfs4_put_write(struct nfs_args to, const struct nfs4_head *head,
		   const struct nfs4_opened *opened, const struct nfs3_range *range);
bool nfs4_take_write(char *body, size_t len, struct nfs4_end *ret, uint32_t *ret_count,
		     char ret_verf[NFS_VERF_SIZE]);
int nfs4_put_commit(struct nfs_args to, const struct nfs4_head *head,
		    const struct nfs4_opened *opened, const struct nfs3_range *range);
bool nfs4_take_commit(char *body, size_t len, struct nfs4_end *ret,
		      char ret_verf[NFS_VERF_SIZE]);
int nfs4_put_read(struct nfs_args to, const struct nfs4_head *head,
		  const struct nfs4_opened *opened, const struct nfs3_range *range);
bool nfs4_take_read(char *body, size_t len, struct nfs4_end *ret,
		    const struct nfs3_range *range, bool *ret_same);
/* CLOSE of the file, then REMOVE of its name.  @seqid: 4.0, of the open owner. */
int nfs4_put_close_remove(struct nfs_args to, const struct nfs4_head *head,
			  const struct nfs4_open *open, const struct nfs4_opened *opened,
			  uint32_t seqid);
int nfs4_put_remove(struct nfs_args to, const struct nfs4_head *head,
		    const struct nfs_handle *dir, const char *name);
/* Of what has no result but how it ended. */
bool nfs4_take_end(char *body, size_t len, struct nfs4_end *ret);

#endif
