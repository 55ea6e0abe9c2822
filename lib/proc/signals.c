/* SPDX-License-Identifier: MIT */
#include "lib/proc/signals.h"

#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/macro.h"

static const int handled[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

/* Would end or stop a process that has something mounted, and mean nothing here. */
static const int ignored[] = { SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM,
			       SIGPROF, SIGTSTP, SIGTTIN, SIGTTOU };

static void fill(sigset_t *set)
{
	(void)sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(handled); i++)
		(void)sigaddset(set, handled[i]);
}

int signals_init(struct signals *s, struct error *err)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	struct signals ret = { .fd = -1, .child_fd = -1 };
	sigset_t set, child;

	fill(&set);
	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	ret.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	ret.child_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (ret.fd < 0 || ret.child_fd < 0) {
		int r = error_sys(err, "signalfd");

		fd_close(&ret.fd);
		fd_close(&ret.child_fd);
		return r;
	}
	(void)sigprocmask(SIG_BLOCK, &set, &ret.old);
	(void)sigprocmask(SIG_BLOCK, &child, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		(void)sigaction(ignored[i], &ignore, NULL);
	(void)sigaction(SIGCHLD, &dfl, NULL);
	*s = ret;
	return 0;
}

int signals_take(struct signals *s)
{
	struct signalfd_siginfo info;

	if (read(s->fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

int signals_peek(const struct signals *s)
{
	sigset_t pending;

	(void)s;
	if (sigpending(&pending) < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(handled); i++) {
		if (sigismember(&pending, handled[i]) == 1)
			return handled[i];
	}
	return 0;
}

void signals_child(const struct signals *s)
{
	struct signalfd_siginfo info;

	(void)!read(s->child_fd, &info, sizeof(info));
}

void signals_done(struct signals *s)
{
	if (!s || s->fd < 0)
		return;
	while (signals_take(s) != 0)
		;
	fd_close(&s->fd);
	fd_close(&s->child_fd);
	(void)sigprocmask(SIG_SETMASK, &s->old, NULL);
}

void signals_default(void)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &dfl, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}
