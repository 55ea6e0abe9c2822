/* SPDX-License-Identifier: MIT */
#include "lib/nfs/nfs4.h"

#include <string.h>

#include <nfsc/libnfs-raw-nfs4.h>
#include <nfsc/libnfs-zdr.h>

#include "lib/nfs/nfs4_op.h"
#include "lib/nfs/report.h"

const struct rpc_proc nfs4_null = { RPC_NFS, 4, 0 };
const struct rpc_proc nfs4_compound = { RPC_NFS, 4, 1 };

#define WORD_BIT(attr) (1U << ((attr) % 32))

/* The attributes that we ask for, by the word of the bitmap that they are in. */
static const uint32_t wanted_attrs[2] = {
	WORD_BIT(NFS4_ATTR_TYPE) | WORD_BIT(NFS4_ATTR_FSID) | WORD_BIT(NFS4_ATTR_FILEID) |
		WORD_BIT(NFS4_ATTR_FILES_AVAIL) | WORD_BIT(NFS4_ATTR_FILES_TOTAL),
	WORD_BIT(NFS4_ATTR_MODE) | WORD_BIT(NFS4_ATTR_OWNER) |
		WORD_BIT(NFS4_ATTR_OWNER_GROUP) | WORD_BIT(NFS4_ATTR_SPACE_AVAIL) |
		WORD_BIT(NFS4_ATTR_SPACE_TOTAL),
};

/* A compound under construction. */
struct put {
	ZDR zdr;
	uint32_t count_at; /* where the number of operations goes */
	uint32_t n;
	bool good;
};

static void word(struct put *p, uint32_t value)
{
	p->good = p->good && zdr_u_int(&p->zdr, &value);
}

static void dword(struct put *p, uint64_t value)
{
	p->good = p->good && zdr_uint64_t(&p->zdr, &value);
}

/* zdr_opaque() does not look at the size of the buffer. */
static void fixed(struct put *p, const char *data, uint32_t len)
{
	p->good = p->good && zdr_getpos(&p->zdr) + len + 3 < (uint32_t)p->zdr.size &&
		  zdr_opaque(&p->zdr, (char *)data, len);
}

static void opaque(struct put *p, const char *data, uint32_t len)
{
	word(p, len);
	fixed(p, data, len);
}

/* The number of an operation whose arguments follow by hand. */
static void own_op(struct put *p, uint32_t op)
{
	word(p, op);
	p->n++;
}

/* An operation that libnfs knows. */
static void op(struct put *p, nfs_argop4 *arg)
{
	p->good = p->good && zdr_nfs_argop4(&p->zdr, arg);
	p->n++;
}

static void plain_op(struct put *p, nfs_opnum4 number)
{
	nfs_argop4 arg = { .argop = number };

	op(p, &arg);
}

static void begin(struct put *p, struct nfs_args to, uint32_t minor)
{
	*p = (struct put){ .good = true };
	zdrmem_create(&p->zdr, to.buf, (uint32_t)to.size, ZDR_ENCODE);
	word(p, 0); /* tag: none */
	word(p, minor);
	p->count_at = zdr_getpos(&p->zdr);
	word(p, 0);
}

static void begin_head(struct put *p, struct nfs_args to, const struct nfs4_head *head)
{
	begin(p, to, head->minor);
	if (!head->sequence)
		return;
	own_op(p, NFS4_OP_SEQUENCE);
	fixed(p, head->session, NFS4_SESSION_SIZE);
	word(p, head->seqid);
	word(p, head->slot);
	word(p, head->highest_slot);
	word(p, 0); /* not to be cached: we never repeat a call */
}

static int end(struct put *p)
{
	uint32_t len = zdr_getpos(&p->zdr);
	bool good = p->good;

	(void)zdr_setpos(&p->zdr, p->count_at);
	word(p, p->n);
	zdr_destroy(&p->zdr);
	return good ? (int)len : -1;
}

static void putfh(struct put *p, const struct nfs_handle *handle)
{
	nfs_argop4 arg = { .argop = OP_PUTFH };

	arg.nfs_argop4_u.opputfh.object.nfs_fh4_len = handle->len;
	arg.nfs_argop4_u.opputfh.object.nfs_fh4_val = (char *)handle->data;
	op(p, &arg);
}

static void lookup_path(struct put *p, const char *path)
{
	while (*path) {
		size_t len = strcspn(path, "/");
		nfs_argop4 arg = { .argop = OP_LOOKUP };

		if (len > 0) {
			arg.nfs_argop4_u.oplookup.objname.utf8string_len = (u_int)len;
			arg.nfs_argop4_u.oplookup.objname.utf8string_val = (char *)path;
			op(p, &arg);
		}
		path += len + (path[len] == '/');
	}
}

static void getattr(struct put *p)
{
	nfs_argop4 arg = { .argop = OP_GETATTR };

	arg.nfs_argop4_u.opgetattr.attr_request.bitmap4_len = 2;
	arg.nfs_argop4_u.opgetattr.attr_request.bitmap4_val = (uint32_t *)wanted_attrs;
	op(p, &arg);
}

