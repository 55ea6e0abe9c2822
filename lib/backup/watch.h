/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_WATCH_H
#define LIB_BACKUP_WATCH_H

/*
 * The watch: from the signs of life of a server, and their absence, to a verdict.
 *
 * max_stall is the longest that any process of the host may be blocked on the
 * destination, counted from its last answered call.  Three ways to be dead:
 *
 *	silent      no call is answered
 *	unwritable  calls are answered, but nothing gets written: neither by the canary
 *	            (lib/nfs/beat.h) nor by the mount
 *	stuck       a process of the host is blocked, and no call of the mount has
 *	            succeeded since, nor is one being moved (which is no answer)
 *
 * The longest of the three is the stall.  Releasing whoever is blocked by then takes
 * time too, so the watch trips WATCH_RELEASE_MS before max_stall is over.
 *
 * Slow is not dead: whatever gets done, however late, starts the count anew.  A server
 * that was late is not healthy at its first answer, only after some quiet time.
 *
 * Pure: the caller brings the time (CLOCK_MONOTONIC, nanoseconds).
 */

#include <stdbool.h>
#include <stdint.h>

/*
 * Whoever was told "later" (JUKEBOX, DELAY) sleeps so long before he asks again, and no
 * force wakes him: NFS_JUKEBOX_RETRY_TIME, include/linux/nfs_fs.h.
 */
#define WATCH_RETRY_MS 5000

/* What ending the command and tearing the mount down may take. */
#define WATCH_RELEASE_MS 2000

/* The shortest max_stall that can be kept. */
#define WATCH_MAX_STALL_MIN_MS 10000

/* A stall of so many beats is late; and so long must it be quiet to be healthy again. */
#define WATCH_LATE_BEATS 3

enum watch_state {
	WATCH_HEALTHY = 0,
	WATCH_LATE,    /* stalled for three beats; or it was, and is not quiet yet */
	WATCH_STALLED, /* half-way from late to tripped */
	WATCH_TRIPPED, /* for good: act now */
	WATCH_STATES,
};

/* Why it tripped; or would, as things are. */
enum watch_reason {
	WATCH_NO_REASON = 0,
	WATCH_SILENT,
	WATCH_UNWRITABLE,
	WATCH_STUCK,
	WATCH_REASONS,
};

enum watch_sign {
	WATCH_ANSWERED = 0, /* a call was answered, whatever the answer */
	WATCH_CANARY,       /* the canary's WRITE was answered: from now on it counts */
	WATCH_MOVED,        /* a call of the mount is on its way: TCP moves it */
	WATCH_PROGRESS,     /* a call of the mount succeeded */
	WATCH_WRITTEN,      /* a WRITE or COMMIT of the mount succeeded */
	WATCH_SIGNS,
};

/* In place of a time. */
#define WATCH_NOBODY INT64_MAX

struct watch {
	int64_t late_ns, stalled_ns, trip_ns; /* a stall of so long is … */
	int64_t answer_ns;                    /* the last sign that a call was answered */
	int64_t write_ns;                     /* … that something was written */
	int64_t progress_ns;                  /* … that the mount got something done */
	int64_t blocked_ns; /* since when a task is blocked; WATCH_NOBODY: none is */
	bool has_canary;    /* its silence counts */
	bool blind;         /* see watch_blind() */
	bool delayed;       /* see watch_delayed() */
	int64_t looked_ns;  /* the latest time that was told */
	int64_t calm_ns;    /* since when it is not late; WATCH_NOBODY: it is */
	int64_t worst_ns;   /* the longest stall so far */
	enum watch_state state;
	enum watch_reason reason; /* once tripped */
	unsigned times_late;      /* how often it left healthy */
};

/*
 * @beat_ms: time between two calls; @max_stall_ms: at least
 * WATCH_MAX_STALL_MIN_MS.  @now_ns: counts as a sign of each kind.
 */
void watch_start(struct watch *w, int64_t beat_ms, int64_t max_stall_ms, int64_t now_ns)
	__attribute__((nonnull));

/*
 * There was a sign at @at_ns, which may be past: what came to nothing before it
 * counts as a stall, up to then.  What is older than another one changes nothing.
 */
void watch_sign(struct watch *w, enum watch_sign sign, int64_t at_ns)
	__attribute__((nonnull));

/* There is nothing to write to any more: until it is answered again it does not count. */
void watch_no_canary(struct watch *w) __attribute__((nonnull));

/*
 * There are no beats any more, for good: what the mount gets done does not make up for
 * them, so that it trips unless somebody beats again.
 */
void watch_blind(struct watch *w) __attribute__((nonnull));

/*
 * The server says "later" to what it is asked, and nothing gets done meanwhile: then the
 * release takes WATCH_RETRY_MS longer, and the trip must come as much earlier; but not
 * before it is late.
 */
void watch_delayed(struct watch *w, bool delayed) __attribute__((nonnull));

/*
 * The task that is blocked on the mount for longest is so since @since_ns;
 * WATCH_NOBODY: none is.
 */
void watch_blocked(struct watch *w, int64_t since_ns) __attribute__((nonnull));

/* Look at the clock.  Returns the state, which is also kept. */
enum watch_state watch_look(struct watch *w, int64_t now_ns) __attribute__((nonnull));

/* When watch_look() has something new to say, if no sign comes. */
int64_t watch_next_ns(const struct watch *w) __attribute__((nonnull));

/* The stall at @now_ns; @ret_reason: the most fundamental of those that last so long. */
int64_t watch_stall_ns(const struct watch *w, int64_t now_ns,
		       enum watch_reason *ret_reason) __attribute__((nonnull));

/* "healthy", "late", "stalled", "tripped" */
const char *watch_state_text(enum watch_state state);

/* "silent", "unwritable", "stuck"; "none" */
const char *watch_reason_name(enum watch_reason reason);

/* "no call answered": to be followed by "for 8 s". */
const char *watch_reason_text(enum watch_reason reason);

#endif
