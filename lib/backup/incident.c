/* SPDX-License-Identifier: MIT */
#include "lib/backup/incident.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/error.h"

#define EXIT_CODE_TRIPPED 124

/* ---- the timeline ---- */

static void add_phase(struct incident *in, const struct incident_source *src, size_t i)
{
	const struct record_phase *p = &src->phases[i];
	int64_t t_ms = p->started_ms - src->run->started_ms;

	in->moments[in->n_moments++] =
		(struct incident_moment){ .t_ms = t_ms, .phase = p };
	if (p->duration_ms >= 0)
		in->moments[in->n_moments++] = (struct incident_moment){
			.t_ms = t_ms + p->duration_ms,
			.phase = p,
			.phase_ends = true,
		};
}

/*
 * By time; what is at the same millisecond stays as it was: phases in their order, events
 * in theirs.  An insertion sort, since nearly all is in order already.
 */
static void sort_moments(struct incident *in)
{
	for (size_t i = 1; i < in->n_moments; i++) {
		struct incident_moment m = in->moments[i];
		size_t at = i;

		while (at > 0 && in->moments[at - 1].t_ms > m.t_ms) {
			in->moments[at] = in->moments[at - 1];
			at--;
		}
		in->moments[at] = m;
	}
}

static void make_moments(struct incident *in, const struct incident_source *src)
{
	for (size_t i = 0; i < src->n_phases; i++) {
		add_phase(in, src, i);
		if (strcmp(src->phases[i].name, "mount") == 0 &&
		    src->phases[i].outcome == RECORD_PHASE_OK)
			in->was_mounted = true;
	}
	for (size_t i = 0; i < src->n_events; i++) {
		const struct event *e = &src->events[i];

		if (e->kind == EVENT_DROPPED) {
			in->dropped = e->value;
			continue;
		}
		in->moments[in->n_moments++] =
			(struct incident_moment){ .t_ms = e->t_ms, .event = e };
	}
	sort_moments(in);
}

/* ---- who was blocked ---- */

static struct incident_victim *find_victim(struct incident *in, const char *subject)
{
	for (size_t i = in->n_victims; i-- > 0;) {
		if (strcmp(in->victims[i].event->subject, subject) == 0)
			return &in->victims[i];
	}
	return NULL;
}

/* Told again while it is the same block; after its release it is another one. */
static void add_victim(struct incident *in, const struct event *e)
{
	struct incident_victim *v = find_victim(in, e->subject);
	int64_t waited = e->value > 0 ? e->value : 0;

	if (v && !v->released)
		return;
	in->victims[in->n_victims++] = (struct incident_victim){
		.event = e,
		.from_ms = e->t_ms - waited,
		.ms = -1,
	};
}

static void release(struct incident_victim *v, int64_t t_ms)
{
	v->ms = t_ms > v->from_ms ? t_ms - v->from_ms : 0;
	v->released = true;
}

/* Without a name it is told of all. */
static void release_by(struct incident *in, const struct event *e)
{
	struct incident_victim *v;

	if (!e->subject[0]) {
		for (size_t i = 0; i < in->n_victims; i++) {
			if (!in->victims[i].released)
				release(&in->victims[i], e->t_ms);
		}
		return;
	}
	v = find_victim(in, e->subject);
	if (v && !v->released)
		release(v, e->t_ms);
}

static int longer_first(const void *a, const void *b)
{
	const struct incident_victim *x = a, *y = b;

	return (x->ms < y->ms) - (x->ms > y->ms);
}

static void make_victims(struct incident *in, const struct incident_source *src)
{
	for (size_t i = 0; i < src->n_events; i++) {
		const struct event *e = &src->events[i];

		if (e->kind == EVENT_BLOCKED && e->subject[0])
			add_victim(in, e);
		else if (e->kind == EVENT_RELEASED)
			release_by(in, e);
	}
	/* Of whom it is not told how it went on: as long as it was told at least. */
	for (size_t i = 0; i < in->n_victims; i++) {
		struct incident_victim *v = &in->victims[i];

		if (!v->released && v->event->value >= 0)
			v->ms = v->event->value;
	}
	if (in->n_victims > 0)
		qsort(in->victims, in->n_victims, sizeof(*in->victims), longer_first);
}

