/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cmd/commands.h"
#include "cmd/exit.h"

static int run(struct context *ctx, const struct cli_args *args)
{
	(void)args;
	(void)puts(ctx->json ? "{\"version\":\"" NFSAFE_VERSION "\"}"
			     : "nfsafe " NFSAFE_VERSION);
	return EXIT_GOOD;
}

const struct command command_version = {
	.name = "version",
	.summary = "Show the version",
	.run = run,
};
