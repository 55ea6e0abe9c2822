/* SPDX-License-Identifier: MIT */
#ifndef CMD_OUTCOME_H
#define CMD_OUTCOME_H

/*
 * What a run or an exec came to, said to a person, to cron (nothing, if it is good)
 * or to a program (--json).
 */

#include "cmd/command.h"
#include "lib/backup/job.h"

/* @code: the exit code that goes with it.  Returns @code. */
int outcome_tell(const struct context *ctx, const struct job_result *result, int code);

#endif
