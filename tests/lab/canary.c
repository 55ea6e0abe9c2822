/* SPDX-License-Identifier: MIT */
/*
 * canary: the write canary of a watch on its own, for the scripts of the lab.
 *
 *	canary SOURCE VERS NAME UID SECONDS [PORT MOUNTPORT]
 *
 * Probes SOURCE as UID, then writes to the file NAME in its export, twice a second.
 * Prints a line a beat: "SEQ RESULT STATUS US".  Exits 0, or 1 if nothing could be tried.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/error.h"
#include "lib/nfs/beat.h"
#include "lib/nfs/probe.h"
#include "lib/nfs/status.h"
#include "lib/proc/privilege.h"

static void on_report(void *data, size_t i, const struct probe_report *report)
{
	(void)i;
	*(struct probe_report *)data = *report;
}

static void on_beat(void *data, const struct beat *beat)
{
	(void)data;
	(void)printf("%" PRIu32 " %s %s %" PRId64 "\n", beat->seq,
		     beat_result_name((enum beat_result)beat->result),
		     nfs_status_name(beat->status), beat->rtt_us);
	(void)fflush(stdout);
}

static int probe(const struct probe_request *request, const struct identity *id,
		 struct probe_report *ret, struct error *err)
{
	struct probe_job job = {
		.requests = request,
		.n = 1,
		.identity = id,
		.cancel_fd = -1,
		.on_report = on_report,
		.data = ret,
	};

	return probe_run(&job, err);
}

static int beats(const struct beat_request *request, const struct identity *id,
		 struct deadline d, struct error *err)
{
	struct beat_watch *watch;
	int r = beat_watch_start(request, 1, id, &watch, err);

	while (r == 0 && !deadline_expired(d)) {
		struct pollfd pfd = { .fd = beat_watch_fd(watch), .events = POLLIN };

		(void)poll(&pfd, 1, deadline_poll_ms(d));
		r = beat_watch_dispatch(watch, on_beat, NULL, err);
	}
	if (r >= 0)
		beat_watch_stop(watch);
	return r;
}

static uint16_t port(const char *text)
{
	return (uint16_t)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
	struct probe_request request = { .timeout_ms = 5000 };
	struct beat_request beat = { .interval_ms = 500, .timeout_ms = 3000 };
	struct beat_file file = { 0 };
	struct probe_report report;
	struct identity id;
	struct error err;
	int r;

	if (argc != 6 && argc != 8)
		return 64;
	r = source_parse(argv[1], &request.source, &err);
	if (r == 0)
		r = nfs_vers_parse(argv[2], &request.vers, &err);
	request.uid = file.uid = (uint32_t)strtoul(argv[4], NULL, 10);
	request.port = argc == 8 ? port(argv[6]) : 0;
	request.mountport = argc == 8 ? port(argv[7]) : 0;
	identity_nobody(&id);
	if (r == 0)
		r = probe(&request, &id, &report, &err);
	if (r == 0) {
		beat.vers = request.vers;
		beat.port = report.port;
		beat.file = &file;
		file.root = report.handle;
		(void)snprintf(beat.host, sizeof(beat.host), "%s", report.address);
		(void)snprintf(file.name, sizeof(file.name), "%s", argv[3]);
		(void)snprintf(file.export, sizeof(file.export), "%s",
			       request.source.export);
		r = beats(&beat, &id, deadline_after(strtol(argv[5], NULL, 10) * 1000),
			  &err);
	}
	if (r != 0)
		(void)fprintf(stderr, "canary: %s\n", err.msg);
	return r != 0;
}
