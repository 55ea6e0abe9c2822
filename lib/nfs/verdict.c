/* SPDX-License-Identifier: MIT */
#include "lib/nfs/verdict.h"

#include <string.h>

#include "lib/base/macro.h"
#include "lib/nfs/report.h"

#define L(layer) (1U << PROBE_##layer)
#define R(result) (1U << RESULT_##result)

/* Whatever comes after the connection to nfsd is up. */
#define L_CALLS (L(NFSD) | L(HANDLE) | L(SPACE) | L(ACCESS) | L(CANARY))
#define L_ANY (L(RESOLVE) | L(CONNECT) | L(RPCBIND) | L(MOUNTD) | L_CALLS)
/* Any result that is not good. */
#define R_BAD (~(R(NONE) | R(SKIPPED) | R(OK) | R(SLOW)))

struct row {
	uint32_t layers;
	uint32_t results;
	enum probe_verdict verdict;
	const char *meaning;
	const char *advice;
};

static const struct row rows[] = {
	{ L_ANY, R(GARBAGE), VERDICT_GARBAGE,
	  "what answers there does not speak NFS as its RFC demands",
	  "see what listens on that port; if it is the NFS server, look at its log" },
	{ L(RESOLVE), R(UNRESOLVED) | R(SILENT), VERDICT_UNRESOLVED,
	  "the server's name has no address, or the name service does not answer",
	  "try: getent ahosts SERVER; look at /etc/resolv.conf, /etc/hosts" },
	{ L(CONNECT), R(REFUSED) | R(CLOSED), VERDICT_REFUSED,
	  "the host is up, but nothing listens for NFS",
	  "start the NFS service there; a firewall that rejects looks the same" },
	{ L(CONNECT), R(UNREACHABLE) | R(SILENT), VERDICT_UNREACHABLE,
	  "the host does not answer: down, cut off, or behind a firewall that drops",
	  "try: ping SERVER; look at its power, the network, the firewall" },
	{ L_CALLS, R(SILENT), VERDICT_FROZEN,
	  "the server accepts connections but serves no call: whoever touches a mount of "
	  "it hangs",
	  "do not mount it; look at the server's console, disks and nfsd (ping and port "
	  "checks show nothing)" },
	{ L_CALLS, R(BUSY), VERDICT_FROZEN,
	  "the server answers each call with \"try again later\": a client would wait "
	  "for ever",
	  "it may have just started (grace period of some 90 s) or lack resources: try "
	  "again in two minutes" },
	{ L_CALLS, R(REFUSED) | R(CLOSED), VERDICT_REFUSED,
	  "the host is up, but nothing serves on its NFS port",
	  "start the NFS service there; look at its log" },
	{ L_CALLS, R(UNREACHABLE), VERDICT_UNREACHABLE,
	  "the host is up, but its NFS port does not answer",
	  "look at the firewalls between here and there" },
	{ L_CALLS | L(RPCBIND) | L(MOUNTD), R(UNREGISTERED), VERDICT_NOT_REGISTERED,
	  "rpcbind runs there, but the NFS services are not registered with it",
	  "start (or restart, after rpcbind) the NFS service there; try: rpcinfo -p "
	  "SERVER" },
	{ L(RPCBIND), R_BAD, VERDICT_RPCBIND_DEAD,
	  "nfsd lives, but rpcbind does not tell where mountd is, so v3 cannot be "
	  "mounted",
	  "start rpcbind there, open port 111, or give port and mountport here" },
	{ L(MOUNTD), R(DENIED), VERDICT_EXPORT_DENIED,
	  "mountd does not give this export to this host",
	  "look at the export's list of clients; try: showmount -e SERVER" },
	{ L(MOUNTD) | L(HANDLE), R(MISSING), VERDICT_EXPORT_MISSING,
	  "the server has no such export",
	  "compare the path with what is exported; try: showmount -e SERVER" },
	{ L(MOUNTD), R(VERSION), VERDICT_VERSION,
	  "mountd does not serve the version that NFS v3 needs",
	  "switch v3 on at the server, or use another vers here" },
	{ L(MOUNTD), R(REJECTED), VERDICT_DENIED,
	  "mountd does not accept our credentials (AUTH_SYS)",
	  "look at the export's security; nfsafe does not speak Kerberos" },
	{ L(MOUNTD), R_BAD & ~R(CORRUPT), VERDICT_MOUNTD_DEAD,
	  "nfsd lives, but mountd does not, so v3 cannot be mounted",
	  "restart mountd there (rpc.mountd, nfs-mountd.service)" },
	{ L_ANY, R(VERSION), VERDICT_VERSION,
	  "the server does not serve this version of NFS",
	  "switch it on at the server, or use another vers here" },
	{ L_ANY, R(REJECTED), VERDICT_DENIED,
	  "the server does not accept our credentials (AUTH_SYS)",
	  "look at the export's security (sec=); nfsafe does not speak Kerberos" },
	{ L_ANY, R(STALE), VERDICT_STALE,
	  "the export's root is not what it was: its file handle is stale",
	  "was the file system behind it replaced, restored, or is it not mounted on the "
	  "server?" },
	{ L(SPACE) | L(ACCESS) | L(CANARY), R(MISSING), VERDICT_STALE,
	  "the export's root vanished while it was looked at",
	  "was the file system behind it replaced, or is it not mounted on the server?" },
	{ L_ANY, R(CORRUPT), VERDICT_CORRUPT,
	  "the server cannot be trusted with data: I/O errors, or other data than were "
	  "written",
	  "look at the server's disks and its kernel log before anything is stored "
	  "there" },
	{ L(HANDLE), R(DENIED), VERDICT_EXPORT_DENIED,
	  "the server does not let this host into the export",
	  "look at the export's list of clients; it may demand a port below 1024 (run as "
	  "root)" },
	{ L_ANY, R(READ_ONLY), VERDICT_READ_ONLY, "the export is read-only",
	  "export it rw; a file system with errors may have been remounted read-only "
	  "there" },
	{ L_ANY, R(NO_SPACE), VERDICT_NO_SPACE,
	  "there is no space, or no inode, or no quota left on the export",
	  "make space there, or raise the quota of the backup's user" },
	{ L_ANY, R(SQUASHED), VERDICT_SQUASHED,
	  "the server takes the backup's user for another one (root_squash, all_squash, "
	  "anonuid)",
	  "export with no_root_squash, or back up as a user who owns the directory "
	  "there" },
	{ L_ANY, R(DENIED), VERDICT_DENIED,
	  "the backup's user may not write to the export",
	  "look at owner and mode of the exported directory on the server" },
	{ L_ANY, R_BAD, VERDICT_GARBAGE,
	  "the probe failed in a way for which there is no word",
	  "look at the layer that failed" },
	{ L(RESOLVE), R(SLOW), VERDICT_SLOW, "the name service is slow",
	  "look at the name servers in /etc/resolv.conf" },
	{ L(CONNECT), R(SLOW), VERDICT_SLOW, "the network is slow or loses packets",
	  "try: ping SERVER; look at the links between here and there" },
	{ L(CANARY), R(SLOW), VERDICT_SLOW, "the server answers, but its disk is slow",
	  "look at the load and the health of the server's disks" },
	{ L_ANY, R(SLOW), VERDICT_SLOW, "the server answers slowly",
	  "look at the load of the server" },
};

