/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_COMMAND_H
#define LIB_BACKUP_COMMAND_H

/*
 * A command that works on the share: started as the backup user with a clean
 * environment, in a process group of its own, without a shell; its output kept.
 */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/backup/output.h"
#include "lib/base/deadline.h"
#include "lib/proc/child.h"

struct error;
struct identity;

enum command_stdio {
	COMMAND_STDIO_KEEP = 0, /* /dev/null; output kept */
	COMMAND_STDIO_SHOW,     /* /dev/null; output kept and passed on */
	COMMAND_STDIO_INHERIT,  /* ours; what is a terminal is not kept */
};

struct command_spec {
	char *const *argv; /* ended by NULL */
	const struct identity *identity;
	const char *mountpoint;  /* NFSAFE_MOUNTPOINT */
	const char *destination; /* NFSAFE_DESTINATION */
	const char *level;       /* NFSAFE_LEVEL; NULL: not set */
	const char *label;       /* NFSAFE_LABEL; NULL: not set */
	int64_t run; /* NFSAFE_RUN, by which lib/backup/recover.h knows its own again */
	enum command_stdio stdio;
	_Atomic int *group; /* as in struct child_spec */
};

struct command_run {
	struct child child;
	struct output out;
	struct output err;
	int tty_fd; /* the terminal that was handed to it, or -1 */
	bool ended; /* @status is set */
	siginfo_t status;
};

/*
 * Start it.  Returns 0 or a negative error as from child_spawn().
 * @ret: on success to be ended by command_end() and freed by command_done().
 */
int command_start(const struct command_spec *spec, struct command_run *ret,
		  struct error *err) __attribute__((nonnull, warn_unused_result));

/*
 * Take the status of a command whose pidfd can be read, without waiting: @run->ended says
 * whether it could be had.  Who traces the command may keep it back: try again a little
 * later, COMMAND_AGAIN_MS.
 * Returns 0 or negative.
 */
#define COMMAND_AGAIN_MS 10
int command_collect(struct command_run *run, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* Send @sig to its process group; nothing once it has ended. */
void command_signal(const struct command_run *run, int sig) __attribute__((nonnull));

enum command_end {
	COMMAND_ENDED = 0,
	COMMAND_STUCK, /* outlived SIGKILL: in an uninterruptible wait */
};

/*
 * End it: SIGTERM to its group, SIGKILL after @grace_ms, then wait until @d at the
 * latest; its output is still taken meanwhile.  Returns an enum command_end.
 */
enum command_end command_end(struct command_run *run, int64_t grace_ms, struct deadline d)
	__attribute__((nonnull));

/* The exit code that a shell would show, of one that has ended. */
int command_exit_code(const struct command_run *run) __attribute__((nonnull));

/* Take the terminal back, free.  What was not taken of the output is lost. */
void command_done(struct command_run *run);

#endif
