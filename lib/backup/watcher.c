/* SPDX-License-Identifier: MIT */
#include "lib/backup/watcher.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/backup/guard.h"
#include "lib/backup/timeline.h"
#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/nfs/report.h"
#include "lib/nfs/status.h"

#define BEAT_MS 1000
/* Less than WATCH_LATE_BEATS: a server that is idle is not late. */
#define WRITE_MS 2000
/* Told as silent after this; an answer that comes later still counts. */
#define BEAT_TIMEOUT_MS 3000
/* NFS3ERR_NOENT, NFS4ERR_NOENT */
#define NO_SUCH_FILE 2
#define NSEC_PER_MSEC INT64_C(1000000)

/* ---- start ---- */

/* Returns whether there is a canary. */
static bool describe_file(const struct watcher_spec *spec, struct beat_file *file)
{
	struct error ignored;

	if (!spec->user || !spec->export ||
	    (spec->report->vers == NFS_VERS_3 && spec->report->handle.len == 0) ||
	    guard_beat_name(file->name, &ignored) < 0)
		return false;
	(void)snprintf(file->export, sizeof(file->export), "%s", spec->export);
	file->root = spec->report->handle;
	file->uid = spec->user->uid;
	file->gid = spec->user->gid;
	for (size_t i = 0; i < spec->user->n_groups && i < BEAT_GROUPS_MAX; i++)
		file->groups[file->n_groups++] = spec->user->groups[i];
	return true;
}

static void describe_beats(struct watcher *w, const struct watcher_spec *spec)
{
	struct beat_request *null = &w->requests[WATCHER_NULL];
	struct beat_request *write = &w->requests[WATCHER_WRITE];

	*null = (struct beat_request){
		.port = spec->report->port,
		.vers = (enum nfs_vers)spec->report->vers,
		.interval_ms = BEAT_MS,
		.timeout_ms = BEAT_TIMEOUT_MS,
		.last_answer_ns = spec->last_answer_ns,
	};
	(void)snprintf(null->host, sizeof(null->host), "%s", spec->report->address);
	w->n_requests = 1;
	if (!describe_file(spec, &w->file))
		return;
	*write = *null;
	write->interval_ms = WRITE_MS;
	/* A disk may take its time; who is not there any more is found out by TCP. */
	write->patience_ms = spec->max_stall_ms;
	write->file = &w->file;
	w->n_requests = 2;
}

static int start_beats(struct watcher *w, struct error *err)
{
	w->heard_ns = deadline_now_ns();
	return beat_watch_start(w->requests, w->n_requests, &w->identity, &w->beats, err);
}

int watcher_start(struct watcher *ret, const struct watcher_spec *spec,
		  const struct log *log, struct error *err)
{
	int r;

	memset(ret, 0, sizeof(*ret));
	ret->identity = *spec->identity;
	describe_beats(ret, spec);
	r = start_beats(ret, err);
	if (r < 0) {
		memset(ret, 0, sizeof(*ret));
		return r;
	}
	ret->log = log;
	ret->timeline = spec->timeline;
	victims_init(&ret->victims, spec->mount, spec->timeline);
	victims_server(&ret->victims, ret->requests[WATCHER_NULL].host,
		       spec->report->port);
	watch_start(&ret->watch, BEAT_MS, spec->max_stall_ms, deadline_now_ns());
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
	int64_t next = watch_next_ns(&w->watch);

	if (w->log && w->next_look_ns < next)
		next = w->next_look_ns;
	return (struct deadline){ .at_ns = next };
}

/* ---- beats ---- */

/* When it was answered, as far as the prober can be believed. */
static int64_t answered_at(const struct beat *beat)
{
	int64_t now_ns = deadline_now_ns(), at_ns = now_ns;

	if (beat->rtt_us >= 0 && beat->rtt_us < now_ns / 1000)
		at_ns = beat->sent_ns < now_ns ? beat->sent_ns + beat->rtt_us * 1000
					       : now_ns;
	return at_ns < now_ns ? at_ns : now_ns;
}

static void on_null(struct watcher *w, const struct beat *beat)
{
	if (beat->result == BEAT_ANSWERED || beat->result == BEAT_LATE)
		timeline_beat(w->timeline, "NULL", beat->rtt_us,
			      beat->result == BEAT_LATE);
	else
		timeline_add(w->timeline, EVENT_BEAT, NULL, -1, "NULL: %s",
			     beat_result_name((enum beat_result)beat->result));
	/* A server that refuses a call has answered it: it is alive. */
	if (beat->result == BEAT_ANSWERED || beat->result == BEAT_LATE ||
	    beat->result == BEAT_REJECTED)
		watch_sign(&w->watch, WATCH_ANSWERED, answered_at(beat));
}

/* Said once: a backup is going to say the same, and louder. */
static void tell_refusal(struct watcher *w, const struct beat *beat)
{
	/* The watch runs already when the guard makes the file. */
	bool is_usual = beat->status == NO_SUCH_FILE;

	timeline_add(w->timeline, EVENT_BEAT, NULL, beat->rtt_us, "WRITE: %s %s",
		     beat_result_name((enum beat_result)beat->result),
		     nfs_status_name(beat->status));
	if (w->refusal == beat->status)
		return;
	w->refusal = beat->status;
	if (!is_usual)
		log_warning(w->log, "the server refuses to write %s/%s: %s",
			    w->file.export, w->file.name, nfs_status_name(beat->status));
}

