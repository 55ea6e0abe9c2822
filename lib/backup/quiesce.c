/* SPDX-License-Identifier: MIT */
#include "lib/backup/quiesce.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/backup/command.h"
#include "lib/backup/destination.h"
#include "lib/backup/ending.h"
#include "lib/backup/session.h"
#include "lib/backup/supervise.h"
#include "lib/base/log.h"
#include "lib/base/macro.h"
#include "lib/base/strbuf.h"
#include "lib/proc/task.h"
#include "lib/proc/tree.h"

#define LOOK_EVERY_MS 200
#define LOOK_MS 2000
#define END_EVERY_MS 50
/* What a command left behind may take to end by itself, then after SIGTERM. */
#define GRACE_MS 2000
#define NSEC_PER_MSEC 1000000

/* Returns true when the run has to stop here. */
static bool note(struct destination *dest, const struct session *s, int outcome,
		 const char *doing, struct ending *ending)
{
	switch (outcome) {
	case SUPERVISE_TRIPPED:
		dest->dead = true;
		ending_worsen_f(ending, ENDING_TRIPPED, "the server died while %s",
				doing);
		return true;
	case SUPERVISE_SIGNALLED:
		ending_worsen_f(ending, ENDING_SIGNALLED, "a signal came while %s",
				doing);
		ending->status = signals_peek(&s->signals);
		return true;
	default:
		return false;
	}
}

/* ---- holders ---- */

/* Those that a command left behind; our own processes are no such. */
static size_t signal_left(const struct destination *dest, int sig)
{
	pid_t spare[3];
	size_t n = keeper_pids(&dest->keeper, spare);

	spare[n++] = watcher_prober(&dest->watcher);
	return tree_signal_adopted(spare, n, sig);
}

/* Ends those that a command left behind; strangers are not ours to end. */
size_t quiesce_end_own(const struct destination *dest, int64_t limit_ms)
{
	struct deadline d = deadline_after(limit_ms);
	struct deadline term = deadline_after(limit_ms / 2);
	size_t most = 0, n;

	do {
		n = signal_left(dest, deadline_expired(term) ? SIGKILL : SIGTERM);
		if (n > most)
			most = n;
		if (n > 0)
			(void)poll(NULL, 0, END_EVERY_MS);
	} while (n > 0 && !deadline_expired(d));
	return most;
}

/* SIGTERM once the grace is over, SIGKILL after another; then it may take a third. */
static int due_signal(int64_t waited_ms, int64_t limit_ms)
{
	int64_t grace_ms = limit_ms / 3 < GRACE_MS ? limit_ms / 3 : GRACE_MS;

	if (waited_ms < grace_ms)
		return 0;
	return waited_ms < 2 * grace_ms ? SIGTERM : SIGKILL;
}

/* The run is suspect; if it is worse already, its reason is another: say this as well. */
static void suspect(const struct session *s, struct ending *ending, const char *why)
{
	if (ending->kind > ENDING_SUSPECT)
		log_warning(s->log, "%s", why);
	ending_worsen_f(ending, ENDING_SUSPECT, "%s", why);
}

static void report_holders(const struct session *s, const struct destination *dest,
			   const struct holders *holders, struct ending *ending)
{
	struct strbuf text = STRBUF_INIT;

	if (holders->total == 0) {
		suspect(s, ending, "what the command left behind cannot be ended");
		return;
	}
	holders_format(holders, &text);
	ending_worsen_f(ending, ENDING_SUSPECT,
			"%s is still held after %" PRId64 " s by %s",
			dest->conf->mountpoint, dest->conf->umount_timeout_ms / 1000,
			strbuf_str(&text));
	strbuf_done(&text);
}

/* Returns false when the run has to stop here. */
static bool wait_for_holders(struct session *s, struct destination *dest,
			     struct ending *ending)
{
	struct deadline d = deadline_after(dest->conf->umount_timeout_ms);
	int64_t start_ns = deadline_now_ns();
	struct holders holders;
	bool ended_some = false;
	size_t own;
	struct error err;

