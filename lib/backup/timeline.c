/* SPDX-License-Identifier: MIT */
#include "lib/backup/timeline.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/base/macro.h"

#define NSEC_PER_MSEC INT64_C(1000000)

/* Answers of one kind of call, gathered while all is well. */
struct gathered {
	const char *what; /* a constant of the caller's; NULL: not used */
	int64_t rtt_us[TIMELINE_BEATS];
	size_t n;
};

struct timeline {
	int64_t start_ns;
	struct record *record; /* borrowed; NULL: not bound */
	int64_t run;
	int64_t flushed_ns;
	struct gathered gathered[2]; /* NULL and WRITE */
	struct event events[TIMELINE_ROOM];
	size_t n;
	int64_t dropped; /* since the last flush that succeeded */
	bool failed;
	struct error error;
};

struct timeline *timeline_new(void)
{
	struct timeline *t = calloc(1, sizeof(*t));

	if (t)
		t->start_ns = t->flushed_ns = deadline_now_ns();
	return t;
}

void timeline_free(struct timeline *t)
{
	free(t);
}

void timeline_freep(struct timeline **t)
{
	timeline_free(*t);
	*t = NULL;
}

void timeline_bind(struct timeline *t, struct record *record, int64_t run)
{
	if (!t)
		return;
	t->record = record;
	t->run = run;
	t->start_ns = deadline_now_ns();
}

const char *timeline_process(char buf[EVENT_SUBJECT_SIZE], int pid, const char *comm)
{
	(void)snprintf(buf, EVENT_SUBJECT_SIZE, "%d %s", pid, comm && *comm ? comm : "?");
	return buf;
}

/* Room for one more, filled but for its text; NULL if there is none. */
static struct event *push(struct timeline *t, int64_t ago_ms, enum event_kind kind,
			  const char *subject, int64_t value)
{
	struct event *e;

	if (t->n == TIMELINE_ROOM) {
		t->dropped++;
		return NULL;
	}
	e = &t->events[t->n++];
	*e = (struct event){
		.kind = kind,
		.at_ms = clock_now_ms() - ago_ms,
		.t_ms = (deadline_now_ns() - t->start_ns) / NSEC_PER_MSEC - ago_ms,
		.value = value,
	};
	(void)snprintf(e->subject, sizeof(e->subject), "%s", subject ? subject : "");
	return e;
}

static void vadd(struct timeline *t, int64_t ago_ms, enum event_kind kind,
		 const char *subject, int64_t value, const char *fmt, va_list ap)
	__attribute__((format(printf, 6, 0)));

static void vadd(struct timeline *t, int64_t ago_ms, enum event_kind kind,
		 const char *subject, int64_t value, const char *fmt, va_list ap)
{
	struct event *e;

	if (!t)
		return;
	/* In their order: what went before is told before. */
	if (kind == EVENT_STATE)
		timeline_beats_end(t);
	e = push(t, ago_ms, kind, subject, value);
	if (e)
		(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
}

void timeline_add(struct timeline *t, enum event_kind kind, const char *subject,
		  int64_t value, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vadd(t, 0, kind, subject, value, fmt, ap);
	va_end(ap);
}

void timeline_add_ago(struct timeline *t, int64_t ago_ms, enum event_kind kind,
		      const char *subject, int64_t value, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vadd(t, ago_ms, kind, subject, value, fmt, ap);
	va_end(ap);
}

/* ---- beats ---- */

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* "0.4 ms" */
static double ms_of(int64_t us)
{
	return (double)us / 1000;
}

static void end_gathered(struct timeline *t, struct gathered *g)
{
	int64_t most, median;

	if (g->n == 0)
		return;
	qsort(g->rtt_us, g->n, sizeof(g->rtt_us[0]), compare);
	most = g->rtt_us[g->n - 1];
	median = g->rtt_us[g->n / 2];
	timeline_add(t, EVENT_BEAT, NULL, most,
		     "%s answered %zu time%s: %.1f to %.1f ms, median %.1f ms", g->what,
		     g->n, g->n == 1 ? "" : "s", ms_of(g->rtt_us[0]), ms_of(most),
		     ms_of(median));
	g->n = 0;
}

void timeline_beats_end(struct timeline *t)
{
	for (size_t i = 0; t && i < ARRAY_SIZE(t->gathered); i++)
		end_gathered(t, &t->gathered[i]);
}

static struct gathered *gathered_of(struct timeline *t, const char *what)
{
	for (size_t i = 0; i < ARRAY_SIZE(t->gathered); i++) {
		struct gathered *g = &t->gathered[i];

		if (!g->what)
			g->what = what;
		if (strcmp(g->what, what) == 0)
			return g;
	}
	return NULL;
}

void timeline_beat(struct timeline *t, const char *what, int64_t rtt_us, bool late)
{
	struct gathered *g = t ? gathered_of(t, what) : NULL;

	if (!t)
		return;
	if (late || !g) {
		if (g)
			end_gathered(t, g);
		timeline_add(t, EVENT_BEAT, NULL, rtt_us, "%s answered%s after %.1f ms",
			     what, late ? " late," : "", ms_of(rtt_us));
		return;
	}
	g->rtt_us[g->n++] = rtt_us;
	if (g->n == TIMELINE_BEATS)
		end_gathered(t, g);
}

/* ---- to the record ---- */

int timeline_flush(struct timeline *t, struct error *err)
{
	int r;

	if (!t || !t->record || (t->n == 0 && t->dropped == 0))
		return 0;
	t->flushed_ns = deadline_now_ns();
	r = event_add(t->record, t->run, t->events, t->n, t->dropped, err);
	if (r < 0)
		return r;
	t->n = 0;
	t->dropped = 0;
	return 0;
}

void timeline_flush_due(struct timeline *t)
{
	struct error err;

	if (!t || deadline_now_ns() - t->flushed_ns < TIMELINE_FLUSH_MS * NSEC_PER_MSEC)
		return;
	if (timeline_flush(t, &err) == 0 || t->failed)
		return;
	t->failed = true;
	t->error = err;
}

int timeline_error(const struct timeline *t, struct error *err)
{
	if (!t || !t->failed)
		return 0;
	*err = t->error;
	return -(int)err->kind;
}
