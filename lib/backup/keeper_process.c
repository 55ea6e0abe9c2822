/* SPDX-License-Identifier: MIT */
#include "lib/backup/keeper_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/backup/keeper_hand.h"
#include "lib/backup/keeper_note.h"
#include "lib/backup/keeper_setup.h"
#include "lib/backup/watch.h"
#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"

#define NSEC_PER_MSEC INT64_C(1000000)

#define IDLE_MS 500
#define BUSY_MS 50
#define FORCE_MS 20

/* Beyond the watch's limit: it trips first, and writes it down, unless it hangs. */
#define SILENCE_MARGIN_MS 500

/* Between SIGTERM and SIGKILL: nobody can clean up what he cannot reach. */
#define END_GRACE_MS 300
/* After the supervisor's death the server may well live. */
#define ORPHAN_GRACE_MS 2000
#define ORPHAN_PATIENCE_MS 5000
#define ORPHAN_LEAVE_MS 12000
#define MOUNT_TASK_MS 1000 /* in which a mount task dies with the supervisor */

/* Writers that were aborted try again at close and exit. */
#define DRAIN_MIN_MS 300
/*
 * Who was told "later" by a server sends again after WATCH_RETRY_MS, and is answered
 * within a fraction of a millisecond: the one moment in which a force reaches him.  So
 * as long as anybody is blocked it comes that often.
 */
#define HARD_EVERY_US 20
#define HARD_FROM_MS 300
#define HARD_UNTIL_MS (WATCH_RETRY_MS + 1500)
#define SCAN_EVERY_MS 100
#define QUIET_SCANS 2
#define ASK_EVERY_MS 1000
#define LINGER_SCAN_MS 500
#define JOB_MS 3000 /* for the hand; then it is replaced */
#define RELEASE_MS 15000
#define RELEASE_SCANS 5 /* whoever is on his way out has gone by then */
#define KILL_MS 1000
#define LET_GO_DEAD_MS 200 /* nobody will answer */

struct self {
	const struct keeper_role *role;
	struct keeper_page *page;
	struct handle handle;
	struct hand hand;
	struct lock lock;
	int supervisor_fd, signal_fd, sock;
	bool orphan, asked_to_end;
	int64_t begin_ns; /* of the state */
	int64_t force_from_ns;
	int64_t scanned_ns, asked_ns, detach_tried_ns;
	int group_signal; /* the last one it was sent */
	int quiet;        /* scans in a row that found nobody */
	int scans;        /* of the release */
	bool flushed, detached, identified;
};

static int64_t ms(int64_t n)
{
	return n * NSEC_PER_MSEC;
}

static int state_of(const struct self *k)
{
	return atomic_load(&k->page->state);
}

static void enter(struct self *k, enum keeper_state state)
{
	k->begin_ns = deadline_now_ns();
	atomic_store(&k->page->state, (int)state);
	if (k->sock >= 0)
		(void)fd_send(k->sock, -1);
}

/* ---- what is known ---- */

static int64_t last_life(const struct self *k)
{
	int64_t watch = atomic_load(&k->page->life_ns);
	int64_t beat = atomic_load(k->role->answered_ns);

	/* The prober reads what servers send: what it cannot know it is not believed. */
	if (beat > deadline_now_ns())
		beat = 0;
	return beat > watch ? beat : watch;
}

static bool is_silent(const struct self *k, int64_t now)
{
	return now - last_life(k) >= k->page->limit_ns + ms(SILENCE_MARGIN_MS);
}

static bool group_is_gone(const struct self *k)
{
	int group = atomic_load(&k->page->group);

	return group <= 0 || (kill(-group, 0) < 0 && errno == ESRCH);
}

/* ---- break ---- */

static void begin_break(struct self *k, enum keeper_cause cause, int64_t force_from)
{
	atomic_store(&k->page->cause, (int)cause);
	atomic_store(&k->page->break_ns, deadline_now_ns());
	k->force_from_ns = force_from;
	enter(k, KEEPER_BREAKING);
}

