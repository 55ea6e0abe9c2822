/* SPDX-License-Identifier: MIT */
#include "lib/nfs/beat.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/base/macro.h"
#include "lib/nfs/beater.h"
#include "lib/nfs/broker.h"

/* A name, where no address is pinned: what a resolver may take at the start. */
#define RESOLVE_NS (INT64_C(10) * 1000000000)
#define FILES_PER_SOURCE 2
#define FILES_OTHER 32
/* TCP gets no acknowledgement: nobody is there, or has forgotten the connection. */
#define LOST_AFTER_MS 6000
#define MEMORY_BASE (4UL * 1024 * 1024)
#define MEMORY_PER_SOURCE (128UL * 1024)

struct beat_watch {
	struct broker *broker;
	size_t n;
	struct beat_request *requests; /* ours: the prober's arguments */
	struct beater_args args;
	beat_fn fn; /* during beat_watch_dispatch() */
	void *data;
};

static const char *const result_names[] = {
	[BEAT_ANSWERED] = "answered",     [BEAT_LATE] = "late",
	[BEAT_SILENT] = "silent",         [BEAT_UNREACHABLE] = "unreachable",
	[BEAT_REFUSED] = "refused",       [BEAT_CLOSED] = "closed",
	[BEAT_REJECTED] = "rejected",     [BEAT_GARBAGE] = "garbage",
	[BEAT_UNRESOLVED] = "unresolved", [BEAT_DELAYED] = "delayed",
	[BEAT_NO_FILE] = "no-file",       [BEAT_REFUSED_WRITE] = "refused-write",
};
_Static_assert(ARRAY_SIZE(result_names) == BEAT_COUNT, "a result has no name");

const char *beat_result_name(enum beat_result result)
{
	return (size_t)result < BEAT_COUNT ? result_names[result] : "?";
}

static int start(struct beat_watch *watch, const struct identity *identity,
		 struct error *err)
{
	struct broker_target *targets = calloc(watch->n + 1, sizeof(*targets));
	struct broker_spec spec = {
		.targets = targets,
		.n = watch->n,
		.identity = identity,
		.main = beater_main,
		.arg = &watch->args,
		.files = (unsigned)watch->n * FILES_PER_SOURCE + FILES_OTHER,
		.memory = MEMORY_BASE + watch->n * MEMORY_PER_SOURCE,
		.lost_after_ms = LOST_AFTER_MS,
	};
	int r;

	if (!targets)
		return error_oom(err);
	for (size_t i = 0; i < watch->n; i++) {
		const struct beat_request *request = &watch->requests[i];

		assert(request->interval_ms >= 10 && request->timeout_ms > 0);
		memcpy(targets[i].host, request->host, sizeof(targets[i].host));
		targets[i].deadline_ns = deadline_now_ns() + RESOLVE_NS;
		targets[i].port = request->port ? request->port : 2049;
	}
	r = broker_new(&spec, &watch->broker, err);
	free(targets);
	return r;
}

int beat_watch_start(const struct beat_request *requests, size_t n,
		     const struct identity *identity, struct beat_watch **ret,
		     struct error *err)
{
	struct beat_watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return error_oom(err);
	watch->n = n;
	watch->requests = calloc(n + 1, sizeof(*requests));
	if (!watch->requests) {
		beat_watch_stop(watch);
		return error_oom(err);
	}
	memcpy(watch->requests, requests, n * sizeof(*requests));
	watch->args = (struct beater_args){ .requests = watch->requests, .n = n };
	r = start(watch, identity, err);
	if (r < 0)
		beat_watch_stop(watch);
	else
		*ret = watch;
	return r;
}

pid_t beat_watch_prober(const struct beat_watch *watch)
{
	return broker_prober(watch->broker);
}

int beat_watch_fd(const struct beat_watch *watch)
{
	return broker_fd(watch->broker);
}

static void message(void *data, const void *msg, size_t len)
{
	struct beat_watch *watch = data;
	struct wire_beat beat;

	if (wire_take_beat(msg, len, watch->n, &beat))
		watch->fn(watch->data, &beat.beat);
}

static void unresolved(void *data, size_t i, const char *why, bool timed_out)
{
	struct beat_watch *watch = data;
	struct beat beat = {
		.source = (uint32_t)i,
		.seq = 1,
		.result = BEAT_UNRESOLVED,
		.sent_ns = deadline_now_ns(),
		.rtt_us = -1,
	};

	(void)why;
	(void)timed_out;
	watch->fn(watch->data, &beat);
}

int beat_watch_dispatch(struct beat_watch *watch, beat_fn fn, void *data,
			struct error *err)
{
	struct broker_events events = {
		.data = watch,
		.message = message,
		.unresolved = unresolved,
	};
	struct broker_death death;
	int r;

	watch->fn = fn;
	watch->data = data;
	r = broker_dispatch(watch->broker, &events, err);
	watch->fn = NULL;
	if (r != BROKER_DIED)
		return r;
	broker_death(watch->broker, &death);
	(void)error_set(err, ERROR_PROTOCOL, 0, "the prober ended: %s%s", death.how,
			death.source == BROKER_NOBODY
				? ""
				: ", on what a server sent; this host is unharmed");
	return BEAT_WATCH_ENDED;
}

void beat_watch_stop(struct beat_watch *watch)
{
	if (!watch)
		return;
	broker_free(watch->broker);
	free(watch->requests);
	free(watch);
}
