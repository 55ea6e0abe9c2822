/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_VERDICT_H
#define LIB_NFS_VERDICT_H

/*
 * Verdicts: what a probe means.
 *
 * A probe goes through layers, and each comes to one result.  Which of them is
 * the verdict is a table of (layer, result) in order of precedence: the first row
 * that is true of a report decides, names the layer, and has the words for a
 * person: what it means and what to look at.  Pure: no clock, no I/O.
 *
 * The order says what matters most.  A server whose nfsd does not answer is frozen,
 * whatever mountd says; only then the layers count in the order of their names.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct probe_report;

/* In the order in which a mount would need them. */
enum probe_layer {
	PROBE_RESOLVE = 0,
	PROBE_CONNECT, /* TCP to the server, at any of its ports */
	PROBE_RPCBIND, /* GETPORT of mountd and nfs; v3 without pinned ports */
	PROBE_MOUNTD,  /* NULL, MNT; v3 only */
	PROBE_NFSD,    /* NULL; v4.1 and later: a session */
	PROBE_HANDLE,  /* GETATTR, FSINFO; v4: LOOKUP to the export */
	PROBE_SPACE,   /* FSSTAT */
	PROBE_ACCESS,  /* ACCESS as the backup's user */
	PROBE_CANARY,  /* CREATE, WRITE, COMMIT, READ, REMOVE */
	PROBE_LAYERS,  /* how many there are */
};

enum probe_result {
	RESULT_NONE = 0, /* not reached */
	RESULT_SKIPPED,  /* not needed, or not asked for */
	RESULT_OK,
	RESULT_SLOW,         /* good, but see SLOW_US */
	RESULT_UNRESOLVED,   /* the name has no address */
	RESULT_UNREACHABLE,  /* no route, or nobody answers a SYN */
	RESULT_REFUSED,      /* nobody listens on the port */
	RESULT_SILENT,       /* connected, and no answer in time */
	RESULT_CLOSED,       /* connected, and hung up instead of answering */
	RESULT_BUSY,         /* JUKEBOX, DELAY, GRACE: "try again later" */
	RESULT_GARBAGE,      /* an answer that its RFC forbids */
	RESULT_UNREGISTERED, /* rpcbind does not know the program */
	RESULT_VERSION,      /* program or minor version not served */
	RESULT_REJECTED,     /* the credentials were: AUTH_TOOWEAK, WRONGSEC, … */
	RESULT_DENIED,       /* ACCES, PERM */
	RESULT_MISSING,      /* NOENT, NOTDIR */
	RESULT_STALE,        /* STALE, BADHANDLE, FHEXPIRED */
	RESULT_READ_ONLY,    /* ROFS */
	RESULT_NO_SPACE,     /* NOSPC, DQUOT, or nothing free */
	RESULT_SQUASHED,     /* the server takes our user for another one */
	RESULT_CORRUPT,      /* IO, or other data came back than were written */
	RESULT_COUNT,
};

enum probe_verdict {
	VERDICT_OK = 0,
	VERDICT_SLOW,
	VERDICT_UNRESOLVED,
	VERDICT_UNREACHABLE,
	VERDICT_REFUSED,
	VERDICT_RPCBIND_DEAD,
	VERDICT_NOT_REGISTERED,
	VERDICT_MOUNTD_DEAD,
	VERDICT_EXPORT_DENIED,
	VERDICT_EXPORT_MISSING,
	VERDICT_FROZEN,
	VERDICT_VERSION,
	VERDICT_STALE,
	VERDICT_READ_ONLY,
	VERDICT_NO_SPACE,
	VERDICT_SQUASHED,
	VERDICT_CORRUPT,
	VERDICT_GARBAGE,
	VERDICT_DENIED,
	VERDICT_COUNT,
};

/* "rpcbind-dead", "frozen", …: the words of --json and of the record. */
const char *probe_verdict_name(enum probe_verdict verdict);
/* "resolve" … "canary". */
const char *probe_layer_name(enum probe_layer layer);
/* "ok", "silent", "refused", … */
const char *probe_result_name(enum probe_result result);

/* The inverse of probe_verdict_name(), for what reads records back.  False if none. */
bool probe_verdict_from_name(const char *name, enum probe_verdict *ret);

/*
 * Why @report has the verdict that it has, for a person.  @ret_meaning: one
 * sentence; @ret_advice: what to look at, "" if there is nothing to do.
 */
void verdict_explain(const struct probe_report *report, const char **ret_meaning,
		     const char **ret_advice) __attribute__((nonnull));

/*
 * Set @report->verdict and @report->layer from @report->layers.
 */
void verdict_decide(struct probe_report *report) __attribute__((nonnull));

/* Could another address of the same server do better than this? */
bool verdict_is_of_address(enum probe_verdict verdict);

/*
 * A call is slow that took longer than SLOW_US and than SLOW_RTTS times the
 * connect: one that is far away is not slow, and one that is near may not take
 * a second.
 */
#define SLOW_US INT64_C(1000000)
#define SLOW_RTTS 8
bool verdict_is_slow(int64_t call_us, int64_t connect_us);

#endif
