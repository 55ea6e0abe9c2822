/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_PLAN_H
#define LIB_BACKUP_PLAN_H

/*
 * The plan of a run: from the configuration, the record and the time to what is to be
 * done on which destination.  Reads the record, changes nothing.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/backup/job.h"
#include "lib/backup/schedule.h"
#include "lib/conf/conf.h"
#include "lib/record/record.h"

struct plan_request {
	struct schedule_request schedule;
	const char *to; /* only this destination; NULL: all of [backup] */
	int64_t now_ms;
};

struct plan_entry {
	const struct conf_destination *destination;
	struct schedule_decision decision;
};

/* One entry a destination, in the order of preference. */
struct plan {
	struct plan_entry *entries; /* owned */
	size_t n_entries;
};

/* [schedule] as lib/backup/schedule.h takes it. */
void plan_policy(const struct conf *conf, struct schedule_policy *ret)
	__attribute__((nonnull));

/*
 * What the schedule needs to know of the past.  @record: NULL if there is none yet.
 * Returns 0 or a negative error from the record.
 */
int plan_history(struct record *record, const char *destination,
		 struct schedule_history *ret, struct error *err)
	__attribute__((nonnull(2, 3, 4), warn_unused_result));

/*
 * Decide for each destination.  @conf has passed conf_require_backup().
 * Returns 0, or a negative error: ERROR_CONFIG if there is no such destination.
 * @ret: freed by plan_done().
 */
int plan_make(const struct conf *conf, struct record *record,
	      const struct plan_request *request, struct plan *ret, struct error *err)
	__attribute__((nonnull(1, 3, 4, 5), warn_unused_result));

/*
 * The candidates for job_run(): where something is to be done now.
 * @ret: room for @plan->n_entries.  Returns how many there are.
 */
size_t plan_candidates(const struct plan *plan, const struct conf *conf,
		       struct job_candidate *ret) __attribute__((nonnull));

void plan_done(struct plan *plan);

#endif
