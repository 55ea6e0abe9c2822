/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_TALLY_H
#define LIB_NFS_TALLY_H

/*
 * What many beats amount to: how many were answered, and how fast.  Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/nfs/beat.h"

struct tally {
	uint32_t sent;     /* told at least once */
	uint32_t answered; /* late ones included */
	uint32_t late;
	uint32_t *rtts_us; /* of those that were answered */
	size_t size;
	bool failed; /* no memory for more round trips */
};

struct tally_summary {
	double loss_percent;
	uint32_t min_us, median_us, p99_us, max_us; /* 0 if none was answered */
};

#define TALLY_INIT ((struct tally){ 0 })

void tally_add(struct tally *tally, const struct beat *beat) __attribute__((nonnull));

/* Sorts what @tally has.  The percentiles are values that occurred (nearest rank). */
void tally_summarize(struct tally *tally, struct tally_summary *ret)
	__attribute__((nonnull));

void tally_done(struct tally *tally);

#endif
