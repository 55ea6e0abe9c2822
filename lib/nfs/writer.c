/* SPDX-License-Identifier: MIT */
#include "lib/nfs/writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/macro.h"
#include "lib/nfs/nfs3.h"

/* RFC 1813, section 2.6; RFC 8881, section 15.1. */
enum {
	STATUS_NOENT = 2,
	STATUS_STALE = 70,
	STATUS_BADHANDLE = 10001,
	STATUS_DELAY = 10008,
	STATUS_EXPIRED = 10011,
	STATUS_LOCKED = 10012,
	STATUS_FHEXPIRED = 10014,
	STATUS_STALE_CLIENTID = 10022,
	STATUS_STALE_STATEID = 10023,
	STATUS_BAD_STATEID = 10025,
	STATUS_OPENMODE = 10038,
	STATUS_BADSESSION = 10052,
	STATUS_BADSLOT = 10053,
	STATUS_SEQ_MISORDERED = 10063,
	STATUS_DEADSESSION = 10078,
};

struct step {
	const struct rpc_proc *proc;
	int (*put)(struct writer *w, struct nfs_args to);
	bool (*take)(struct writer *w, char *body, size_t len, uint32_t *ret_status);
};

static uint32_t minor_of(const struct writer *w)
{
	return (uint32_t)w->vers - NFS_VERS_4_0;
}

static struct nfs3_range range_of(const struct writer *w)
{
	return (struct nfs3_range){
		.count = WRITER_TEXT_SIZE - 1,
		.data = w->text,
		.durable = true,
	};
}

/* --- v3 --- */

static int put_lookup3(struct writer *w, struct nfs_args to)
{
	return nfs3_put_lookup(to, &w->file->root, w->file->name);
}

static bool take_lookup3(struct writer *w, char *body, size_t len, uint32_t *ret_status)
{
	return nfs3_take_lookup(body, len, ret_status, &w->handle);
}

static int put_write3(struct writer *w, struct nfs_args to)
{
	struct nfs3_range range = range_of(w);

	return nfs3_put_write(to, &w->handle, &range);
}

static bool take_write3(struct writer *w, char *body, size_t len, uint32_t *ret_status)
{
	char verf[NFS_VERF_SIZE];
	uint32_t count;

	(void)w;
	return nfs3_take_write(body, len, ret_status, &count, verf);
}

/* --- v4 --- */

/* One slot is enough for one call at a time. */
static struct nfs4_head head_of(struct writer *w)
{
	struct nfs4_head head = { .minor = minor_of(w), .sequence = minor_of(w) > 0 };

	if (head.sequence) {
		memcpy(head.session, w->session, NFS4_SESSION_SIZE);
		head.seqid = ++w->seqid;
	}
	return head;
}

static int put_exchange_id(struct writer *w, struct nfs_args to)
{
	char verf[NFS_VERF_SIZE];

	memcpy(verf, &w->verifier, sizeof(verf));
	return nfs4_put_exchange_id(to, minor_of(w), w->owner, verf);
}

static bool take_exchange_id(struct writer *w, char *body, size_t len,
			     uint32_t *ret_status)
{
	struct nfs4_end end = { 0 };
	bool good = nfs4_take_exchange_id(body, len, &end, &w->client);

	*ret_status = end.status;
	return good;
}

static int put_create_session(struct writer *w, struct nfs_args to)
{
	return nfs4_put_create_session(to, minor_of(w), &w->client, 1);
}

static bool take_create_session(struct writer *w, char *body, size_t len,
				uint32_t *ret_status)
{
	struct nfs4_end end = { 0 };
	uint32_t slots;
	bool good = nfs4_take_create_session(body, len, &end, w->session, &slots);

	w->seqid = 0;
	*ret_status = end.status;
	return good;
}

static int put_look(struct writer *w, struct nfs_args to)
{
	char path[sizeof(w->file->export) + sizeof(w->file->name) + 1];
	struct nfs4_head head = head_of(w);

	(void)snprintf(path, sizeof(path), "%s/%s", w->file->export, w->file->name);
	/* A client that never says so keeps a server that restarts in its grace. */
	return nfs4_put_look(to, &head, path, head.sequence && head.seqid == 1);
}

static bool take_look(struct writer *w, char *body, size_t len, uint32_t *ret_status)
{
	struct nfs4_root root;
	struct nfs4_end end = { 0 };
	bool good = nfs4_take_look(body, len, &end, &root);

	if (good && end.status == 0)
		w->handle = root.handle;
	*ret_status = end.status;
	return good;
}

static int put_write4(struct writer *w, struct nfs_args to)
{
	struct nfs4_opened anonymous = { .file = w->handle };
	struct nfs3_range range = range_of(w);
	struct nfs4_head head = head_of(w);

	return nfs4_put_write(to, &head, &anonymous, &range);
}

