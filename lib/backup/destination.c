/* SPDX-License-Identifier: MIT */
#include "lib/backup/destination.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/backup/ending.h"
#include "lib/backup/quarantine.h"
#include "lib/backup/session.h"
#include "lib/backup/teardown.h"
#include "lib/backup/timeline.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/parse.h"
#include "lib/base/source.h"
#include "lib/mnt/options.h"
#include "lib/nfs/probe.h"
#include "lib/record/pin.h"
#include "lib/record/quarantine.h"

void destination_name(const struct conf_destination *conf, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s (%s)", conf->name, conf->source);
}

static int refuse(struct session *s, enum record_phase_outcome outcome,
		  const struct error *err)
{
	session_phase_end(s, outcome, "%s", err->msg);
	return DESTINATION_REFUSED;
}

/* The record gets the reason's name too: for who counts them. */
static int refuse_guarded(struct session *s, enum guard_reason reason,
			  const struct error *err)
{
	session_phase_end(s,
			  reason == GUARD_NO_ANSWER ? RECORD_PHASE_TIMED_OUT
						    : RECORD_PHASE_FAILED,
			  "%s: %s", guard_reason_name(reason), err->msg);
	return DESTINATION_REFUSED;
}

static int cancelled(struct session *s)
{
	session_phase_end(s, RECORD_PHASE_ABORTED, "a signal came");
	return DESTINATION_SIGNALLED;
}

static int fail(struct session *s, int r, const struct error *err)
{
	session_phase_end(s, RECORD_PHASE_FAILED, "%s", err->msg);
	return r;
}

/* In which the keeper takes what the mount task has sent it. */
#define KEEPER_MS 2000

/* ---- probe ---- */

static void take_report(void *data, size_t index, const struct probe_report *report)
{
	(void)index;
	*(struct probe_report *)data = *report;
}

static void record_report(struct session *s, const struct destination *dest)
{
	const struct probe_report *p = &dest->report;

	session_verdict(
		s, &(struct record_verdict){
			   .destination = dest->conf->name,
			   .source = dest->conf->source,
			   .verdict = probe_verdict_name(p->verdict),
			   .layer = probe_layer_name(p->layer),
			   .detail = p->detail,
			   .elapsed_ms = p->elapsed_us / 1000,
			   .total_bytes = p->has_space ? (int64_t)p->total_bytes : -1,
			   .free_bytes = p->has_space ? (int64_t)p->free_bytes : -1,
			   .at_ms = clock_now_ms(),
		   });
}

static int judge_report(struct session *s, const struct destination *dest,
			struct error *err)
{
	const struct probe_report *p = &dest->report;
	const char *meaning, *advice;

	if (p->verdict == VERDICT_OK)
		return DESTINATION_READY;
	verdict_explain(p, &meaning, &advice);
	if (p->verdict == VERDICT_SLOW) {
		log_warning(s->log, "%s (%s) is slow: %s", dest->conf->name,
			    dest->conf->source, p->detail);
		return DESTINATION_READY;
	}
	(void)error_set(err, ERROR_UNREACHABLE, 0, "%s (%s) is %s: %s%s%s%s",
			dest->conf->name, dest->conf->source,
			probe_verdict_name(p->verdict), meaning, p->detail[0] ? " (" : "",
			p->detail, p->detail[0] ? ")" : "");
	return DESTINATION_REFUSED;
}

static int end_quarantine(struct session *s, const struct conf_destination *conf,
			  int64_t now_ms, struct error *err)
{
	char time[64], by[128];
	int r;

	format_duration(conf->quarantine_time_ms, time, sizeof(time));
	(void)snprintf(by, sizeof(by), "%" PRIu64 " healthy probes over %s",
		       conf->quarantine_probes, time);
	r = record_quarantine_end(s->record, conf->name, now_ms, by, err);
	if (r < 0)
		return r;
	log_warning(s->log, "%s (%s): its quarantine is over: %s", conf->name,
		    conf->source, by);
	timeline_add(s->timeline, EVENT_NOTE, conf->name, -1, "quarantine is over: %s",
		     by);
	return DESTINATION_READY;
}