	for (;;) {
		int sig = due_signal((deadline_now_ns() - start_ns) / NSEC_PER_MSEC,
				     dest->conf->umount_timeout_ms);
		struct holders_spare spare = { 0 };
		int r;

		(void)keeper_pids(&dest->keeper, spare.pids);

		r = holders_find(&dest->mount, &spare, deadline_after(LOOK_MS), &holders,
				 &err);
		if (r < 0) {
			ending_worsen_f(ending, ENDING_SUSPECT,
					"cannot see who holds the mount: %s", err.msg);
			return true;
		}
		own = signal_left(dest, sig);
		if (own > 0 && sig != 0)
			ended_some = true;
		if (holders.total == 0 && own == 0)
			break;
		if (deadline_expired(d)) {
			report_holders(s, dest, &holders, ending);
			return true;
		}
		r = supervise_pause(&dest->watcher, &dest->keeper, &s->signals,
				    deadline_within(d, LOOK_EVERY_MS), &err);
		if (note(dest, s, r, "waiting for processes on the share", ending))
			return false;
	}
	if (ended_some)
		suspect(s, ending, "the command left processes behind; they were ended");
	return true;
}

/* ---- sync ---- */

/* Serves the watch meanwhile. */
static bool is_dead(void *arg)
{
	struct destination *dest = arg;

	return supervise_look(&dest->watcher, &dest->keeper);
}

/*
 * The flush of what is dirty takes as long as the server needs, under the watch.
 * Returns false when the run has to stop here.
 */
static bool sync_all(struct session *s, struct destination *dest, struct deadline d,
		     struct ending *ending)
{
	struct mount_sync_request request = {
		.identity = &dest->mount,
		.deadline = d,
		.cancel_fd = s->signals.fd,
		.give_up = is_dead,
		.give_up_arg = dest,
	};
	struct mount_sync_report report;
	struct error err;
	int r = mount_sync(&request, &report, &err);

	if (r < 0) {
		ending_worsen(ending, ENDING_ERROR, &err);
		return true;
	}
	if (is_dead(dest))
		r = SUPERVISE_TRIPPED;
	else if (r == MOUNT_SYNC_CANCELLED || r == MOUNT_SYNC_STUCK)
		r = signals_peek(&s->signals) ? SUPERVISE_SIGNALLED : SUPERVISE_TIMED_OUT;
	else if (r == MOUNT_SYNCED)
		return dest->synced = true;
	else
		r = SUPERVISE_TIMED_OUT;
	if (note(dest, s, r, "the data were being flushed", ending))
		return false;
	ending_worsen(ending, ENDING_SUSPECT, &report.why);
	return true;
}

/* ---- stats ---- */

static void check_stats(struct destination *dest, struct ending *ending)
{
	struct mountstats_key key = { .source = dest->mount.source,
				      .mountpoint = dest->mount.mountpoint };
	struct mountstats now, change;
	struct error err;

	if (!dest->has_before || mountstats_read(&key, &now, &err) != MOUNTSTATS_FOUND ||
	    !mountstats_difference(&dest->before, &now, &change)) {
		ending_worsen_f(ending, ENDING_SUSPECT,
				"the statistics of the mount cannot be read");
		return;
	}
	dest->bytes_written = (int64_t)change.bytes_written;
	mountstats_summarize(&change, &dest->stats);
	if (dest->stats.major_timeouts > 0 || dest->stats.write_errors > 0)
		ending_worsen_f(ending, ENDING_SUSPECT,
				"calls failed during the run: %" PRIu64
				" time-outs, %" PRIu64 " write errors",
				dest->stats.major_timeouts, dest->stats.write_errors);
}

void quiesce_run(struct session *s, struct destination *dest, struct deadline d,
		 struct ending *ending)
{
	enum ending_kind before = ending->kind;

	session_phase(s, "quiesce");
	if (wait_for_holders(s, dest, ending) && sync_all(s, dest, d, ending))
		check_stats(dest, ending);
	if (ending->kind == before)
		session_phase_end(s, RECORD_PHASE_OK, "%" PRId64 " bytes written",
				  dest->bytes_written);
	else
		session_phase_end(s, RECORD_PHASE_FAILED, "%s", ending->why.msg);
}
