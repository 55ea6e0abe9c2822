/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SERVER_NFS3_H
#define TESTS_SERVER_NFS3_H

/* NFS version 3 (RFC 1813), shared by nfs3.c (table, files) and nfs3_dir.c. */

#include "tests/server/server.h"

/* Read a handle; returns NULL, and says the status in @ret, when it has no node. */
struct fs_node *nfs3_handle(struct call *call, enum fs_status *ret);

/* A procedure's status, and for a failure its @words absent attributes.  True: go on. */
bool nfs3_status(struct call *call, enum fs_status status, unsigned words);

void nfs3_put_fattr(struct call *call, const struct fs_node *node);
/* post_op_attr, present */
void nfs3_put_attr(struct call *call, const struct fs_node *node);
/* wcc_data: no pre_op_attr, post_op_attr of @node */
void nfs3_put_wcc(struct call *call, const struct fs_node *node);

/* sattr3, as read, and put on @node. */
struct nfs3_sattr {
	bool set_mode, set_uid, set_gid, set_size;
	uint32_t mode, uid, gid;
	uint64_t size;
};
void nfs3_read_sattr(struct xdr *x, struct nfs3_sattr *ret);
enum fs_status nfs3_set_attr(struct call *call, struct fs_node *node,
			     const struct nfs3_sattr *sattr);

/* nfs3_dir.c */
void nfs3_lookup(struct call *call);
void nfs3_create(struct call *call);
void nfs3_mkdir(struct call *call);
void nfs3_remove(struct call *call);
void nfs3_rename(struct call *call);
void nfs3_readdir(struct call *call);
void nfs3_readdirplus(struct call *call);

#endif