int nfs4_put_setclientid(struct nfs_args to, const char *owner,
			 const char verf[NFS_VERF_SIZE])
{
	nfs_argop4 arg = { .argop = OP_SETCLIENTID };
	SETCLIENTID4args *a = &arg.nfs_argop4_u.opsetclientid;
	struct put p;

	memcpy(a->client.verifier, verf, NFS_VERF_SIZE);
	a->client.id.id_len = (u_int)strlen(owner);
	a->client.id.id_val = (char *)owner;
	/* Nobody listens for callbacks, so the server grants no delegation. */
	a->callback.cb_location.r_netid = (char *)"tcp";
	a->callback.cb_location.r_addr = (char *)"0.0.0.0.0.0";
	begin(&p, to, 0);
	op(&p, &arg);
	return end(&p);
}

int nfs4_put_exchange_id(struct nfs_args to, uint32_t minor, const char *owner,
			 const char verf[NFS_VERF_SIZE])
{
	struct put p;

	begin(&p, to, minor);
	own_op(&p, NFS4_OP_EXCHANGE_ID);
	fixed(&p, verf, NFS_VERF_SIZE);
	opaque(&p, owner, (uint32_t)strlen(owner));
	word(&p, 0); /* flags */
	word(&p, 0); /* SP4_NONE */
	word(&p, 0); /* no name of the implementation */
	return end(&p);
}

/* channel_attrs4: small requests, and no RDMA. */
static void channel(struct put *p, uint32_t slots)
{
	word(p, 0);         /* header padding */
	word(p, 64 * 1024); /* request */
	word(p, 64 * 1024); /* response */
	word(p, 4 * 1024);  /* cached response */
	word(p, 64);        /* operations */
	word(p, slots);
	word(p, 0); /* rdma_ird */
}

int nfs4_put_create_session(struct nfs_args to, uint32_t minor,
			    const struct nfs4_client *client, uint32_t slots)
{
	struct put p;

	begin(&p, to, minor);
	own_op(&p, NFS4_OP_CREATE_SESSION);
	dword(&p, client->id);
	word(&p, client->seqid);
	word(&p, 0); /* neither persistent nor with a back channel */
	channel(&p, slots);
	channel(&p, 1);
	word(&p, 0); /* callback program */
	word(&p, 1); /* callback security: AUTH_NONE */
	word(&p, 0);
	return end(&p);
}

int nfs4_put_destroy_session(struct nfs_args to, uint32_t minor,
			     const char session[NFS4_SESSION_SIZE])
{
	struct put p;

	begin(&p, to, minor);
	own_op(&p, NFS4_OP_DESTROY_SESSION);
	fixed(&p, session, NFS4_SESSION_SIZE);
	return end(&p);
}

int nfs4_put_destroy_clientid(struct nfs_args to, uint32_t minor, uint64_t client)
{
	struct put p;

	begin(&p, to, minor);
	own_op(&p, NFS4_OP_DESTROY_CLIENTID);
	dword(&p, client);
	return end(&p);
}

int nfs4_put_look(struct nfs_args to, const struct nfs4_head *head, const char *path,
		  bool reclaim)
{
	nfs_argop4 access = { .argop = OP_ACCESS };
	struct put p;

	access.nfs_argop4_u.opaccess.access = PROBE_ACCESS_READ | PROBE_ACCESS_LOOKUP |
					      PROBE_ACCESS_MODIFY | PROBE_ACCESS_EXTEND |
					      PROBE_ACCESS_DELETE;
	begin_head(&p, to, head);
	if (reclaim) {
		own_op(&p, NFS4_OP_RECLAIM_COMPLETE);
		word(&p, 0); /* of all file systems */
	}
	plain_op(&p, OP_PUTROOTFH);
	lookup_path(&p, path);
	plain_op(&p, OP_GETFH);
	getattr(&p);
	op(&p, &access);
	return end(&p);
}

/* fattr4 with mode 0600 and nothing else. */
static void set_create_attrs(fattr4 *attrs, uint32_t mask[2], char mode[4])
{
	static const char mode_0600[4] = { 0, 0, 1, (char)0x80 };

	mask[0] = 0;
	mask[1] = WORD_BIT(NFS4_ATTR_MODE);
	memcpy(mode, mode_0600, 4);
	attrs->attrmask.bitmap4_len = 2;
	attrs->attrmask.bitmap4_val = mask;
	attrs->attr_vals.attrlist4_len = 4;
	attrs->attr_vals.attrlist4_val = mode;
}

