/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "lib/base/macro.h"
#include "lib/nfs/attempt.h"
#include "lib/nfs/finding.h"
#include "lib/nfs/mount3.h"
#include "lib/nfs/portmap.h"
#include "lib/nfs/status.h"

/*
 * NFS version 3.  nfsd is tried at 2049 while rpcbind is asked, since it nearly
 * always is there; when rpcbind says otherwise, it is tried again where rpcbind says.
 */

enum step3 {
	S_CONNECT_RPCBIND,
	S_CONNECT_NFSD,
	S_GETPORT_MOUNTD,
	S_GETPORT_NFS,
	S_NULL,
	S_CONNECT_MOUNTD,
	S_MOUNTD_NULL,
	S_MNT,
	S_GETATTR,
	S_FSINFO,
	S_FSSTAT,
	S_ACCESS,
	S_UMNT,
	S_REMOVE_NOTHING,
	S_CREATE,
	S_WRITE,
	S_COMMIT,
	S_READ,
	S_REMOVE,
	S_CONNECT_AGAIN,
	S_REMOVE_AGAIN,
};

/* With the port of mountd pinned there is nothing left to ask rpcbind. */
static bool needs_rpcbind(const struct attempt *a)
{
	return a->request->mountport == 0;
}

static bool needs_nfs_port(const struct attempt *a)
{
	return needs_rpcbind(a) && a->request->port == 0;
}

static int put_getport_mountd(struct attempt *a, struct nfs_args to)
{
	return portmap_put(a->ipv6, RPC_MOUNT, 3, to.buf, to.size);
}

static enum probe_result take_getport_mountd(struct attempt *a, char *body, size_t len)
{
	if (!portmap_take(a->ipv6, body, len, &a->mountport))
		return RESULT_GARBAGE;
	if (a->mountport != 0)
		return RESULT_OK;
	finding_why(a, "mountd is not registered");
	return RESULT_UNREGISTERED;
}

static int put_getport_nfs(struct attempt *a, struct nfs_args to)
{
	return portmap_put(a->ipv6, RPC_NFS, 3, to.buf, to.size);
}

static enum probe_result take_getport_nfs(struct attempt *a, char *body, size_t len)
{
	uint16_t port;

	if (!portmap_take(a->ipv6, body, len, &port))
		return RESULT_GARBAGE;
	/* Not fatal: some servers answer at 2049 and do not register. */
	a->nfs_unregistered = port == 0;
	if (port != 0 && port != a->conns[CONN_NFSD].port)
		attempt_move_nfsd(a, port);
	return RESULT_OK;
}

static int put_path(struct attempt *a, struct nfs_args to)
{
	return mount3_put_path(a->request->source.export, to.buf, to.size);
}

static enum probe_result take_mnt(struct attempt *a, char *body, size_t len)
{
	uint32_t status;
	bool sys;

	if (!mount3_take_mnt(body, len, &status, &a->root, &sys))
		return RESULT_GARBAGE;
	if (status != 0)
		return finding_status(a, status);
	if (!sys) {
		finding_why(a, "the export does not offer AUTH_SYS");
		return RESULT_REJECTED;
	}
	a->has_root = true;
	return RESULT_OK;
}

static int put_root(struct attempt *a, struct nfs_args to)
{
	return nfs3_put_handle(to, &a->root);
}

static enum probe_result take_getattr(struct attempt *a, char *body, size_t len)
{
	uint32_t status;

	if (!nfs3_take_getattr(body, len, &status, &a->attr))
		return RESULT_GARBAGE;
	if (status != 0)
		return finding_status(a, status);
	a->has_attr = true;
	a->has_owner = true;
	if (a->attr.is_directory)
		return RESULT_OK;
	finding_why(a, "the export is not a directory");
	return RESULT_MISSING;
}

static enum probe_result take_status(struct attempt *a, char *body, size_t len)
{
	uint32_t status;

	if (!nfs3_take_status(body, len, &status))
		return RESULT_GARBAGE;
	return finding_status(a, status);
}

static enum probe_result take_fsstat(struct attempt *a, char *body, size_t len)
{
	uint32_t status;

	if (!nfs3_take_fsstat(body, len, &status, &a->space))
		return RESULT_GARBAGE;
	a->has_space = status == 0;
	return finding_status(a, status);
}

static int put_access(struct attempt *a, struct nfs_args to)
{
	return nfs3_put_access(to, &a->root,
			       PROBE_ACCESS_READ | PROBE_ACCESS_LOOKUP |
				       PROBE_ACCESS_MODIFY | PROBE_ACCESS_EXTEND |
				       PROBE_ACCESS_DELETE);
}

static enum probe_result take_access(struct attempt *a, char *body, size_t len)
{
	uint32_t status;

	if (!nfs3_take_access(body, len, &status, &a->access))
		return RESULT_GARBAGE;
	a->has_access = status == 0;
	return finding_status(a, status);
}

