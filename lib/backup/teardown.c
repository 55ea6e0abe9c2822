/* SPDX-License-Identifier: MIT */
#include "lib/backup/teardown.h"

#include <inttypes.h>
#include <signal.h>

#include "lib/backup/breaker.h"
#include "lib/backup/command.h"
#include "lib/backup/destination.h"
#include "lib/backup/ending.h"
#include "lib/backup/quiesce.h"
#include "lib/backup/session.h"
#include "lib/backup/supervise.h"
#include "lib/backup/timeline.h"
#include "lib/base/log.h"
#include "lib/base/macro.h"
#include "lib/base/strbuf.h"

/* A command whose server lives may clean up; one whose server is dead cannot. */
#define END_GRACE_MS 10000
#define END_KILL_MS 5000
#define END_OWN_MS 3000
#define DEAD_GRACE_MS 300
#define DEAD_DETACH_MS 5000
#define DEAD_WAIT_MS 2000
#define DEAD_OWN_MS 500

static void say_stuck(struct session *s, const struct mount_detach_report *report)
{
	if (report->stuck.pid == 0)
		return;
	log_error(s->log, "process %d (%s) is stuck: state %c in %s",
		  (int)report->stuck.pid, report->stuck.wait.comm,
		  report->stuck.wait.state, report->stuck.wait.wchan);
	session_stuck(s, &report->stuck);
}

/* How the mount left its place, for the record; NULL: it did not. */
static const char *how_it_left(int outcome)
{
	static const char *const how[] = {
		[MOUNT_DETACHED] = "unmounted",
		[MOUNT_DETACH_GONE] = "unmounted by somebody else",
		[MOUNT_DETACH_FORCED] = "unmounted by force",
		[MOUNT_DETACH_LAZY] = "detached, but still held",
		[MOUNT_DETACH_STUCK] = "detached, but a process of nfsafe is stuck",
		[MOUNT_DETACH_BUSY] = NULL,
		[MOUNT_DETACH_COVERED] = NULL,
		[MOUNT_DETACH_FAILED] = NULL,
	};

	return (size_t)outcome < ARRAY_SIZE(how) ? how[outcome] : NULL;
}

static void note_detach(struct session *s, int outcome,
			const struct mount_detach_report *report)
{
	const struct holders *h = &report->holders;
	const char *how = how_it_left(outcome);
	char who[EVENT_SUBJECT_SIZE];

	for (size_t i = 0; i < h->count; i++) {
		const struct holder *one = &h->list[i];
		bool blocked = one->wait.state == 'D';

		timeline_add(s->timeline, blocked ? EVENT_BLOCKED : EVENT_NOTE,
			     timeline_process(who, (int)one->pid, one->wait.comm), -1,
			     "held the mount (%s)%s%s", one->what,
			     blocked ? ", D in " : "", blocked ? one->wait.wchan : "");
	}
	if (report->forces > 0)
		timeline_add(s->timeline, EVENT_FORCE, NULL, report->forces,
			     "forced %u times", report->forces);
	timeline_add(s->timeline,
		     outcome == MOUNT_DETACH_LAZY ? EVENT_DETACH : EVENT_UNMOUNT, NULL,
		     -1, "%s", how ? how : report->why.msg);
	if (how)
		session_unmounted(s, how);
}

static void add_holders(const struct mount_detach_report *report, struct strbuf *text)
{
	if (report->holders.total > 0) {
		strbuf_puts(text, "; held by ");
		holders_format(&report->holders, text);
	}
}

/* Whatever kind it has: something was started, and is not as it should be. */
static void fail(struct ending *ending, const struct error *why)
{
	struct error err = *why;

	err.kind = ERROR_SYSTEM;
	ending_worsen(ending, ENDING_ERROR, &err);
}