/*
 * Count the probe, if the destination is in quarantine.  @healthy: it was passed.
 * Returns READY, QUARANTINED with @err, or a negative error.
 */
static int obey_quarantine(struct session *s, const struct destination *dest,
			   bool healthy, struct error *err)
{
	const struct conf_destination *conf = dest->conf;
	struct quarantine_policy policy = quarantine_policy(conf);
	struct record_quarantine q;
	int64_t now_ms = clock_now_ms();
	char text[RECORD_TEXT_SIZE];
	int r = record_quarantine_get(s->record, conf->name, &q, err);

	if (r <= 0)
		return r;
	if (quarantine_count(&policy, &q, healthy, now_ms) == QUARANTINE_OVER)
		return end_quarantine(s, conf, now_ms, err);
	r = record_quarantine_count(s->record, &q, err);
	if (r < 0)
		return r;
	quarantine_describe(&policy, &q, text, sizeof(text));
	(void)error_set(err, ERROR_BUSY, 0,
			"%s (%s) %s, now the verdict is %s; nfsafe release %s ends it",
			conf->name, conf->source, text,
			probe_verdict_name(dest->report.verdict), conf->name);
	return DESTINATION_QUARANTINED;
}

static int probe(struct session *s, struct destination *dest, struct error *err)
{
	const struct conf_destination *conf = dest->conf;
	const struct identity *user = dest->user;
	struct probe_request request = {
		.vers = (enum nfs_vers)conf->vers,
		.timeout_ms = conf->probe_timeout_ms,
		.port = (uint16_t)conf->port,
		.mountport = (uint16_t)conf->mountport,
		.uid = user->uid,
		.gid = user->gid,
		.write = true,
	};
	struct probe_job job = {
		.requests = &request,
		.n = 1,
		.identity = &dest->unprivileged,
		.cancel_fd = s->signals.fd,
		.on_report = take_report,
		.data = &dest->report,
	};
	int r, quarantine;

	session_phase(s, "probe");
	for (size_t i = 0; i < user->n_groups && i < PROBE_GROUPS_MAX; i++)
		request.groups[request.n_groups++] = user->groups[i];
	r = source_parse(conf->source, &request.source, err);
	if (r == 0)
		r = probe_run(&job, err);
	if (r < 0)
		return fail(s, r, err);
	if (r == PROBE_CANCELLED)
		return cancelled(s);
	record_report(s, dest);
	r = judge_report(s, dest, err);
	quarantine = obey_quarantine(s, dest, r == DESTINATION_READY, err);
	if (quarantine < 0)
		return fail(s, quarantine, err);
	if (quarantine == DESTINATION_QUARANTINED) {
		session_phase_end(s, RECORD_PHASE_FAILED, "quarantine: %s", err->msg);
		return quarantine;
	}
	if (r == DESTINATION_REFUSED)
		return refuse(s, RECORD_PHASE_FAILED, err);
	session_phase_end(s, RECORD_PHASE_OK, "%s from %s, %" PRId64 " ms",
			  probe_verdict_name(dest->report.verdict), dest->report.address,
			  dest->report.elapsed_us / 1000);
	return DESTINATION_READY;
}

/* ---- mount ---- */

static void say_stuck(struct session *s, const struct mount_stuck *stuck)
{
	if (stuck->pid == 0)
		return;
	log_error(s->log, "process %d (%s) is stuck: state %c in %s", (int)stuck->pid,
		  stuck->wait.comm, stuck->wait.state, stuck->wait.wchan);
	session_stuck(s, stuck);
}

/* Before there is anything for it to keep. */
static int start_keeper(struct session *s, struct destination *dest, struct error *err)
{
	struct keeper_spec spec = {
		.run_dir = s->run_dir,
		.state_dir = s->state_dir,
		.destination = dest->conf->name,
		.source = dest->conf->source,
		.mountpoint = dest->conf->mountpoint,
		.run = s->run,
		.max_stall_ms = dest->conf->max_stall_ms,
		.log = s->log,
	};

	return keeper_start(&dest->keeper, &spec, err);
}

