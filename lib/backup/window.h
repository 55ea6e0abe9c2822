/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_WINDOW_H
#define LIB_BACKUP_WINDOW_H

/*
 * Nights: the stretches of time, one a day, that a window in local time stands for.
 *
 * A day may lack an hour, or have one twice.  A window that begins at a time which
 * a day has twice begins at the first, and ends at the second; one that begins at a
 * time which a day lacks begins when the clocks go forward, and ends as late as it
 * would have without that.  So no night is without a window.
 *
 * Pure, but for the host's time zone (localtime_r(3)).
 */

#include <stdbool.h>
#include <stdint.h>

/* Minutes since local midnight, 0 to 1439. */
struct window_spec {
	int from_min;
	int to_min; /* the first one outside; not after @from_min: of the next day */
};

#define WINDOW_WHOLE_DAY ((struct window_spec){ 0, 0 })

/* From @from_ms, before @to_ms; milliseconds since 1970, UTC. */
struct window {
	int64_t from_ms;
	int64_t to_ms;
	int64_t day; /* the local date on which it begins, as days since 1970-01-01 */
};

/* The one that holds @ms, or, if none does, the next one to begin. */
struct window window_at(struct window_spec spec, int64_t ms);

/* tm_wday of a date. */
int window_weekday(int64_t day);

/* The one of the day after @window's. */
struct window window_after(struct window_spec spec, struct window window);

#endif
