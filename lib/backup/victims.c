/* SPDX-License-Identifier: MIT */
#include "lib/backup/victims.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/backup/timeline.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/mnt/mount.h"
#include "lib/mnt/mountstats.h"

#define NSEC_PER_MSEC INT64_C(1000000)
#define LOOK_NS (VICTIMS_LOOK_MS * NSEC_PER_MSEC)
#define TOLD_NS (VICTIMS_TOLD_MS * NSEC_PER_MSEC)

/*
 * Waits in NFS or RPC.  Who waits for the kernel to write his pages does not wait in a
 * function of NFS, and wchan(5) guesses on some machines: those are looked at as well.
 */
static const char *const waits[] = {
	"nfs",   "_nfs", "__nfs",    "pnfs_",   "rpc_", "__rpc_",
	"xprt_", "xs_",  "nlmclnt_", "sunrpc_", NULL,
};

void victims_init(struct victims *v, const struct mount_identity *mount,
		  struct timeline *timeline)
{
	*v = (struct victims){ .mount = mount, .timeline = timeline };
	progress_init(&v->progress);
}

void victims_server(struct victims *v, const char *address, uint16_t port)
{
	v->address = address;
	v->port = port;
}

/* What happened since the last look happened then at the earliest: max_stall is kept. */
static int64_t earliest(const struct victims *v, int64_t now_ns)
{
	int64_t limit = now_ns - LOOK_NS - LOOK_NS / 2;

	return v->looked_ns > limit ? v->looked_ns : limit;
}

static void look_at_mount(struct victims *v, struct watch *watch, int64_t now_ns)
{
	static const enum watch_sign signs[] = {
		[PROGRESS_ANSWERED] = WATCH_ANSWERED,
		[PROGRESS_SUCCEEDED] = WATCH_PROGRESS,
		[PROGRESS_WRITTEN] = WATCH_WRITTEN,
	};
	struct mountstats_key key = { .source = v->mount->source,
				      .mountpoint = v->mount->mountpoint };
	struct progress_counts counts;
	struct mountstats stats;
	enum progress_kind kind;
	bool had_counts = v->looked_ns != 0, delayed;
	struct error ignored;

	if (mountstats_read(&key, &stats, &ignored) != MOUNTSTATS_FOUND)
		return;
	progress_count(&stats, &counts);
	delayed = counts.delays > v->progress.last.delays;
	kind = progress_look(&v->progress, &counts, now_ns);
	if (kind == PROGRESS_SUCCEEDED || kind == PROGRESS_WRITTEN)
		watch_delayed(watch, false);
	else if (delayed && had_counts)
		watch_delayed(watch, true);
	if (kind != PROGRESS_NONE)
		watch_sign(watch, signs[kind], earliest(v, now_ns));
}

static void count(const struct mountstats *stats, struct victims_counts *ret)
{
	struct mountstats_summary sum;

	mountstats_summarize(stats, &sum);
	*ret = (struct victims_counts){
		.calls = sum.calls,
		.sent_again = sum.retransmissions,
		.timed_out = sum.major_timeouts,
		.errors = sum.errors,
		.sends = stats->transport.sends,
		.receives = stats->transport.receives,
		.bytes_written = stats->bytes_written,
	};
}

void victims_note_stats(struct victims *v, int64_t now_ns)
{
	struct victims_counts before = v->noted, *now = &v->noted;
	struct mountstats_key key;
	struct mountstats stats;
	struct error ignored;
	char size[32];

	if (!v->mount)
		return;
	key = (struct mountstats_key){ .source = v->mount->source,
				       .mountpoint = v->mount->mountpoint };
	v->noted_ns = now_ns;
	if (mountstats_read(&key, &stats, &ignored) != MOUNTSTATS_FOUND)
		return;
	count(&stats, now);
	/* A counter that went backwards is of another mount: nothing to compare with. */
	if (now->calls < before.calls || now->sends < before.sends)
		before = (struct victims_counts){ 0 };
	format_size(now->bytes_written - before.bytes_written, size, sizeof(size));
	timeline_add(
		v->timeline, EVENT_MOUNTSTATS, NULL, (int64_t)(now->calls - before.calls),
		"%" PRIu64 " calls ended (%" PRIu64 " with an error, %" PRIu64
		" timed out, %" PRIu64 " sent again), %" PRIu64 " sent, %" PRIu64
		" answers, %s written",
		now->calls - before.calls, now->errors - before.errors,
		now->timed_out - before.timed_out, now->sent_again - before.sent_again,
		now->sends - before.sends, now->receives - before.receives, size);
}

