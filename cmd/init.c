/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/commands.h"
#include "cmd/exit.h"
#include "cmd/load.h"
#include "lib/backup/destination.h"
#include "lib/backup/ending.h"
#include "lib/backup/quiesce.h"
#include "lib/backup/session.h"
#include "lib/backup/teardown.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/json.h"
#include "lib/base/strbuf.h"
#include "lib/mnt/mountpoint.h"
#include "lib/record/pin.h"

#define LOOKUP_MS 5000

struct init {
	struct context *ctx;
	struct session session;
	const struct conf_destination *conf;
	struct identity user;
	struct destination dest;
	enum mountpoint_flag immutable;
	bool kept; /* the marker was there already */
	struct guard_install_report installed;
	struct ending ending;
};

static int prepare_mountpoint(struct init *in)
{
	struct error err;
	int r;

	session_phase(&in->session, "mountpoint");
	r = mountpoint_prepare(in->conf->mountpoint, &in->immutable, &err);
	if (r == MOUNTPOINT_SAFE)
		return 0;
	session_phase_end(&in->session, RECORD_PHASE_FAILED, "%s", err.msg);
	ending_worsen(&in->ending, r < 0 ? ENDING_ERROR : ENDING_REFUSED, &err);
	return -1;
}

static void signalled(struct init *in)
{
	in->ending.status = signals_peek(&in->session.signals);
	ending_worsen_f(&in->ending, ENDING_SIGNALLED, "a signal came");
}

static int install_marker(struct init *in)
{
	struct guard_request request = {
		.mount = &in->dest.mount,
		.user = &in->user,
		.destination = in->conf->name,
	};
	struct error err;
	int r;

	session_phase(&in->session, "marker");
	r = guard_install(&request,
			  deadline_after(in->conf->max_stall_ms - WATCH_RELEASE_MS),
			  in->session.signals.fd, &in->installed, &err);
	if (r == GUARD_INSTALLED || r == GUARD_INSTALL_KEPT) {
		in->kept = r == GUARD_INSTALL_KEPT;
		session_phase_end(&in->session, RECORD_PHASE_OK, "%s",
				  in->installed.guard.marker.uuid);
		return 0;
	}
	if (r > 0 && in->installed.reason == GUARD_CANCELLED) {
		session_phase_end(&in->session, RECORD_PHASE_ABORTED, "a signal came");
		signalled(in);
		return -1;
	}
	if (r > 0)
		err = in->installed.guard.why;
	in->dest.dead = r > 0 && in->installed.reason == GUARD_NO_ANSWER;
	session_phase_end(&in->session, RECORD_PHASE_FAILED, "%s", err.msg);
	ending_worsen(&in->ending, r < 0 ? ENDING_ERROR : ENDING_REFUSED, &err);
	return -1;
}

/* Only once the marker is known to be on the server. */
static void pin(struct init *in)
{
	const struct guard_report *g = &in->installed.guard;
	struct record_pin p = { .since_ms = clock_now_ms() };
	struct error err;

	(void)snprintf(p.source, sizeof(p.source), "%s", in->conf->source);
	(void)snprintf(p.marker_uuid, sizeof(p.marker_uuid), "%s", g->marker.uuid);
	(void)snprintf(p.fsid, sizeof(p.fsid), "%s", g->fsid);
	if (in->dest.report.has_handle)
		(void)snprintf(p.handle_digest, sizeof(p.handle_digest), "%016" PRIx64,
			       in->dest.report.handle_digest);
	if (record_pin_set(in->session.record, in->conf->name, &p, &err) < 0)
		ending_worsen(&in->ending, ENDING_ERROR, &err);
}

static void work(struct init *in)
{
	struct error err;
	int r;

	if (prepare_mountpoint(in) < 0)
		return;
	r = destination_open_unguarded(&in->session, in->conf, &in->user, &in->dest,
				       &err);
	if (r == DESTINATION_SIGNALLED) {
		signalled(in);
		return;
	}
	if (r != DESTINATION_READY) {
		ending_worsen(&in->ending, r < 0 ? ENDING_ERROR : ENDING_REFUSED, &err);
		return;
	}
	if (install_marker(in) == 0)
		quiesce_run(&in->session, &in->dest,
			    deadline_after(in->conf->umount_timeout_ms), &in->ending);
	teardown_run(&in->session, &in->dest, NULL, &in->ending);
	if (in->ending.kind == ENDING_GOOD)
		pin(in);
}

