/* SPDX-License-Identifier: MIT */
#include "lib/backup/keeper_hand.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/backup/keeper_page.h"
#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/mnt/users.h"
#include "lib/proc/blocked.h"

/* Who would take over does so within this. */
#define SUCCESSOR_MS 4000
#define FORCE_EVERY_MS 20
#define SCAN_EVERY_FORCES 10
#define QUIET_SCANS 2
#define END_GRACE_MS 300
#define WAIT_EVERY_MS 5
#define LET_GO_MS 1000

struct message {
	int job;
	int value;
};

/* ---- in the hand ---- */

struct self {
	struct handle handle;
	struct keeper_page *page;
	int sock;
	int root_fd;             /* of the clone; -1: not open */
	struct blocked looks[2]; /* the last one and the one before, by turns */
	unsigned look;
};

/*
 * Whoever is blocked on his way in has nothing open yet.  Which mount he waits for
 * cannot be told: so all of the host count that are for longer than a moment.
 */
static void look_who_is_blocked(struct self *self)
{
	static const char *const any[] = { NULL };
	struct blocked *last = &self->looks[self->look % 2];
	struct blocked *now = &self->looks[++self->look % 2];
	int64_t now_ns = deadline_now_ns();
	unsigned count = 0;
	struct error ignored;

	if (blocked_scan(last, any, now_ns, now, &ignored) < 0)
		*now = (struct blocked){ 0 };
	for (size_t i = 0; i < now->count; i++)
		count += now->list[i].since_ns < now_ns;
	atomic_store(&self->page->blocked, count);
}

static int scan(struct self *self)
{
	const pid_t spare[] = { getpid(), atomic_load(&self->page->pid) };
	const struct mount_identity *id = &self->page->mount;
	struct users users;

	if (users_find(id->major, id->minor, spare, 2, &users) < 0)
		return 1; /* nothing known: somebody may */
	look_who_is_blocked(self);
	atomic_store(&self->page->users, (unsigned)users.count);
	atomic_store(&self->page->user, (int)users.pid);
	return (int)users.count;
}

static int flush(struct self *self)
{
	int r = self->root_fd < 0 ? 0 : handle_flush(self->root_fd);

	fd_close(&self->root_fd);
	return r;
}

static int do_job(struct self *self, int job)
{
	switch (job) {
	case HAND_OPEN:
		errno = 0;
		self->root_fd = handle_open();
		return self->root_fd < 0 ? errno : 0;
	case HAND_SCAN:
		return scan(self);
	case HAND_ASK:
		return handle_ask();
	case HAND_FLUSH:
		return flush(self);
	case HAND_LET_GO:
		fd_close(&self->root_fd);
		return handle_let_go();
	default:
		return 0;
	}
}

/* Nobody will answer: what hangs in it is killed. */
static void let_go_alone(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(handle_let_go());
	if (pid < 0)
		return;
	for (int waited = 0; waited < LET_GO_MS; waited += WAIT_EVERY_MS) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return;
		(void)poll(NULL, 0, WAIT_EVERY_MS);
	}
	(void)kill(pid, SIGKILL);
}

/*
 * Keeper and supervisor are dead, and nobody has come: what the keeper would do, one
 * thing after the other.  A flush is left out: it would hold up the forcing.
 */
static void break_alone(struct self *self)
{
	struct keeper_page *page = self->page;
	int group = atomic_load(&page->group), quiet = 0;
	int64_t start = deadline_now_ns();

	if (atomic_load(&page->order) == KEEPER_ORDER_NONE)
		return;
	/* Busy, or the first force would take the clone away. */
	self->handle.tree_fd = open("/clone", O_PATH | O_DIRECTORY | O_CLOEXEC);
	self->handle.placed = self->handle.tree_fd >= 0;
	(void)handle_detach_public(&self->handle, &page->mount);
	if (group > 0)
		(void)kill(-group, SIGTERM);
	fd_close(&self->root_fd);
	for (unsigned n = 1; quiet < QUIET_SCANS; n++) {
		handle_force(&self->handle);
		if (group > 0 && deadline_now_ns() - start > END_GRACE_MS * 1000000LL)
			(void)kill(-group, SIGKILL);
		(void)poll(NULL, 0, FORCE_EVERY_MS);
		if (n % SCAN_EVERY_FORCES == 0)
			quiet = scan(self) == 0 ? quiet + 1 : 0;
	}
	handle_idle(&self->handle);
	let_go_alone();
}

