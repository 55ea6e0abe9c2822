/* SPDX-License-Identifier: MIT */
#include "lib/backup/command.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/proc/privilege.h"

#define ENV_MAX 16
#define ENV_TEXT 4352 /* a path and a name */

struct environment {
	char text[ENV_MAX][ENV_TEXT];
	char *envp[ENV_MAX + 1];
	size_t n;
};

static void env_add(struct environment *env, const char *name, const char *value)
{
	if (!value || env->n == ENV_MAX)
		return;
	(void)snprintf(env->text[env->n], ENV_TEXT, "%s=%s", name, value);
	env->envp[env->n] = env->text[env->n];
	env->envp[++env->n] = NULL;
}

/*
 * Nothing is inherited but what a terminal program needs to draw and what makes
 * times readable; cron and a person's shell must give the same result.
 */
static void env_fill(struct environment *env, const struct command_spec *spec)
{
	const struct identity *id = spec->identity;
	char run[24];

	env->n = 0;
	env_add(env, "PATH",
		"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	env_add(env, "HOME", id->home);
	env_add(env, "USER", id->name);
	env_add(env, "LOGNAME", id->name);
	env_add(env, "SHELL", id->shell);
	env_add(env, "LC_ALL", "C.UTF-8");
	env_add(env, "TZ", getenv("TZ"));
	if (spec->stdio == COMMAND_STDIO_INHERIT)
		env_add(env, "TERM", getenv("TERM"));
	env_add(env, "NFSAFE_MOUNTPOINT", spec->mountpoint);
	env_add(env, "NFSAFE_DESTINATION", spec->destination);
	env_add(env, "NFSAFE_LEVEL", spec->level);
	env_add(env, "NFSAFE_LABEL", spec->label);
	(void)snprintf(run, sizeof(run), "%" PRId64, spec->run);
	env_add(env, "NFSAFE_RUN", run);
}

/* Where one of the two output streams goes.  Returns 0 or a negative error. */
static int open_stream(const struct command_spec *spec, int own_fd, struct output *out,
		       int *ret_fd, struct error *err)
{
	bool inherit = spec->stdio == COMMAND_STDIO_INHERIT;

	if (inherit && isatty(own_fd)) {
		*ret_fd = own_fd;
		return 0;
	}
	/* Shown output of a backup is a message, and goes where messages go. */
	return output_open(out,
			   inherit                             ? own_fd
			   : spec->stdio == COMMAND_STDIO_SHOW ? STDERR_FILENO
							       : -1,
			   inherit, ret_fd, err);
}

static void close_stream(int fd)
{
	if (fd > STDERR_FILENO)
		(void)close(fd);
}

int command_start(const struct command_spec *spec, struct command_run *ret,
		  struct error *err)
{
	cleanup_free struct environment *env = malloc(sizeof(*env));
	struct command_run run = {
		.child = { .pidfd = -1 },
		.out = OUTPUT_NONE,
		.err = OUTPUT_NONE,
		.tty_fd = -1,
	};
	bool inherit = spec->stdio == COMMAND_STDIO_INHERIT;
	struct child_spec child = {
		.argv = spec->argv,
		.identity = spec->identity,
		.fds = { inherit ? STDIN_FILENO : -1, -1, -1 },
		.tty_fd = -1,
		.group = spec->group,
	};
	int r;

	if (!env)
		return error_oom(err);
	env_fill(env, spec);
	child.envp = env->envp;
	/* In a pipeline the terminal is another's, a pager's for example. */
	if (inherit && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
	    tcgetpgrp(STDIN_FILENO) == getpgrp())
		child.tty_fd = run.tty_fd = STDIN_FILENO;
	r = open_stream(spec, STDOUT_FILENO, &run.out, &child.fds[1], err);
	if (r == 0)
		r = open_stream(spec, STDERR_FILENO, &run.err, &child.fds[2], err);
	if (r == 0)
		r = child_spawn(&child, &run.child, err);
	close_stream(child.fds[1]);
	close_stream(child.fds[2]);
	if (r < 0) {
		command_done(&run);
		return r;
	}
	*ret = run;
	return 0;
}

int command_collect(struct command_run *run, struct error *err)
{
	int r = child_collect(&run->child, &run->status, err);

	if (r < 0)
		return r;
	run->ended = r > 0;
	return 0;
}

void command_signal(const struct command_run *run, int sig)
{
	if (run->ended || run->child.pidfd < 0)
		return;
	(void)kill(-run->child.pid, sig);
	/* A stopped process sees nothing but SIGKILL until it goes on. */
	if (sig != SIGKILL)
		(void)kill(-run->child.pid, SIGCONT);
}

/* Until it has ended, or @d.  Returns whether it has. */
static bool wait_end(struct command_run *run, struct deadline d)
{
	struct error ignored;

	while (!run->ended) {
		struct pollfd fds[] = {
			{ .fd = run->child.pidfd, .events = POLLIN },
			output_poll(&run->out),
			output_poll(&run->err),
		};

		if (poll(fds, 3, deadline_poll_ms(d)) < 0 && errno != EINTR)
			return false;
		output_service(&run->out, fds[1].revents);
		output_service(&run->err, fds[2].revents);
		if (fds[0].revents && command_collect(run, &ignored) == 0 && !run->ended)
			(void)poll(NULL, 0, COMMAND_AGAIN_MS);
		if (!run->ended && deadline_expired(d))
			return false;
	}
	return true;
}

enum command_end command_end(struct command_run *run, int64_t grace_ms, struct deadline d)
{
	if (run->ended || run->child.pidfd < 0)
		return COMMAND_ENDED;
	command_signal(run, SIGTERM);
	if (wait_end(run, deadline_within(d, grace_ms)))
		return COMMAND_ENDED;
	command_signal(run, SIGKILL);
	return wait_end(run, d) ? COMMAND_ENDED : COMMAND_STUCK;
}

int command_exit_code(const struct command_run *run)
{
	assert(run->ended);
	return child_exit_code(&run->status);
}

void command_done(struct command_run *run)
{
	sigset_t ttou, old;

	if (!run)
		return;
	if (run->tty_fd >= 0) {
		(void)sigemptyset(&ttou);
		(void)sigaddset(&ttou, SIGTTOU);
		(void)sigprocmask(SIG_BLOCK, &ttou, &old);
		(void)tcsetpgrp(run->tty_fd, getpgrp());
		(void)sigprocmask(SIG_SETMASK, &old, NULL);
		run->tty_fd = -1;
	}
	output_done(&run->out);
	output_done(&run->err);
	fd_close(&run->child.pidfd);
}
