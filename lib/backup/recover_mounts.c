/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/backup/recovery.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/base/macro.h"
#include "lib/base/source.h"
#include "lib/base/strbuf.h"
#include "lib/conf/conf.h"
#include "lib/mnt/mount.h"
#include "lib/mnt/mountinfo.h"
#include "lib/nfs/probe.h"
#include "lib/nfs/vers.h"
#include "lib/proc/privilege.h"
#include "lib/record/mounted.h"

/* What a command of a living server may take to clean up; a dead one's cannot. */
#define GRACE_MS 3000
#define DEAD_DETACH_MS 5000
/* For a destination that the configuration does not know any more. */
#define PROBE_MS 5000
#define UMOUNT_MS 30000

/* ---- which mount is it ---- */

static bool has_option(const char *options, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = options; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (strncmp(p, name, len) == 0 && (p[len] == ',' || p[len] == '\0'))
			return true;
	}
	return false;
}

static bool is_proved(const struct mountinfo_entry *e, const struct record_mount *row)
{
	return e->id == row->mount_id && e->major == row->major &&
	       e->minor == row->minor && strcmp(e->source, row->source) == 0 &&
	       strcmp(e->mountpoint, row->mountpoint) == 0 &&
	       strcmp(e->fstype, row->fstype) == 0;
}

/*
 * The run died before it could write down what it saw.  When it began nothing was mounted
 * there; what is now has our source and the options that nobody has by accident.
 */
static bool is_likely(const struct mountinfo_entry *e, const struct record_mount *row)
{
	return mountinfo_is_nfs(e->fstype) &&
	       mountinfo_same_source(e->source, row->source) &&
	       strcmp(e->mountpoint, row->mountpoint) == 0 &&
	       has_option(e->super_options, "nosharecache") &&
	       has_option(e->options, "nosuid") && has_option(e->options, "nodev") &&
	       has_option(e->options, "noexec");
}

/* Returns 1 and which it is, 0 if it is not mounted any more, or a negative error. */
static int find(const struct record_mount *row, struct mount_identity *ret,
		struct error *err)
{
	struct mountinfo m;
	int r = mountinfo_read(&m, err);

	for (size_t i = 0; r == 0 && i < m.count; i++) {
		const struct mountinfo_entry *e = &m.entries[i];

		if (row->proved ? !is_proved(e, row) : !is_likely(e, row))
			continue;
		*ret = (struct mount_identity){ .id = e->id,
						.major = e->major,
						.minor = e->minor };
		(void)snprintf(ret->source, sizeof(ret->source), "%s", e->source);
		(void)snprintf(ret->mountpoint, sizeof(ret->mountpoint), "%s",
			       e->mountpoint);
		(void)snprintf(ret->fstype, sizeof(ret->fstype), "%s", e->fstype);
		r = 1;
	}
	if (r >= 0)
		mountinfo_done(&m);
	return r;
}

/* ---- does its server live ---- */

static void take_report(void *data, size_t index, const struct probe_report *report)
{
	(void)index;
	*(struct probe_report *)data = *report;
}

/* Any answer of nfsd is one, also a refusal. */
static bool has_answered(const struct probe_report *report)
{
	switch ((enum probe_result)report->layers[PROBE_NFSD].result) {
	case RESULT_OK:
	case RESULT_SLOW:
	case RESULT_BUSY:
	case RESULT_VERSION:
	case RESULT_REJECTED:
		return true;
	default:
		return false;
	}
}

static bool is_alive(const struct recovery *rec, const struct record_mount *row,
		     const struct conf_destination *conf)
{
	struct probe_report report = { 0 };
	struct identity nobody;
	struct probe_request request = {
		.vers = conf                               ? (enum nfs_vers)conf->vers
			: strcmp(row->fstype, "nfs4") == 0 ? NFS_VERS_4_1
							   : NFS_VERS_3,
		.timeout_ms = conf ? conf->probe_timeout_ms : PROBE_MS,
		.port = conf ? (uint16_t)conf->port : 0,
		.mountport = conf ? (uint16_t)conf->mountport : 0,
	};
	struct probe_job job = {
		.requests = &request,
		.n = 1,
		.identity = &nobody,
		.cancel_fd = rec->req->cancel_fd,
		.on_report = take_report,
		.data = &report,
	};
	struct error ignored;

	identity_nobody(&nobody);
	if (source_parse(row->source, &request.source, &ignored) < 0 ||
	    probe_run(&job, &ignored) != PROBE_DONE)
		return false;
	return has_answered(&report);
}

