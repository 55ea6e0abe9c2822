/* SPDX-License-Identifier: MIT */
#include "lib/backup/supervise.h"

#include <poll.h>

#include "lib/backup/command.h"
#include "lib/backup/keeper.h"
#include "lib/backup/timeline.h"
#include "lib/backup/watcher.h"
#include "lib/base/error.h"
#include "lib/proc/signals.h"
#include "lib/proc/tree.h"

enum { FD_CHILD, FD_SIGNALS, FD_REAP, FD_WATCHER, FD_KEEPER, FD_OUT, FD_ERR, N_FDS };

static struct deadline earlier(struct deadline a, struct deadline b)
{
	return a.at_ns < b.at_ns ? a : b;
}

bool supervise_look(struct watcher *watcher, struct keeper *keeper)
{
	enum watch_state state = watcher_look(watcher);

	keeper_alive(keeper, watcher_alive_ns(watcher));
	return state == WATCH_TRIPPED || keeper_look(keeper) == KEEPER_LOOK_TRIPPED;
}

/* What the command started and lost; our own are waited for by who made them. */
static void reap_lost(const struct command_run *run, const struct watcher *watcher,
		      const struct keeper *keeper, const struct signals *signals)
{
	pid_t ours[4];
	size_t n = keeper_pids(keeper, ours);

	ours[n++] = watcher_prober(watcher);
	ours[n++] = run->child.pid;
	if (signals)
		signals_child(signals);
	tree_reap(ours, n);
}

int supervise(struct command_run *run, struct watcher *watcher, struct keeper *keeper,
	      const struct signals *signals, struct deadline d, struct error *err)
{
	for (;;) {
		struct pollfd fds[N_FDS] = {
			[FD_CHILD] = { .fd = run->child.pidfd, .events = POLLIN },
			[FD_SIGNALS] = { .fd = signals ? signals->fd : -1,
					 .events = POLLIN },
			[FD_REAP] = { .fd = signals ? signals->child_fd : -1,
				      .events = POLLIN },
			[FD_WATCHER] = { .fd = watcher_fd(watcher), .events = POLLIN },
			[FD_KEEPER] = { .fd = keeper_fd(keeper), .events = POLLIN },
			[FD_OUT] = output_poll(&run->out),
			[FD_ERR] = output_poll(&run->err),
		};
		int timeout = deadline_poll_ms(earlier(d, watcher_next(watcher)));

		if (poll(fds, N_FDS, timeout) < 0 && errno != EINTR)
			return error_sys(err, "poll");
		output_service(&run->out, fds[FD_OUT].revents);
		output_service(&run->err, fds[FD_ERR].revents);
		reap_lost(run, watcher, keeper, signals);
		/* A server that died counts first: what ended may have ended for it. */
		if (supervise_look(watcher, keeper))
			return SUPERVISE_TRIPPED;
		if (keeper_look(keeper) == KEEPER_LOOK_DEAD &&
		    keeper_replace(keeper, err) < 0)
			return -(int)err->kind;
		if (fds[FD_CHILD].revents) {
			int r = command_collect(run, err);

			if (r < 0)
				return r;
			if (run->ended)
				return SUPERVISE_ENDED;
			(void)poll(NULL, 0, COMMAND_AGAIN_MS);
		}
		if (fds[FD_SIGNALS].revents)
			return SUPERVISE_SIGNALLED;
		if (deadline_expired(d))
			return SUPERVISE_TIMED_OUT;
		timeline_flush_due(watcher->timeline);
	}
}

int supervise_pause(struct watcher *watcher, struct keeper *keeper,
		    const struct signals *signals, struct deadline d, struct error *err)
{
	struct command_run nothing = {
		.child = { .pidfd = -1 },
		.out = OUTPUT_NONE,
		.err = OUTPUT_NONE,
	};

	return supervise(&nothing, watcher, keeper, signals, d, err);
}
