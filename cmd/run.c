/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/commands.h"
#include "cmd/exit.h"
#include "cmd/load.h"
#include "cmd/outcome.h"
#include "lib/backup/plan.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/json.h"
#include "lib/base/strbuf.h"
#include "lib/record/hold.h"

static const struct cli_option options[] = {
	{ 0, "level", "LEVEL", "auto (what is due, the default), full, incremental",
	  false },
	{ 0, "to", "NAME", "only onto this destination", false },
	{ 0, "force", NULL,
	  "although nothing is due, or outside of the window; not in quarantine", false },
	{ 'n', "dry-run", NULL, "say what would be done, and do nothing", false },
	{ 0, "explain", NULL, "say at length why, and do nothing", false },
	{ 0, "at", "TIME", "explain or dry-run as of TIME: 'YYYY-MM-DD HH:MM' local time",
	  false },
	{ 0 },
};

/* ---- arguments ---- */

static int parse_time(const char *text, int64_t *ret_ms, struct error *err)
{
	static const char *const formats[] = { "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M",
					       "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M",
					       "%Y-%m-%d" };

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct tm tm = { .tm_isdst = -1 };
		const char *end = strptime(text, formats[i], &tm);
		bool utc = end && strcmp(end, "Z") == 0;
		time_t t;

		if (!end || (*end != '\0' && !utc))
			continue;
		t = utc ? timegm(&tm) : mktime(&tm);
		if (t == (time_t)-1)
			break;
		*ret_ms = (int64_t)t * 1000;
		return 0;
	}
	return error_set(err, ERROR_USAGE, 0,
			 "--at: '%s' is not a time like '2026-11-28 22:00'", text);
}

static int parse_request(const struct cli_args *args, struct plan_request *ret,
			 struct error *err)
{
	const char *level = cli_value(args, "level");
	const char *at = cli_value(args, "at");
	bool look_only = cli_count(args, "explain") || cli_count(args, "dry-run");

	*ret = (struct plan_request){
		.schedule.force = cli_count(args, "force") > 0,
		.to = cli_value(args, "to"),
		.now_ms = clock_now_ms(),
	};
	if (args->n_operands > 0)
		return error_set(err, ERROR_USAGE, 0, "run takes no operand: '%s'",
				 args->operands[0]);
	if (level && strcmp(level, "auto") != 0) {
		ret->schedule.level = level_from_name(level);
		if (ret->schedule.level == LEVEL_NONE)
			return error_set(err, ERROR_USAGE, 0,
					 "--level: '%s' is not auto, full or incremental",
					 level);
	}
	if (at && !look_only)
		return error_set(err, ERROR_USAGE, 0,
				 "--at goes with --explain or --dry-run only");
	return at ? parse_time(at, &ret->now_ms, err) : 0;
}

/* ---- looking only ---- */

static void json_entry(struct json *j, const struct plan_entry *e)
{
	static const char *const due[] = {
		[SCHEDULE_NOTHING] = "nothing",
		[SCHEDULE_NOW] = "now",
		[SCHEDULE_WAIT] = "wait",
	};
	char next[CLOCK_TEXT_SIZE];

	clock_format_utc(e->decision.next_ms, next);
	json_object_begin(j, NULL);
	json_string(j, "destination", e->destination->name);
	json_string(j, "due", due[e->decision.due]);
	json_string(j, "level", level_name(e->decision.level));
	json_bool(j, "overridden", e->decision.overridden);
	json_string(j, "next", next);
	json_string(j, "reason", e->decision.reason);
	json_object_end(j);
}

static void print_plan(const struct context *ctx, const struct plan *plan)
{
	struct strbuf text = STRBUF_INIT;
	struct json j = JSON_INIT(&text);

	json_array_begin(&j, NULL);
	for (size_t i = 0; i < plan->n_entries; i++) {
		const struct plan_entry *e = &plan->entries[i];

		if (ctx->json)
			json_entry(&j, e);
		else if (e->decision.due == SCHEDULE_NOW)
			(void)printf("%s: would make %s\n", e->destination->name,
				     e->decision.reason);
		else
			(void)printf("%s: would make nothing: %s\n", e->destination->name,
				     e->decision.reason);
	}
	json_array_end(&j);
	if (ctx->json)
		(void)puts(strbuf_str(&text));
	strbuf_done(&text);
}

static int explain(const struct conf *conf, struct record *record,
		   const struct plan_request *request, const struct plan *plan,
		   struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	struct schedule_policy policy;
	int r = 0;

	plan_policy(conf, &policy);
	for (size_t i = 0; i < plan->n_entries && r == 0; i++) {
		const char *name = plan->entries[i].destination->name;
		struct schedule_history history;

		r = plan_history(record, name, &history, err);
		if (r < 0)
			break;
		strbuf_printf(&text, "%s%s:\n", i > 0 ? "\n" : "", name);
		schedule_explain(&policy, &history, &request->schedule, name,
				 request->now_ms, &text);
	}
	if (r == 0)
		(void)fputs(strbuf_str(&text), stdout);
	strbuf_done(&text);
	return r;
}

