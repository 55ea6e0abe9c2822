/* SPDX-License-Identifier: MIT */
#include "lib/nfs/probe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/nfs/broker.h"
#include "lib/nfs/prober.h"
#include "lib/proc/sandbox.h"

#define NSEC_PER_MSEC INT64_C(1000000)

/* How long after its deadline a source may stay without the prober's word. */
#define BACKSTOP_MS 60
/* How often the prober and the deadlines are looked after. */
#define LOOK_MS 20
/* How long the prober may read one source's bytes, which takes it microseconds. */
#define HANG_MS 400
/* How often it may die for no source's sake, before that is an error of ours. */
#define DEATHS_MAX 3
/* rpcbind, mountd, nfsd, nfsd at another port, nfsd again. */
#define CONNECTIONS_PER_ADDRESS 5
/* Descriptors that are open at once, for each source: two addresses may overlap. */
#define FILES_PER_SOURCE 6
#define FILES_OTHER 64
/* Sources at once; more are probed in turns. */
#define AT_ONCE_MAX 4096
/* What 1,000 sources take, times two; a record may be long. */
#define MEMORY_BASE (8UL * 1024 * 1024)
#define MEMORY_PER_SOURCE (160UL * 1024)

/* The sources of a job that are probed at once: @n from @first on. */
struct run {
	const struct probe_job *job;
	size_t first, n;
	struct broker *broker;
	struct prober_args args; /* read again when a prober is restarted */
	int64_t started_ns;
	int64_t *deadlines_ns;
	bool *reported;
	size_t n_left;
	unsigned deaths;
};

static const struct probe_request *request_of(const struct run *run, size_t i)
{
	return &run->job->requests[run->first + i];
}

static void hand_over(struct run *run, size_t i, struct probe_report *report)
{
	report->vers = request_of(run, i)->vers;
	report->elapsed_us = (deadline_now_ns() - run->started_ns) / 1000;
	run->reported[i] = true;
	run->n_left--;
	broker_target_over(run->broker, i);
	run->job->on_report(run->job->data, run->first + i, report);
}

/* The prober has nothing to say about @i: @layer came to @result. */
static void hand_over_own(struct run *run, size_t i, enum probe_layer layer,
			  enum probe_result result, const char *detail)
{
	struct probe_report report;

	probe_report_init(&report, request_of(run, i)->vers);
	report.layers[layer].result = result;
	(void)snprintf(report.detail, sizeof(report.detail), "%s", detail);
	verdict_decide(&report);
	hand_over(run, i, &report);
}

static void unresolved(void *data, size_t i, const char *why, bool timed_out)
{
	struct run *run = data;
	char detail[PROBE_DETAIL_SIZE];

	(void)snprintf(detail, sizeof(detail), "%.100s: %.100s",
		       request_of(run, i)->source.server, why);
	if (!run->reported[i])
		hand_over_own(run, i, PROBE_RESOLVE,
			      timed_out ? RESULT_SILENT : RESULT_UNRESOLVED, detail);
}

/* What the broker knows of its own: how the name was resolved, and to what. */
static void add_resolve(const struct run *run, size_t i, struct probe_report *report)
{
	struct probe_layer_report *layer = &report->layers[PROBE_RESOLVE];
	int64_t us = broker_resolve_us(run->broker, i);

	layer->us = us;
	layer->result = RESULT_OK;
	if (verdict_is_slow(us, 0))
		layer->result = RESULT_SLOW;
	verdict_decide(report);
	if (report->layer == PROBE_RESOLVE && report->verdict == VERDICT_SLOW)
		(void)snprintf(report->detail, sizeof(report->detail),
			       "%.100s: took %.1f s to resolve",
			       request_of(run, i)->source.server, (double)us / 1e6);
}

static void message(void *data, const void *msg, size_t len)
{
	struct run *run = data;
	struct wire_report report;

	if (!wire_take_report(msg, len, run->n, &report) || run->reported[report.source])
		return;
	broker_address(run->broker, report.source, report.address, report.report.address,
		       sizeof(report.report.address));
	add_resolve(run, report.source, &report.report);
	hand_over(run, report.source, &report.report);
}

/* What the bytes of @source did to the prober. */
static void blame(struct run *run, const struct broker_death *death)
{
	char detail[PROBE_DETAIL_SIZE];

	(void)snprintf(detail, sizeof(detail),
		       "its bytes ended the process that read them: %s; this host is "
		       "unharmed",
		       death->how);
	if (!run->reported[death->source])
		hand_over_own(run, death->source, death->layer, RESULT_GARBAGE, detail);
}

/* The prober has died: whose fault it was is known or not, the others go on. */
static int recover(struct run *run, struct error *err)
{
	struct broker_death death;

	broker_death(run->broker, &death);
	if (death.source != BROKER_NOBODY)
		blame(run, &death);
	else if (++run->deaths > DEATHS_MAX)
		return error_set(err, ERROR_INTERNAL, 0, "the prober keeps dying: %s",
				 death.how);
	return run->n_left > 0 ? broker_restart(run->broker, err) : 0;
}

