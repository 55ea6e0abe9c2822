/* SPDX-License-Identifier: MIT */
#include "lib/backup/quarantine.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/base/clock.h"
#include "lib/base/parse.h"
#include "lib/conf/conf.h"
#include "lib/record/quarantine.h"

struct quarantine_policy quarantine_policy(const struct conf_destination *conf)
{
	return (struct quarantine_policy){
		.probes = (int64_t)conf->quarantine_probes,
		.time_ms = conf->quarantine_time_ms,
	};
}

enum quarantine_outcome quarantine_count(const struct quarantine_policy *policy,
					 struct record_quarantine *q, bool healthy,
					 int64_t now_ms)
{
	if (!healthy) {
		q->healthy = 0;
		q->first_healthy_ms = -1;
		return QUARANTINE_STAYS;
	}
	q->healthy++;
	/* The clock was set back: what is left may not become longer than the whole. */
	if (q->first_healthy_ms < 0 || q->first_healthy_ms > now_ms)
		q->first_healthy_ms = now_ms;
	return q->healthy >= policy->probes &&
			       now_ms - q->first_healthy_ms >= policy->time_ms
		       ? QUARANTINE_OVER
		       : QUARANTINE_STAYS;
}

void quarantine_describe(const struct quarantine_policy *policy,
			 const struct record_quarantine *q, char *buf, size_t size)
{
	char since[CLOCK_TEXT_SIZE], run[40] = "", time[64];

	clock_format_local(q->since_ms, since);
	format_duration(policy->time_ms, time, sizeof(time));
	if (q->run > 0)
		(void)snprintf(run, sizeof(run), " (run %" PRId64 ")", q->run);
	(void)snprintf(buf, size,
		       "is in quarantine since %s%s: %s; %" PRId64 " of %" PRId64
		       " healthy probes over %s so far",
		       since, run, q->reason, q->healthy, policy->probes, time);
}