static void on_write(struct watcher *w, const struct beat *beat)
{
	int64_t at_ns = answered_at(beat);

	switch ((enum beat_result)beat->result) {
	case BEAT_ANSWERED:
	case BEAT_LATE:
		w->refusal = 0;
		timeline_beat(w->timeline, "WRITE", beat->rtt_us,
			      beat->result == BEAT_LATE);
		watch_delayed(&w->watch, false);
		watch_sign(&w->watch, WATCH_CANARY, at_ns);
		return;
	case BEAT_REFUSED_WRITE:
		tell_refusal(w, beat);
		watch_sign(&w->watch, WATCH_CANARY, at_ns);
		return;
	case BEAT_NO_FILE:
		tell_refusal(w, beat);
		watch_no_canary(&w->watch);
		watch_sign(&w->watch, WATCH_ANSWERED, at_ns);
		return;
	/* "Later" is an answer, but nothing is written by it. */
	case BEAT_DELAYED:
		watch_delayed(&w->watch, true);
		watch_sign(&w->watch, WATCH_ANSWERED, at_ns);
		break;
	case BEAT_REJECTED:
		watch_sign(&w->watch, WATCH_ANSWERED, at_ns);
		break;
	default:
		break;
	}
	timeline_add(w->timeline, EVENT_BEAT, NULL, -1, "WRITE: %s",
		     beat_result_name((enum beat_result)beat->result));
}

static void on_beat(void *data, const struct beat *beat)
{
	struct watcher *w = data;

	log_debug(w->log, "beat %s %u: %s, %lld us",
		  beat->source == WATCHER_WRITE ? "WRITE" : "NULL", beat->seq,
		  beat_result_name((enum beat_result)beat->result),
		  (long long)beat->rtt_us);
	w->heard_ns = deadline_now_ns();
	if (beat->source == WATCHER_WRITE)
		on_write(w, beat);
	else
		on_null(w, beat);
}

/* ---- the prober ---- */

static void lose_prober(struct watcher *w, const char *why)
{
	struct error err;

	log_warning(w->log, "%s%s", why, w->restarted ? "" : "; starting another");
	timeline_add(w->timeline, EVENT_PROBER, NULL, -1, "%s%s", why,
		     w->restarted ? "" : "; another one is started");
	beat_watch_stop(w->beats);
	w->beats = NULL;
	if (!w->restarted && start_beats(w, &err) < 0) {
		log_warning(w->log, "%s", err.msg);
		w->beats = NULL;
	}
	w->restarted = true;
	if (!w->beats)
		watch_blind(&w->watch);
}

static void look_at_beats(struct watcher *w)
{
	struct error err;
	int r;

	if (!w->beats)
		return;
	r = beat_watch_dispatch(w->beats, on_beat, w, &err);
	if (r != BEAT_WATCH_RUNNING)
		lose_prober(w, err.msg);
	else if (deadline_now_ns() - w->heard_ns > WATCHER_DEAF_MS * NSEC_PER_MSEC)
		lose_prober(w, "the prober says nothing");
}

/* ---- the verdict ---- */

/* Why, and for how long: of the trip, or as things are. */
static enum watch_reason stall_of(const struct watcher *w, int64_t *ret_ms)
{
	enum watch_reason reason;
	int64_t stall_ns = watch_stall_ns(&w->watch, deadline_now_ns(), &reason);

	*ret_ms = stall_ns / NSEC_PER_MSEC;
	return w->watch.reason != WATCH_NO_REASON ? w->watch.reason : reason;
}

static void tell(struct watcher *w)
{
	static const char *const words[WATCH_STATES] = {
		[WATCH_HEALTHY] = "the server answers again",
		[WATCH_LATE] = "the server is late",
		[WATCH_STALLED] = "the server is very late",
		[WATCH_TRIPPED] = "the server is dead",
	};
	enum watch_state before = w->told;
	char who[WATCHER_REASON_SIZE];
	const char *why;
	int64_t ms;

	if (w->watch.state == w->told)
		return;
	w->told = w->watch.state;
	why = watch_reason_text(stall_of(w, &ms));
	victims_describe(&w->victims, deadline_now_ns(), who, sizeof(who));
	victims_note_stats(&w->victims, deadline_now_ns());
	timeline_add(w->timeline, EVENT_STATE, NULL, ms, "%s: %s for %" PRId64 " ms",
		     watch_state_text(w->told), why, ms);
	if (w->told == WATCH_HEALTHY)
		log_warning(w->log, "%s", words[w->told]);
	else if (w->told > before)
		log_warning(w->log, "%s: %s for %" PRId64 " ms%s%s", words[w->told], why,
			    ms, who[0] ? "; blocked: " : "", who);
}

enum watch_state watcher_look(struct watcher *w)
{
	if (!w->log)
		return WATCH_HEALTHY; /* never started: nothing is known */
	look_at_beats(w);
	w->next_look_ns = victims_look(&w->victims, &w->watch, deadline_now_ns());
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

void watcher_reason(const struct watcher *w, char ret[WATCHER_REASON_SIZE])
{
	char who[WATCHER_REASON_SIZE / 2];
	int64_t ms;
	const char *why = watch_reason_text(stall_of(w, &ms));

	victims_describe(&w->victims, deadline_now_ns(), who, sizeof(who));
	(void)snprintf(ret, WATCHER_REASON_SIZE, "%s for %" PRId64 " s%s%s", why,
		       ms / 1000, who[0] ? "; blocked: " : "", who);
}

void watcher_stop(struct watcher *w)
{
	if (!w)
		return;
	beat_watch_stop(w->beats);
	w->beats = NULL;
}
