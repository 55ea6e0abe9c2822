/* SPDX-License-Identifier: MIT */
/*
 * drive: one step of lib/mnt or of the guard at a time, for the scripts of the lab.
 *
 *	drive attach SOURCE MOUNTPOINT VERS ADDRESS PORT MOUNTPORT OPTIONS MS
 *	drive detach MOUNTPOINT MS [dead]
 *	drive sync MOUNTPOINT MS [SILENCE_MS]
 *	drive holders MOUNTPOINT
 *	drive stats MOUNTPOINT
 *	drive guard MOUNTPOINT USER DESTINATION MS [UUID [FSID [PERCENT]]]
 *	drive install MOUNTPOINT USER DESTINATION MS
 *	drive prepare MOUNTPOINT
 *
 * Prints one line, "OUTCOME ms=N KEY=VALUE… : WORDS"; a SIGTERM ends the step.
 * detach and the rest take the NFS mount at MOUNTPOINT for ours.  Exits 0 if
 * the step could be taken, whatever came of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/backup/guard.h"
#include "lib/base/error.h"
#include "lib/base/macro.h"
#include "lib/base/strbuf.h"
#include "lib/mnt/holders.h"
#include "lib/mnt/mount.h"
#include "lib/mnt/mountinfo.h"
#include "lib/mnt/mountpoint.h"
#include "lib/mnt/mountstats.h"
#include "lib/mnt/options.h"
#include "lib/proc/privilege.h"
#include "lib/proc/signals.h"

#define MAX_STALL_MS 60000

struct drive {
	char **argv;
	int argc;
	struct signals signals;
	int64_t start_ns;
	struct error err;
};

static const char *arg(const struct drive *d, int i)
{
	return i < d->argc ? d->argv[i] : "";
}

static struct deadline deadline_arg(const struct drive *d, int i)
{
	return deadline_after(strtol(arg(d, i), NULL, 10));
}

static int fail(const struct drive *d)
{
	(void)printf("error : %s\n", d->err.msg);
	return EXIT_FAILURE;
}

static void begin_line(const struct drive *d, const char *outcome)
{
	(void)printf("%s ms=%" PRId64, outcome,
		     (deadline_now_ns() - d->start_ns) / 1000000);
}

static int end_line(const struct error *why)
{
	(void)printf(" : %s\n", why->msg);
	return EXIT_SUCCESS;
}

static void print_stuck(const struct mount_stuck *stuck)
{
	if (stuck->pid != 0)
		(void)printf(" stuck=%d/%c/%s", (int)stuck->pid, stuck->wait.state,
			     stuck->wait.wchan);
}

/* The NFS mount at @mountpoint, even below another one. */
static int find_identity(struct drive *d, const char *mountpoint,
			 struct mount_identity *ret)
{
	struct mountinfo m;
	int r = mountinfo_read(&m, &d->err);

	if (r < 0)
		return r;
	r = error_set(&d->err, ERROR_UNSAFE, 0, "no NFS mounted at %s", mountpoint);
	for (size_t i = 0; i < m.count; i++) {
		const struct mountinfo_entry *e = &m.entries[i];

		if (strcmp(e->mountpoint, mountpoint) != 0 ||
		    !mountinfo_is_nfs(e->fstype))
			continue;
		*ret = (struct mount_identity){ .id = e->id,
						.major = e->major,
						.minor = e->minor };
		(void)snprintf(ret->source, sizeof(ret->source), "%s", e->source);
		(void)snprintf(ret->mountpoint, sizeof(ret->mountpoint), "%s",
			       e->mountpoint);
		(void)snprintf(ret->fstype, sizeof(ret->fstype), "%s", e->fstype);
		r = 0;
	}
	mountinfo_done(&m);
	return r;
}