static int judge_mount(struct session *s, struct destination *dest, int outcome,
		       const struct mount_attach_report *report, struct error *err)
{
	say_stuck(s, &report->stuck);
	if (outcome != MOUNT_ATTACHED && !report->left_mounted && report->stuck.pid == 0)
		session_unmounted(s, "was not mounted");
	if (report->left_mounted)
		log_error(s->log, "%s may still be mounted: look at /proc/mounts",
			  dest->conf->mountpoint);
	switch (outcome) {
	case MOUNT_ATTACHED:
		dest->mount = report->identity;
		dest->mounted = true;
		session_mounted(s, &report->identity);
		session_phase_end(s, RECORD_PHASE_OK, "id %" PRIu64 ", device %u:%u",
				  report->identity.id, report->identity.major,
				  report->identity.minor);
		return DESTINATION_READY;
	case MOUNT_ATTACH_CANCELLED:
		return cancelled(s);
	case MOUNT_ATTACH_TIMED_OUT:
		*err = report->why;
		return refuse(s, RECORD_PHASE_TIMED_OUT, err);
	case MOUNT_ATTACH_STUCK:
		*err = report->why;
		return refuse(s, RECORD_PHASE_STUCK, err);
	default:
		*err = report->why;
		return refuse(s, RECORD_PHASE_FAILED, err);
	}
}

static int mount_step(struct session *s, struct destination *dest, struct error *err)
{
	const struct conf_destination *conf = dest->conf;
	struct options_server server = {
		.vers = (unsigned)conf->vers,
		.address = dest->report.address,
		.port = dest->report.port,
		.mountport = dest->report.mountport,
	};
	char text[OPTIONS_TEXT_SIZE];
	struct mount_attach_report report;
	struct mount_request request = {
		.source = conf->source,
		.mountpoint = conf->mountpoint,
		.options = text,
		.clone_sock = -1,
	};
	struct options options;
	int r;

	/* Looked at before it is said to be ours: what is mounted there now is not. */
	r = guard_mountpoint(conf->mountpoint, err);
	if (r == 0)
		session_mounting(s, conf);
	session_phase(s, "mount");
	if (r > 0)
		return refuse_guarded(s, (enum guard_reason)r, err);
	if (r == 0)
		r = options_parse(conf->options, conf->max_stall_ms, &options, err);
	if (r == 0)
		r = options_format(&options, &server, text, err);
	if (r == 0)
		r = start_keeper(s, dest, err);
	if (r == 0) {
		request.clone_sock = keeper_clone_sock(&dest->keeper);
		log_debug(s->log, "mount %s on %s: %s", conf->source, conf->mountpoint,
			  text);
		r = mount_attach(&request, deadline_after(conf->mount_timeout_ms),
				 s->signals.fd, &report, err);
	}
	if (r < 0) {
		session_unmounted(s, "was not mounted");
		r = fail(s, r, err);
	} else {
		r = judge_mount(s, dest, r, &report, err);
	}
	if (r != DESTINATION_READY)
		keeper_stop(&dest->keeper);
	return r;
}

/* ---- guard ---- */

/* No step of the guard may hold a process of ours for longer than max_stall. */
static struct deadline guard_deadline(const struct destination *dest)
{
	return deadline_after(dest->conf->max_stall_ms - WATCH_RELEASE_MS);
}

