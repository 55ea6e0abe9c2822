/* SPDX-License-Identifier: MIT */
#include "lib/backup/keeper_setup.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/backup/keeper_process.h"
#include "lib/base/error.h"
#include "lib/proc/child.h"

/* Without the capability it is as anybody else: better than none. */
static void escape_oom_killer(void)
{
	static const char never[] = "-1000";
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, never, sizeof(never) - 1);
	(void)close(fd);
}

/* On a host that is overloaded, by those who are blocked perhaps, it still comes first.
 */
static void come_first(void)
{
	const struct sched_param lowest = { .sched_priority = 1 };

	/* The hand is as anybody else. */
	(void)sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &lowest);
}

/* Nor is it worth a run that a limit forbids it. */
static int lock_memory(struct error *err)
{
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0 && errno != EPERM && errno != ENOMEM)
		return error_sys(err, "keeper: mlockall");
	return 0;
}

static int take_lock(struct keeper_place *p, const struct keeper_role *role,
		     struct error *err)
{
	struct lock_holder holder;
	int r = lock_take(role->run_dir, LOCK_KEEPER, "keeper", &p->lock, &holder, err);

	if (r == LOCK_HELD)
		return error_set(
			err, ERROR_BUSY, 0,
			"an earlier keeper (pid %d, run %lld) has not let go yet",
			(int)holder.pid, (long long)holder.run_id);
	if (r < 0)
		return r;
	lock_set_run(&p->lock, role->page->run);
	lock_set_phase(&p->lock, "keeping", role->page->destination);
	return 0;
}

static int open_signals(struct keeper_place *p, struct error *err)
{
	sigset_t all, term;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)sigemptyset(&term);
	(void)sigaddset(&term, SIGTERM);
	p->signal_fd = signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
	return p->signal_fd < 0 ? error_sys(err, "keeper: signalfd") : 0;
}

int keeper_set_up(const struct keeper_role *role, struct keeper_place *ret,
		  struct error *err)
{
	struct keeper_place *p = ret;
	int keep[] = { role->sock, role->state_fd };
	struct child_isolation isolation = {
		.parent = role->supervisor,
		.keep_fds = keep,
		.n_keep_fds = 2,
		.outlives = true,
	};
	int r;

	*p = (struct keeper_place){
		.handle = HANDLE_INIT,
		.hand = { .sock = -1 },
		.lock = LOCK_INIT,
		.supervisor_fd = -1,
		.signal_fd = -1,
	};
	r = child_isolate(&isolation, err);
	(void)prctl(PR_SET_NAME, "nfsafe-keeper");
	if (r == 0)
		r = open_signals(p, err);
	if (r == 0) {
		p->supervisor_fd = (int)syscall(SYS_pidfd_open, role->supervisor, 0);
		if (p->supervisor_fd < 0)
			r = error_sys(err, "keeper: pidfd_open");
	}
	if (r == 0)
		r = take_lock(p, role, err);
	if (r == 0)
		r = role->join ? handle_join(&p->handle, role->join, err)
			       : handle_enter(&p->handle, role->run_dir, err);
	escape_oom_killer();
	come_first();
	/* Before the memory is locked: the hand may do without. */
	if (r == 0)
		r = hand_start(&p->hand, &p->handle, role->page, err);
	return r < 0 ? r : lock_memory(err);
}