static int drive_attach(struct drive *d)
{
	static const char *const names[] = {
		[MOUNT_ATTACHED] = "attached",
		[MOUNT_ATTACH_OCCUPIED] = "occupied",
		[MOUNT_ATTACH_REFUSED] = "refused",
		[MOUNT_ATTACH_TIMED_OUT] = "timed-out",
		[MOUNT_ATTACH_CANCELLED] = "cancelled",
		[MOUNT_ATTACH_STUCK] = "stuck",
		[MOUNT_ATTACH_UNPROVEN] = "unproven",
	};
	struct options_server server = {
		.vers = (unsigned)atoi(arg(d, 4)),
		.address = arg(d, 5),
		.port = (uint16_t)atoi(arg(d, 6)),
		.mountport = (uint16_t)atoi(arg(d, 7)),
	};
	char text[OPTIONS_TEXT_SIZE];
	struct mount_request req = { arg(d, 2), arg(d, 3), text, -1 };
	struct mount_attach_report report;
	struct options options;
	int r;

	if (options_parse(arg(d, 8), MAX_STALL_MS, &options, &d->err) < 0 ||
	    options_format(&options, &server, text, &d->err) < 0)
		return fail(d);
	r = mount_attach(&req, deadline_arg(d, 9), d->signals.fd, &report, &d->err);
	if (r < 0)
		return fail(d);
	begin_line(d, names[r]);
	(void)printf(" id=%" PRIu64 " errnum=%d left=%d", report.identity.id,
		     report.why.errnum, report.left_mounted);
	print_stuck(&report.stuck);
	return end_line(&report.why);
}

static int drive_detach(struct drive *d)
{
	static const char *const names[] = {
		[MOUNT_DETACHED] = "detached",      [MOUNT_DETACH_GONE] = "gone",
		[MOUNT_DETACH_FORCED] = "forced",   [MOUNT_DETACH_LAZY] = "lazy",
		[MOUNT_DETACH_STUCK] = "stuck",     [MOUNT_DETACH_BUSY] = "busy",
		[MOUNT_DETACH_COVERED] = "covered", [MOUNT_DETACH_FAILED] = "failed",
	};
	struct mount_identity id;
	struct mount_detach_request req = {
		.identity = &id,
		.server_dead = strcmp(arg(d, 4), "dead") == 0,
		.cancel_fd = d->signals.fd,
	};
	struct mount_detach_report report;
	int r;

	if (find_identity(d, arg(d, 2), &id) < 0)
		return fail(d);
	req.deadline = deadline_arg(d, 3);
	r = mount_detach(&req, &report, &d->err);
	if (r < 0)
		return fail(d);
	begin_line(d, names[r]);
	(void)printf(" flushed=%d forces=%u holders=%zu", report.flushed, report.forces,
		     report.holders.total);
	print_stuck(&report.stuck);
	return end_line(&report.why);
}

static int drive_sync(struct drive *d)
{
	static const char *const names[] = {
		[MOUNT_SYNCED] = "synced",
		[MOUNT_SYNC_FAILED] = "failed",
		[MOUNT_SYNC_TIMED_OUT] = "timed-out",
		[MOUNT_SYNC_CANCELLED] = "cancelled",
		[MOUNT_SYNC_STUCK] = "stuck",
		[MOUNT_SYNC_GONE] = "gone",
	};
	struct mount_identity id;
	struct mount_sync_request req = {
		.identity = &id,
		.silence_ms = strtol(arg(d, 4), NULL, 10),
		.cancel_fd = d->signals.fd,
	};
	struct mount_sync_report report;
	int r = find_identity(d, arg(d, 2), &id);

	req.deadline = deadline_arg(d, 3);
	if (r == 0)
		r = mount_sync(&req, &report, &d->err);
	if (r < 0)
		return fail(d);
	begin_line(d, names[r]);
	(void)printf(" silent=%d", report.silent);
	print_stuck(&report.stuck);
	return end_line(&report.why);
}

static int drive_holders(struct drive *d)
{
	struct strbuf text = STRBUF_INIT;
	struct mount_identity id;
	struct holders h;
	int r = find_identity(d, arg(d, 2), &id);

	if (r == 0)
		r = holders_find(&id, NULL, deadline_after(4000), &h, &d->err);
	if (r < 0)
		return fail(d);
	begin_line(d, "holders");
	holders_format(&h, &text);
	(void)printf(" total=%zu incomplete=%d : %s\n", h.total, h.incomplete,
		     strbuf_str(&text));
	strbuf_done(&text);
	return EXIT_SUCCESS;
}