static void tell(const struct init *in, int code)
{
	const struct guard_report *g = &in->installed.guard;
	static const char *const flags[] = {
		[MOUNTPOINT_FLAG_UNSUPPORTED] =
			"its file system cannot make it immutable",
		[MOUNTPOINT_FLAG_CLEAR] = "not immutable",
		[MOUNTPOINT_FLAG_SET] = "immutable",
	};
	struct strbuf text = STRBUF_INIT;
	struct json j = JSON_INIT(&text);

	if (in->ending.kind != ENDING_GOOD)
		log_error(&in->ctx->log, "%s", in->ending.why.msg);
	if (in->ctx->json) {
		json_object_begin(&j, NULL);
		json_string(&j, "destination", in->conf->name);
		json_string(&j, "source", in->conf->source);
		json_int(&j, "exit_code", code);
		json_string(&j, "reason",
			    in->ending.kind == ENDING_GOOD ? NULL : in->ending.why.msg);
		json_string(&j, "marker_uuid", g->marker.uuid[0] ? g->marker.uuid : NULL);
		json_string(&j, "fsid", g->fsid[0] ? g->fsid : NULL);
		json_bool(&j, "marker_was_there", in->kept);
		json_bool(&j, "mountpoint_immutable",
			  in->immutable == MOUNTPOINT_FLAG_SET);
		json_object_end(&j);
		(void)puts(strbuf_str(&text));
	} else if (in->ending.kind == ENDING_GOOD && !in->ctx->quiet) {
		(void)printf(
			"%s (%s) %s: marker %s, file system %s; mountpoint %s: root's, "
			"0555, %s\n",
			in->conf->name, in->conf->source,
			in->kept ? "was this host's destination already"
				 : "is this host's destination now",
			g->marker.uuid, g->fsid, in->conf->mountpoint,
			flags[in->immutable]);
	}
	strbuf_done(&text);
}

static int init_destination(struct init *in, const struct conf *conf)
{
	struct record_end end = { .bytes = -1, .worst_stall_ms = -1 };
	struct error err;
	int r, code;

	r = identity_lookup(conf->backup.user, deadline_after(LOOKUP_MS),
			    in->session.signals.fd, &in->user, &err);
	if (r == 0)
		r = session_begin(&in->session, RECORD_KIND_INIT, &err);
	if (r < 0)
		return context_fail(in->ctx, &err);
	session_choose(&in->session,
		       &(struct record_choice){ .destination = in->conf->name });
	work(in);
	session_end(&in->session, &in->ending, &end, exit_from_ending);
	code = exit_from_ending(&in->ending);
	tell(in, code);
	return code;
}

static int run(struct context *ctx, const struct cli_args *args)
{
	cleanup_free struct init *in = calloc(1, sizeof(*in));
	struct conf conf = { 0 };
	struct error err;
	int r;

	if (!in) {
		(void)error_oom(&err);
		return context_fail(ctx, &err);
	}
	in->ctx = ctx;
	if (args->n_operands != 1) {
		(void)error_set(&err, ERROR_USAGE, 0, "init needs one destination");
		return context_fail(ctx, &err);
	}
	r = load_conf(ctx, &conf, &err);
	if (r == 0)
		r = conf_require_destination(&conf, args->operands[0], &in->conf, &err);
	if (r == 0)
		r = session_open(&in->session, &conf, "init", &ctx->log, &err);
	r = r == 0 ? init_destination(in, &conf) : context_fail(ctx, &err);
	session_close(&in->session);
	conf_done(&conf);
	return r;
}

const struct command command_init = {
	.name = "init",
	.operands = "NAME",
	.summary = "Mark the export as this host's destination NAME",
	.details = "Probes and mounts the destination, writes the marker that each run "
		   "looks\n"
		   "for, unmounts, makes the bare mountpoint safe, and remembers marker "
		   "and file\n"
		   "system.  An export with another host's marker is refused.  Can be "
		   "repeated.",
	.run = run,
};