int nfs4_put_open(struct nfs_args to, const struct nfs4_head *head,
		  const struct nfs4_open *open)
{
	nfs_argop4 confirm = { .argop = OP_SETCLIENTID_CONFIRM };
	nfs_argop4 arg = { .argop = OP_OPEN };
	OPEN4args *a = &arg.nfs_argop4_u.opopen;
	uint32_t mask[2];
	char mode[4];
	struct put p;

	confirm.nfs_argop4_u.opsetclientid_confirm.clientid = open->client.id;
	memcpy(confirm.nfs_argop4_u.opsetclientid_confirm.setclientid_confirm,
	       open->client.confirm, NFS_VERF_SIZE);
	a->share_access = OPEN4_SHARE_ACCESS_BOTH;
	a->share_deny = OPEN4_SHARE_DENY_NONE;
	/* With a session the server knows whose it is. */
	a->owner.clientid = head->sequence ? 0 : open->client.id;
	a->owner.owner.owner_len = (u_int)strlen(open->owner);
	a->owner.owner.owner_val = (char *)open->owner;
	a->openhow.opentype = OPEN4_CREATE;
	a->openhow.openflag4_u.how.mode = GUARDED4;
	set_create_attrs(&a->openhow.openflag4_u.how.createhow4_u.createattrs, mask,
			 mode);
	a->claim.claim = CLAIM_NULL;
	a->claim.open_claim4_u.file.utf8string_len = (u_int)strlen(open->name);
	a->claim.open_claim4_u.file.utf8string_val = (char *)open->name;

	begin_head(&p, to, head);
	if (!head->sequence)
		op(&p, &confirm);
	putfh(&p, open->dir);
	op(&p, &arg);
	plain_op(&p, OP_GETFH);
	getattr(&p);
	return end(&p);
}

static stateid4 stateid(const struct nfs4_stateid *from)
{
	stateid4 to = { .seqid = from->seqid };

	memcpy(to.other, from->other, sizeof(to.other));
	return to;
}

int nfs4_put_open_confirm(struct nfs_args to, const struct nfs4_head *head,
			  const struct nfs4_opened *opened)
{
	nfs_argop4 arg = { .argop = OP_OPEN_CONFIRM };
	struct put p;

	arg.nfs_argop4_u.opopen_confirm.open_stateid = stateid(&opened->stateid);
	arg.nfs_argop4_u.opopen_confirm.seqid = 1;
	begin_head(&p, to, head);
	putfh(&p, &opened->file);
	op(&p, &arg);
	return end(&p);
}

int nfs4_put_write(struct nfs_args to, const struct nfs4_head *head,
		   const struct nfs4_opened *opened, const struct nfs3_range *range)
{
	nfs_argop4 arg = { .argop = OP_WRITE };
	WRITE4args *a = &arg.nfs_argop4_u.opwrite;
	struct put p;

	a->stateid = stateid(&opened->stateid);
	a->offset = range->offset;
	a->stable = range->durable ? FILE_SYNC4 : UNSTABLE4;
	a->data.data_len = range->count;
	a->data.data_val = (char *)range->data;
	begin_head(&p, to, head);
	putfh(&p, &opened->file);
	op(&p, &arg);
	return end(&p);
}

int nfs4_put_commit(struct nfs_args to, const struct nfs4_head *head,
		    const struct nfs4_opened *opened, const struct nfs3_range *range)
{
	nfs_argop4 arg = { .argop = OP_COMMIT };
	struct put p;

	arg.nfs_argop4_u.opcommit.offset = range->offset;
	arg.nfs_argop4_u.opcommit.count = range->count;
	begin_head(&p, to, head);
	putfh(&p, &opened->file);
	op(&p, &arg);
	return end(&p);
}

int nfs4_put_read(struct nfs_args to, const struct nfs4_head *head,
		  const struct nfs4_opened *opened, const struct nfs3_range *range)
{
	nfs_argop4 arg = { .argop = OP_READ };
	struct put p;

	arg.nfs_argop4_u.opread.stateid = stateid(&opened->stateid);
	arg.nfs_argop4_u.opread.offset = range->offset;
	arg.nfs_argop4_u.opread.count = range->count;
	begin_head(&p, to, head);
	putfh(&p, &opened->file);
	op(&p, &arg);
	return end(&p);
}

static void remove_name(struct put *p, const struct nfs_handle *dir, const char *name)
{
	nfs_argop4 arg = { .argop = OP_REMOVE };

	arg.nfs_argop4_u.opremove.target.utf8string_len = (u_int)strlen(name);
	arg.nfs_argop4_u.opremove.target.utf8string_val = (char *)name;
	putfh(p, dir);
	op(p, &arg);
}

int nfs4_put_close_remove(struct nfs_args to, const struct nfs4_head *head,
			  const struct nfs4_open *open, const struct nfs4_opened *opened,
			  uint32_t seqid)
{
	nfs_argop4 arg = { .argop = OP_CLOSE };
	struct put p;

	arg.nfs_argop4_u.opclose.seqid = seqid;
	arg.nfs_argop4_u.opclose.open_stateid = stateid(&opened->stateid);
	begin_head(&p, to, head);
	putfh(&p, &opened->file);
	op(&p, &arg);
	remove_name(&p, open->dir, open->name);
	return end(&p);
}

int nfs4_put_remove(struct nfs_args to, const struct nfs4_head *head,
		    const struct nfs_handle *dir, const char *name)
{
	struct put p;

	begin_head(&p, to, head);
	remove_name(&p, dir, name);
	return end(&p);
}
