/* SPDX-License-Identifier: MIT */
#ifndef LIB_RECORD_QUARANTINE_H
#define LIB_RECORD_QUARANTINE_H

/*
 * Quarantine: a destination whose server died under a run gets no new one, until it has
 * been healthy for long enough, or somebody says so.  When that is,
 * lib/backup/quarantine.h says; here is what is remembered.  At most one a destination at
 * a time; what is over stays in the record.
 */

#include <stdint.h>

#include "lib/record/query.h"

struct record_quarantine {
	int64_t run; /* that tripped; 0: none */
	int64_t since_ms;
	int64_t healthy;          /* healthy probes in a row */
	int64_t first_healthy_ms; /* of these the first one; -1: none */
	char destination[RECORD_NAME_SIZE];
	char reason[RECORD_TEXT_SIZE];
};

/*
 * Begin it.  If the destination is in quarantine already, it is as if it began now; but
 * one of the same run stays as it is, or ended, so that this can be done twice.
 */
int record_quarantine_begin(struct record *record, const struct record_quarantine *q,
			    struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* Returns 1; 0 if @destination is in none; or a negative error. */
int record_quarantine_get(struct record *record, const char *destination,
			  struct record_quarantine *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* What the probes have come to: @q->healthy and @q->first_healthy_ms. */
int record_quarantine_count(struct record *record, const struct record_quarantine *q,
			    struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * End it.  @by: "root on pts/0", "3 healthy probes over 15m".
 * Returns 1; 0 if there was none; or a negative error.
 */
int record_quarantine_end(struct record *record, const char *destination, int64_t now_ms,
			  const char *by, struct error *err)
	__attribute__((nonnull, warn_unused_result));

#endif
