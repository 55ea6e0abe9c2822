/* SPDX-License-Identifier: MIT */
#include "cmd/commands.h"
#include "cmd/exit.h"
#include "cmd/load.h"
#include "cmd/outcome.h"
#include "lib/backup/job.h"
#include "lib/conf/conf.h"

static int run(struct context *ctx, const struct cli_args *args)
{
	struct job_candidate candidate = { .level = LEVEL_NONE };
	struct job job = {
		.kind = RECORD_KIND_EXEC,
		.candidates = &candidate,
		.n_candidates = 1,
		.stdio = COMMAND_STDIO_INHERIT,
		.exit_code = exit_from_exec,
	};
	struct session session = { 0 };
	struct conf conf = { 0 };
	struct error err;
	int r;

	if (args->n_operands < 2) {
		(void)error_set(&err, ERROR_USAGE, 0,
				"exec needs a destination and a command: "
				"nfsafe exec NAME -- COMMAND [ARGUMENT]...");
		return context_fail(ctx, &err);
	}
	if (args->operands[1][0] == '\0') {
		(void)error_set(&err, ERROR_USAGE, 0, "exec: the command is empty");
		return context_fail(ctx, &err);
	}
	candidate.argv = args->operands + 1;
	r = load_conf(ctx, &conf, &err);
	if (r == 0)
		r = conf_require_destination(&conf, args->operands[0],
					     &candidate.destination, &err);
	if (r == 0)
		r = session_open(&session, &conf, "exec", &ctx->log, &err);
	if (r == 0)
		r = outcome_of_job(ctx, &session, &conf, &job);
	else
		r = context_fail(ctx, &err);
	session_close(&session);
	conf_done(&conf);
	return r;
}

const struct command command_exec = {
	.name = "exec",
	.operands = "NAME -- COMMAND [ARGUMENT]...",
	.summary = "Run a command while destination NAME is mounted and watched",
	.details = "The command runs as the backup user in a process group of its own, "
		   "with a\n"
		   "clean environment and NFSAFE_MOUNTPOINT and NFSAFE_DESTINATION in "
		   "it.  Its\n"
		   "exit status is passed on.  If the server dies, the command is ended, "
		   "the\n"
		   "share unmounted, and the exit code is 124.",
	.stops_at_operand = true,
	.run = run,
};
