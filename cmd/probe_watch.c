/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/exit.h"
#include "cmd/probe.h"
#include "lib/base/cleanup.h"
#include "lib/base/json.h"
#include "lib/base/macro.h"
#include "lib/base/strbuf.h"
#include "lib/nfs/beat.h"
#include "lib/nfs/tally.h"
#include "lib/proc/signals.h"

struct watch {
	const struct context *ctx;
	const struct probe_plan *plan;
	struct beat_request *requests;
	struct tally *tallies;
	struct beat_watch *beats;
	struct signals signals;
	size_t n_over; /* sources that had --count beats, or have no address */
};

static void print_json_line(struct strbuf *text)
{
	(void)puts(strbuf_str(text));
	strbuf_done(text);
}

static void print_beat_json(const char *source, const struct beat *beat)
{
	struct strbuf text = STRBUF_INIT;
	struct json json = JSON_INIT(&text);

	json_object_begin(&json, NULL);
	json_string(&json, "source", source);
	json_uint(&json, "seq", beat->seq);
	json_string(&json, "result", beat_result_name(beat->result));
	if (beat->rtt_us >= 0)
		json_decimal(&json, "ms", (double)beat->rtt_us / 1000.0);
	else
		json_null(&json, "ms");
	json_object_end(&json);
	print_json_line(&text);
}

static void print_beat_text(const char *source, const struct beat *beat)
{
	static const char *const texts[] = {
		[BEAT_SILENT] = "no answer (TCP is up: frozen?)",
		[BEAT_UNREACHABLE] = "no connection: nobody answers",
		[BEAT_REFUSED] = "no connection: nobody listens",
		[BEAT_CLOSED] = "the server hung up",
		[BEAT_REJECTED] = "answered, but the call was refused",
		[BEAT_GARBAGE] = "answered with what is no answer",
		[BEAT_UNRESOLVED] = "the name has no address",
	};
	bool good = beat->result == BEAT_ANSWERED;

	(void)printf("%s: seq %" PRIu32 ": %s", source, beat->seq,
		     probe_colour(good                        ? EXIT_GOOD
				  : beat->result == BEAT_LATE ? EXIT_PARTIAL
							      : EXIT_FAILED));
	if (good || beat->result == BEAT_LATE)
		(void)printf("%.3f ms%s", (double)beat->rtt_us / 1000.0,
			     good ? "" : " (late)");
	else
		(void)fputs(beat->result < ARRAY_SIZE(texts) ? texts[beat->result] : "?",
			    stdout);
	(void)printf("%s\n", probe_colour_end());
}

static void on_beat(void *data, const struct beat *beat)
{
	struct watch *w = data;
	struct tally *tally = &w->tallies[beat->source];
	const char *source = w->plan->sources[beat->source].text;
	uint64_t count = w->plan->count;

	/* Beats go on for the sources that have fewer. */
	if (count > 0 && tally->sent >= count)
		return;
	tally_add(tally, beat);
	if (beat->result == BEAT_UNRESOLVED ||
	    (beat->result != BEAT_LATE && tally->sent == count))
		w->n_over++;
	if (w->ctx->json)
		print_beat_json(source, beat);
	else if (!w->ctx->quiet)
		print_beat_text(source, beat);
	(void)fflush(stdout);
}

static void print_summary_json(const char *source, const struct tally *tally,
			       const struct tally_summary *s)
{
	struct strbuf text = STRBUF_INIT;
	struct json json = JSON_INIT(&text);

	json_object_begin(&json, NULL);
	json_string(&json, "source", source);
	json_uint(&json, "sent", tally->sent);
	json_uint(&json, "answered", tally->answered);
	json_uint(&json, "late", tally->late);
	json_decimal(&json, "loss_percent", s->loss_percent);
	json_decimal(&json, "min_ms", s->min_us / 1000.0);
	json_decimal(&json, "median_ms", s->median_us / 1000.0);
	json_decimal(&json, "p99_ms", s->p99_us / 1000.0);
	json_decimal(&json, "max_ms", s->max_us / 1000.0);
	json_object_end(&json);
	print_json_line(&text);
}