/* Only where ACCESS says no, and no canary will tell why: see lib/nfs/access.h. */
static bool wants_reason(const struct attempt *a)
{
	return !a->request->write && !access_can_write(a->access);
}

static int put_remove(struct attempt *a, struct nfs_args to)
{
	return nfs3_put_remove(to, &a->root, a->name);
}

static enum probe_result take_remove_nothing(struct attempt *a, char *body, size_t len)
{
	uint32_t status;

	if (!nfs3_take_status(body, len, &status))
		return RESULT_GARBAGE;
	return finding_removal(a, status);
}

static int put_create(struct attempt *a, struct nfs_args to)
{
	return nfs3_put_create(to, &a->root, a->name, a->verf);
}

static enum probe_result take_create(struct attempt *a, char *body, size_t len)
{
	struct nfs3_attr attr = { 0 };
	uint32_t status;

	if (!nfs3_take_create(body, len, &status, &a->canary->file, &attr))
		return RESULT_GARBAGE;
	a->created = status == 0;
	if (status != 0)
		return finding_status(a, status);
	a->squashed = attr.known && attr.uid != a->request->uid;
	if (a->canary->file.len > 0)
		return RESULT_OK;
	finding_why(a, "no file handle came back");
	return RESULT_GARBAGE;
}

static int put_write(struct attempt *a, struct nfs_args to)
{
	struct nfs3_range range = finding_range(a);

	return nfs3_put_write(to, &a->canary->file, &range);
}

static enum probe_result take_write(struct attempt *a, char *body, size_t len)
{
	uint32_t status, count;

	if (!nfs3_take_write(body, len, &status, &count, a->canary->write_verf))
		return RESULT_GARBAGE;
	if (status != 0)
		return finding_status(a, status);
	return finding_written(a, count);
}

static int put_commit(struct attempt *a, struct nfs_args to)
{
	struct nfs3_range range = finding_range(a);

	return nfs3_put_commit(to, &a->canary->file, &range);
}

static enum probe_result take_commit(struct attempt *a, char *body, size_t len)
{
	char verf[NFS_VERF_SIZE];
	uint32_t status;

	if (!nfs3_take_commit(body, len, &status, verf))
		return RESULT_GARBAGE;
	if (status != 0)
		return finding_status(a, status);
	return finding_committed(a, verf);
}

static int put_read(struct attempt *a, struct nfs_args to)
{
	struct nfs3_range range = finding_range(a);

	return nfs3_put_read(to, &a->canary->file, &range);
}

static enum probe_result take_read(struct attempt *a, char *body, size_t len)
{
	struct nfs3_range range = finding_range(a);
	uint32_t status;
	bool same;

	if (!nfs3_take_read(body, len, &status, &range, &same))
		return RESULT_GARBAGE;
	if (status != 0)
		return finding_status(a, status);
	return finding_read_back(a, same);
}

static enum probe_result take_remove(struct attempt *a, char *body, size_t len)
{
	uint32_t status;

	if (!nfs3_take_status(body, len, &status))
		return RESULT_GARBAGE;
	return finding_removed(a, status);
}

#define B STEP_BIT
#define NFSD(step_name, step_layer, step_proc)                                           \
	.name = (step_name), .layer = (step_layer), .conn = CONN_NFSD,                   \
	.proc = &(step_proc)
#define ROOT_KNOWN (B(S_MNT) | B(S_NULL))
#define ROOT_LOOKED_AT (B(S_GETATTR) | B(S_FSINFO) | B(S_FSSTAT) | B(S_ACCESS))