static void end_group(struct self *k, int64_t now)
{
	int group = atomic_load(&k->page->group);
	int64_t grace =
		k->page->cause == KEEPER_CAUSE_ORPHANED ? ORPHAN_GRACE_MS : END_GRACE_MS;

	if (group <= 0)
		return;
	if (k->group_signal == 0) {
		k->group_signal = SIGTERM;
		(void)kill(-group, SIGTERM);
		/* A stopped process sees nothing but SIGKILL until it goes on. */
		(void)kill(-group, SIGCONT);
	} else if (now - k->begin_ns >= ms(grace)) {
		k->group_signal = SIGKILL;
		(void)kill(-group, SIGKILL);
	}
}

static void detach(struct self *k, int64_t now)
{
	struct keeper_page *page = k->page;
	bool orphaned = atomic_load(&page->cause) == KEEPER_CAUSE_ORPHANED;
	int r;

	if (k->detached)
		return;
	if (now - k->detach_tried_ns < ms(SCAN_EVERY_MS))
		return;
	k->detach_tried_ns = now;
	/* Nobody knows of a mount: its task may be in the middle of making it. */
	if (page->mount.id == 0 && now - k->begin_ns < ms(MOUNT_TASK_MS))
		return;
	/* The command of an orphan may still end well. */
	if (orphaned && now < k->force_from_ns && !group_is_gone(k) &&
	    k->group_signal != SIGKILL)
		return;
	r = handle_detach_public(&k->handle, &page->mount);
	/* What is covered is tried again: somebody may take the cover away. */
	k->detached = r == MOUNT_LOOK_OURS || r == MOUNT_LOOK_GONE;
	if (k->detached)
		atomic_store(&page->detached, r + 1);
	if (r == MOUNT_LOOK_OURS)
		atomic_store(&page->detached_ns, deadline_now_ns());
}

static bool may_be_told_later(const struct self *k, int64_t now)
{
	/* Whoever goes on using it may be told so again and again. */
	return atomic_load(&k->page->blocked) > 0 &&
	       now - k->begin_ns >= ms(HARD_FROM_MS) &&
	       (now - k->begin_ns < ms(HARD_UNTIL_MS) ||
		atomic_load(&k->page->users) > 0);
}

/* For as long as the loop may be left alone.  Returns how often. */
static unsigned force_hard(const struct self *k)
{
	struct deadline d = deadline_after(FORCE_MS);
	unsigned n = 0;

	while (!deadline_expired(d)) {
		handle_force(&k->handle);
		(void)usleep(HARD_EVERY_US);
		n++;
	}
	return n;
}

static void let_go(struct self *k)
{
	handle_idle(&k->handle);
	enter(k, KEEPER_LETTING_GO);
}

/* Somebody killed the hand, or it hangs: another one.  Without memory there is none. */
static void mend_hand(struct self *k, int64_t now)
{
	struct error ignored;

	if (k->hand.pid != 0 && k->hand.job != HAND_NONE &&
	    now - k->hand.since_ns > ms(JOB_MS) && now >= k->force_from_ns)
		(void)hand_kill(&k->hand, 0); /* forcing goes on meanwhile */
	if (k->hand.pid == 0)
		(void)!hand_start(&k->hand, &k->handle, k->page, &ignored);
}

static void next_job(struct self *k, int64_t now)
{
	if (k->hand.job != HAND_NONE)
		return;
	if (k->quiet >= QUIET_SCANS && !k->flushed) {
		hand_order(&k->hand, HAND_FLUSH);
	} else if (now - k->scanned_ns >= ms(SCAN_EVERY_MS)) {
		k->scanned_ns = now;
		hand_order(&k->hand, HAND_SCAN);
	}
}