static bool take_write4(struct writer *w, char *body, size_t len, uint32_t *ret_status)
{
	struct nfs4_end end = { 0 };
	char verf[NFS_VERF_SIZE];
	uint32_t count;
	bool good = nfs4_take_write(body, len, &end, &count, verf);

	(void)w;
	*ret_status = end.status;
	return good;
}

/* --- the order --- */

#define STEPS_MAX 4

static const struct step steps3[STEPS_MAX] = {
	{ &nfs3_lookup, put_lookup3, take_lookup3 },
	{ &nfs3_write, put_write3, take_write3 },
};
static const struct step steps40[STEPS_MAX] = {
	{ &nfs4_compound, put_look, take_look },
	{ &nfs4_compound, put_write4, take_write4 },
};
static const struct step steps41[STEPS_MAX] = {
	{ &nfs4_compound, put_exchange_id, take_exchange_id },
	{ &nfs4_compound, put_create_session, take_create_session },
	{ &nfs4_compound, put_look, take_look },
	{ &nfs4_compound, put_write4, take_write4 },
};

static const struct step *steps_of(const struct writer *w)
{
	switch (w->vers) {
	case NFS_VERS_3:
		return steps3;
	case NFS_VERS_4_0:
		return steps40;
	default:
		return steps41;
	}
}

static bool is_last(const struct writer *w)
{
	return w->step + 1 == STEPS_MAX || !steps_of(w)[w->step + 1].put;
}

void writer_init(struct writer *w, const struct beat_file *file, enum nfs_vers vers,
		 uint64_t unique)
{
	*w = (struct writer){ .file = file, .vers = vers, .verifier = unique };
	(void)snprintf(w->owner, sizeof(w->owner), "nfsafe-beat-%016" PRIx64, unique);
}

void writer_reset(struct writer *w)
{
	w->step = 0;
	/* What the server knows of the last connection is not wanted any more. */
	w->verifier++;
}

void writer_begin(struct writer *w)
{
	w->retried = false;
	w->writes++;
	(void)snprintf(w->text, sizeof(w->text), "nfsafe was here: %14" PRIu32 "\n",
		       w->writes);
}

bool writer_call(struct writer *w, char *buf, struct rpc_request *ret)
{
	const struct step *step = &steps_of(w)[w->step];
	struct nfs_args to = { buf, WRITER_ARGS_SIZE };
	int len = step->put(w, to);

	if (len < 0)
		return false;
	*ret = (struct rpc_request){
		.proc = *step->proc,
		.cred = { .sys = true,
			  .uid = w->file->uid,
			  .gid = w->file->gid,
			  .groups = w->file->groups,
			  .n_groups = w->file->n_groups },
		.body = buf,
		.len = (size_t)len,
	};
	return true;
}

/* What is known of the server does not hold any more: from the start. */
static bool is_outdated(uint32_t status)
{
	static const uint32_t list[] = {
		STATUS_STALE,       STATUS_BADHANDLE,      STATUS_EXPIRED,
		STATUS_FHEXPIRED,   STATUS_STALE_CLIENTID, STATUS_STALE_STATEID,
		STATUS_BADSESSION,  STATUS_BADSLOT,        STATUS_SEQ_MISORDERED,
		STATUS_DEADSESSION,
	};

	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		if (list[i] == status)
			return true;
	}
	return false;
}

static enum beat_result judge(uint32_t status)
{
	switch (status) {
	case 0:
		return BEAT_ANSWERED;
	case STATUS_DELAY:
		return BEAT_DELAYED;
	case STATUS_NOENT:
	/* Not of the file, but of how it is written to. */
	case STATUS_BAD_STATEID:
	case STATUS_OPENMODE:
	case STATUS_LOCKED:
		return BEAT_NO_FILE;
	default:
		return BEAT_REFUSED_WRITE;
	}
}

bool writer_take(struct writer *w, const struct rpc_reply *reply,
		 enum beat_result *ret_result, uint32_t *ret_status)
{
	const struct step *step = &steps_of(w)[w->step];

	*ret_status = 0;
	if (reply->status != RPC_SUCCESS) {
		*ret_result = BEAT_REJECTED;
		return true;
	}
	if (!step->take(w, reply->body, reply->len, ret_status)) {
		writer_reset(w);
		*ret_result = BEAT_GARBAGE;
		return true;
	}
	if (*ret_status == 0 && !is_last(w)) {
		w->step++;
		return false;
	}
	*ret_result = judge(*ret_status);
	if (!is_outdated(*ret_status))
		return true;
	/* Once: what is the first step's own answer does not get better. */
	if (w->step == 0 || w->retried) {
		writer_reset(w);
		return true;
	}
	writer_reset(w);
	w->retried = true;
	return false;
}