static const char *const verdict_names[] = {
	[VERDICT_OK] = "ok",
	[VERDICT_SLOW] = "slow",
	[VERDICT_UNRESOLVED] = "unresolved",
	[VERDICT_UNREACHABLE] = "unreachable",
	[VERDICT_REFUSED] = "refused",
	[VERDICT_RPCBIND_DEAD] = "rpcbind-dead",
	[VERDICT_NOT_REGISTERED] = "not-registered",
	[VERDICT_MOUNTD_DEAD] = "mountd-dead",
	[VERDICT_EXPORT_DENIED] = "export-denied",
	[VERDICT_EXPORT_MISSING] = "export-missing",
	[VERDICT_FROZEN] = "frozen",
	[VERDICT_VERSION] = "version",
	[VERDICT_STALE] = "stale",
	[VERDICT_READ_ONLY] = "read-only",
	[VERDICT_NO_SPACE] = "no-space",
	[VERDICT_SQUASHED] = "squashed",
	[VERDICT_CORRUPT] = "corrupt",
	[VERDICT_GARBAGE] = "garbage",
	[VERDICT_DENIED] = "denied",
};
_Static_assert(ARRAY_SIZE(verdict_names) == VERDICT_COUNT, "a verdict has no name");

static const char *const layer_names[] = {
	[PROBE_RESOLVE] = "resolve", [PROBE_CONNECT] = "connect",
	[PROBE_RPCBIND] = "rpcbind", [PROBE_MOUNTD] = "mountd",
	[PROBE_NFSD] = "nfsd",       [PROBE_HANDLE] = "handle",
	[PROBE_SPACE] = "space",     [PROBE_ACCESS] = "access",
	[PROBE_CANARY] = "canary",
};
_Static_assert(ARRAY_SIZE(layer_names) == PROBE_LAYERS, "a layer has no name");