static void take_result(struct self *k)
{
	enum hand_job job;
	int value;

	if (!hand_take(&k->hand, &job, &value))
		return;
	if (job == HAND_ASK && value == 0)
		atomic_store(&k->page->life_ns, deadline_now_ns());
	if (job == HAND_SCAN)
		k->quiet = value == 0 ? k->quiet + 1 : 0;
	if (job == HAND_FLUSH) {
		atomic_store(&k->page->flushed, value + 1);
		k->flushed = true;
	}
}

static void go_on_breaking(struct self *k, int64_t now)
{
	struct keeper_page *page = k->page;

	if (is_silent(k, now) || atomic_load(&page->order) == KEEPER_ORDER_TRIP)
		k->force_from_ns = k->force_from_ns < now ? k->force_from_ns : now;
	end_group(k, now);
	detach(k, now);
	if (now >= k->force_from_ns) {
		handle_force(&k->handle);
		atomic_fetch_add(&page->forces, 1U);
		if (may_be_told_later(k, now))
			atomic_fetch_add(&page->forces, force_hard(k));
	}
	take_result(k);
	mend_hand(k, now);
	if (!k->detached)
		return;
	if (!k->handle.placed || k->asked_to_end) {
		let_go(k);
		return;
	}
	/* A zombie is in its group for as long as the supervisor pleases. */
	if (k->flushed && k->quiet >= QUIET_SCANS && !may_be_told_later(k, now) &&
	    (k->group_signal == SIGKILL || group_is_gone(k)) &&
	    now - k->begin_ns >= ms(DRAIN_MIN_MS)) {
		atomic_store(&page->drained_ns, now);
		let_go(k);
		return;
	}
	next_job(k, now);
}

/* ---- let go ---- */

/* Of a run that is over it is only news: what another keeper has to say comes first. */
static void write_note(struct self *k)
{
	if (atomic_load(&k->page->left) &&
	    faccessat(k->role->state_fd, KEEPER_NOTE_NAME, F_OK, 0) == 0)
		return;
	(void)keeper_note_write(k->role->state_fd, k->page);
}

static void finish(struct self *k)
{
	enter(k, KEEPER_DONE);
	if (k->orphan)
		write_note(k);
}

/*
 * What drops the last reference may hang (DESTROY_SESSION); SIGKILL frees it, but not who
 * exits with it: so we never end while the clone is in our namespace.
 */
static void go_on_letting_go(struct self *k, int64_t now)
{
	struct keeper_page *page = k->page;
	bool dead = atomic_load(&page->cause) != KEEPER_CAUSE_NONE && is_silent(k, now);
	int64_t patience = ms(dead ? LET_GO_DEAD_MS : JOB_MS);
	enum hand_job job;
	int value;

	(void)hand_take(&k->hand, &job, &value);
	mend_hand(k, now);
	if (!k->handle.placed || !handle_is_placed(&k->handle)) {
		if (k->hand.job == HAND_LET_GO && now - k->hand.since_ns < patience)
			return;
		if (!hand_kill(&k->hand, KILL_MS))
			atomic_store(&page->stuck, k->hand.pid);
		else if (k->handle.placed)
			atomic_store(&page->released_ns, deadline_now_ns());
		finish(k);
	} else if (k->hand.job == HAND_NONE) {
		/* EBUSY, if a hand that was killed is not gone yet: again. */
		hand_order(&k->hand, HAND_LET_GO);
	} else if (now - k->hand.since_ns >= patience) {
		handle_force(&k->handle);
		(void)hand_kill(&k->hand, 0);
	}
}

/*
 * The public mount has gone in the ordinary way, flushed.  A flush more, since somebody
 * else may have written; the server may die in it.
 */
