/* SPDX-License-Identifier: MIT */
#include "lib/backup/window.h"

#include <time.h>

#define DAY_S 86400

/* Seconds that local time is ahead of UTC; 0 for years that have no calendar. */
static int64_t offset_at(int64_t t)
{
	time_t seconds = (time_t)t;
	struct tm tm;

	return localtime_r(&seconds, &tm) ? tm.tm_gmtoff : 0;
}

enum which {
	FIRST, /* of two; when the clocks go forward over it */
	LAST,  /* of two; as long after midnight as on other days */
};

/* The first second of (@before, @after] whose offset is that of @after. */
static int64_t find_change(int64_t before, int64_t after)
{
	int64_t offset = offset_at(after);

	while (after - before > 1) {
		int64_t middle = before + (after - before) / 2;

		if (offset_at(middle) == offset)
			after = middle;
		else
			before = middle;
	}
	return after;
}

/*
 * When local clocks show what @local, read as if it were UTC, says.  mktime(3)
 * leaves open which of two it picks, and what it makes of none; clocks change once
 * within two days at most.
 */
static int64_t instant(int64_t local, enum which which)
{
	int64_t before = offset_at(local - DAY_S), after = offset_at(local + DAY_S);
	int64_t by_before = local - before, by_after = local - after;
	bool is_before = offset_at(by_before) == before;
	bool is_after = offset_at(by_after) == after;

	if (is_before && is_after)
		return which == FIRST ? by_before : by_after;
	if (is_before || is_after)
		return is_before ? by_before : by_after;
	return which == FIRST ? find_change(by_after, by_before) : by_before;
}

static struct window window_of_day(struct window_spec spec, int64_t day)
{
	bool next_day = spec.to_min <= spec.from_min;
	/* One that takes all day ends where the next one begins. */
	enum which end = spec.to_min == spec.from_min ? FIRST : LAST;
	int64_t from = day * DAY_S + (int64_t)spec.from_min * 60;
	int64_t to = day * DAY_S + (int64_t)spec.to_min * 60 + (next_day ? DAY_S : 0);
	struct window w = {
		.from_ms = instant(from, FIRST) * 1000,
		.to_ms = instant(to, end) * 1000,
		.day = day,
	};

	/* From a minute that is missing to the first after it. */
	if (w.to_ms <= w.from_ms)
		w.to_ms = w.from_ms + (to - from) * 1000;
	return w;
}

/* The local date, as days since 1970-01-01. */
static int64_t day_of(int64_t ms)
{
	int64_t t = ms / 1000;
	int64_t local = t + offset_at(t);

	return local / DAY_S - (local % DAY_S < 0);
}

struct window window_at(struct window_spec spec, int64_t ms)
{
	/* That of the day before may go on past midnight. */
	int64_t day = day_of(ms) - 1;
	struct window w = window_of_day(spec, day);

	while (w.to_ms <= ms)
		w = window_of_day(spec, ++day);
	return w;
}

struct window window_after(struct window_spec spec, struct window window)
{
	return window_of_day(spec, window.day + 1);
}

int window_weekday(int64_t day)
{
	/* 1970-01-01 was a Thursday. */
	return (int)((day % 7 + 7 + 4) % 7);
}
