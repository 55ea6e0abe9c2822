/* SPDX-License-Identifier: MIT */
#ifndef LIB_BASE_CLOCK_H
#define LIB_BASE_CLOCK_H

/*
 * Wall-clock time, for records and the schedule only: it jumps.  Whatever waits
 * uses lib/base/deadline.h.  Points in time are milliseconds since 1970 in UTC.
 */

#include <stddef.h>
#include <stdint.h>

#define CLOCK_TEXT_SIZE 32

/* Now; milliseconds since 1970, UTC. */
int64_t clock_now_ms(void);

/* "2026-11-24T23:17:05Z", ISO 8601 in UTC; "-" for a negative @ms. */
void clock_format_utc(int64_t ms, char buf[CLOCK_TEXT_SIZE]);

/* "2026-11-24 23:17:05 +0100", in the host's time zone; "-" for a negative @ms. */
void clock_format_local(int64_t ms, char buf[CLOCK_TEXT_SIZE]);

#endif