static const struct step steps[] = {
	[S_CONNECT_RPCBIND] = {
		.name = "connect",
		.layer = PROBE_RPCBIND,
		.conn = CONN_RPCBIND,
		.wanted = needs_rpcbind,
	},
	[S_CONNECT_NFSD] = {
		.name = "connect", .layer = PROBE_NFSD, .conn = CONN_NFSD,
	},
	[S_GETPORT_MOUNTD] = {
		.name = "GETPORT mountd",
		.layer = PROBE_RPCBIND,
		.conn = CONN_RPCBIND,
		.proc = &portmap_getport,
		.proc6 = &portmap_getaddr6,
		.needs = B(S_CONNECT_RPCBIND),
		.wanted = needs_rpcbind,
		.put = put_getport_mountd,
		.take = take_getport_mountd,
	},
	[S_GETPORT_NFS] = {
		.name = "GETPORT nfs",
		.layer = PROBE_RPCBIND,
		.conn = CONN_RPCBIND,
		.proc = &portmap_getport,
		.proc6 = &portmap_getaddr6,
		.needs = B(S_CONNECT_RPCBIND),
		.wanted = needs_nfs_port,
		.put = put_getport_nfs,
		.take = take_getport_nfs,
	},
	[S_NULL] = {
		NFSD("NULL", PROBE_NFSD, nfs3_null),
		.needs = B(S_CONNECT_NFSD),
	},
	[S_CONNECT_MOUNTD] = {
		.name = "connect",
		.layer = PROBE_MOUNTD,
		.conn = CONN_MOUNTD,
		.needs = B(S_GETPORT_MOUNTD),
	},
	[S_MOUNTD_NULL] = {
		.name = "NULL",
		.layer = PROBE_MOUNTD,
		.conn = CONN_MOUNTD,
		.proc = &mount3_null,
		.needs = B(S_CONNECT_MOUNTD),
	},
	[S_MNT] = {
		.name = "MNT",
		.layer = PROBE_MOUNTD,
		.conn = CONN_MOUNTD,
		.proc = &mount3_mnt,
		.needs = B(S_CONNECT_MOUNTD),
		.put = put_path,
		.take = take_mnt,
	},
	[S_GETATTR] = {
		NFSD("GETATTR", PROBE_HANDLE, nfs3_getattr),
		.needs = ROOT_KNOWN,
		.after = B(S_GETPORT_NFS),
		.put = put_root,
		.take = take_getattr,
	},
	[S_FSINFO] = {
		NFSD("FSINFO", PROBE_HANDLE, nfs3_fsinfo),
		.needs = ROOT_KNOWN,
		.after = B(S_GETPORT_NFS),
		.put = put_root,
		.take = take_status,
	},
	[S_FSSTAT] = {
		NFSD("FSSTAT", PROBE_SPACE, nfs3_fsstat),
		.needs = ROOT_KNOWN,
		.after = B(S_GETPORT_NFS),
		.put = put_root,
		.take = take_fsstat,
	},
	[S_ACCESS] = {
		NFSD("ACCESS", PROBE_ACCESS, nfs3_access),
		.needs = ROOT_KNOWN,
		.after = B(S_GETPORT_NFS),
		.put = put_access,
		.take = take_access,
	},
	/* MNT has put us on mountd's list of clients. */
	[S_UMNT] = {
		.name = "UMNT",
		.layer = PROBE_MOUNTD,
		.conn = CONN_MOUNTD,
		.proc = &mount3_umnt,
		.needs = B(S_MNT),
		.flags = STEP_COURTESY,
		.put = put_path,
	},
	[S_REMOVE_NOTHING] = {
		NFSD("REMOVE of nothing", PROBE_ACCESS, nfs3_remove),
		.needs = ROOT_LOOKED_AT,
		.flags = STEP_RARE,
		.wanted = wants_reason,
		.put = put_remove,
		.take = take_remove_nothing,
	},
	[S_CREATE] = {
		NFSD("CREATE", PROBE_CANARY, nfs3_create),
		.needs = ROOT_LOOKED_AT,
		.flags = STEP_CANARY | STEP_CREATES,
		.put = put_create,
		.take = take_create,
	},
	[S_WRITE] = {
		NFSD("WRITE", PROBE_CANARY, nfs3_write),
		.needs = B(S_CREATE),
		.flags = STEP_CANARY,
		.put = put_write,
		.take = take_write,
	},
	[S_COMMIT] = {
		NFSD("COMMIT", PROBE_CANARY, nfs3_commit),
		.needs = B(S_WRITE),
		.flags = STEP_CANARY,
		.put = put_commit,
		.take = take_commit,
	},
	[S_READ] = {
		NFSD("READ", PROBE_CANARY, nfs3_read),
		.needs = B(S_WRITE),
		.flags = STEP_CANARY,
		.put = put_read,
		.take = take_read,
	},
	[S_REMOVE] = {
		NFSD("REMOVE", PROBE_CANARY, nfs3_remove),
		.needs = ROOT_LOOKED_AT,
		.after = B(S_CREATE) | B(S_WRITE) | B(S_COMMIT) | B(S_READ),
		.flags = STEP_CANARY | STEP_CLEANUP,
		.wanted = finding_is_left,
		.put = put_remove,
		.take = take_remove,
	},
	/* The server hung up in the middle: it may have restarted, and be back. */
	[S_CONNECT_AGAIN] = {
		.name = "connect again",
		.layer = PROBE_CANARY,
		.conn = CONN_AGAIN,
		.needs = ROOT_LOOKED_AT,
		.after = B(S_REMOVE),
		.flags = STEP_CANARY | STEP_RARE,
		.wanted = finding_is_orphaned,
	},
	[S_REMOVE_AGAIN] = {
		.name = "REMOVE again",
		.layer = PROBE_CANARY,
		.conn = CONN_AGAIN,
		.proc = &nfs3_remove,
		.needs = B(S_CONNECT_AGAIN),
		.flags = STEP_CANARY | STEP_RARE,
		.wanted = finding_is_orphaned,
		.put = put_remove,
		.take = take_remove,
	},
};
_Static_assert(ARRAY_SIZE(steps) <= STEPS_MAX, "too many steps");

const struct machine probe3_machine = { steps, ARRAY_SIZE(steps) };
