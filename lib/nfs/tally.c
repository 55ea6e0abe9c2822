/* SPDX-License-Identifier: MIT */
#include "lib/nfs/tally.h"

#include <stdlib.h>

static void add_rtt(struct tally *tally, int64_t us)
{
	if (tally->answered == tally->size) {
		size_t size = tally->size ? tally->size * 2 : 64;
		uint32_t *more = realloc(tally->rtts_us, size * sizeof(*more));

		if (!more) {
			tally->failed = true;
			return;
		}
		tally->rtts_us = more;
		tally->size = size;
	}
	tally->rtts_us[tally->answered++] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

void tally_add(struct tally *tally, const struct beat *beat)
{
	/* A late one was told before, as silent. */
	if (beat->result == BEAT_LATE)
		tally->late++;
	else
		tally->sent++;
	if (beat->result == BEAT_ANSWERED || beat->result == BEAT_LATE)
		add_rtt(tally, beat->rtt_us);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The smallest value that @percent of all do not exceed. */
static uint32_t percentile(const struct tally *tally, uint64_t percent)
{
	uint64_t rank = (tally->answered * percent + 99) / 100;

	return tally->rtts_us[rank > 0 ? rank - 1 : 0];
}

void tally_summarize(struct tally *tally, struct tally_summary *ret)
{
	*ret = (struct tally_summary){ 0 };
	if (tally->sent > 0)
		ret->loss_percent = 100.0 * (double)(tally->sent - tally->answered) /
				    (double)tally->sent;
	if (tally->answered == 0)
		return;
	qsort(tally->rtts_us, tally->answered, sizeof(*tally->rtts_us), compare);
	ret->min_us = tally->rtts_us[0];
	ret->median_us = percentile(tally, 50);
	ret->p99_us = percentile(tally, 99);
	ret->max_us = tally->rtts_us[tally->answered - 1];
}

void tally_done(struct tally *tally)
{
	free(tally->rtts_us);
	*tally = TALLY_INIT;
}