static void go_on_releasing(struct self *k, int64_t now)
{
	/* Binds of it that others made. */
	if (!k->detached) {
		(void)handle_detach_public(&k->handle, &k->page->mount);
		k->detached = true;
	}
	if (is_silent(k, now) || now - k->begin_ns >= ms(RELEASE_MS))
		k->force_from_ns = now;
	if (now >= k->force_from_ns) {
		handle_force(&k->handle);
		atomic_fetch_add(&k->page->forces, 1U);
	}
	take_result(k);
	mend_hand(k, now);
	if (k->hand.job != HAND_NONE)
		return;
	if (!k->handle.placed) {
		let_go(k);
	} else if (k->quiet == 0 && k->scans > RELEASE_SCANS) {
		enter(k, KEEPER_LINGERING);
	} else if (k->quiet == 0) {
		if (now - k->scanned_ns < ms(SCAN_EVERY_MS))
			return;
		k->scanned_ns = now;
		k->scans++;
		hand_order(&k->hand, HAND_SCAN);
	} else if (!k->flushed) {
		hand_order(&k->hand, HAND_FLUSH);
	} else {
		let_go(k);
	}
}

/* ---- linger ---- */

/*
 * Counted from the last answer that anybody had, also the watch before: whoever is
 * blocked may be so since then.  During a flush nothing is asked.
 */
static bool is_dead(const struct self *k, int64_t now)
{
	int64_t since = k->hand.job == HAND_FLUSH ? k->hand.since_ns : last_life(k);

	return now - since >= k->page->limit_ns;
}

static void linger(struct self *k, int64_t now)
{
	take_result(k);
	mend_hand(k, now);
	if (!k->detached) {
		(void)handle_detach_public(&k->handle, &k->page->mount);
		k->detached = true;
	}
	if (is_dead(k, now)) {
		begin_break(k, KEEPER_CAUSE_SILENCE, now);
	} else if (k->asked_to_end || !k->handle.placed ||
		   (k->flushed && k->quiet >= QUIET_SCANS)) {
		if (k->quiet >= QUIET_SCANS)
			atomic_store(&k->page->drained_ns, now);
		let_go(k);
	} else if (k->hand.job != HAND_NONE) {
		return;
	} else if (k->quiet >= QUIET_SCANS) {
		hand_order(&k->hand, HAND_FLUSH);
	} else if (now - k->asked_ns >= ms(ASK_EVERY_MS)) {
		k->asked_ns = now;
		hand_order(&k->hand, HAND_ASK);
	} else if (now - k->scanned_ns >= ms(LINGER_SCAN_MS)) {
		k->scanned_ns = now;
		hand_order(&k->hand, HAND_SCAN);
	}
}

/* ---- wait ---- */

static void watch(struct self *k, int64_t now)
{
	int order = atomic_load(&k->page->order);

	take_result(k);
	if (order == KEEPER_ORDER_TRIP)
		begin_break(k, KEEPER_CAUSE_ORDER, now);
	else if (order == KEEPER_ORDER_LINGER)
		enter(k, KEEPER_LINGERING);
	else if (order != KEEPER_ORDER_NONE && is_silent(k, now))
		begin_break(k, KEEPER_CAUSE_SILENCE, now);
	else if (k->orphan)
		begin_break(k, KEEPER_CAUSE_ORPHANED, now + ms(ORPHAN_PATIENCE_MS));
	else if (order == KEEPER_ORDER_RELEASE)
		go_on_releasing(k, now);
	else if (order == KEEPER_ORDER_WATCH && !k->identified) {
		handle_identify(&k->handle, &k->page->mount);
		k->identified = true;
	}
	if (k->hand.pid == 0)
		mend_hand(k, now);
}

/*
 * The run is over, or its death is written down, but somebody uses the mount: the next
 * run has a keeper of its own.
 */
static void leave(struct self *k, int64_t now)
{
	if (k->lock.fd < 0)
		return;
	if (k->orphan && !atomic_load(&k->page->left) && state_of(k) == KEEPER_BREAKING &&
	    k->detached && now - k->begin_ns >= ms(ORPHAN_LEAVE_MS)) {
		write_note(k);
		atomic_store(&k->page->left, 1);
	}
	if (atomic_load(&k->page->left))
		lock_release(&k->lock);
}

