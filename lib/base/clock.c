/* SPDX-License-Identifier: MIT */
#include "lib/base/clock.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

int64_t clock_now_ms(void)
{
	struct timespec ts;
	int r = clock_gettime(CLOCK_REALTIME, &ts);

	assert(r == 0);
	(void)r;
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool split(int64_t ms, struct tm *(*convert)(const time_t *, struct tm *),
		  struct tm *ret)
{
	time_t t = (time_t)(ms / 1000);

	return ms >= 0 && convert(&t, ret) != NULL;
}

void clock_format_utc(int64_t ms, char buf[CLOCK_TEXT_SIZE])
{
	struct tm tm;

	if (!split(ms, gmtime_r, &tm) ||
	    strftime(buf, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(buf, CLOCK_TEXT_SIZE, "-");
}

void clock_format_local(int64_t ms, char buf[CLOCK_TEXT_SIZE])
{
	struct tm tm;

	if (!split(ms, localtime_r, &tm) ||
	    strftime(buf, CLOCK_TEXT_SIZE, "%Y-%m-%d %H:%M:%S %z", &tm) == 0)
		(void)snprintf(buf, CLOCK_TEXT_SIZE, "-");
}
