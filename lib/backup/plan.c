/* SPDX-License-Identifier: MIT */
#include "lib/backup/plan.h"

#include <stdlib.h>

#include "lib/base/error.h"
#include "lib/record/query.h"

void plan_policy(const struct conf *conf, struct schedule_policy *ret)
{
	const struct conf_schedule *s = &conf->schedule;

	*ret = (struct schedule_policy){
		.full_every_ms = s->full_every_ms,
		.full_on = s->full_on,
		.has_window = !s->window.always,
		.window_from_min = s->window.from_min,
		.window_to_min = s->window.to_min,
	};
	if (conf->backup.incremental && conf->backup.incremental[0])
		ret->incremental_every_ms = s->incremental_every_ms;
}

/* The start of the last good session of @levels, -1 if there is none. */
static int last_good(struct record *record, const char *destination, unsigned int levels,
		     int64_t *ret_ms, struct error *err)
{
	struct record_filter filter = {
		.kinds = 1U << RECORD_KIND_RUN,
		.levels = levels,
		.outcomes = 1U << RECORD_GOOD,
		.destination = destination,
	};
	struct record_run run;
	int r;

	*ret_ms = -1;
	if (!record)
		return 0;
	r = record_last_run(record, &filter, &run, err);
	if (r == 1)
		*ret_ms = run.started_ms;
	return r < 0 ? r : 0;
}

int plan_history(struct record *record, const char *destination,
		 struct schedule_history *ret, struct error *err)
{
	const unsigned int full = 1U << LEVEL_FULL;
	const unsigned int any = full | 1U << LEVEL_INCREMENTAL;
	int r;

	r = last_good(record, NULL, full, &ret->last_full_ms, err);
	if (r == 0)
		r = last_good(record, NULL, any, &ret->last_any_ms, err);
	if (r == 0)
		r = last_good(record, destination, full, &ret->last_full_here_ms, err);
	if (r == 0)
		r = last_good(record, destination, any, &ret->last_any_here_ms, err);
	return r;
}

static int decide(const struct conf *conf, struct record *record,
		  const struct plan_request *request, const char *name,
		  struct plan_entry *ret, struct error *err)
{
	struct schedule_policy policy;
	struct schedule_history history;
	int r = conf_require_destination(conf, name, &ret->destination, err);

	if (r == 0)
		r = plan_history(record, name, &history, err);
	if (r < 0)
		return r;
	plan_policy(conf, &policy);
	ret->decision = schedule_decide(&policy, &history, &request->schedule, name,
					request->now_ms);
	return 0;
}

int plan_make(const struct conf *conf, struct record *record,
	      const struct plan_request *request, struct plan *ret, struct error *err)
{
	char *only[] = { (char *)request->to, NULL };
	char **names = request->to ? only : conf->backup.destinations;
	struct plan plan = { 0 };
	size_t n = 0;

	while (names[n])
		n++;
	plan.entries = calloc(n, sizeof(*plan.entries));
	if (!plan.entries)
		return error_oom(err);
	for (size_t i = 0; i < n; i++) {
		int r = decide(conf, record, request, names[i], &plan.entries[i], err);

		if (r < 0) {
			plan_done(&plan);
			return r;
		}
		plan.n_entries++;
	}
	*ret = plan;
	return 0;
}

size_t plan_candidates(const struct plan *plan, const struct conf *conf,
		       struct job_candidate *ret)
{
	const struct conf_backup *b = &conf->backup;
	size_t n = 0;

	for (size_t i = 0; i < plan->n_entries; i++) {
		const struct plan_entry *e = &plan->entries[i];
		bool full = e->decision.level == LEVEL_FULL;

		if (e->decision.due != SCHEDULE_NOW)
			continue;
		ret[n++] = (struct job_candidate){
			.destination = e->destination,
			.level = e->decision.level,
			.argv = full ? b->full : b->incremental,
			.timeout_ms =
				full ? b->timeout_full_ms : b->timeout_incremental_ms,
		};
	}
	return n;
}

void plan_done(struct plan *plan)
{
	if (!plan)
		return;
	free(plan->entries);
	*plan = (struct plan){ 0 };
}
