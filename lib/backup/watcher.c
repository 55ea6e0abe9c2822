/* SPDX-License-Identifier: MIT */
#include "lib/backup/watcher.h"

#include <stdio.h>

#include "lib/backup/timeline.h"
#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/nfs/report.h"

#define BEAT_MS 1000
/* Told as silent after this; an answer that comes later still counts. */
#define BEAT_TIMEOUT_MS 3000
#define NSEC_PER_MSEC 1000000

int watcher_start(struct watcher *ret, const struct watcher_spec *spec,
		  const struct log *log, struct error *err)
{
	struct watcher w = {
		.log = log,
		.timeline = spec->timeline,
		.request = {
			.port = spec->report->port,
			.vers = (enum nfs_vers)spec->report->vers,
			.interval_ms = BEAT_MS,
			.timeout_ms = BEAT_TIMEOUT_MS,
			.last_answer_ns = spec->last_answer_ns,
		},
		.identity = *spec->identity,
	};
	int r;

	(void)snprintf(w.request.host, sizeof(w.request.host), "%s",
		       spec->report->address);
	r = beat_watch_start(&w.request, 1, &w.identity, &w.beats, err);
	if (r < 0)
		return r;
	watch_start(&w.watch, BEAT_MS, spec->max_stall_ms, deadline_now_ns());
	*ret = w;
	return 0;
}

int watcher_fd(const struct watcher *w)
{
	return w->beats ? beat_watch_fd(w->beats) : -1;
}

pid_t watcher_prober(const struct watcher *w)
{
	return w->beats ? beat_watch_prober(w->beats) : 0;
}

struct deadline watcher_next(const struct watcher *w)
{
	return (struct deadline){ .at_ns = watch_next_ns(&w->watch) };
}

static void on_beat(void *data, const struct beat *beat)
{
	struct watcher *w = data;

	log_debug(w->log, "beat %u: result %u, %lld us", beat->seq, beat->result,
		  (long long)beat->rtt_us);
	if (beat->result == BEAT_ANSWERED || beat->result == BEAT_LATE)
		timeline_beat(w->timeline, "NULL", beat->rtt_us,
			      beat->result == BEAT_LATE);
	else
		timeline_add(w->timeline, EVENT_BEAT, NULL, -1, "NULL: %s",
			     beat_result_name((enum beat_result)beat->result));
	/* A server that refuses a call has answered it: it is alive. */
	if (beat->result == BEAT_ANSWERED || beat->result == BEAT_LATE ||
	    beat->result == BEAT_REJECTED)
		watch_sign(&w->watch, WATCH_ANSWERED, deadline_now_ns());
}

static void lose_prober(struct watcher *w, const struct error *why)
{
	struct error err;

	log_warning(w->log, "the prober ended: %s%s", why->msg,
		    w->restarted ? "" : "; starting another");
	timeline_add(w->timeline, EVENT_PROBER, NULL, -1, "ended: %s%s", why->msg,
		     w->restarted ? "" : "; another one is started");
	beat_watch_stop(w->beats);
	w->beats = NULL;
	if (w->restarted)
		return;
	w->restarted = true;
	if (beat_watch_start(&w->request, 1, &w->identity, &w->beats, &err) < 0) {
		log_warning(w->log, "%s", err.msg);
		w->beats = NULL;
	}
}

static void tell(struct watcher *w)
{
	static const char *const words[] = {
		[WATCH_HEALTHY] = "the server answers again",
		[WATCH_LATE] = "the server is late",
		[WATCH_STALLED] = "the server is very late",
		[WATCH_TRIPPED] = "the server is dead",
	};
	int64_t silent_ms;

	if (w->watch.state == w->told)
		return;
	w->told = w->watch.state;
	silent_ms = (deadline_now_ns() - w->watch.answer_ns) / NSEC_PER_MSEC;
	timeline_add(w->timeline, EVENT_STATE, NULL, silent_ms,
		     "%s: the last answer is %lld ms old", watch_state_text(w->told),
		     (long long)silent_ms);
	if (w->told == WATCH_HEALTHY)
		log_warning(w->log, "%s", words[w->told]);
	else
		log_warning(w->log, "%s: its last answer is %lld ms old", words[w->told],
			    (long long)silent_ms);
}

enum watch_state watcher_look(struct watcher *w)
{
	struct error err;

	if (!w->log)
		return WATCH_HEALTHY; /* never started: nothing is known */
	if (w->beats) {
		int r = beat_watch_dispatch(w->beats, on_beat, w, &err);

		if (r != BEAT_WATCH_RUNNING)
			lose_prober(w, &err);
	}
	(void)watch_look(&w->watch, deadline_now_ns());
	tell(w);
	return w->watch.state;
}

int64_t watcher_alive_ns(const struct watcher *w)
{
	return w->log ? w->watch.answer_ns : 0;
}

int64_t watcher_worst_ms(const struct watcher *w)
{
	return w->watch.worst_ns / NSEC_PER_MSEC;
}

void watcher_stop(struct watcher *w)
{
	if (!w)
		return;
	beat_watch_stop(w->beats);
	w->beats = NULL;
}