/* ---- taking it away ---- */

/* What is not in its place any more is out of everybody's way. */
static bool has_left(int outcome)
{
	return outcome == MOUNT_DETACHED || outcome == MOUNT_DETACH_GONE ||
	       outcome == MOUNT_DETACH_FORCED || outcome == MOUNT_DETACH_LAZY ||
	       outcome == MOUNT_DETACH_STUCK;
}

static const char *how(int outcome)
{
	static const char *const texts[] = {
		[MOUNT_DETACHED] = "was unmounted",
		[MOUNT_DETACH_GONE] = "was gone",
		[MOUNT_DETACH_FORCED] = "was unmounted by force",
		[MOUNT_DETACH_LAZY] = "was detached, but is still held",
		[MOUNT_DETACH_STUCK] = "was detached, but the process that unmounts is "
				       "stuck",
		[MOUNT_DETACH_BUSY] = "is still mounted: it is busy",
		[MOUNT_DETACH_COVERED] = "is still mounted: something else is mounted "
					 "on it",
		[MOUNT_DETACH_FAILED] = "is still mounted",
	};

	return (size_t)outcome < ARRAY_SIZE(texts) ? texts[outcome] : "is still mounted";
}

static int tell_detach(struct recovery *rec, const struct record_mount *row, int outcome,
		       const struct mount_detach_report *report, struct error *err)
{
	struct strbuf holders = STRBUF_INIT;
	char forced[40] = "";
	int r;

	if (report->holders.total > 0) {
		strbuf_puts(&holders, "; held by ");
		holders_format(&report->holders, &holders);
	}
	if (report->forces > 0)
		(void)snprintf(forced, sizeof(forced), " (forced %u times)",
			       report->forces);
	r = recovery_note(rec, RECOVER_MOUNT, has_left(outcome), row->run, err,
			  "%s on %s, a mount of run %" PRId64 ", %s%s%s", row->source,
			  row->mountpoint, row->run, how(outcome), forced,
			  strbuf_str(&holders));
	strbuf_done(&holders);
	if (r == 0 && has_left(outcome))
		r = record_mount_end(rec->req->record, row->id, clock_now_ms(),
				     how(outcome), err);
	return r;
}

static int detach(struct recovery *rec, const struct record_mount *row,
		  const struct mount_identity *id, bool alive, int64_t umount_ms,
		  struct error *err)
{
	struct mount_detach_request request = {
		.identity = id,
		.deadline = deadline_after(alive ? umount_ms : DEAD_DETACH_MS),
		.server_dead = !alive,
		.detach_if_busy = true,
		.cancel_fd = rec->req->cancel_fd,
	};
	struct mount_detach_report report;
	struct error why;
	int r = mount_detach(&request, &report, &why);

	if (r < 0)
		return recovery_note(rec, RECOVER_MOUNT, false, row->run, err,
				     "%s on %s, a mount of run %" PRId64 ": %s",
				     row->source, row->mountpoint, row->run, why.msg);
	return tell_detach(rec, row, r, &report, err);
}

static int take_down(struct recovery *rec, const struct record_mount *row,
		     const struct mount_identity *id, struct error *err)
{
	const struct conf_destination *conf =
		conf_find_destination(rec->req->conf, row->destination);
	bool alive = is_alive(rec, row, conf);
	int r;

	/* Who cannot reach his server ends only once he is freed: after the unmount. */
	r = recover_processes(rec, row->mountpoint, row->run, alive ? GRACE_MS : 0, err);
	if (r == 0)
		r = detach(rec, row, id, alive,
			   conf ? conf->umount_timeout_ms : UMOUNT_MS, err);
	if (r == 0 && !alive)
		r = recover_processes(rec, row->mountpoint, row->run, 0, err);
	return r;
}

static int recover_mount(struct recovery *rec, const struct record_mount *row,
			 struct error *err)
{
	struct mount_identity id;
	int r;

	/* Of a run that lives without the lock: told already. */
	if (row->running)
		return 0;
	r = row->this_boot ? find(row, &id, err) : 0;
	if (r < 0)
		return r;
	if (r == 1)
		return take_down(rec, row, &id, err);
	return record_mount_end(rec->req->record, row->id, clock_now_ms(),
				row->this_boot ? "was gone" : "the host was booted since",
				err);
}

int recover_mounts(struct recovery *rec, struct error *err)
{
	cleanup_free struct record_mount *rows = NULL;
	size_t n = 0;
	int r = record_mounts_left(rec->req->record, &rows, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = recover_mount(rec, &rows[i], err);
	return r;
}