/* What is sent again since it was refused is no progress, however much it is. */
static void look_at_line(struct victims *v, struct watch *watch, int64_t now_ns)
{
	bool had_flow = v->has_flow;
	struct flow before = v->flow;
	struct error ignored;

	v->has_flow = v->address && progress_is_owing(&v->progress) &&
		      flow_read(v->address, v->port, &v->flow, &ignored) == 0;
	if (had_flow && v->has_flow && !v->progress.refused &&
	    flow_moved(&before, &v->flow))
		watch_sign(watch, WATCH_MOVED, earliest(v, now_ns));
}

static bool was_told(const struct victims *v, const struct blocked_task *task)
{
	return v->looked_ns - task->since_ns >= TOLD_NS;
}

static void note(struct victims *v, enum event_kind kind, const struct blocked_task *task,
		 int64_t now_ns)
{
	int64_t ms = (now_ns - task->since_ns) / NSEC_PER_MSEC;
	char who[EVENT_SUBJECT_SIZE];

	timeline_add(v->timeline, kind, timeline_process(who, (int)task->tid, task->comm),
		     ms, "%s%s%s", kind == EVENT_BLOCKED ? "D in " : "was in ",
		     task->wchan[0] ? task->wchan : "?",
		     task->known ? "" : ", which may be another file system");
}

static void note_changes(struct victims *v, const struct blocked *before,
			 const struct blocked *after, int64_t now_ns)
{
	for (size_t i = 0; i < after->count; i++) {
		if (now_ns - after->list[i].since_ns >= TOLD_NS &&
		    !was_told(v, &after->list[i]))
			note(v, EVENT_BLOCKED, &after->list[i], now_ns);
	}
	for (size_t i = 0; i < before->count; i++) {
		if (was_told(v, &before->list[i]) &&
		    !blocked_find(after, &before->list[i]))
			note(v, EVENT_RELEASED, &before->list[i], now_ns);
	}
}

static void look_at_host(struct victims *v, int64_t now_ns)
{
	struct blocked *before = &v->scans[v->current];
	struct blocked *after = &v->scans[!v->current];
	struct error ignored;

	if (!progress_is_owing(&v->progress)) {
		after->count = after->total = 0;
	} else if (blocked_scan(before, waits, v->looked_ns, after, &ignored) < 0) {
		return;
	}
	note_changes(v, before, after, now_ns);
	v->current = !v->current;
}

int64_t victims_look(struct victims *v, struct watch *watch, int64_t now_ns)
{
	if (!v->mount)
		return WATCH_NOBODY;
	if (v->looked_ns != 0 && now_ns - v->looked_ns < LOOK_NS)
		return v->looked_ns + LOOK_NS;
	look_at_mount(v, watch, now_ns);
	look_at_line(v, watch, now_ns);
	look_at_host(v, now_ns);
	watch_blocked(watch, progress_blocked_since(&v->progress, &v->scans[v->current]));
	v->looked_ns = now_ns;
	if (now_ns - v->noted_ns >= VICTIMS_NOTE_MS * NSEC_PER_MSEC)
		victims_note_stats(v, now_ns);
	return now_ns + LOOK_NS;
}

void victims_describe(const struct victims *v, int64_t now_ns, char *buf, size_t size)
{
	const struct blocked *b = &v->scans[v->current];
	const struct blocked_task *longest = NULL;
	char more[32] = "";

	buf[0] = '\0';
	/* One that is known before one that may be anything. */
	for (size_t i = 0; i < b->count; i++) {
		const struct blocked_task *task = &b->list[i];

		if (!longest || task->known > longest->known ||
		    (task->known == longest->known && task->since_ns < longest->since_ns))
			longest = task;
	}
	if (!longest)
		return;
	if (b->total > 1)
		(void)snprintf(more, sizeof(more), ", and %zu more", b->total - 1);
	(void)snprintf(buf, size, "%d %s (D in %s for %" PRId64 " s)%s",
		       (int)longest->tid, longest->comm,
		       longest->wchan[0] ? longest->wchan : "?",
		       (now_ns - longest->since_ns) / (1000 * NSEC_PER_MSEC), more);
}