static void tick(struct self *k)
{
	int64_t now = deadline_now_ns();

	leave(k, now);

	switch (state_of(k)) {
	case KEEPER_READY:
	case KEEPER_HOLDING:
		watch(k, now);
		break;
	case KEEPER_LINGERING:
		linger(k, now);
		break;
	case KEEPER_BREAKING:
		go_on_breaking(k, now);
		break;
	case KEEPER_LETTING_GO:
		go_on_letting_go(k, now);
		break;
	default:
		break;
	}
}

static void take_clone(struct self *k)
{
	struct error ignored;
	int fd, r;

	while ((r = fd_receive(k->sock, &fd)) > 0) {
		if (fd < 0)
			continue;
		if (k->handle.placed)
			(void)close(fd);
		else if (handle_place(&k->handle, fd, &ignored) == 0) {
			atomic_store(&k->page->held, 1);
			hand_order(&k->hand, HAND_OPEN);
			if (state_of(k) == KEEPER_READY)
				enter(k, KEEPER_HOLDING);
		}
	}
	if (r == 0)
		fd_close(&k->sock);
}

static int pause_ms(const struct self *k)
{
	switch (state_of(k)) {
	case KEEPER_BREAKING:
		return may_be_told_later(k, deadline_now_ns()) ? 0 : FORCE_MS;
	case KEEPER_LETTING_GO:
		return BUSY_MS;
	default:
		return atomic_load(&k->page->order) == KEEPER_ORDER_RELEASE ? BUSY_MS
									    : IDLE_MS;
	}
}

static void wait_event(struct self *k)
{
	struct signalfd_siginfo info;
	struct pollfd fds[] = {
		{ .fd = k->sock, .events = POLLIN },
		{ .fd = k->orphan ? -1 : k->supervisor_fd, .events = POLLIN },
		{ .fd = k->signal_fd, .events = POLLIN },
		{ .fd = k->hand.pid ? k->hand.sock : -1, .events = POLLIN },
	};

	(void)poll(fds, 4, pause_ms(k));
	if (fds[0].revents)
		take_clone(k);
	if (fds[1].revents)
		k->orphan = true;
	/* Asked by a person, or by the next run: only one that lingers obeys. */
	if (fds[2].revents && read(k->signal_fd, &info, sizeof(info)) > 0 && k->orphan)
		k->asked_to_end = true;
}

/* Of a keeper that died: what it has done is not done again. */
static void take_over(struct self *k)
{
	(void)kill(k->role->join, SIGKILL);
	if (atomic_load(&k->page->cause) == KEEPER_CAUSE_NONE) {
		hand_order(&k->hand, HAND_OPEN);
		enter(k, KEEPER_HOLDING);
		return;
	}
	k->detached = atomic_load(&k->page->detached) != 0;
	k->force_from_ns = deadline_now_ns();
	enter(k, KEEPER_BREAKING);
}

_Noreturn void keeper_main(const struct keeper_role *role)
{
	struct self k = {
		.role = role,
		.page = role->page,
		.sock = role->sock,
		.force_from_ns = INT64_MAX,
	};
	struct keeper_place place;

	atomic_store(&role->page->pid, getpid());
	if (keeper_set_up(role, &place, &role->page->error) < 0) {
		enter(&k, KEEPER_FAILED);
		_exit(EXIT_FAILURE);
	}
	k.handle = place.handle;
	k.hand = place.hand;
	k.lock = place.lock;
	k.supervisor_fd = place.supervisor_fd;
	k.signal_fd = place.signal_fd;
	if (role->join)
		take_over(&k);
	else
		enter(&k, KEEPER_READY);
	while (state_of(&k) != KEEPER_DONE) {
		tick(&k);
		if (state_of(&k) != KEEPER_DONE)
			wait_event(&k);
	}
	(void)hand_kill(&k.hand, KILL_MS);
	_exit(EXIT_SUCCESS);
}
