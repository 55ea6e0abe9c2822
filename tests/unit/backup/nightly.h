/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_BACKUP_NIGHTLY_H
#define TESTS_UNIT_BACKUP_NIGHTLY_H

/* The policy of the design's example, and times as one writes them. */

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/backup/schedule.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define SAT (1U << 6)
#define SUN (1U << 0)

static inline void zone(const char *name)
{
	(void)setenv("TZ", name, 1);
	tzset();
}

/* "2026-11-28 22:00", in UTC; "": -1. */
static inline int64_t utc(const char *text)
{
	struct tm tm = { 0 };
	const char *end;

	if (!text || text[0] == '\0')
		return -1;
	end = strptime(text, "%Y-%m-%d %H:%M", &tm);
	cr_assert(end && *end == '\0', "%s", text);
	return (int64_t)timegm(&tm) * 1000;
}

/* Nightly, full on Saturdays: the design's example. */
static inline struct schedule_policy nightly(void)
{
	return (struct schedule_policy){ .full_every_ms = 7 * DAY,
					 .full_on = SAT,
					 .incremental_every_ms = DAY,
					 .has_window = true,
					 .window_from_min = 22 * 60,
					 .window_to_min = 6 * 60 };
}

static inline struct schedule_policy at_any_time(void)
{
	struct schedule_policy p = nightly();

	p.full_on = 0;
	p.has_window = false;
	return p;
}

#endif
