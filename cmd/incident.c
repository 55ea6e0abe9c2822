/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/exit.h"
#include "lib/backup/incident.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/json.h"
#include "lib/base/parse.h"
#include "lib/base/strbuf.h"
#include "lib/conf/conf.h"
#include "lib/record/record.h"

#define BIT(n) (1U << (n))
#define NOT_WELL                                                                         \
	(BIT(RECORD_PARTIAL) | BIT(RECORD_SUSPECT) | BIT(RECORD_FAILED) |                \
	 BIT(RECORD_ABORTED))

/* What the record knows of the run. */
struct story {
	struct record_run run;
	struct record_phase *phases; /* owned */
	size_t n_phases;
	struct event *events; /* owned */
	size_t n_events;
};

static void story_done(struct story *s)
{
	free(s->phases);
	free(s->events);
}

/* ---- reading ---- */

/* @id: 0: the last one that did not end well, else the last one. */
static int find_run(struct record *record, int64_t id, struct record_run *ret,
		    struct error *err)
{
	struct record_filter filter = { .id = id, .outcomes = id ? 0 : NOT_WELL };
	int r = record_last_run(record, &filter, ret, err);

	if (r != 0 || id)
		return r;
	return record_last_run(record, &(struct record_filter){ 0 }, ret, err);
}

/* Returns 1, 0 if there is no such run (said in @err), or a negative error. */
static int read_story(const struct conf *conf, int64_t id, struct story *ret,
		      struct error *err)
{
	CLEANUP(record_closep) struct record *record = NULL;
	const char *dir = conf->nfsafe.state_dir;
	int r = record_open(dir, RECORD_READ, &record, err);

	if (r == RECORD_NONE) {
		(void)error_set(err, ERROR_USAGE, 0,
				"there is no record yet in %s: nothing was ever run",
				dir);
		return 0;
	}
	if (r == 0)
		r = find_run(record, id, &ret->run, err);
	if (r == 0 && id)
		(void)error_set(err, ERROR_USAGE, 0, "there is no run %lld in %s",
				(long long)id, record_path(record));
	else if (r == 0)
		(void)error_set(err, ERROR_USAGE, 0, "there is no run yet in %s",
				record_path(record));
	if (r <= 0)
		return r;
	r = record_phases(record, ret->run.id, &ret->phases, &ret->n_phases, err);
	if (r == 0)
		r = event_list(record, ret->run.id, &ret->events, &ret->n_events, err);
	return r < 0 ? r : 1;
}

/* ---- text ---- */

static const char *colour(const struct incident_moment *m)
{
	if (!isatty(STDOUT_FILENO) || getenv("NO_COLOR"))
		return "";
	if (m->phase)
		return "\033[1m";
	switch (m->event->kind) {
	case EVENT_BLOCKED:
	case EVENT_STATE:
		return "\033[31m";
	case EVENT_RELEASED:
		return "\033[32m";
	default:
		return "";
	}
}

static void print_moment(const struct incident_moment *m)
{
	const char *begin = colour(m), *end = *begin ? "\033[0m" : "";
	const struct event *e = m->event;
	const struct record_phase *p = m->phase;

	(void)printf("%12.3f  %s%-10s%s  ", (double)m->t_ms / 1000, begin,
		     p ? "phase" : event_kind_name(e->kind), end);
	if (p && !m->phase_ends)
		(void)printf("%s\n", p->name);
	else if (p)
		(void)printf("%s: %s after %.3f s%s%s\n", p->name,
			     record_phase_outcome_name(p->outcome),
			     (double)p->duration_ms / 1000, p->detail[0] ? ": " : "",
			     p->detail);
	else
		(void)printf("%s%s%s\n", e->subject, e->subject[0] ? ": " : "", e->text);
}

static void print_run(const struct record_run *run)
{
	char begun[CLOCK_TEXT_SIZE];

	clock_format_local(run->started_ms, begun);
	(void)printf("run %lld: nfsafe %s%s%s%s%s, begun %s, ", (long long)run->id,
		     record_kind_name(run->kind), run->label[0] ? " " : "", run->label,
		     run->destination[0] ? " on " : "", run->destination, begun);
	if (run->outcome == RECORD_RUNNING)
		(void)puts("is running");
	else if (run->exit_code >= 0)
		(void)printf("%s (%d)", record_outcome_name(run->outcome),
			     run->exit_code);
	else
		(void)printf("%s", record_outcome_name(run->outcome));
	if (run->outcome != RECORD_RUNNING)
		(void)printf("%s%s\n", run->reason[0] ? ": " : "", run->reason);
}

static void print_text(const struct story *s, const struct incident *in)
{
	(void)printf("%s\n\n", in->sentence);
	print_run(&s->run);
	for (size_t i = 0; i < in->n_victims; i++) {
		const struct incident_victim *v = &in->victims[i];

		(void)printf("  blocked  %s, from %.3f s on", v->event->subject,
			     (double)v->from_ms / 1000);
		if (v->ms >= 0)
			(void)printf(", for %s%.3f s", v->released ? "" : "at least ",
				     (double)v->ms / 1000);
		(void)printf(": %s\n", v->event->text);
	}
	(void)putchar('\n');
	for (size_t i = 0; i < in->n_moments; i++)
		print_moment(&in->moments[i]);
	if (in->dropped > 0)
		(void)printf("%lld more events were not kept\n", (long long)in->dropped);
}

