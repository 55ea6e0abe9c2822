/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SERVER_NFS4_H
#define TESTS_SERVER_NFS4_H

/*
 * NFS version 4.0 (RFC 7530), and 4.1 and 4.2 as far as they are that in a session:
 * nfs4.c (COMPOUND, handles, directories), nfs4_file.c (open state and data, with
 * as little state as a client notices), nfs4_attr.c, nfs4_session.c.
 */

#include "tests/server/server.h"

enum nfs4_status {
	NFS4_OK = 0,
	NFS4ERR_NOFILEHANDLE = 10020,
	NFS4ERR_MINOR_VERS_MISMATCH = 10021,
	NFS4ERR_ATTRNOTSUPP = 10032,
	NFS4ERR_BADXDR = 10036,
	NFS4ERR_OP_ILLEGAL = 10044,
	NFS4ERR_OP_NOT_IN_SESSION = 10071, /* RFC 8881 */
};

struct compound {
	struct call *call;
	struct fs_node *current, *saved;
};

/* Append the results of @bits that we have of @node: fattr4. */
void nfs4_put_fattr(struct call *call, const struct fs_node *node,
		    const uint32_t bits[2]);
/* A bitmap4; words after the second one are skipped. */
void nfs4_read_bitmap(struct xdr *x, uint32_t bits[2]);
/* Read a fattr4 and put it on @node, which may be NULL: then it is only read. */
uint32_t nfs4_set_fattr(struct call *call, struct fs_node *node);

/* change_info4 of @dir, which was at @before. */
void nfs4_put_change(struct call *call, const struct fs_node *dir, uint64_t before);

/* Operations: each reads its arguments, appends its results, returns its status. */
uint32_t nfs4_open(struct compound *c);
uint32_t nfs4_open_confirm(struct compound *c);
uint32_t nfs4_close(struct compound *c);
uint32_t nfs4_read(struct compound *c);
uint32_t nfs4_write(struct compound *c);
uint32_t nfs4_commit(struct compound *c);
uint32_t nfs4_setclientid(struct compound *c);
uint32_t nfs4_setclientid_confirm(struct compound *c);
uint32_t nfs4_renew(struct compound *c);
uint32_t nfs4_exchange_id(struct compound *c);
uint32_t nfs4_create_session(struct compound *c);
uint32_t nfs4_destroy_session(struct compound *c);
uint32_t nfs4_free_stateid(struct compound *c);
uint32_t nfs4_secinfo_no_name(struct compound *c);
uint32_t nfs4_sequence(struct compound *c);
uint32_t nfs4_destroy_clientid(struct compound *c);
uint32_t nfs4_reclaim_complete(struct compound *c);

#endif
