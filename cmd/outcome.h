/* SPDX-License-Identifier: MIT */
#ifndef CMD_OUTCOME_H
#define CMD_OUTCOME_H

/*
 * What a run or an exec came to, said to a person, to cron (nothing, if it is good)
 * or to a program (--json).
 */

#include "cmd/command.h"
#include "lib/backup/job.h"

/*
 * Do @job as the backup user (job.user is filled in here), close @s, and say what came of
 * it.
 * Blocks as job_run() does.  Returns the exit code.
 */
int outcome_of_job(const struct context *ctx, struct session *s, const struct conf *conf,
		   struct job *job);

#endif
