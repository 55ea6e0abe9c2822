/* SPDX-License-Identifier: MIT */
#ifndef LIB_RECORD_HOLD_H
#define LIB_RECORD_HOLD_H

/*
 * Holds: maintenance windows in which nothing is started.  They end by
 * themselves, or when released; what was held stays in the record.
 */

#include <stdint.h>

#include "lib/record/query.h"

#define RECORD_HOLD_FOREVER INT64_MAX

struct record_hold {
	int64_t since_ms;
	int64_t until_ms; /* RECORD_HOLD_FOREVER: until released */
	char reason[RECORD_TEXT_SIZE];
	char by[RECORD_NAME_SIZE];
};

/* Add a hold; several may be active at once. */
int record_hold_add(struct record *record, const struct record_hold *hold,
		    struct error *err) __attribute__((nonnull, warn_unused_result));

/* End all holds that are active at @now_ms.  @ret_released: how many there were. */
int record_hold_release(struct record *record, int64_t now_ms, int *ret_released,
			struct error *err) __attribute__((nonnull, warn_unused_result));

/*
 * The hold that ends last of those active at @now_ms: since <= now < until, and
 * not released.  One whose start is in the future (the clock was set back) is
 * active too: what was meant to be held stays held.
 * Returns 1; 0 if there is none; or a negative error.
 */
int record_hold_active(struct record *record, int64_t now_ms, struct record_hold *ret,
		       struct error *err) __attribute__((nonnull, warn_unused_result));

#endif
