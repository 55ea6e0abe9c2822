/* SPDX-License-Identifier: MIT */
#include "cmd/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/commands.h"
#include "cmd/exit.h"
#include "lib/backup/plan.h"
#include "lib/backup/session.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/conf/conf.h"

#define BIT(n) (1U << (n))
#define ENDED                                                                            \
	(BIT(RECORD_GOOD) | BIT(RECORD_PARTIAL) | BIT(RECORD_SUSPECT) |                  \
	 BIT(RECORD_FAILED) | BIT(RECORD_ABORTED) | BIT(RECORD_SKIPPED))

static int find_run(struct record *record, unsigned int levels, unsigned int outcomes,
		    struct status_run *ret, struct error *err)
{
	struct record_filter filter = {
		.kinds = BIT(RECORD_KIND_RUN),
		.levels = levels,
		.outcomes = outcomes,
	};
	int r = record_last_run(record, &filter, &ret->run, err);

	ret->found = r == 1;
	return r < 0 ? r : 0;
}

static int gather_runs(struct record *record, struct status *s, struct error *err)
{
	const unsigned int full = BIT(LEVEL_FULL), incremental = BIT(LEVEL_INCREMENTAL);
	int r;

	r = find_run(record, 0, ENDED, &s->last, err);
	if (r == 0)
		r = find_run(record, full, ENDED, &s->fulls[STATUS_LAST], err);
	if (r == 0)
		r = find_run(record, full, BIT(RECORD_GOOD), &s->fulls[STATUS_GOOD], err);
	if (r == 0)
		r = find_run(record, incremental, ENDED, &s->incrementals[STATUS_LAST],
			     err);
	if (r == 0)
		r = find_run(record, incremental, BIT(RECORD_GOOD),
			     &s->incrementals[STATUS_GOOD], err);
	return r;
}

/* The lock was looked at before: a run that began in between is no left-over. */
static int gather_left_behind(struct record *record, struct status *s, struct error *err)
{
	struct record_filter filter = { .outcomes = BIT(RECORD_RUNNING) };
	int r;

	if (s->running)
		return 0;
	r = record_last_run(record, &filter, &s->left_behind.run, err);
	s->left_behind.found = r == 1 && s->left_behind.run.started_ms < s->now_ms;
	if (s->left_behind.found && s->left_behind.run.id == s->holder.run_id &&
	    strcmp(s->holder.phase, SESSION_UNRECORDED) == 0)
		(void)snprintf(s->left_behind.run.reason,
			       sizeof(s->left_behind.run.reason), "%s",
			       SESSION_UNRECORDED_REASON);
	return r < 0 ? r : 0;
}

static int gather_destination(struct record *record, struct status_destination *d,
			      struct error *err)
{
	int r = record_pin_get(record, d->conf->name, &d->pin, err);

	d->pinned = r == 1;
	if (r >= 0)
		r = record_last_verdict(record, d->conf->name, &d->verdict, err);
	d->probed = r == 1;
	if (r >= 0)
		r = record_quarantine_get(record, d->conf->name, &d->quarantine, err);
	d->in_quarantine = r == 1;
	return r < 0 ? r : 0;
}

static int gather_record(struct record *record, struct status *s, struct error *err)
{
	int r;

	s->has_record = true;
	r = gather_runs(record, s, err);
	if (r == 0)
		r = gather_left_behind(record, s, err);
	if (r == 0) {
		r = record_hold_active(record, s->now_ms, &s->hold, err);
		s->on_hold = r == 1;
	}
	for (size_t i = 0; i < s->n_destinations && r >= 0; i++)
		r = gather_destination(record, &s->destinations[i], err);
	return r < 0 ? r : 0;
}

/* Of the destination that is preferred. */
static int gather_next(const struct conf *conf, struct record *record, struct status *s,
		       struct error *err)
{
	struct plan_request request = { .now_ms = s->now_ms };
	struct plan plan = { 0 };
	int r;

	if (!conf->backup.present)
		return 0;
	r = conf_require_backup(conf, err);
	if (r == 0)
		r = plan_make(conf, record, &request, &plan, err);
	if (r == 0) {
		s->scheduled = true;
		s->next = plan.entries[0].decision;
	}
	plan_done(&plan);
	return r;
}

static int gather(const struct conf *conf, struct status *s, struct error *err)
{
	CLEANUP(record_closep) struct record *record = NULL;
	int r;

	s->now_ms = clock_now_ms();
	s->state_dir = conf->nfsafe.state_dir;
	s->destinations = calloc(conf->n_destinations + 1, sizeof(*s->destinations));
	if (!s->destinations)
		return error_oom(err);
	s->n_destinations = conf->n_destinations;
	for (size_t i = 0; i < conf->n_destinations; i++)
		s->destinations[i].conf = &conf->destinations[i];
	r = lock_peek(conf->nfsafe.run_dir, LOCK_RUN, &s->holder, err);
	if (r < 0)
		return r;
	s->running = r == LOCK_PEEK_HELD;
	r = record_open(conf->nfsafe.state_dir, RECORD_READ, &record, err);
	if (r == RECORD_OPENED)
		r = gather_record(record, s, err);
	return r < 0 ? r : gather_next(conf, record, s, err);
}

static int run(struct context *ctx, const struct cli_args *args)
{
	struct status status = { 0 };
	struct conf conf = { 0 };
	struct error err;
	int r;

	if (args->n_operands > 0) {
		(void)error_set(&err, ERROR_USAGE, 0, "status takes no operand: '%s'",
				args->operands[0]);
		return context_fail(ctx, &err);
	}
	r = conf_load(ctx->config, true, &conf, NULL, &err);
	if (r == 0)
		r = gather(&conf, &status, &err);
	if (r < 0)
		(void)context_fail(ctx, &err);
	else if (ctx->json)
		status_print_json(&status);
	else if (!ctx->quiet)
		status_print(&status);
	free(status.destinations);
	conf_done(&conf);
	return r < 0 ? exit_from_error(err.kind) : EXIT_GOOD;
}

const struct command command_status = {
	.name = "status",
	.summary = "Show what runs, what was, what is due, and each destination",
	.details =
		"Reads the lock and the record; asks no server, and waits for no run.\n"
		"For root, and for the group that may read state_dir.",
	.run = run,
};
