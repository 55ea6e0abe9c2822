/* SPDX-License-Identifier: MIT */
#ifndef CMD_EXIT_H
#define CMD_EXIT_H

/*
 * Exit codes: 0, 1, 2 answer the question; 64 and up (sysexits.h) mean that
 * there is no answer.  What --help and nfsafe(8) say comes from the same table.
 */

#include <stdio.h>

#include "lib/base/error.h"

enum exit_code {
	EXIT_GOOD = 0,    /* good, or nothing was due */
	EXIT_PARTIAL = 1, /* usable, but partial or suspect; a probe: WARNING */
	EXIT_FAILED = 2,  /* tried and failed; a probe: CRITICAL */
	EXIT_UNKNOWN = 3, /* probe, check only: could not ask */
	EXIT_USAGE = 64,
	EXIT_NO_INPUT = 66,    /* there is no such run in the record */
	EXIT_UNREACHABLE = 69, /* the destination did not pass; nothing was started */
	EXIT_INTERNAL = 70,
	EXIT_SYSTEM = 71,
	EXIT_CREATE = 73,
	EXIT_IO = 74,
	EXIT_SKIPPED = 75, /* lock held, outside the window, on hold, quarantine */
	EXIT_PERMISSION = 77,
	EXIT_CONFIG = 78,
	EXIT_DEADLINE = 124,       /* stopped by a deadline, or because the server died */
	EXIT_NOT_EXECUTABLE = 126, /* exec only, as env(1) has it */
	EXIT_NOT_FOUND = 127,      /* exec only */
	EXIT_SIGNAL = 128,         /* plus the signal's number */
};

/* The exit code of an error of @kind. */
int exit_from_error(enum error_kind kind);

struct ending;

/* The exit code of a run that ended so; of a failed command it is EXIT_FAILED. */
int exit_from_ending(const struct ending *ending);

/* The same for exec, which passes the status of its command on. */
int exit_from_exec(const struct ending *ending);

/* "69  the destination did not pass the probe or the guard; nothing was started" */
void exit_print_table(FILE *out);

#endif
