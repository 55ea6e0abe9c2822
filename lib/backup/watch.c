/* SPDX-License-Identifier: MIT */
#include "lib/backup/watch.h"

#include <assert.h>

#define NSEC_PER_MSEC INT64_C(1000000)
#define LATE_BEATS 3

void watch_start(struct watch *w, int64_t beat_ms, int64_t max_stall_ms, int64_t now_ns)
{
	assert(beat_ms > 0 && max_stall_ms >= WATCH_MAX_STALL_MIN_MS);
	*w = (struct watch){
		.beat_ns = beat_ms * NSEC_PER_MSEC,
		.trip_ns = (max_stall_ms - WATCH_RELEASE_MS) * NSEC_PER_MSEC,
		.last_answer_ns = now_ns,
	};
}

static void note_wait(struct watch *w, int64_t now_ns)
{
	if (now_ns - w->last_answer_ns > w->worst_ns)
		w->worst_ns = now_ns - w->last_answer_ns;
}

void watch_answer(struct watch *w, int64_t now_ns)
{
	/* After the trip the mount is being taken down: there is no way back. */
	if (watch_look(w, now_ns) == WATCH_TRIPPED)
		return;
	w->last_answer_ns = now_ns;
	w->state = WATCH_HEALTHY;
}

enum watch_state watch_look(struct watch *w, int64_t now_ns)
{
	int64_t waited = now_ns - w->last_answer_ns;

	note_wait(w, now_ns);
	if (w->state == WATCH_TRIPPED || waited >= w->trip_ns) {
		w->state = WATCH_TRIPPED;
	} else if (waited >= LATE_BEATS * w->beat_ns && w->state == WATCH_HEALTHY) {
		w->state = WATCH_LATE;
		w->times_late++;
	}
	return w->state;
}

int64_t watch_next_ns(const struct watch *w)
{
	int64_t late = w->last_answer_ns + LATE_BEATS * w->beat_ns;
	int64_t trip = w->last_answer_ns + w->trip_ns;

	return w->state == WATCH_HEALTHY && late < trip ? late : trip;
}

const char *watch_state_text(enum watch_state state)
{
	static const char *const texts[] = {
		[WATCH_HEALTHY] = "healthy",
		[WATCH_LATE] = "late",
		[WATCH_TRIPPED] = "tripped",
	};

	return texts[state];
}
