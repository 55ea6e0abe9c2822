/* SPDX-License-Identifier: MIT */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

/*
 * A command of nfsafe: one const object a file, listed in cmd/main.c.
 *
 * The options that a command takes are a table.  From it come the parser, the
 * help, and what scripts/check compares with the manual and the completion: an
 * option cannot exist without being documented.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/error.h"
#include "lib/base/log.h"

#define DEFAULT_CONFIG "/etc/nfsafe/nfsafe.conf"

/* What the global options said, and where to speak. */
struct context {
	struct log log;     /* standard error */
	const char *config; /* path of the configuration file */
	bool config_given;  /* by --config, not by default */
	bool json;
	bool quiet;
	bool version;
	int verbose;
};

struct cli_option {
	char letter;       /* 0: none */
	const char *name;  /* without the dashes */
	const char *value; /* name of its value in the help; NULL: takes none */
	const char *help;
	bool repeats; /* may be given several times */
};

/* Options as found: @index into the command's table. */
struct cli_found {
	size_t index;
	const char *value; /* NULL if it takes none */
};

struct cli_args {
	const struct command *command;
	struct cli_found found[64];
	size_t n_found;
	char **operands; /* what is left, ended by NULL; not owned */
	size_t n_operands;
};

struct command {
	const char *name;
	const char *operands; /* as in the synopsis: "[NAME|SERVER:/EXPORT]..." */
	const char *summary;
	const char *details;               /* paragraphs below the synopsis, or NULL */
	const struct cli_option *options;  /* ended by one without a name */
	const struct command *subcommands; /* ended by one without a name, or NULL */
	bool stops_at_operand; /* what follows the first operand is not ours */
	int error_code;        /* exit code of a wrong command line; 0: EXIT_USAGE */
	/* Returns an exit code, cmd/exit.h. */
	int (*run)(struct context *ctx, const struct cli_args *args);
};

/* The last value given for option @name, NULL if it was not given (or has none). */
const char *cli_value(const struct cli_args *args, const char *name);

/* How often option @name was given. */
size_t cli_count(const struct cli_args *args, const char *name);

/*
 * Say on standard error why, and return the exit code of @err's kind.  The one
 * way for a command to fail.
 */
int context_fail(const struct context *ctx, const struct error *err);

#endif