static void judge(struct session *s, const struct destination *dest, int outcome,
		  const struct mount_detach_report *report, struct ending *ending)
{
	struct strbuf text = STRBUF_INIT;

	say_stuck(s, report);
	add_holders(report, &text);
	switch (outcome) {
	case MOUNT_DETACHED:
		session_phase_end(s, RECORD_PHASE_OK, "%s", report->why.msg);
		if (!report->flushed)
			ending_worsen(ending, ENDING_SUSPECT, &report->why);
		break;
	case MOUNT_DETACH_GONE:
		session_phase_end(s, RECORD_PHASE_FAILED, "it was not mounted any more");
		ending_worsen_f(ending, ENDING_SUSPECT,
				"somebody else unmounted %s during the run",
				dest->conf->mountpoint);
		break;
	case MOUNT_DETACH_FORCED:
		session_phase_end(s, RECORD_PHASE_OK, "by force (%u times)%s",
				  report->forces, strbuf_str(&text));
		ending_worsen_f(ending, ENDING_SUSPECT, "%s had to be unmounted by force",
				dest->conf->mountpoint);
		break;
	case MOUNT_DETACH_LAZY:
		session_phase_end(s, RECORD_PHASE_FAILED, "lazily (forced %u times)%s",
				  report->forces, strbuf_str(&text));
		log_error(s->log, "%s was detached%s; end what holds it",
			  dest->conf->mountpoint, strbuf_str(&text));
		ending_worsen_f(ending, ENDING_SUSPECT, "%s was detached%s",
				dest->conf->mountpoint, strbuf_str(&text));
		break;
	default:
		session_phase_end(s,
				  outcome == MOUNT_DETACH_STUCK ? RECORD_PHASE_STUCK
								: RECORD_PHASE_FAILED,
				  "%s", report->why.msg);
		log_error(s->log, "%s", report->why.msg);
		/* Of a dead server that is not the news. */
		if (!dest->dead)
			fail(ending, &report->why);
	}
	strbuf_done(&text);
}

/* Meanwhile, in steps that only wait for a task. */
static bool is_dead(void *arg)
{
	struct destination *dest = arg;

	return supervise_look(&dest->watcher, &dest->keeper);
}

/* Returns an enum mount_detach_outcome, or a negative error that is told. */
static int detach(struct session *s, struct destination *dest, struct ending *ending)
{
	struct holders_spare spare = { 0 };
	struct mount_detach_request request = {
		.identity = &dest->mount,
		.spare = &spare,
		.deadline = deadline_after(dest->dead ? DEAD_DETACH_MS
						      : dest->conf->umount_timeout_ms),
		.server_dead = dest->dead,
		.detach_if_busy = true,
		/* What a stranger wrote since then the keeper flushes. */
		.no_flush = dest->synced && dest->keeper.page,
		.cancel_fd = -1,
		.give_up = dest->dead ? NULL : is_dead,
		.give_up_arg = dest,
	};
	struct mount_detach_report report;
	struct error err;
	int r;

	(void)keeper_pids(&dest->keeper, spare.pids);
	r = mount_detach(&request, &report, &err);
	/* Then it is what the keeper did that counts. */
	if (!dest->dead && is_dead(dest))
		return MOUNT_DETACH_GIVEN_UP;
	if (r < 0) {
		session_phase_end(s, RECORD_PHASE_FAILED, "%s", err.msg);
		log_error(s->log, "%s", err.msg);
		ending_worsen(ending, ENDING_ERROR, &err);
		return r;
	}
	note_detach(s, r, &report);
	judge(s, dest, r, &report, ending);
	return r;
}

static void note_signal(struct session *s, const struct command_run *run, int sig)
{
	char who[EVENT_SUBJECT_SIZE];

	timeline_add(s->timeline, EVENT_SIGNAL,
		     timeline_process(who, (int)run->child.pid, "command"), sig,
		     "SIG%s to its group", sig == SIGKILL ? "KILL" : "TERM");
}

