/* SPDX-License-Identifier: MIT */
#ifndef CMD_CLI_H
#define CMD_CLI_H

#include <stdio.h>

#include "cmd/command.h"

/* The options that every command takes. */
extern const struct cli_option cli_global_options[];

/*
 * Sort @argv (after the command's name) into options and operands; global ones
 * go into @ctx.  "--" ends the options.  @argv is permuted.
 * Returns 0; 1 when help was asked for; or a negative error (ERROR_USAGE).
 */
int cli_parse(struct context *ctx, const struct command *command, int argc, char **argv,
	      struct cli_args *ret, struct error *err);

/* "nfsafe probe [OPTION]... ..." with every option; @path as in "config show". */
void cli_help(FILE *out, const struct command *command, const char *path);

/* What nfsafe is, every command, every global option, every exit code. */
void cli_help_all(FILE *out, const struct command *const *commands);

#endif