static void print_summary_text(const char *source, const struct tally *tally,
			       const struct tally_summary *s)
{
	(void)printf("%s: %" PRIu32 " sent, %" PRIu32 " answered, %.0f%% loss", source,
		     tally->sent, tally->answered, s->loss_percent);
	if (tally->late > 0)
		(void)printf(" (%" PRIu32 " late)", tally->late);
	if (tally->answered > 0)
		(void)printf(", min/median/p99/max %.3f/%.3f/%.3f/%.3f ms",
			     s->min_us / 1000.0, s->median_us / 1000.0,
			     s->p99_us / 1000.0, s->max_us / 1000.0);
	(void)putchar('\n');
}

/* Returns the exit code: all answered, some, none of some source. */
static int summarize(struct watch *w)
{
	int code = EXIT_GOOD;

	for (size_t i = 0; i < w->plan->n; i++) {
		struct tally *tally = &w->tallies[i];
		struct tally_summary summary;

		tally_summarize(tally, &summary);
		if (w->ctx->json)
			print_summary_json(w->plan->sources[i].text, tally, &summary);
		else
			print_summary_text(w->plan->sources[i].text, tally, &summary);
		if (tally->answered == 0)
			code = EXIT_FAILED;
		else if (tally->answered < tally->sent && code == EXIT_GOOD)
			code = EXIT_PARTIAL;
	}
	return code;
}

static int start(struct watch *w, struct error *err)
{
	return beat_watch_start(w->requests, w->plan->n, &w->plan->identity, &w->beats,
				err);
}

/* Another prober, for the one that a server's bytes have ended. */
static int restart(struct watch *w, struct error *err)
{
	log_warning(&w->ctx->log, "%s; starting another", err->msg);
	beat_watch_stop(w->beats);
	w->beats = NULL;
	return start(w, err);
}

/* Until Ctrl-C, or --count beats.  Returns 0 or a negative error. */
static int loop(struct watch *w, struct error *err)
{
	while (w->n_over < w->plan->n) {
		struct pollfd fds[] = {
			{ .fd = beat_watch_fd(w->beats), .events = POLLIN },
			{ .fd = w->signals.fd, .events = POLLIN },
		};
		int r;

		/* Without an end of its own: beats come, and Ctrl-C ends it. */
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return error_sys(err, "poll");
		if (fds[1].revents != 0) {
			/* Left pending, it would end us before the summary. */
			(void)signals_take(&w->signals);
			return 0;
		}
		r = beat_watch_dispatch(w->beats, on_beat, w, err);
		if (r == BEAT_WATCH_ENDED)
			r = restart(w, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int run(struct watch *w, struct error *err)
{
	int r;

	for (size_t i = 0; i < w->plan->n; i++) {
		const struct probe_request *from = &w->plan->requests[i];
		struct beat_request *to = &w->requests[i];

		(void)snprintf(to->host, sizeof(to->host), "%s", from->source.server);
		to->port = from->port;
		to->vers = from->vers;
		to->interval_ms = w->plan->interval_ms;
		to->timeout_ms = w->plan->beat_timeout_ms;
	}
	r = signals_init(&w->signals, err);
	if (r < 0)
		return r;
	r = start(w, err);
	if (r == 0)
		r = loop(w, err);
	beat_watch_stop(w->beats);
	signals_done(&w->signals);
	return r;
}

int probe_watch(const struct context *ctx, const struct probe_plan *plan)
{
	cleanup_free struct beat_request *requests = NULL;
	cleanup_free struct tally *tallies = NULL;
	struct watch w = { .ctx = ctx, .plan = plan };
	struct error err;
	int code;

	w.requests = requests = calloc(plan->n, sizeof(*requests));
	w.tallies = tallies = calloc(plan->n, sizeof(*tallies));
	if (!requests || !tallies) {
		(void)error_oom(&err);
		return probe_cannot_ask(ctx, &err);
	}
	code = run(&w, &err) < 0 ? probe_cannot_ask(ctx, &err) : summarize(&w);
	for (size_t i = 0; i < plan->n; i++)
		tally_done(&tallies[i]);
	return code;
}