/* The effect, once.  @signalled_ns: when the first one was sent; 0: none, or told. */
static void note_end(struct session *s, const struct command_run *run,
		     int64_t *signalled_ns)
{
	char who[EVENT_SUBJECT_SIZE];

	if (*signalled_ns == 0 || !run->ended)
		return;
	timeline_add(s->timeline, EVENT_SIGNAL,
		     timeline_process(who, (int)run->child.pid, "command"),
		     command_exit_code(run), "has ended with %d, %" PRId64 " ms later",
		     command_exit_code(run),
		     (deadline_now_ns() - *signalled_ns) / 1000000);
	*signalled_ns = 0;
}

/* Returns whether the server, or the command, gives no sign of life. */
static bool end_politely(struct session *s, struct destination *dest,
			 struct command_run *run)
{
	static const struct {
		int sig;
		int64_t wait_ms;
	} steps[] = { { SIGTERM, END_GRACE_MS }, { SIGKILL, END_KILL_MS } };
	struct error ignored;

	for (size_t i = 0; i < ARRAY_SIZE(steps) && !run->ended; i++) {
		command_signal(run, steps[i].sig);
		note_signal(s, run, steps[i].sig);
		if (supervise(run, &dest->watcher, &dest->keeper, NULL,
			      deadline_after(steps[i].wait_ms),
			      &ignored) == SUPERVISE_TRIPPED)
			return true;
	}
	return !run->ended;
}

/* It cannot clean up what it cannot reach. */
static void end_at_once(struct command_run *run)
{
	if (command_end(run, DEAD_GRACE_MS, deadline_after(DEAD_GRACE_MS)) ==
	    COMMAND_STUCK)
		command_signal(run, SIGKILL);
}

static void unmount(struct session *s, struct destination *dest, struct ending *ending)
{
	if (!dest->dead) {
		int r = detach(s, dest, ending);

		if (r == MOUNT_DETACH_LAZY || r == MOUNT_DETACH_GONE)
			breaker_linger(s, dest);
		else if (!is_dead(dest))
			breaker_release(s, dest, ending);
		if (r != MOUNT_DETACH_GIVEN_UP)
			return;
		dest->dead = true;
		ending_worsen_f(ending, ENDING_TRIPPED, "the server died in the unmount");
		session_quarantine(s, dest->conf->name, ending->why.msg);
		session_phase(s, "breaker");
	}
	if (!breaker_trip(s, dest, ending))
		(void)detach(s, dest, ending);
}

void teardown_run(struct session *s, struct destination *dest, struct command_run *run,
		  struct ending *ending)
{
	int64_t signalled_ns = run && !run->ended ? deadline_now_ns() : 0;

	if (supervise_look(&dest->watcher, &dest->keeper))
		dest->dead = true;
	if (run && !dest->dead)
		dest->dead = end_politely(s, dest, run);
	/* Written to the record before anything is done about it. */
	if (dest->dead)
		session_quarantine(s, dest->conf->name,
				   ending->kind == ENDING_GOOD ? "its server died"
							       : ending->why.msg);
	session_phase(s, dest->dead ? "breaker" : "unmount");
	if (dest->dead)
		keeper_trip(&dest->keeper);
	if (run && !run->ended && dest->dead)
		note_signal(s, run, SIGTERM);
	if (run && dest->dead)
		end_at_once(run);
	else if (run)
		(void)quiesce_end_own(dest, END_OWN_MS);
	note_end(s, run, &signalled_ns);
	if (dest->mounted)
		unmount(s, dest, ending);
	dest->mounted = false;
	if (run && dest->dead)
		(void)quiesce_end_own(dest, DEAD_OWN_MS);
	if (run && command_end(run, 0, deadline_after(DEAD_WAIT_MS)) == COMMAND_STUCK) {
		log_error(s->log, "the command (pid %d) cannot be ended",
			  (int)run->child.pid);
		ending_worsen_f(ending, ENDING_SUSPECT, "the command cannot be ended");
	}
	note_end(s, run, &signalled_ns);
	watcher_stop(&dest->watcher);
	keeper_stop(&dest->keeper);
}