/* ---- the answer ---- */

static double seconds(int64_t ms)
{
	return (double)ms / 1000;
}

/* Why: what the watch said last when it was not well, else what the run ended with. */
static const char *reason(const struct incident_source *src)
{
	const char *worst = NULL;

	for (size_t i = 0; i < src->n_events; i++) {
		const struct event *e = &src->events[i];

		if (e->kind == EVENT_STATE && strncmp(e->text, "healthy", 7) != 0)
			worst = e->text;
	}
	if (worst)
		return worst;
	return src->run->reason[0] ? src->run->reason : "the server did not answer";
}

static void say_blocked(struct incident *in, const struct incident_source *src,
			bool running)
{
	const struct incident_victim *v = &in->victims[0];
	char how_long[48] = "", end[64];
	size_t held = 0;

	for (size_t i = 0; i < in->n_victims; i++)
		held += !in->victims[i].released;
	if (v->ms >= 0)
		(void)snprintf(how_long, sizeof(how_long), " for %s%.1f s",
			       v->released ? "" : "at least ", seconds(v->ms));
	if (held == 0)
		(void)snprintf(end, sizeof(end), "%s",
			       in->n_victims > 1 ? "all were released"
						 : "it was released");
	else
		(void)snprintf(end, sizeof(end),
			       "of %zu it is not known when they were "
			       "released",
			       held);
	(void)snprintf(in->sentence, sizeof(in->sentence),
		       "%s: %zu task%s of this host %s blocked on %s, %s%s%s (%s), "
		       "because: %s; %s.",
		       running ? "So far yes" : "Yes", in->n_victims,
		       in->n_victims == 1 ? "" : "s", in->n_victims == 1 ? "was" : "were",
		       src->run->destination,
		       in->n_victims == 1 ? "" : "the longest one ", v->event->subject,
		       how_long, v->event->text, reason(src), end);
}

static void say_free(struct incident *in, const struct incident_source *src, bool running)
{
	const struct record_run *run = src->run;
	char stall[96] = "";

	if (run->worst_stall_ms >= 0)
		(void)snprintf(stall, sizeof(stall),
			       "; the longest time without an answer was %.1f s",
			       seconds(run->worst_stall_ms));
	if (!in->was_mounted)
		(void)snprintf(in->sentence, sizeof(in->sentence),
			       "%s nothing was mounted, so nothing could be blocked.",
			       running ? "So far" : "No:");
	else if (in->tripped)
		(void)snprintf(
			in->sentence, sizeof(in->sentence),
			"No task of this host was seen blocked on %s, although its "
			"server was given up (%s)%s.",
			run->destination, reason(src), stall);
	else
		(void)snprintf(in->sentence, sizeof(in->sentence),
			       "%s no task of this host was seen blocked on %s%s.",
			       running ? "So far" : "No:", run->destination, stall);
}

static bool is_trip(const struct event *e)
{
	return e->kind == EVENT_STATE && strncmp(e->text, "tripped", 7) == 0;
}

static void answer(struct incident *in, const struct incident_source *src)
{
	bool running = src->run->outcome == RECORD_RUNNING;

	in->tripped = src->run->exit_code == EXIT_CODE_TRIPPED && in->was_mounted &&
		      src->run->worst_stall_ms > 0;
	for (size_t i = 0; i < src->n_events; i++)
		in->tripped |= is_trip(&src->events[i]);
	if (in->n_victims > 0)
		say_blocked(in, src, running);
	else
		say_free(in, src, running);
}

int incident_make(const struct incident_source *source, struct incident *ret,
		  struct error *err)
{
	struct incident in = {
		.victims = calloc(source->n_events + 1, sizeof(*in.victims)),
		.moments = calloc(2 * source->n_phases + source->n_events + 1,
				  sizeof(*in.moments)),
	};

	if (!in.victims || !in.moments) {
		incident_done(&in);
		return error_oom(err);
	}
	make_moments(&in, source);
	make_victims(&in, source);
	answer(&in, source);
	*ret = in;
	return 0;
}

void incident_done(struct incident *incident)
{
	if (!incident)
		return;
	free(incident->victims);
	free(incident->moments);
	*incident = (struct incident){ 0 };
}
