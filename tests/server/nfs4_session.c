/* SPDX-License-Identifier: MIT */
#include "tests/server/nfs4.h"

/*
 * Sessions of NFS 4.1 and 4.2 (RFC 8881, 18.35 and following).  Nothing is kept of
 * them: every session is known, no slot is full, no call is a retransmission.
 */

#define SESSIONID_SIZE 16u
#define OWNER_MAX 1024u
#define CHANNEL_WORDS 6

/* channel_attrs4 as asked for: granted, without RDMA. */
static void echo_channel(struct call *call)
{
	struct xdr *x = &call->args;
	uint32_t rdma;

	for (int i = 0; i < CHANNEL_WORDS; i++)
		xdr_put_u32(&call->body, xdr_u32(x));
	rdma = xdr_u32(x);
	if (rdma > 1)
		x->bad = true;
	else if (rdma == 1)
		(void)xdr_u32(x);
	xdr_put_u32(&call->body, 0);
}

uint32_t nfs4_exchange_id(struct compound *c)
{
	struct xdr *x = &c->call->args;
	struct strbuf *out = &c->call->body;
	uint32_t len;

	(void)xdr_u64(x); /* verifier */
	(void)xdr_opaque(x, OWNER_MAX, &len);
	(void)xdr_u32(x); /* flags */
	if (xdr_u32(x) != 0)
		return FS_NOTSUPP; /* only SP4_NONE */
	if (xdr_u32(x) == 1) {
		(void)xdr_opaque(x, OWNER_MAX, &len);
		(void)xdr_opaque(x, OWNER_MAX, &len);
		(void)xdr_fixed(x, 12);
	}
	xdr_put_u64(out, 1);          /* clientid */
	xdr_put_u32(out, 1);          /* sequence of CREATE_SESSION */
	xdr_put_u32(out, 0x00010000); /* EXCHGID4_FLAG_USE_NON_PNFS */
	xdr_put_u32(out, 0);          /* SP4_NONE */
	xdr_put_u64(out, 0);          /* so_minor_id */
	xdr_put_string(out, "nfsafe test server");
	xdr_put_string(out, "nfsafe test server");
	xdr_put_u32(out, 0);
	return NFS4_OK;
}

/* callback_sec_parms4 */
static void skip_security(struct xdr *x)
{
	uint32_t count = xdr_u32(x), len, groups;

	for (uint32_t i = 0; i < count && !x->bad; i++) {
		if (xdr_u32(x) != 1)
			continue; /* AUTH_NONE has nothing more */
		(void)xdr_u32(x); /* AUTH_SYS: stamp */
		(void)xdr_opaque(x, 255, &len);
		(void)xdr_u64(x); /* uid, gid */
		groups = xdr_u32(x);
		for (uint32_t j = 0; j < groups && !x->bad; j++)
			(void)xdr_u32(x);
	}
}

uint32_t nfs4_create_session(struct compound *c)
{
	struct xdr *x = &c->call->args;
	struct strbuf *out = &c->call->body;
	uint32_t sequence;

	(void)xdr_u64(x); /* clientid */
	sequence = xdr_u32(x);
	(void)xdr_u32(x); /* flags */
	xdr_put_fixed(out, "nfsafe's session", SESSIONID_SIZE);
	xdr_put_u32(out, sequence);
	xdr_put_u32(out, 0); /* neither persistent nor with a back channel */
	echo_channel(c->call);
	echo_channel(c->call);
	(void)xdr_u32(x); /* callback program */
	skip_security(x);
	return NFS4_OK;
}

uint32_t nfs4_destroy_session(struct compound *c)
{
	(void)xdr_fixed(&c->call->args, SESSIONID_SIZE);
	return NFS4_OK;
}

uint32_t nfs4_sequence(struct compound *c)
{
	struct xdr *x = &c->call->args;
	struct strbuf *out = &c->call->body;
	const uint8_t *session = xdr_fixed(x, SESSIONID_SIZE);
	uint32_t sequence = xdr_u32(x), slot = xdr_u32(x), highest = xdr_u32(x);

	(void)xdr_u32(x); /* cachethis */
	if (x->bad)
		return NFS4ERR_BADXDR;
	xdr_put_fixed(out, session, SESSIONID_SIZE);
	xdr_put_u32(out, sequence);
	xdr_put_u32(out, slot);
	xdr_put_u32(out, highest);
	xdr_put_u32(out, highest);
	xdr_put_u32(out, 0); /* status flags */
	return NFS4_OK;
}

uint32_t nfs4_destroy_clientid(struct compound *c)
{
	(void)xdr_u64(&c->call->args);
	return NFS4_OK;
}

uint32_t nfs4_reclaim_complete(struct compound *c)
{
	(void)xdr_u32(&c->call->args);
	return NFS4_OK;
}

uint32_t nfs4_free_stateid(struct compound *c)
{
	(void)xdr_fixed(&c->call->args, 16);
	return NFS4_OK;
}

uint32_t nfs4_secinfo_no_name(struct compound *c)
{
	(void)xdr_u32(&c->call->args);
	xdr_put_u32(&c->call->body, 1);
	xdr_put_u32(&c->call->body, 1); /* AUTH_SYS */
	c->current = NULL;              /* RFC 8881, 18.45.3 */
	return NFS4_OK;
}