static int drive_stats(struct drive *d)
{
	struct mountstats_summary sum;
	struct mount_identity id;
	struct mountstats_key key = { id.source, id.mountpoint };
	struct mountstats s;
	char fsid[VOLUMES_FSID_SIZE] = "";
	const struct mountstats_op *read;
	int r = find_identity(d, arg(d, 2), &id);

	if (r == 0)
		r = mountstats_read(&key, &s, &d->err);
	if (r == 0)
		r = volumes_read(id.major, id.minor, fsid, &d->err);
	if (r < 0)
		return fail(d);
	mountstats_summarize(&s, &sum);
	read = mountstats_op(&s, "READ");
	(void)printf("stats calls=%" PRIu64 " timeouts=%" PRIu64 " write_errors=%" PRIu64
		     " receives=%" PRIu64 " reads=%" PRIu64 " fsid=%s\n",
		     sum.calls, sum.major_timeouts, sum.write_errors,
		     s.transport.receives, read ? read->calls : 0, fsid);
	return EXIT_SUCCESS;
}

static int guard_line(struct drive *d, const char *outcome, const struct guard_report *g)
{
	begin_line(d, outcome);
	(void)printf(" uuid=%s fsid=%s write_ms=%" PRId64 " stuck=%d",
		     g->marker.uuid[0] ? g->marker.uuid : "-", g->fsid[0] ? g->fsid : "-",
		     g->write_ms, (int)g->stuck_pid);
	return end_line(&g->why);
}

/* For both guard and install: the request out of the arguments. */
static int guard_request(struct drive *d, struct mount_identity *id,
			 struct identity *user, struct guard_request *ret)
{
	int r = find_identity(d, arg(d, 2), id);

	if (r == 0)
		r = identity_lookup(arg(d, 3), deadline_after(2000), -1, user, &d->err);
	*ret = (struct guard_request){
		.mount = id,
		.user = user,
		.destination = arg(d, 4),
		.pinned_uuid = arg(d, 6),
		.pinned_fsid = arg(d, 7),
		.min_free_percent = (unsigned)atoi(arg(d, 8)),
	};
	return r;
}

static int drive_guard(struct drive *d)
{
	struct mount_identity id;
	struct identity user;
	struct guard_request req;
	struct guard_report report;
	int r = guard_request(d, &id, &user, &req);

	if (r == 0)
		r = guard_run(&req, deadline_arg(d, 5), d->signals.fd, &report, &d->err);
	if (r < 0)
		return fail(d);
	return guard_line(d, guard_reason_name((enum guard_reason)r), &report);
}

static int drive_install(struct drive *d)
{
	struct mount_identity id;
	struct identity user;
	struct guard_request req;
	struct guard_install_report report;
	int r = guard_request(d, &id, &user, &req);

	if (r == 0)
		r = guard_install(&req, deadline_arg(d, 5), d->signals.fd, &report,
				  &d->err);
	if (r < 0)
		return fail(d);
	return guard_line(d,
			  r == GUARD_INSTALLED      ? "installed"
			  : r == GUARD_INSTALL_KEPT ? "kept"
						    : guard_reason_name(report.reason),
			  &report.guard);
}

static int drive_prepare(struct drive *d)
{
	enum mountpoint_flag immutable;
	int r = mountpoint_prepare(arg(d, 2), &immutable, &d->err);

	if (r != MOUNTPOINT_SAFE)
		return fail(d);
	(void)printf("safe immutable=%d\n", immutable == MOUNTPOINT_FLAG_SET);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct drive *d);
	} steps[] = {
		{ "attach", drive_attach },   { "detach", drive_detach },
		{ "sync", drive_sync },       { "holders", drive_holders },
		{ "stats", drive_stats },     { "guard", drive_guard },
		{ "install", drive_install }, { "prepare", drive_prepare },
	};
	struct drive d = { .argv = argv, .argc = argc, .start_ns = deadline_now_ns() };

	if (argc < 3) {
		(void)fprintf(stderr, "usage: drive STEP MOUNTPOINT…\n");
		return 64;
	}
	if (signals_init(&d.signals, &d.err) < 0)
		return fail(&d);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (strcmp(steps[i].name, argv[1]) == 0)
			return steps[i].run(&d);
	}
	(void)fprintf(stderr, "drive: no step %s\n", argv[1]);
	return 64;
}
