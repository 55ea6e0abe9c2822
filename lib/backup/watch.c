/* SPDX-License-Identifier: MIT */
#include "lib/backup/watch.h"

#include <assert.h>

#define NSEC_PER_MSEC INT64_C(1000000)

/* How long the stall is; quiet: not late, and has not been for a while. */
enum level { LEVEL_QUIET, LEVEL_CALM, LEVEL_LATE, LEVEL_STALLED, LEVEL_DEAD, LEVELS };

/* The first answer makes late of stalled; only quiet makes healthy; nothing revives. */
static const enum watch_state transitions[WATCH_STATES][LEVELS] = {
	[WATCH_HEALTHY] = {
		[LEVEL_QUIET] = WATCH_HEALTHY,
		[LEVEL_CALM] = WATCH_HEALTHY,
		[LEVEL_LATE] = WATCH_LATE,
		[LEVEL_STALLED] = WATCH_STALLED,
		[LEVEL_DEAD] = WATCH_TRIPPED,
	},
	[WATCH_LATE] = {
		[LEVEL_QUIET] = WATCH_HEALTHY,
		[LEVEL_CALM] = WATCH_LATE,
		[LEVEL_LATE] = WATCH_LATE,
		[LEVEL_STALLED] = WATCH_STALLED,
		[LEVEL_DEAD] = WATCH_TRIPPED,
	},
	[WATCH_STALLED] = {
		[LEVEL_QUIET] = WATCH_HEALTHY,
		[LEVEL_CALM] = WATCH_LATE,
		[LEVEL_LATE] = WATCH_STALLED,
		[LEVEL_STALLED] = WATCH_STALLED,
		[LEVEL_DEAD] = WATCH_TRIPPED,
	},
	[WATCH_TRIPPED] = {
		[LEVEL_QUIET] = WATCH_TRIPPED,
		[LEVEL_CALM] = WATCH_TRIPPED,
		[LEVEL_LATE] = WATCH_TRIPPED,
		[LEVEL_STALLED] = WATCH_TRIPPED,
		[LEVEL_DEAD] = WATCH_TRIPPED,
	},
};

/* What a sign is a sign of. */
static const struct {
	bool answer, write, progress, of_mount;
} meanings[WATCH_SIGNS] = {
	[WATCH_ANSWERED] = { .answer = true },
	[WATCH_CANARY] = { .answer = true, .write = true },
	[WATCH_MOVED] = { .progress = true },
	[WATCH_PROGRESS] = { .answer = true, .progress = true, .of_mount = true },
	[WATCH_WRITTEN] = {
		.answer = true, .write = true, .progress = true, .of_mount = true,
	},
};

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void watch_start(struct watch *w, int64_t beat_ms, int64_t max_stall_ms, int64_t now_ns)
{
	assert(beat_ms > 0 && max_stall_ms >= WATCH_MAX_STALL_MIN_MS);
	*w = (struct watch){
		.late_ns = WATCH_LATE_BEATS * beat_ms * NSEC_PER_MSEC,
		.trip_ns = (max_stall_ms - WATCH_RELEASE_MS) * NSEC_PER_MSEC,
		.answer_ns = now_ns,
		.write_ns = now_ns,
		.progress_ns = now_ns,
		.blocked_ns = WATCH_NOBODY,
		.looked_ns = now_ns,
		.calm_ns = now_ns,
	};
	assert(w->late_ns < w->trip_ns);
	w->stalled_ns = w->late_ns + (w->trip_ns - w->late_ns) / 2;
}

/* Since when each of the reasons lasts; WATCH_NOBODY: it does not. */
static void since(const struct watch *w, int64_t ret[WATCH_REASONS])
{
	ret[WATCH_NO_REASON] = WATCH_NOBODY;
	ret[WATCH_SILENT] = w->answer_ns;
	ret[WATCH_UNWRITABLE] = w->has_canary ? w->write_ns : WATCH_NOBODY;
	ret[WATCH_STUCK] = w->blocked_ns == WATCH_NOBODY
				   ? WATCH_NOBODY
				   : later(w->blocked_ns, w->progress_ns);
}

/* Since when there is a stall, of whichever kind. */
static int64_t stall_since(const struct watch *w)
{
	int64_t times[WATCH_REASONS], oldest = WATCH_NOBODY;

	since(w, times);
	for (int i = 0; i < WATCH_REASONS; i++)
		oldest = times[i] < oldest ? times[i] : oldest;
	return oldest;
}

int64_t watch_stall_ns(const struct watch *w, int64_t now_ns,
		       enum watch_reason *ret_reason)
{
	int64_t times[WATCH_REASONS];
	int64_t stall = later(now_ns - stall_since(w), 0);