static void keeper_is_gone(struct self *self)
{
	/* A successor kills us: it is in our namespace by then. */
	(void)poll(NULL, 0, SUCCESSOR_MS);
	/* The supervisor may be stopped, or busy elsewhere; the mount is still its. */
	if (atomic_load(&self->page->state) < KEEPER_DONE)
		break_alone(self);
}

static _Noreturn void hand_main(struct self *self)
{
	for (;;) {
		struct message msg;
		/* Ends when the keeper does: it has the only other end. */
		ssize_t n = recv(self->sock, &msg, sizeof(msg), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n != (ssize_t)sizeof(msg))
			break;
		msg.value = do_job(self, msg.job);
		(void)send(self->sock, &msg, sizeof(msg), MSG_NOSIGNAL);
	}
	keeper_is_gone(self);
	_exit(EXIT_SUCCESS);
}

/* ---- in the keeper ---- */

int hand_start(struct hand *ret, const struct handle *handle, struct keeper_page *page,
	       struct error *err)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_sys(err, "keeper: socketpair");
	pid = fork();
	if (pid == 0) {
		struct self self = {
			.handle = *handle,
			.page = page,
			.sock = pair[1],
			.root_fd = -1,
		};

		(void)close(pair[0]);
		/* Else the clone would be busy when it is to be let go. */
		fd_close(&self.handle.tree_fd);
		(void)prctl(PR_SET_NAME, "nfsafe-hand");
		hand_main(&self);
	}
	(void)close(pair[1]);
	if (pid < 0) {
		int r = error_sys(err, "keeper: fork");

		(void)close(pair[0]);
		return r;
	}
	atomic_store(&page->hand, pid);
	*ret = (struct hand){ .pid = pid, .sock = pair[0] };
	return 0;
}

void hand_order(struct hand *h, enum hand_job job)
{
	const struct message msg = { .job = (int)job };

	if (h->pid == 0 || h->job != HAND_NONE)
		return;
	if (send(h->sock, &msg, sizeof(msg), MSG_NOSIGNAL | MSG_DONTWAIT) !=
	    (ssize_t)sizeof(msg))
		return;
	h->job = job;
	h->since_ns = deadline_now_ns();
}

static void forget(struct hand *h)
{
	fd_close(&h->sock);
	*h = (struct hand){ .sock = -1 };
}

bool hand_take(struct hand *h, enum hand_job *ret_job, int *ret_value)
{
	struct message msg;
	ssize_t n;

	if (h->pid == 0)
		return false;
	n = recv(h->sock, &msg, sizeof(msg), MSG_DONTWAIT);
	if (n == (ssize_t)sizeof(msg)) {
		h->job = HAND_NONE;
		*ret_job = (enum hand_job)msg.job;
		*ret_value = msg.value;
		return true;
	}
	if (n == 0 && waitpid(h->pid, NULL, WNOHANG) == h->pid)
		forget(h);
	return false;
}

bool hand_kill(struct hand *h, int wait_ms)
{
	struct deadline d = deadline_after(wait_ms);

	if (h->pid == 0)
		return true;
	(void)kill(h->pid, SIGKILL);
	while (waitpid(h->pid, NULL, WNOHANG) != h->pid) {
		if (deadline_expired(d))
			return false;
		(void)poll(NULL, 0, WAIT_EVERY_MS);
	}
	forget(h);
	return true;
}
