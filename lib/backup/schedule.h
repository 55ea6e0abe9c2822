/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_SCHEDULE_H
#define LIB_BACKUP_SCHEDULE_H

/*
 * The schedule: from the policy, what was, and the time, to what is due and why.
 *
 * Pure, but for the host's time zone (localtime_r(3); call tzset(3) after a change
 * of TZ).  Instants are milliseconds since 1970, UTC.  The rules:
 *
 * 1. A session is due EVERY after the start of the last good one: only good ones
 *    count.  A sixteenth of EVERY, at most SCHEDULE_SLACK_MAX_MS, is given away, so
 *    that a nightly cron job finds its session due although it ran a second later
 *    yesterday, or the clocks went forward.
 * 2. With a window, what falls due at any time in it is due from its beginning (but
 *    not before half of EVERY is over): one late night does not shift the next ones.
 * 3. A window belongs to the day on which it began, also after midnight; what it is
 *    when the clocks change says lib/backup/window.h.  Outside of it nothing starts.
 * 4. A due full waits for a day of full_on, but not longer than one more full_every.
 *    It outranks the incremental from that day on, until there is one.
 * 5. No good full at all, none on this destination, or one here that is older than
 *    full_every (rule 4 applies): full, whatever else.
 * 6. A last session that is dated in the future (the clock was set back) counts as
 *    a chain to build on, but its date is not believed: due at once.
 * 7. What a person asks for by level is due whenever it is asked for, inside the
 *    window; with force, at any time.  An incremental without a full to build on
 *    becomes a full.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/record/label.h"

struct strbuf;

#define SCHEDULE_SLACK_MAX_MS INT64_C(5400000)
#define SCHEDULE_REASON_SIZE 512

struct schedule_policy {
	int64_t full_every_ms;        /* > 0 */
	unsigned int full_on;         /* bits: 1u << tm_wday (Sunday: 1); 0: any day */
	int64_t incremental_every_ms; /* 0: there are only fulls */
	bool has_window;
	int window_from_min; /* minutes since local midnight, 0 to 1439 */
	int window_to_min;   /* the first one outside; not after from: the next day */
	/*
	 * Whether an incremental holds what changed since the last session, wherever
	 * that went: then one elsewhere leaves a gap in the chain here.
	 */
	bool gap_needs_full;
};

/* When sessions started that came out good; -1: there was none. */
struct schedule_history {
	int64_t last_full_ms;      /* on any destination */
	int64_t last_any_ms;       /* full or incremental, on any destination */
	int64_t last_full_here_ms; /* on the destination in question */
	int64_t last_any_here_ms;
};

struct schedule_request {
	enum level level; /* LEVEL_NONE: what is due */
	bool force;       /* although nothing is due, or outside of the window */
};

enum schedule_due {
	SCHEDULE_NOTHING = 0,
	SCHEDULE_NOW,  /* @level, now */
	SCHEDULE_WAIT, /* @level is due, but it is not the time: outside the window */
};

struct schedule_decision {
	enum schedule_due due;
	enum level level; /* what is due; for SCHEDULE_NOTHING what will be next */
	bool overridden;  /* because it was asked for, not because it is due */
	int64_t next_ms;  /* when it may start: now, or when to come back */
	/* One sentence without a full stop, local times with UTC. */
	char reason[SCHEDULE_REASON_SIZE];
};

/* What to do at @now_ms on @destination (its name, for the reason; may be NULL). */
struct schedule_decision schedule_decide(const struct schedule_policy *policy,
					 const struct schedule_history *history,
					 const struct schedule_request *request,
					 const char *destination, int64_t now_ms)
	__attribute__((nonnull(1, 2, 3)));

/*
 * The same at length, for --explain: one fact a line, each line ended, from the
 * time and what was, over the rules, to the decision.
 */
void schedule_explain(const struct schedule_policy *policy,
		      const struct schedule_history *history,
		      const struct schedule_request *request, const char *destination,
		      int64_t now_ms, struct strbuf *out)
	__attribute__((nonnull(1, 2, 3, 6)));

/* "Sat 2026-11-28 22:00 GMT (22:00 UTC)": local time, with UTC where it differs. */
#define SCHEDULE_TIME_SIZE 64
void schedule_format_time(int64_t ms, char buf[SCHEDULE_TIME_SIZE])
	__attribute__((nonnull));

#endif
