/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_BEAT_H
#define LIB_NFS_BEAT_H

/*
 * Beats: a NULL call to nfsd, or a WRITE (lib/nfs/writer.h), every interval, over a
 * connection of its own, from a prober (see lib/nfs/probe.h) that lives until it is
 * stopped.  For the watch over a run, and for `nfsafe probe --watch`.
 *
 * Each beat is told once when its time-out has passed or when it was answered,
 * whichever is first; an answer that comes after the time-out is told as
 * BEAT_LATE, with the same number: a server that was away is back.  When there is
 * no connection, beats are told at once as what keeps it from coming up, and a
 * new one is tried at each beat.
 *
 * The object has one descriptor for the caller's own loop and needs no timer of
 * the caller.  It never blocks.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/source.h"
#include "lib/nfs/handle.h"
#include "lib/nfs/vers.h"

struct beat_watch;
struct error;
struct identity;

enum beat_result {
	BEAT_ANSWERED = 0,
	BEAT_LATE,        /* answered after it was told as BEAT_SILENT */
	BEAT_SILENT,      /* connected, no answer within the time-out */
	BEAT_UNREACHABLE, /* no connection: nobody answers */
	BEAT_REFUSED,     /* no connection: nobody listens */
	BEAT_CLOSED,      /* the server hung up; a new connection follows */
	BEAT_REJECTED,    /* answered, but not with success: version, credentials */
	BEAT_GARBAGE,     /* answered with what is no answer */
	BEAT_UNRESOLVED,
	/* Of a WRITE: the server's answer was no success, see beat.status. */
	BEAT_DELAYED,       /* JUKEBOX, DELAY: "later", which may be for ever */
	BEAT_NO_FILE,       /* there is no such file, or it cannot be written to so */
	BEAT_REFUSED_WRITE, /* ACCES, ROFS, NOSPC, STALE, … */
	BEAT_COUNT,
};

struct beat {
	uint32_t source; /* index into the requests */
	uint32_t seq;    /* from 1, one more each interval */
	uint32_t result; /* enum beat_result */
	uint32_t status; /* of a WRITE that was answered: nfsstat3, nfsstat4 */
	int64_t sent_ns; /* deadline_now_ns() */
	int64_t rtt_us;  /* answered and late ones, of a WRITE any answer; else -1 */
};

/* As many as AUTH_SYS carries (RFC 5531, appendix A). */
#define BEAT_GROUPS_MAX 16

/* What a WRITE goes to: a file that is there, and whose content is nobody's. */
struct beat_file {
	struct nfs_handle root;          /* v3: of the export */
	char export[SOURCE_EXPORT_SIZE]; /* v4: its path on the server */
	char name[64];                   /* of the file, in it */
	uint32_t uid, gid;
	uint32_t groups[BEAT_GROUPS_MAX];
	size_t n_groups;
};

struct beat_request {
	char host[SOURCE_SERVER_SIZE]; /* name or numeric address; pin the probe's address
					*/
	uint16_t port;                 /* of nfsd; 0: 2049 */
	enum nfs_vers vers;
	int64_t interval_ms; /* >= 10 */
	int64_t timeout_ms;  /* of a beat, > 0; may be longer than the interval */
	/*
	 * NULL: the beats are NULL calls.  Else a WRITE each; one at a time: the next one
	 * waits for the answer to the last.  To live as long as the watch.
	 */
	const struct beat_file *file;
	/*
	 * A connection that owes an answer for so long is given up for another one; 0:
	 * twice the time-out.  TCP itself finds out earlier when nobody is there any
	 * more.
	 */
	int64_t patience_ms;
	/*
	 * In memory that is shared with the caller (MAP_SHARED | MAP_ANONYMOUS, mapped
	 * before beat_watch_start()): the prober stores deadline_now_ns() there at each
	 * call that was answered, so that it can be watched without parsing anything.
	 * It reads hostile bytes: take what is in the future for nothing.  NULL: nowhere.
	 */
	_Atomic int64_t *last_answer_ns;
};

/* "answered", "silent", …: the words of --json. */
const char *beat_result_name(enum beat_result result);

typedef void (*beat_fn)(void *data, const struct beat *beat);

/*
 * Start a prober for @n sources.  @identity: as in struct probe_job.
 * @ret: owned by the caller, who calls beat_watch_stop().
 * Returns 0 or a negative error.
 */
int beat_watch_start(const struct beat_request *requests, size_t n,
		     const struct identity *identity, struct beat_watch **ret,
		     struct error *err) __attribute__((nonnull, warn_unused_result));

/* Readable when beat_watch_dispatch() has something to do; for poll(2). */
int beat_watch_fd(const struct beat_watch *watch) __attribute__((nonnull));

/* The process that beats; 0 if it is gone. */
pid_t beat_watch_prober(const struct beat_watch *watch) __attribute__((nonnull));

enum beat_watch_outcome {
	BEAT_WATCH_RUNNING = 0,
	BEAT_WATCH_ENDED, /* the prober died, or wrote nonsense: no beat will follow */
};

/*
 * Do what there is to do, calling @fn for each beat that has come.  Does not block.
 * Returns an enum beat_watch_outcome (BEAT_WATCH_ENDED: @err says how it ended), or
 * a negative error.
 */
int beat_watch_dispatch(struct beat_watch *watch, beat_fn fn, void *data,
			struct error *err) __attribute__((nonnull(1, 2, 4)));

/* Kill the prober and free @watch; NULL is fine.  Blocks for a second at most. */
void beat_watch_stop(struct beat_watch *watch);

#endif
