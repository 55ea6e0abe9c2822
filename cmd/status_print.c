/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/status.h"
#include "lib/backup/quarantine.h"
#include "lib/base/clock.h"
#include "lib/base/json.h"
#include "lib/base/parse.h"
#include "lib/base/strbuf.h"
#include "lib/conf/conf.h"

/* ---- text ---- */

enum colour { PLAIN, GREEN, YELLOW, RED };

static const char *colour_begin(enum colour colour)
{
	static const char *const codes[] = { "", "\033[32m", "\033[33m", "\033[31m" };

	if (!isatty(STDOUT_FILENO) || getenv("NO_COLOR"))
		return "";
	return codes[colour];
}

static void paint(enum colour colour, const char *text)
{
	const char *begin = colour_begin(colour);

	(void)printf("%s%s%s", begin, text, *begin ? "\033[0m" : "");
}

static enum colour outcome_colour(enum record_outcome outcome)
{
	switch (outcome) {
	case RECORD_GOOD:
		return GREEN;
	case RECORD_FAILED:
	case RECORD_ABORTED:
		return RED;
	case RECORD_RUNNING:
		return PLAIN;
	default:
		return YELLOW;
	}
}

/* The beginning of a line; "" goes on with the one before. */
static void title(const char *text)
{
	(void)printf("%-18s", text);
}

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* "6d23h", "3h2m", "42s": nobody wants more than two units. */
static void round_duration(int64_t ms, char *buf, size_t size)
{
	int64_t unit = ms >= DAY ? HOUR : ms >= HOUR ? MINUTE : SECOND;

	format_duration(ms / unit * unit, buf, size);
}

/* "Sat 2026-11-28 22:00 GMT, 7d ago", or "in 3h" if it is to come. */
static void print_time(int64_t ms, int64_t now_ms)
{
	char text[SCHEDULE_TIME_SIZE], age[64];

	schedule_format_time(ms, text);
	round_duration(ms <= now_ms ? now_ms - ms : ms - now_ms, age, sizeof(age));
	(void)printf(ms <= now_ms ? "%s, %s ago" : "%s, in %s", text, age);
}

static void print_for(const char *before, int64_t from_ms, int64_t to_ms)
{
	char text[64];

	if (from_ms < 0 || to_ms < from_ms)
		return;
	round_duration(to_ms - from_ms, text, sizeof(text));
	(void)printf("%s%s", before, text);
}

static void print_running(const struct status *s)
{
	const struct lock_holder *h = &s->holder;

	title("running");
	if (!s->running) {
		(void)puts("nothing");
		return;
	}
	paint(GREEN, h->phase[0] ? h->phase : "?");
	if (h->destination[0])
		(void)printf(" on %s", h->destination);
	print_for(" for ", h->phase_since_ms, s->now_ms);
	(void)printf(": nfsafe %s, pid %d, since ", h->command, (int)h->pid);
	print_time(h->since_ms, s->now_ms);
	(void)putchar('\n');
}

static void print_left_behind(const struct status *s)
{
	const struct record_run *run = &s->left_behind.run;

	if (!s->left_behind.found)
		return;
	title("left behind");
	paint(RED, run->reason[0] ? "not recorded" : "died");
	(void)printf(": nfsafe %s, pid %d, begun ", record_kind_name(run->kind),
		     (int)run->pid);
	print_time(run->started_ms, s->now_ms);
	if (run->reason[0])
		(void)printf(": %s", run->reason);
	(void)puts("; nfsafe recover, or the next run, clears it");
}

static void print_hold(const struct status *s)
{
	if (!s->on_hold)
		return;
	title("on hold");
	if (s->hold.until_ms == RECORD_HOLD_FOREVER) {
		paint(YELLOW, "until released");
	} else {
		paint(YELLOW, "until ");
		print_time(s->hold.until_ms, s->now_ms);
	}
	(void)printf("%s%s (%s)\n", s->hold.reason[0] ? ": " : "", s->hold.reason,
		     s->hold.by);
}

static void print_result(const struct record_run *run, int64_t now_ms)
{
	char size[32];

	paint(outcome_colour(run->outcome), record_outcome_name(run->outcome));
	(void)printf(", begun ");
	print_time(run->started_ms, now_ms);
	if (run->destination[0])
		(void)printf(", on %s", run->destination);
	if (run->outcome != RECORD_SKIPPED)
		print_for(", took ", run->started_ms, run->ended_ms);
	if (run->bytes >= 0) {
		format_size((uint64_t)run->bytes, size, sizeof(size));
		(void)printf(", %s written", size);
	}
	if (run->worst_stall_ms >= SECOND)
		print_for(", no answer for ", 0, run->worst_stall_ms);
	(void)putchar('\n');
	if (run->outcome == RECORD_GOOD || !run->reason[0])
		return;
	title("");
	(void)puts(run->reason);
}