/*
 * Sources whose time is up, and of which the prober has not said a word.  It reads the
 * bytes of one of them without end, which is garbage; or it was not even given the
 * time to say that nothing came: this host is busy, and that is no server's fault.
 */
static void enforce_deadlines(struct run *run)
{
	int64_t now = deadline_now_ns();
	uint32_t read = broker_prober_reads(run->broker);
	size_t late = 0;

	for (size_t i = 0; i < run->n; i++) {
		if (run->reported[i] ||
		    now < run->deadlines_ns[i] + BACKSTOP_MS * NSEC_PER_MSEC)
			continue;
		if (i == read)
			hand_over_own(run, i, PROBE_NFSD, RESULT_GARBAGE,
				      "the process that reads its bytes does not come to "
				      "an end");
		else
			hand_over_own(run, i, PROBE_NFSD, RESULT_SILENT,
				      "no answer in time, nor the process that asks: is "
				      "this host very busy?");
		late++;
	}
	if (late > 0)
		broker_kill_prober(run->broker);
}

/* Returns 1 when @cancel_fd can be read, 0 when the broker or time wants something. */
static int wait_for_something(const struct run *run, struct error *err)
{
	struct pollfd fds[] = {
		{ .fd = broker_fd(run->broker), .events = POLLIN },
		{ .fd = run->job->cancel_fd, .events = POLLIN },
	};

	if (poll(fds, 2, LOOK_MS) < 0 && errno != EINTR)
		return error_sys(err, "poll");
	return fds[1].revents != 0;
}

static int loop(struct run *run, struct error *err)
{
	struct broker_events events = {
		.data = run,
		.message = message,
		.unresolved = unresolved,
	};

	while (run->n_left > 0) {
		int r = wait_for_something(run, err);

		if (r != 0)
			return r < 0 ? r : PROBE_CANCELLED;
		r = broker_dispatch(run->broker, &events, err);
		if (r == BROKER_DIED)
			r = recover(run, err);
		if (r < 0)
			return r;
		if (broker_prober_hangs(run->broker, HANG_MS))
			broker_kill_prober(run->broker);
		enforce_deadlines(run);
	}
	return PROBE_DONE;
}

static struct broker_target *make_targets(const struct run *run)
{
	struct broker_target *targets = calloc(run->n, sizeof(*targets));

	for (size_t i = 0; targets && i < run->n; i++) {
		memcpy(targets[i].host, request_of(run, i)->source.server,
		       sizeof(targets[i].host));
		targets[i].deadline_ns = run->deadlines_ns[i];
		targets[i].connections_max = CONNECTIONS_PER_ADDRESS * WIRE_ADDRESSES_MAX;
	}
	return targets;
}

static int start(struct run *run, const struct broker_target *targets, struct error *err)
{
	size_t n = run->n;
	struct broker_spec spec = {
		.targets = targets,
		.n = n,
		.identity = run->job->identity,
		.main = prober_main,
		.arg = &run->args,
		.files = (unsigned)(n * FILES_PER_SOURCE) + FILES_OTHER,
		.memory = MEMORY_BASE + n * MEMORY_PER_SOURCE,
	};
	char host[65] = "host";

	run->args = (struct prober_args){
		.requests = request_of(run, 0),
		.deadlines_ns = run->deadlines_ns,
		.n = n,
	};
	(void)gethostname(host, sizeof(host) - 1);
	(void)snprintf(run->args.who, sizeof(run->args.who), "%.64s-%d", host,
		       (int)getpid());
	return broker_new(&spec, &run->broker, err);
}

/* Returns an enum probe_outcome or a negative error. */
static int run_at_once(const struct probe_job *job, size_t first, size_t n,
		       struct error *err)
{
	struct broker_target *targets = NULL;
	struct run run = {
		.job = job,
		.first = first,
		.n = n,
		.n_left = n,
		.started_ns = deadline_now_ns(),
	};
	int r;

	run.deadlines_ns = calloc(n, sizeof(*run.deadlines_ns));
	run.reported = calloc(n, sizeof(*run.reported));
	for (size_t i = 0; run.deadlines_ns && i < n; i++)
		run.deadlines_ns[i] =
			run.started_ns + request_of(&run, i)->timeout_ms * NSEC_PER_MSEC;
	if (run.deadlines_ns && run.reported)
		targets = make_targets(&run);
	r = targets ? start(&run, targets, err) : error_oom(err);
	if (r == 0)
		r = loop(&run, err);
	broker_free(run.broker);
	free(targets);
	free(run.deadlines_ns);
	free(run.reported);
	return r;
}

int probe_run(const struct probe_job *job, struct error *err)
{
	unsigned files =
		sandbox_files_allowed(AT_ONCE_MAX * FILES_PER_SOURCE + FILES_OTHER);
	size_t at_once = files > FILES_OTHER + FILES_PER_SOURCE
				 ? (files - FILES_OTHER) / FILES_PER_SOURCE
				 : 1;

	for (size_t first = 0; first < job->n; first += at_once) {
		size_t left = job->n - first;
		int r = run_at_once(job, first, left < at_once ? left : at_once, err);

		if (r != PROBE_DONE)
			return r;
	}
	return PROBE_DONE;
}
