/* SPDX-License-Identifier: MIT */
#include "lib/backup/breaker.h"

#include <inttypes.h>
#include <string.h>

#include "lib/backup/destination.h"
#include "lib/backup/ending.h"
#include "lib/backup/keeper.h"
#include "lib/backup/session.h"
#include "lib/backup/timeline.h"
#include "lib/base/log.h"

/* The keeper needs about one; who uses the mount out of sight may take longer. */
#define BREAK_MS 6000
#define RELEASE_MS 20000
#define LOOK_MS 20

static int64_t ms_between(int64_t from_ns, int64_t to_ns)
{
	return to_ns > from_ns ? (to_ns - from_ns) / 1000000 : 0;
}

static void note_break(struct session *s, const struct keeper_page *p)
{
	int64_t now = deadline_now_ns();
	int64_t from = atomic_load(&p->break_ns);
	int64_t detached = atomic_load(&p->detached_ns);
	int64_t drained = atomic_load(&p->drained_ns);
	int64_t released = atomic_load(&p->released_ns);

	if (detached)
		timeline_add_ago(s->timeline, ms_between(detached, now), EVENT_DETACH,
				 p->mount.mountpoint, ms_between(from, detached),
				 "left its place %" PRId64 " ms after the trip",
				 ms_between(from, detached));
	timeline_add(s->timeline, EVENT_FORCE, NULL, atomic_load(&p->forces),
		     "calls under way aborted %u times", atomic_load(&p->forces));
	if (drained)
		timeline_add_ago(s->timeline, ms_between(drained, now), EVENT_RELEASED,
				 NULL, ms_between(from, drained),
				 "nobody uses the mount any more, %" PRId64
				 " ms after the trip",
				 ms_between(from, drained));
	if (released)
		timeline_add_ago(s->timeline, ms_between(released, now), EVENT_UNMOUNT,
				 p->mount.mountpoint, ms_between(from, released),
				 "let go %" PRId64 " ms after the trip",
				 ms_between(from, released));
}

static void say_user(struct session *s, const struct destination *dest,
		     const struct keeper_page *p, struct ending *ending)
{
	struct holders_wait wait;
	pid_t pid = atomic_load(&p->user);

	if (pid == 0) {
		session_phase_end(s, RECORD_PHASE_TIMED_OUT,
				  "out of sight; the keeper is still at it");
		log_error(s->log,
			  "%s left its place, but the keeper (pid %d) is not done",
			  dest->conf->mountpoint, (int)atomic_load(&p->pid));
		return;
	}

	holders_wait_of(pid, &wait);
	session_phase_end(s, RECORD_PHASE_FAILED,
			  "out of sight, but still used by %u processes: %d %s",
			  atomic_load(&p->users), (int)pid, wait.comm);
	log_error(
		s->log,
		"%s left its place, but %u processes still use it out of sight: %d (%s, "
		"state %c in %s); their calls fail, and the keeper (pid %d) stays until "
		"they end",
		dest->conf->mountpoint, atomic_load(&p->users), (int)pid, wait.comm,
		wait.state, wait.wchan, atomic_load(&p->pid));
	ending_worsen_f(ending, ENDING_SUSPECT, "%s is still used by process %d (%s)",
			dest->conf->mountpoint, (int)pid, wait.comm);
}

/* Returns whether the mount has left its place. */
static bool judge_break(struct session *s, struct destination *dest, bool done,
			struct ending *ending)
{
	const struct keeper_page *p = dest->keeper.page;
	int64_t from = atomic_load(&p->break_ns);
	int stuck = atomic_load(&p->stuck);

	note_break(s, p);
	if (atomic_load(&p->detached_ns) == 0 &&
	    atomic_load(&p->detached) != MOUNT_LOOK_GONE + 1)
		return false;
	session_unmounted(s, "broken off");
	if (stuck)
		log_error(s->log, "process %d, which lets the mount go, is stuck", stuck);
	if (!done) {
		say_user(s, dest, p, ending);
		return true;
	}
	session_phase_end(s, stuck ? RECORD_PHASE_STUCK : RECORD_PHASE_OK,
			  "detached after %" PRId64
			  " ms, forced %u times, free after %" PRId64 " ms",
			  ms_between(from, atomic_load(&p->detached_ns)),
			  atomic_load(&p->forces),
			  ms_between(from, atomic_load(&p->drained_ns)));
	return true;
}

bool breaker_trip(struct session *s, struct destination *dest, struct ending *ending)
{
	bool done;

	if (!dest->keeper.page)
		return false;
	keeper_trip(&dest->keeper);
	done = keeper_wait(&dest->keeper, deadline_after(BREAK_MS));
	return judge_break(s, dest, done, ending);
}

void breaker_linger(struct session *s, struct destination *dest)
{
	if (!dest->keeper.page)
		return;
	keeper_linger(&dest->keeper);
	log_warning(
		s->log,
		"the keeper (pid %d) stays until nobody uses it, and frees them if the "
		"server dies",
		(int)dest->keeper.child.pid);
	timeline_add(s->timeline, EVENT_KEEPER, NULL, -1,
		     "stays until nobody uses the mount");
}

/* Somebody uses it that does not keep it in its place: a bind, another namespace. */
static void say_lingering(struct session *s, struct destination *dest,
			  struct ending *ending)
{
	const struct keeper_page *p = dest->keeper.page;
	struct holders_wait wait;

	holders_wait_of(atomic_load(&p->user), &wait);
	ending_worsen_f(ending, ENDING_SUSPECT,
			"%s was still used, out of sight, by process %d (%s)",
			dest->conf->mountpoint, (int)atomic_load(&p->user), wait.comm);
	breaker_linger(s, dest);
}

void breaker_release(struct session *s, struct destination *dest, struct ending *ending)
{
	const struct keeper_page *p = dest->keeper.page;
	struct deadline d = deadline_after(RELEASE_MS);
	int stuck;

	if (!p)
		return;
	keeper_release(&dest->keeper);
	while (!keeper_wait(&dest->keeper, deadline_after(LOOK_MS)) &&
	       !deadline_expired(d)) {
		if (atomic_load(&p->state) != KEEPER_LINGERING)
			continue;
		say_lingering(s, dest, ending);
		return;
	}
	stuck = atomic_load(&p->stuck);
	if (atomic_load(&p->flushed) > 1)
		ending_worsen_f(ending, ENDING_SUSPECT, "%s: flush: %s",
				dest->conf->source,
				strerror(atomic_load(&p->flushed) - 1));
	if (stuck == 0 && atomic_load(&p->state) == KEEPER_DONE)
		return;
	log_error(s->log,
		  "%s is unmounted, but process %d cannot let go of it before the "
		  "server answers",
		  dest->conf->mountpoint, stuck ? stuck : atomic_load(&p->pid));
	ending_worsen_f(ending, ENDING_SUSPECT, "%s could not be let go",
			dest->conf->mountpoint);
}
