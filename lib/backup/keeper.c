/* SPDX-License-Identifier: MIT */
#include "lib/backup/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/backup/keeper_process.h"
#include "lib/backup/watch.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"

#define NSEC_PER_MSEC INT64_C(1000000)
#define START_MS 2000
#define CLONE_MS 2000
#define LOOK_EVERY_MS 10
#define OBEY_MS 500
#define REPLACE_MAX 3

static int state_of(const struct keeper *k)
{
	return atomic_load(&k->page->state);
}

/* Until @state is reached, or it has ended, or @d. */
static bool wait_state(const struct keeper *k, enum keeper_state state, struct deadline d)
{
	struct pollfd fd = { .fd = k->child.pidfd, .events = POLLIN };

	while (state_of(k) < (int)state) {
		if (deadline_expired(d))
			return false;
		if (poll(&fd, 1, LOOK_EVERY_MS) > 0)
			break;
	}
	return state_of(k) >= (int)state;
}

static bool is_dead(const struct keeper *k)
{
	struct pollfd fd = { .fd = k->child.pidfd, .events = POLLIN };

	return k->child.pidfd < 0 || poll(&fd, 1, 0) > 0;
}

/* ---- start ---- */

static int make_page(struct keeper *k, struct error *err)
{
	const struct keeper_spec *spec = &k->spec;
	void *memory = mmap(NULL, sizeof(*k->page), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return error_sys(err, "keeper: shared memory");
	k->page = memory;
	memory = mmap(NULL, sizeof(*k->answered_ns), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return error_sys(err, "keeper: shared memory");
	k->answered_ns = memory;
	k->page->run = spec->run;
	k->page->limit_ns = (spec->max_stall_ms - WATCH_RELEASE_MS) * NSEC_PER_MSEC;
	(void)snprintf(k->page->destination, KEEPER_NAME_SIZE, "%s", spec->destination);
	(void)snprintf(k->page->mount.source, MOUNT_SOURCE_SIZE, "%s", spec->source);
	(void)snprintf(k->page->mount.mountpoint, MOUNT_PATH_SIZE, "%s",
		       spec->mountpoint);
	return 0;
}

static int fork_keeper(struct keeper *k, struct keeper_role *role, struct error *err)
{
	size_t size = sizeof(*k->page);
	int pair[2], side;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_sys(err, "keeper: socketpair");
	role->sock = pair[1];
	/* Nobody else's: not the prober's, above all. */
	(void)madvise(k->page, size, MADV_DOFORK);
	side = child_fork(&k->child, err);
	if (side == CHILD_FORK_CHILD)
		keeper_main(role);
	(void)madvise(k->page, size, MADV_DONTFORK);
	(void)close(pair[1]);
	if (side < 0)
		(void)close(pair[0]);
	else
		k->sock = pair[0];
	return side;
}

/* @join: as in struct keeper_role. */
static int start_process(struct keeper *k, pid_t join, struct error *err)
{
	struct keeper_role role = {
		.page = k->page,
		.answered_ns = k->answered_ns,
		.run_dir = k->spec.run_dir,
		.state_fd = open(k->spec.state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.supervisor = getpid(),
		.join = join,
	};
	int r;

	if (role.state_fd < 0)
		return error_sys(err, "state_dir %s", k->spec.state_dir);
	atomic_store(&k->page->state, KEEPER_STARTING);
	r = fork_keeper(k, &role, err);
	(void)close(role.state_fd);
	if (r < 0)
		return r;
	if (wait_state(k, KEEPER_READY, deadline_after(START_MS)) &&
	    state_of(k) != KEEPER_FAILED)
		return 0;
	if (state_of(k) == KEEPER_FAILED) {
		*err = k->page->error;
		return -(int)err->kind;
	}
	return error_set(err, ERROR_SYSTEM, 0, "the keeper did not start");
}

int keeper_start(struct keeper *ret, const struct keeper_spec *spec, struct error *err)
{
	struct keeper k = KEEPER_NONE;
	int r;

	k.spec = *spec;
	r = make_page(&k, err);
	if (r == 0)
		r = start_process(&k, 0, err);
	if (r < 0) {
		keeper_stop(&k);
		return r;
	}
	*ret = k;
	return 0;
}

/* ---- orders ---- */

static void order(const struct keeper *k, enum keeper_order what)
{
	if (!k->page || atomic_load(&k->page->order) >= (int)what)
		return;
	atomic_store(&k->page->order, (int)what);
	(void)fd_send(k->sock, -1);
}

int keeper_clone_sock(const struct keeper *k)
{
	return k->page ? k->sock : -1;
}

int keeper_watch(struct keeper *k, const struct mount_identity *mount, struct deadline d,
		 struct error *err)
{
	/* Whatever comes of it: the mount is there. */
	k->page->mount = *mount;
	atomic_store(&k->page->life_ns, deadline_now_ns());
	order(k, KEEPER_ORDER_WATCH);
	if (!wait_state(k, KEEPER_HOLDING, d) && is_dead(k)) {
		int r = keeper_replace(k, err);

		if (r < 0)
			return r;
	}
	if (!wait_state(k, KEEPER_HOLDING, d))
		return error_set(err, ERROR_SYSTEM, 0,
				 "the keeper has no handle on the mount");
	return 0;
}

_Atomic int64_t *keeper_answered(const struct keeper *k)
{
	return k->page ? k->answered_ns : NULL;
}

_Atomic int *keeper_group(const struct keeper *k)
{
	return k->page ? &k->page->group : NULL;
}

void keeper_alive(const struct keeper *k, int64_t at_ns)
{
	if (k->page)
		atomic_store(&k->page->life_ns, at_ns);
}

void keeper_trip(const struct keeper *k)
{
	order(k, KEEPER_ORDER_TRIP);
}

void keeper_linger(const struct keeper *k)
{
	order(k, KEEPER_ORDER_LINGER);
}

void keeper_release(const struct keeper *k)
{
	order(k, KEEPER_ORDER_RELEASE);
}

/* ---- look ---- */

int keeper_fd(const struct keeper *k)
{
	return k->page ? k->child.pidfd : -1;
}

enum keeper_look keeper_look(const struct keeper *k)
{
	if (!k->page)
		return KEEPER_LOOK_WATCHING;
	if (atomic_load(&k->page->cause) != KEEPER_CAUSE_NONE)
		return KEEPER_LOOK_TRIPPED;
	return is_dead(k) && state_of(k) < KEEPER_DONE ? KEEPER_LOOK_DEAD
						       : KEEPER_LOOK_WATCHING;
}

size_t keeper_pids(const struct keeper *k, pid_t ret[2])
{
	size_t n = 0;

	if (!k->page)
		return 0;
	if (k->child.pidfd >= 0)
		ret[n++] = k->child.pid;
	if (atomic_load(&k->page->hand) > 0)
		ret[n++] = atomic_load(&k->page->hand);
	return n;
}

/* ---- replace ---- */

static void reap(struct keeper *k)
{
	siginfo_t status;
	struct error ignored;

	if (k->child.pidfd < 0)
		return;
	(void)!child_wait(&k->child, deadline_after(0), 0, &status, &ignored);
	fd_close(&k->child.pidfd);
	fd_close(&k->sock);
}

/* The public mount is still in its place: a clone of that. */
static int clone_again(struct keeper *k, struct error *err)
{
	struct deadline d = deadline_after(CLONE_MS);
	/* Ours: a task does not have the page. */
	struct mount_identity mount = k->page->mount;
	int r = mount_hand_over(&mount, k->sock, d, err);

	if (r < 0)
		return r;
	if (!wait_state(k, KEEPER_HOLDING, d))
		return error_set(err, ERROR_SYSTEM, 0,
				 "the new keeper has no handle on the mount");
	return 0;
}

int keeper_replace(struct keeper *k, struct error *err)
{
	pid_t hand = atomic_load(&k->page->hand);
	bool out_of_sight = atomic_load(&k->page->detached) != 0 ||
			    atomic_load(&k->page->order) >= KEEPER_ORDER_LINGER;
	int r;

	reap(k);
	if (k->replaced++ >= REPLACE_MAX)
		return error_set(err, ERROR_SYSTEM, 0, "the keeper dies again and again");
	/* The clone is where the hand is, if that lives. */
	if (atomic_load(&k->page->held) && hand > 0)
		r = start_process(k, hand, err);
	else
		r = error_set(err, ERROR_SYSTEM, 0, "it had no handle on the mount");
	if (r < 0 && !out_of_sight) {
		reap(k);
		if (hand > 0)
			(void)kill(hand, SIGKILL);
		r = start_process(k, 0, err);
		if (r == 0)
			r = clone_again(k, err);
	}
	if (r < 0)
		log_error(k->spec.log, "the keeper died: %s", err->msg);
	else
		log_warning(k->spec.log, "the keeper died; another one took its place");
	return r;
}

/* One that has been told and does nothing is stopped, or worse: no use to wait for. */
static void end_idle(struct keeper *k)
{
	struct deadline d = deadline_after(OBEY_MS);

	while (atomic_load(&k->page->order) == KEEPER_ORDER_TRIP && !is_dead(k) &&
	       atomic_load(&k->page->break_ns) == 0) {
		if (deadline_expired(d)) {
			(void)kill(k->child.pid, SIGKILL);
			(void)poll(NULL, 0, LOOK_EVERY_MS);
			return;
		}
		(void)poll(NULL, 0, LOOK_EVERY_MS);
	}
}

bool keeper_wait(struct keeper *k, struct deadline d)
{
	struct error ignored;

	if (!k->page)
		return true;
	end_idle(k);
	while (!wait_state(k, KEEPER_DONE, d)) {
		if (deadline_expired(d) || !is_dead(k))
			return false;
		if (keeper_replace(k, &ignored) < 0)
			return false;
	}
	return state_of(k) == KEEPER_DONE;
}

static bool is_at_work(const struct keeper *k)
{
	int state = state_of(k);

	return state == KEEPER_LINGERING || state == KEEPER_BREAKING ||
	       state == KEEPER_LETTING_GO || state == KEEPER_DONE ||
	       (state == KEEPER_HOLDING &&
		atomic_load(&k->page->order) == KEEPER_ORDER_LINGER);
}

void keeper_stop(struct keeper *k)
{
	siginfo_t status;
	struct error ignored;

	if (!k || !k->page)
		return;
	/* One that only waits: the mount was never made, or never was its. */
	if (k->child.pidfd >= 0 && !is_at_work(k)) {
		pid_t hand = atomic_load(&k->page->hand);

		(void)kill(k->child.pid, SIGKILL);
		if (hand > 0)
			(void)kill(hand, SIGKILL);
	}
	atomic_store(&k->page->left, 1);
	(void)fd_send(k->sock, -1);
	if (k->child.pidfd >= 0 && state_of(k) >= KEEPER_DONE)
		(void)!child_wait(&k->child, deadline_after(START_MS), 0, &status,
				  &ignored);
	fd_close(&k->child.pidfd);
	fd_close(&k->sock);
	(void)munmap(k->page, sizeof(*k->page));
	k->page = NULL;
	if (k->answered_ns)
		(void)munmap(k->answered_ns, sizeof(*k->answered_ns));
	k->answered_ns = NULL;
}