static int guard(struct session *s, struct destination *dest, struct error *err)
{
	const struct conf_destination *conf = dest->conf;
	struct guard_request request = {
		.mount = &dest->mount,
		.user = dest->user,
		.destination = conf->name,
	};
	struct guard_report report;
	struct record_pin pin;
	int r;

	session_phase(s, "guard");
	if (conf->min_free.is_percent)
		request.min_free_percent = (unsigned)conf->min_free.value;
	else
		request.min_free_bytes = conf->min_free.value;
	r = record_pin_get(s->record, conf->name, &pin, err);
	if (r < 0)
		return fail(s, r, err);
	if (r == 1) {
		request.pinned_uuid = pin.marker_uuid;
		request.pinned_fsid = pin.fsid;
	}
	r = guard_run(&request, guard_deadline(dest), s->signals.fd, &report, err);
	if (r < 0)
		return fail(s, r, err);
	if (r == GUARD_CANCELLED)
		return cancelled(s);
	if (report.stuck_pid)
		say_stuck(s, &(struct mount_stuck){ .pid = report.stuck_pid,
						    .wait = report.stuck_wait });
	dest->dead = r == GUARD_NO_ANSWER;
	if (r != GUARD_PASSED) {
		*err = report.why;
		return refuse_guarded(s, (enum guard_reason)r, err);
	}
	(void)snprintf(dest->fsid, sizeof(dest->fsid), "%s", report.fsid);
	if (report.beat_errnum != 0)
		log_warning(s->log, "%s: the watch has no file to write to: %s",
			    conf->name, strerror(report.beat_errnum));
	session_phase_end(s, RECORD_PHASE_OK, "write %" PRId64 " ms", report.write_ms);
	return DESTINATION_READY;
}

/* ---- all of it ---- */

static void look_at_stats(struct destination *dest)
{
	struct mountstats_key key = { .source = dest->mount.source,
				      .mountpoint = dest->mount.mountpoint };
	struct error ignored;

	dest->has_before =
		mountstats_read(&key, &dest->before, &ignored) == MOUNTSTATS_FOUND;
}

static void prepare(struct destination *dest, const struct conf_destination *conf,
		    const struct identity *user)
{
	memset(dest, 0, sizeof(*dest));
	dest->conf = conf;
	dest->user = user;
	dest->bytes_written = -1;
	dest->keeper = KEEPER_NONE;
	if (user->uid != 0)
		dest->unprivileged = *user;
	else
		identity_nobody(&dest->unprivileged);
}

static int start_watch(struct session *s, struct destination *dest, struct error *err)
{
	struct source source;
	struct watcher_spec spec = {
		.report = &dest->report,
		.max_stall_ms = dest->conf->max_stall_ms,
		.identity = &dest->unprivileged,
		.user = dest->user,
		.export = source.export,
		.mount = &dest->mount,
		.timeline = s->timeline,
		.last_answer_ns = keeper_answered(&dest->keeper),
	};
	int r = source_parse(dest->conf->source, &source, err);

	if (r < 0)
		return r;
	r = keeper_watch(&dest->keeper, &dest->mount, deadline_after(KEEPER_MS), err);
	if (r < 0)
		return r;
	return watcher_start(&dest->watcher, &spec, s->log, err);
}

int destination_open_unguarded(struct session *s, const struct conf_destination *conf,
			       const struct identity *user, struct destination *ret,
			       struct error *err)
{
	int r;

	prepare(ret, conf, user);
	r = probe(s, ret, err);
	if (r != DESTINATION_READY)
		return r;
	r = mount_step(s, ret, err);
	if (r != DESTINATION_READY)
		return r;
	look_at_stats(ret);
	r = start_watch(s, ret, err);
	if (r < 0) {
		struct ending ending = ENDING_INIT;

		teardown_run(s, ret, NULL, &ending);
	}
	return r;
}

int destination_open(struct session *s, const struct conf_destination *conf,
		     const struct identity *user, struct destination *ret,
		     struct error *err)
{
	int r = destination_open_unguarded(s, conf, user, ret, err);

	if (r != DESTINATION_READY)
		return r;
	r = guard(s, ret, err);
	if (r != DESTINATION_READY) {
		struct ending ending = ENDING_INIT;

		teardown_run(s, ret, NULL, &ending);
		if (ending.kind != ENDING_GOOD)
			log_error(s->log, "%s", ending.why.msg);
		return r;
	}
	/* Again: what the guard wrote is not the backup's. */
	look_at_stats(ret);
	return DESTINATION_READY;
}