	/*
	 * Who is silent writes nothing either: of all that are late the first one.  They
	 * do not begin together when a server dies, since a WRITE is rarer than a NULL.
	 */
	since(w, times);
	*ret_reason = WATCH_NO_REASON;
	for (int i = WATCH_REASONS - 1; i > WATCH_NO_REASON; i--) {
		int64_t least = stall < w->late_ns ? stall : w->late_ns;

		if (times[i] != WATCH_NOBODY && now_ns - times[i] >= least)
			*ret_reason = (enum watch_reason)i;
	}
	return stall;
}

static int64_t trip_after(const struct watch *w)
{
	return w->delayed ? later(w->trip_ns - WATCH_RETRY_MS * NSEC_PER_MSEC, w->late_ns)
			  : w->trip_ns;
}

static enum level level_of(const struct watch *w, int64_t stall)
{
	if (stall >= trip_after(w))
		return LEVEL_DEAD;
	if (stall >= w->stalled_ns)
		return LEVEL_STALLED;
	if (stall >= w->late_ns)
		return LEVEL_LATE;
	return w->looked_ns - w->calm_ns >= w->late_ns ? LEVEL_QUIET : LEVEL_CALM;
}

enum watch_state watch_look(struct watch *w, int64_t now_ns)
{
	enum watch_state before = w->state;
	enum watch_reason reason;
	int64_t stall;

	/* Times of different sources may be told in another order. */
	w->looked_ns = later(w->looked_ns, now_ns);
	stall = watch_stall_ns(w, w->looked_ns, &reason);
	w->worst_ns = later(w->worst_ns, stall);
	if (stall >= w->late_ns)
		w->calm_ns = WATCH_NOBODY;
	else if (w->calm_ns == WATCH_NOBODY)
		w->calm_ns = w->looked_ns;
	w->state = transitions[before][level_of(w, stall)];
	if (before == WATCH_HEALTHY && w->state != WATCH_HEALTHY)
		w->times_late++;
	if (before != WATCH_TRIPPED && w->state == WATCH_TRIPPED)
		w->reason = reason;
	return w->state;
}

static void move(int64_t *time_ns, bool meant, int64_t at_ns)
{
	if (meant)
		*time_ns = later(*time_ns, at_ns);
}

void watch_sign(struct watch *w, enum watch_sign sign, int64_t at_ns)
{
	/* What there was until now counts, and after the trip there is no way back. */
	if (at_ns > w->looked_ns)
		(void)watch_look(w, at_ns);
	if (w->state == WATCH_TRIPPED)
		return;
	if (sign == WATCH_CANARY && !w->has_canary) {
		w->has_canary = true;
		w->write_ns = at_ns;
	}
	move(&w->answer_ns,
	     meanings[sign].answer && !(meanings[sign].of_mount && w->blind), at_ns);
	move(&w->write_ns, meanings[sign].write, at_ns);
	move(&w->progress_ns, meanings[sign].progress, at_ns);
	(void)watch_look(w, w->looked_ns);
}

void watch_no_canary(struct watch *w)
{
	w->has_canary = false;
}

void watch_blind(struct watch *w)
{
	w->blind = true;
}

void watch_delayed(struct watch *w, bool delayed)
{
	w->delayed = delayed;
}

void watch_blocked(struct watch *w, int64_t since_ns)
{
	w->blocked_ns = since_ns;
}

int64_t watch_next_ns(const struct watch *w)
{
	int64_t began = stall_since(w);
	int64_t waited = w->looked_ns - began;
	int64_t next = began + trip_after(w);

	if (waited < w->late_ns)
		next = began + w->late_ns;
	else if (waited < w->stalled_ns)
		next = began + w->stalled_ns;
	if (w->state != WATCH_HEALTHY && w->calm_ns != WATCH_NOBODY &&
	    w->calm_ns + w->late_ns < next)
		next = w->calm_ns + w->late_ns;
	return next < began + trip_after(w) ? next : began + trip_after(w);
}

const char *watch_state_text(enum watch_state state)
{
	static const char *const texts[WATCH_STATES] = {
		[WATCH_HEALTHY] = "healthy",
		[WATCH_LATE] = "late",
		[WATCH_STALLED] = "stalled",
		[WATCH_TRIPPED] = "tripped",
	};

	return texts[state];
}

const char *watch_reason_name(enum watch_reason reason)
{
	static const char *const names[WATCH_REASONS] = {
		[WATCH_NO_REASON] = "none",
		[WATCH_SILENT] = "silent",
		[WATCH_UNWRITABLE] = "unwritable",
		[WATCH_STUCK] = "stuck",
	};

	return names[reason];
}

const char *watch_reason_text(enum watch_reason reason)
{
	static const char *const texts[WATCH_REASONS] = {
		[WATCH_NO_REASON] = "nothing wrong",
		[WATCH_SILENT] = "no call answered",
		[WATCH_UNWRITABLE] = "calls answered, but nothing written",
		[WATCH_STUCK] = "a process blocked, and nothing done for it",
	};

	return texts[reason];
}