/* --dry-run and --explain: need no root and no lock, and may run beside a run. */
static int look(struct context *ctx, const struct cli_args *args, const struct conf *conf,
		const struct plan_request *request)
{
	struct record *record = NULL;
	struct plan plan = { 0 };
	struct error err;
	int r;

	r = record_open(conf->nfsafe.state_dir, RECORD_READ, &record, &err);
	if (r >= 0)
		r = plan_make(conf, record, request, &plan, &err);
	if (r == 0 && cli_count(args, "explain") && !ctx->json)
		r = explain(conf, record, request, &plan, &err);
	else if (r == 0)
		print_plan(ctx, &plan);
	plan_done(&plan);
	record_close(record);
	return r < 0 ? context_fail(ctx, &err) : EXIT_GOOD;
}

/* ---- running ---- */

static int skip_on_hold(struct session *s, int64_t now_ms, struct error *err)
{
	struct record_hold hold;
	char until[CLOCK_TEXT_SIZE];
	int r = record_hold_active(s->record, now_ms, &hold, err);

	if (r <= 0)
		return r;
	clock_format_local(hold.until_ms == RECORD_HOLD_FOREVER ? -1 : hold.until_ms,
			   until);
	return error_set(err, ERROR_BUSY, 0, "on hold until %s by %s: %s",
			 until[0] == '-' ? "released" : until, hold.by, hold.reason);
}

/* Nothing to start: nothing is due (fine), or it is not the time (skipped). */
static int stand_by(struct context *ctx, const struct plan *plan)
{
	const struct schedule_decision *d = &plan->entries[0].decision;
	struct error err;

	if (d->due == SCHEDULE_NOTHING) {
		log_notice(&ctx->log, "%s", d->reason);
		if (ctx->json)
			print_plan(ctx, plan);
		return EXIT_GOOD;
	}
	(void)error_set(&err, ERROR_BUSY, 0, "skipped: %s", d->reason);
	return context_fail(ctx, &err);
}

static int decide_and_run(struct context *ctx, struct session *s, const struct conf *conf,
			  const struct plan_request *request)
{
	cleanup_free struct job_candidate *candidates = NULL;
	struct job job = {
		.kind = RECORD_KIND_RUN,
		.stdio = ctx->verbose > 0 ? COMMAND_STDIO_SHOW : COMMAND_STDIO_KEEP,
		.exit_code = exit_from_ending,
	};
	struct plan plan = { 0 };
	struct error err;
	int r;

	r = skip_on_hold(s, request->now_ms, &err);
	if (r == 0)
		r = plan_make(conf, s->record, request, &plan, &err);
	if (r < 0)
		return context_fail(ctx, &err);
	candidates = calloc(plan.n_entries, sizeof(*candidates));
	if (!candidates) {
		(void)error_oom(&err);
		r = context_fail(ctx, &err);
	} else if (plan.entries[0].decision.due != SCHEDULE_NOW) {
		r = stand_by(ctx, &plan);
	} else {
		log_notice(&ctx->log, "%s", plan.entries[0].decision.reason);
		job.n_candidates = plan_candidates(&plan, conf, candidates);
		job.candidates = candidates;
		r = outcome_of_job(ctx, s, conf, &job);
	}
	plan_done(&plan);
	return r;
}

static int run(struct context *ctx, const struct cli_args *args)
{
	struct session session = { 0 };
	struct plan_request request;
	struct conf conf = { 0 };
	struct error err;
	int r;

	r = parse_request(args, &request, &err);
	if (r == 0)
		r = load_conf(ctx, &conf, &err);
	if (r == 0)
		r = conf_require_backup(&conf, &err);
	if (r == 0 && (cli_count(args, "explain") || cli_count(args, "dry-run"))) {
		r = look(ctx, args, &conf, &request);
		conf_done(&conf);
		return r;
	}
	if (r == 0)
		r = session_open(&session, &conf, "run", &ctx->log, &err);
	r = r == 0 ? decide_and_run(ctx, &session, &conf, &request)
		   : context_fail(ctx, &err);
	session_close(&session);
	conf_done(&conf);
	return r;
}

const struct command command_run = {
	.name = "run",
	.summary = "Make the backup that is due: probe, mount, back up, unmount",
	.details =
		"Decides from the schedule and the record what is due; takes the first\n"
		"destination that passes the probe; records and says what came of it.  "
		"Meant\n"
		"for cron: says nothing when it is good, or when nothing is due.",
	.options = options,
	.run = run,
};