static void print_level(const struct status *s, const char *name,
			const struct status_run runs[2])
{
	title(name);
	if (!runs[STATUS_LAST].found) {
		(void)puts("never");
		return;
	}
	print_result(&runs[STATUS_LAST].run, s->now_ms);
	if (runs[STATUS_LAST].run.outcome == RECORD_GOOD)
		return;
	title("  the last good");
	if (runs[STATUS_GOOD].found)
		print_result(&runs[STATUS_GOOD].run, s->now_ms);
	else
		(void)puts("never");
}

/* One that ended before it had a level is in neither of the two. */
static void print_last(const struct status *s)
{
	int64_t id = s->last.run.id;

	if (!s->last.found || s->last.run.level != LEVEL_NONE)
		return;
	if ((s->fulls[STATUS_LAST].found && s->fulls[STATUS_LAST].run.id > id) ||
	    (s->incrementals[STATUS_LAST].found &&
	     s->incrementals[STATUS_LAST].run.id > id))
		return;
	title("last run");
	print_result(&s->last.run, s->now_ms);
}

static void print_next(const struct status *s)
{
	const struct schedule_decision *d = &s->next;

	title("next");
	if (!s->scheduled) {
		(void)puts("nothing: the configuration has no [backup]");
		return;
	}
	switch (d->due) {
	case SCHEDULE_NOW:
		paint(YELLOW, "due now");
		(void)printf(", %s\n", d->reason);
		return;
	case SCHEDULE_WAIT:
		paint(YELLOW, "overdue");
		(void)printf(", %s, when the window opens: ", level_name(d->level));
		break;
	case SCHEDULE_NOTHING:
		(void)printf("%s, from ", level_name(d->level));
		break;
	}
	print_time(d->next_ms, s->now_ms);
	(void)putchar('\n');
}

static void print_verdict(const struct record_verdict_row *v, int64_t now_ms)
{
	char free_text[32], total[32], age[64];

	paint(strcmp(v->verdict, "ok") == 0 ? GREEN : RED, v->verdict);
	round_duration(v->at_ms <= now_ms ? now_ms - v->at_ms : 0, age, sizeof(age));
	(void)printf(" %s ago", age);
	if (strcmp(v->verdict, "ok") != 0 && v->detail[0])
		(void)printf(" (%s)", v->detail);
	if (v->free_bytes < 0)
		return;
	format_size((uint64_t)v->free_bytes, free_text, sizeof(free_text));
	(void)printf(", %s free", free_text);
	if (v->total_bytes < 0)
		return;
	format_size((uint64_t)v->total_bytes, total, sizeof(total));
	(void)printf(" of %s", total);
}

static void print_quarantine(const struct status_destination *d)
{
	struct quarantine_policy policy = quarantine_policy(d->conf);
	char text[RECORD_TEXT_SIZE];

	if (!d->in_quarantine)
		return;
	quarantine_describe(&policy, &d->quarantine, text, sizeof(text));
	title("");
	paint(RED, text);
	(void)printf("; nfsafe release %s ends it\n", d->conf->name);
}

static void print_destination(const struct status_destination *d, int64_t now_ms)
{
	title(d->conf->name);
	(void)puts(d->conf->source);
	title("");
	if (d->probed)
		print_verdict(&d->verdict, now_ms);
	else
		(void)printf("not probed by a run yet");
	if (d->pinned)
		(void)printf(", initialised\n");
	else
		(void)printf(", not initialised: nfsafe init %s\n", d->conf->name);
	print_quarantine(d);
}

