/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli.h"
#include "cmd/command.h"
#include "cmd/commands.h"
#include "cmd/exit.h"
#include "lib/base/fd.h"

static const struct command *const commands[] = {
	&command_run,      &command_exec,    &command_probe,   &command_init,
	&command_recover,  &command_release, &command_drill,   &command_status,
	&command_incident, &command_config,  &command_version, NULL,
};

int context_fail(const struct context *ctx, const struct error *err)
{
	log_error(&ctx->log, "%s", err->msg);
	return exit_from_error(err->kind);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; commands[i]; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

static const struct command *find_subcommand(const struct command *parent,
					     const char *name)
{
	for (const struct command *c = parent->subcommands; c && c->name; c++) {
		if (strcmp(c->name, name) == 0)
			return c;
	}
	return NULL;
}

/* Results that could not be written are no results: a full disk must be seen. */
static int finish(const struct context *ctx, int code)
{
	struct error err;

	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	(void)error_errno(&err, ERROR_IO, "standard output");
	return context_fail(ctx, &err);
}

static void set_log_level(struct context *ctx)
{
	ctx->log.level = LOG_LEVEL_WARNING;
	if (ctx->quiet)
		ctx->log.level = LOG_LEVEL_ERROR;
	else if (ctx->verbose > 1)
		ctx->log.level = LOG_LEVEL_DEBUG;
	else if (ctx->verbose > 0)
		ctx->log.level = LOG_LEVEL_NOTICE;
}

static int run_command(struct context *ctx, const struct command *command, int argc,
		       char **argv)
{
	const struct command *sub = NULL;
	struct cli_args args;
	struct error err;
	char path[64];
	int r;

	if (argc > 0)
		sub = find_subcommand(command, argv[0]);
	(void)snprintf(path, sizeof(path), "%s%s%s", command->name, sub ? " " : "",
		       sub ? sub->name : "");
	if (sub) {
		command = sub;
		argc--;
		argv++;
	}
	r = cli_parse(ctx, command, argc, argv, &args, &err);
	if (r == 1) {
		cli_help(stdout, command, path);
		return finish(ctx, EXIT_GOOD);
	}
	if (r == 0 && ctx->version)
		return finish(ctx, command_version.run(ctx, &args));
	set_log_level(ctx);
	if (r == 0 && !command->run)
		r = args.n_operands > 0
			    ? error_set(&err, ERROR_USAGE, 0, "%s: unknown command '%s'",
					path, args.operands[0])
			    : error_set(&err, ERROR_USAGE, 0, "%s needs a command", path);
	if (r < 0) {
		(void)context_fail(ctx, &err);
		log_error(&ctx->log, "see: nfsafe %s --help", path);
		return command->error_code ? command->error_code : EXIT_USAGE;
	}
	return finish(ctx, command->run(ctx, &args));
}

/* Global options before the command: a command without a name takes just those. */
static int parse_front(struct context *ctx, int argc, char **argv, int *ret_skip,
		       struct error *err)
{
	static const struct command front = { .name = "nfsafe",
					      .stops_at_operand = true };
	struct cli_args args;
	int i = 0;

	/* Find the command: the first word that is no option, nor an option's value. */
	while (i < argc && argv[i][0] == '-') {
		if (strcmp(argv[i], "-c") == 0 || strcmp(argv[i], "--config") == 0)
			i++;
		i++;
	}
	*ret_skip = i < argc ? i : argc;
	return cli_parse(ctx, &front, *ret_skip, argv, &args, err);
}

int main(int argc, char **argv)
{
	struct context ctx = {
		.log = { .fd = STDERR_FILENO, .level = LOG_LEVEL_WARNING },
		.config = DEFAULT_CONFIG,
	};
	const struct command *command;
	struct error err;
	int skip, fd, r;

	if (argc < 1)
		return EXIT_USAGE;
	fd_ensure_standard();
	fd = fd_reopen_nonblock(STDERR_FILENO);
	if (fd >= 0)
		ctx.log.fd = fd;
	r = parse_front(&ctx, argc - 1, argv + 1, &skip, &err);
	if (r == 1) {
		cli_help_all(stdout, commands);
		return finish(&ctx, EXIT_GOOD);
	}
	if (r < 0)
		return context_fail(&ctx, &err);
	if (ctx.version)
		return finish(&ctx, command_version.run(&ctx, NULL));
	if (skip == argc - 1) {
		log_error(&ctx.log, "no command given; see: nfsafe --help");
		return EXIT_USAGE;
	}
	command = find_command(argv[skip + 1]);
	if (!command) {
		log_error(&ctx.log, "unknown command '%s'; see: nfsafe --help",
			  argv[skip + 1]);
		return EXIT_USAGE;
	}
	return run_command(&ctx, command, argc - skip - 2, argv + skip + 2);
}