/* ---- JSON ---- */

static void json_time(struct json *j, const char *key, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format_utc(ms, text);
	json_string(j, key, ms < 0 ? NULL : text);
}

static void json_known(struct json *j, const char *key, int64_t value)
{
	if (value < 0)
		json_null(j, key);
	else
		json_int(j, key, value);
}

static void json_text(struct json *j, const char *key, const char *text)
{
	json_string(j, key, text[0] ? text : NULL);
}

static void json_run(struct json *j, const struct record_run *run)
{
	json_int(j, "run", run->id);
	json_string(j, "kind", record_kind_name(run->kind));
	json_text(j, "level", level_name(run->level));
	json_text(j, "label", run->label);
	json_text(j, "destination", run->destination);
	json_string(j, "outcome", record_outcome_name(run->outcome));
	json_known(j, "exit_code", run->exit_code);
	json_time(j, "started", run->started_ms);
	json_time(j, "ended", run->ended_ms);
	json_known(j, "worst_stall_ms", run->worst_stall_ms);
	json_text(j, "reason", run->reason);
}

static void json_victims(struct json *j, const struct incident *in)
{
	json_array_begin(j, "blocked");
	for (size_t i = 0; i < in->n_victims; i++) {
		const struct incident_victim *v = &in->victims[i];

		json_object_begin(j, NULL);
		json_string(j, "task", v->event->subject);
		json_int(j, "from_ms", v->from_ms);
		json_known(j, "ms", v->ms);
		json_bool(j, "released", v->released);
		json_string(j, "text", v->event->text);
		json_object_end(j);
	}
	json_array_end(j);
}

static void json_moment(struct json *j, const struct incident_moment *m)
{
	const struct record_phase *p = m->phase;
	const struct event *e = m->event;

	json_object_begin(j, NULL);
	json_int(j, "t_ms", m->t_ms);
	json_string(j, "kind", p ? "phase" : event_kind_name(e->kind));
	json_string(j, "subject", p ? p->name : e->subject[0] ? e->subject : NULL);
	if (p && m->phase_ends) {
		json_string(j, "outcome", record_phase_outcome_name(p->outcome));
		json_int(j, "value", p->duration_ms);
		json_text(j, "text", p->detail);
	} else if (!p) {
		json_known(j, "value", e->value);
		json_string(j, "text", e->text);
	}
	json_object_end(j);
}

static void print_json(const struct story *s, const struct incident *in)
{
	struct strbuf text = STRBUF_INIT;
	struct json j = JSON_INIT(&text);

	json_object_begin(&j, NULL);
	json_run(&j, &s->run);
	json_string(&j, "summary", in->sentence);
	json_bool(&j, "tripped", in->tripped);
	json_victims(&j, in);
	json_array_begin(&j, "timeline");
	for (size_t i = 0; i < in->n_moments; i++)
		json_moment(&j, &in->moments[i]);
	json_array_end(&j);
	json_int(&j, "dropped", in->dropped);
	json_object_end(&j);
	(void)puts(strbuf_str(&text));
	strbuf_done(&text);
}

/* ---- the command ---- */

static int tell(const struct context *ctx, const struct story *s)
{
	struct incident_source source = {
		.run = &s->run,
		.phases = s->phases,
		.n_phases = s->n_phases,
		.events = s->events,
		.n_events = s->n_events,
	};
	struct incident incident;
	struct error err;

	if (incident_make(&source, &incident, &err) < 0)
		return context_fail(ctx, &err);
	if (ctx->json)
		print_json(s, &incident);
	else
		print_text(s, &incident);
	incident_done(&incident);
	return EXIT_GOOD;
}

static int parse_run(const struct cli_args *args, int64_t *ret, struct error *err)
{
	uint64_t id = 0;

	if (args->n_operands > 1)
		return error_set(err, ERROR_USAGE, 0, "incident takes one run");
	if (args->n_operands == 1 &&
	    parse_uint(args->operands[0], 1, INT64_MAX, &id, err) < 0)
		return error_set(err, ERROR_USAGE, 0, "'%s' is not the number of a run",
				 args->operands[0]);
	*ret = (int64_t)id;
	return 0;
}

static int run(struct context *ctx, const struct cli_args *args)
{
	struct story story = { 0 };
	struct conf conf = { 0 };
	struct error err;
	int64_t id = 0;
	int r, code;

	r = parse_run(args, &id, &err);
	if (r == 0)
		r = conf_load(ctx->config, true, &conf, NULL, &err);
	if (r == 0)
		r = read_story(&conf, id, &story, &err);
	if (r < 0) {
		code = context_fail(ctx, &err);
	} else if (r == 0) {
		(void)context_fail(ctx, &err);
		code = EXIT_NO_INPUT;
	} else {
		code = tell(ctx, &story);
	}
	story_done(&story);
	conf_done(&conf);
	return code;
}

const struct command command_incident = {
	.name = "incident",
	.operands = "[RUN]",
	.summary = "Tell what happened in a run, and whether this host was blocked",
	.details =
		"RUN is its number; without it the last run that did not end well is "
		"meant, or\n"
		"the last one.  First one sentence, then the timeline: phases, answers "
		"of the\n"
		"server, states of the watch, who was blocked and when he was released, "
		"signals,\n"
		"the unmount.  Reads the record only, also while a run is under way.\n"
		"\n"
		"Exit code: 0, or 66 if there is no such run.",
	.run = run,
};