void status_print(const struct status *s)
{
	print_running(s);
	print_left_behind(s);
	print_hold(s);
	if (s->has_record) {
		print_level(s, "full", s->fulls);
		print_level(s, "incremental", s->incrementals);
		print_last(s);
	} else {
		title("record");
		(void)printf("none yet in %s: nothing was ever run\n", s->state_dir);
	}
	print_next(s);
	for (size_t i = 0; i < s->n_destinations; i++)
		print_destination(&s->destinations[i], s->now_ms);
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

static void json_holder(struct json *j, const struct status *s)
{
	const struct lock_holder *h = &s->holder;

	if (!s->running) {
		json_null(j, "running");
		return;
	}
	json_object_begin(j, "running");
	json_string(j, "command", h->command);
	json_int(j, "pid", h->pid);
	json_int(j, "run", h->run_id);
	json_time(j, "since", h->since_ms);
	json_text(j, "phase", h->phase);
	json_time(j, "phase_since", h->phase_since_ms);
	json_text(j, "destination", h->destination);
	json_object_end(j);
}

static void json_hold(struct json *j, const struct status *s)
{
	if (!s->on_hold) {
		json_null(j, "hold");
		return;
	}
	json_object_begin(j, "hold");
	json_time(j, "since", s->hold.since_ms);
	json_time(j, "until",
		  s->hold.until_ms == RECORD_HOLD_FOREVER ? -1 : s->hold.until_ms);
	json_text(j, "reason", s->hold.reason);
	json_text(j, "by", s->hold.by);
	json_object_end(j);
}

static void json_run(struct json *j, const char *key, const struct status_run *found)
{
	const struct record_run *run = &found->run;

	if (!found->found) {
		json_null(j, key);
		return;
	}
	json_object_begin(j, key);
	json_int(j, "run", run->id);
	json_string(j, "kind", record_kind_name(run->kind));
	json_text(j, "level", level_name(run->level));
	json_text(j, "label", run->label);
	json_text(j, "destination", run->destination);
	json_string(j, "outcome", record_outcome_name(run->outcome));
	json_known(j, "exit_code", run->exit_code);
	json_time(j, "started", run->started_ms);
	json_time(j, "ended", run->ended_ms);
	json_known(j, "bytes_written", run->bytes);
	json_known(j, "worst_stall_ms", run->worst_stall_ms);
	json_text(j, "requested_by", run->requested_by);
	json_text(j, "reason", run->reason);
	json_object_end(j);
}

static void json_next(struct json *j, const struct status *s)
{
	static const char *const due[] = {
		[SCHEDULE_NOTHING] = "nothing",
		[SCHEDULE_NOW] = "now",
		[SCHEDULE_WAIT] = "wait",
	};

	if (!s->scheduled) {
		json_null(j, "next");
		return;
	}
	json_object_begin(j, "next");
	json_string(j, "due", due[s->next.due]);
	json_string(j, "level", level_name(s->next.level));
	json_time(j, "at", s->next.next_ms);
	json_string(j, "reason", s->next.reason);
	json_object_end(j);
}

static void json_verdict(struct json *j, const struct status_destination *d)
{
	const struct record_verdict_row *v = &d->verdict;

	if (!d->probed) {
		json_null(j, "last_verdict");
		return;
	}
	json_object_begin(j, "last_verdict");
	json_string(j, "verdict", v->verdict);
	json_text(j, "layer", v->layer);
	json_text(j, "detail", v->detail);
	json_time(j, "at", v->at_ms);
	json_known(j, "elapsed_ms", v->elapsed_ms);
	json_known(j, "total_bytes", v->total_bytes);
	json_known(j, "free_bytes", v->free_bytes);
	json_object_end(j);
}

static void json_quarantine(struct json *j, const struct status_destination *d)
{
	const struct record_quarantine *q = &d->quarantine;
	struct quarantine_policy policy = quarantine_policy(d->conf);

	if (!d->in_quarantine) {
		json_null(j, "quarantine");
		return;
	}
	json_object_begin(j, "quarantine");
	json_time(j, "since", q->since_ms);
	json_known(j, "run", q->run > 0 ? q->run : -1);
	json_string(j, "reason", q->reason);
	json_int(j, "healthy_probes", q->healthy);
	json_int(j, "wanted_probes", policy.probes);
	json_time(j, "healthy_since", q->first_healthy_ms);
	json_int(j, "wanted_time_ms", policy.time_ms);
	json_object_end(j);
}

static void json_destination(struct json *j, const struct status_destination *d)
{
	json_object_begin(j, NULL);
	json_string(j, "name", d->conf->name);
	json_string(j, "source", d->conf->source);
	json_string(j, "mountpoint", d->conf->mountpoint);
	json_time(j, "initialised", d->pinned ? d->pin.since_ms : -1);
	json_verdict(j, d);
	json_quarantine(j, d);
	json_object_end(j);
}

void status_print_json(const struct status *s)
{
	struct strbuf text = STRBUF_INIT;
	struct json j = JSON_INIT(&text);

	json_object_begin(&j, NULL);
	json_time(&j, "now", s->now_ms);
	json_bool(&j, "record", s->has_record);
	json_holder(&j, s);
	json_run(&j, "left_behind", &s->left_behind);
	json_hold(&j, s);
	json_run(&j, "last", &s->last);
	json_run(&j, "last_full", &s->fulls[STATUS_LAST]);
	json_run(&j, "last_good_full", &s->fulls[STATUS_GOOD]);
	json_run(&j, "last_incremental", &s->incrementals[STATUS_LAST]);
	json_run(&j, "last_good_incremental", &s->incrementals[STATUS_GOOD]);
	json_next(&j, s);
	json_array_begin(&j, "destinations");
	for (size_t i = 0; i < s->n_destinations; i++)
		json_destination(&j, &s->destinations[i]);
	json_array_end(&j);
	json_object_end(&j);
	(void)puts(strbuf_str(&text));
	strbuf_done(&text);
}