static const char *const result_names[] = {
	[RESULT_NONE] = "none",
	[RESULT_SKIPPED] = "skipped",
	[RESULT_OK] = "ok",
	[RESULT_SLOW] = "slow",
	[RESULT_UNRESOLVED] = "unresolved",
	[RESULT_UNREACHABLE] = "unreachable",
	[RESULT_REFUSED] = "refused",
	[RESULT_SILENT] = "silent",
	[RESULT_CLOSED] = "closed",
	[RESULT_BUSY] = "busy",
	[RESULT_GARBAGE] = "garbage",
	[RESULT_UNREGISTERED] = "unregistered",
	[RESULT_VERSION] = "version",
	[RESULT_REJECTED] = "rejected",
	[RESULT_DENIED] = "denied",
	[RESULT_MISSING] = "missing",
	[RESULT_STALE] = "stale",
	[RESULT_READ_ONLY] = "read-only",
	[RESULT_NO_SPACE] = "no-space",
	[RESULT_SQUASHED] = "squashed",
	[RESULT_CORRUPT] = "corrupt",
};
_Static_assert(ARRAY_SIZE(result_names) == RESULT_COUNT, "a result has no name");

const char *probe_verdict_name(enum probe_verdict verdict)
{
	return (size_t)verdict < VERDICT_COUNT ? verdict_names[verdict] : "?";
}

const char *probe_layer_name(enum probe_layer layer)
{
	return (size_t)layer < PROBE_LAYERS ? layer_names[layer] : "?";
}

const char *probe_result_name(enum probe_result result)
{
	return (size_t)result < RESULT_COUNT ? result_names[result] : "?";
}

bool probe_verdict_from_name(const char *name, enum probe_verdict *ret)
{
	for (size_t i = 0; i < VERDICT_COUNT; i++) {
		if (strcmp(verdict_names[i], name) == 0) {
			*ret = (enum probe_verdict)i;
			return true;
		}
	}
	return false;
}

/* The first row that is true of @report, and the first layer it is true of. */
static const struct row *find_row(const struct probe_report *report,
				  enum probe_layer *ret_layer)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (unsigned layer = 0; layer < PROBE_LAYERS; layer++) {
			if ((rows[i].layers & 1U << layer) &&
			    (rows[i].results & 1U << report->layers[layer].result)) {
				*ret_layer = (enum probe_layer)layer;
				return &rows[i];
			}
		}
	}
	return NULL;
}

static enum probe_layer last_layer(const struct probe_report *report)
{
	unsigned last = PROBE_RESOLVE;

	for (unsigned layer = 0; layer < PROBE_LAYERS; layer++) {
		if (report->layers[layer].result == RESULT_OK)
			last = layer;
	}
	return (enum probe_layer)last;
}

void verdict_decide(struct probe_report *report)
{
	enum probe_layer layer = last_layer(report);
	const struct row *row = find_row(report, &layer);

	report->verdict = row ? row->verdict : VERDICT_OK;
	report->layer = layer;
}

void verdict_explain(const struct probe_report *report, const char **ret_meaning,
		     const char **ret_advice)
{
	enum probe_layer layer;
	const struct row *row = find_row(report, &layer);

	*ret_meaning = row ? row->meaning : "the server is fit for use";
	*ret_advice = row ? row->advice : "";
}

bool verdict_is_of_address(enum probe_verdict verdict)
{
	switch (verdict) {
	case VERDICT_UNREACHABLE:
	case VERDICT_REFUSED:
	case VERDICT_RPCBIND_DEAD:
	case VERDICT_NOT_REGISTERED:
	case VERDICT_MOUNTD_DEAD:
	case VERDICT_EXPORT_DENIED: /* the list of clients may have only one of ours */
	case VERDICT_FROZEN:
	case VERDICT_GARBAGE:
	case VERDICT_VERSION:
		return true;
	default:
		return false;
	}
}

bool verdict_is_slow(int64_t call_us, int64_t connect_us)
{
	return call_us > SLOW_US && call_us > connect_us * SLOW_RTTS;
}
