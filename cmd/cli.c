/* SPDX-License-Identifier: MIT */
#include "cmd/cli.h"

#include <string.h>

#include "cmd/exit.h"
#include "lib/base/macro.h"

/*
 * Not getopt_long(3): it prints by itself, keeps its state in globals, and takes
 * abbreviations, which turn into other options when one is added.
 */

const struct cli_option cli_global_options[] = {
	{ 'c', "config", "FILE", "configuration (default " DEFAULT_CONFIG ")", false },
	{ 'q', "quiet", NULL, "say nothing but errors", false },
	{ 'v', "verbose", NULL, "say more; twice: say everything", true },
	{ 0, "json", NULL, "print JSON instead of text", false },
	{ 'h', "help", NULL, "show this help and exit", false },
	{ 'V', "version", NULL, "show the version and exit", false },
	{ 0 },
};

static const struct cli_option *find_long(const struct cli_option *options,
					  const char *name, size_t len)
{
	for (; options && options->name; options++) {
		if (strlen(options->name) == len &&
		    strncmp(options->name, name, len) == 0)
			return options;
	}
	return NULL;
}

static const struct cli_option *find_short(const struct cli_option *options, char letter)
{
	for (; options && options->name; options++) {
		if (options->letter == letter)
			return options;
	}
	return NULL;
}

static int take_own(struct cli_args *args, const struct cli_option *option,
		    const char *value, struct error *err)
{
	if (!option->repeats && cli_count(args, option->name) > 0)
		return error_set(err, ERROR_USAGE, 0, "--%s is given twice",
				 option->name);
	if (args->n_found == ARRAY_SIZE(args->found))
		return error_set(err, ERROR_USAGE, 0, "too many options");
	args->found[args->n_found++] = (struct cli_found){
		.index = (size_t)(option - args->command->options),
		.value = value,
	};
	return 0;
}

/* Returns 1 when help was asked for. */
static int take_global(struct context *ctx, const struct cli_option *option,
		       const char *value)
{
	if (strcmp(option->name, "config") == 0) {
		ctx->config = value;
		ctx->config_given = true;
	} else if (strcmp(option->name, "quiet") == 0) {
		ctx->quiet = true;
	} else if (strcmp(option->name, "verbose") == 0) {
		ctx->verbose++;
	} else if (strcmp(option->name, "json") == 0) {
		ctx->json = true;
	} else if (strcmp(option->name, "version") == 0) {
		ctx->version = true;
	} else if (strcmp(option->name, "help") == 0) {
		return 1;
	}
	return 0;
}

struct cursor {
	int argc;
	char **argv;
	int next;
};

/* "--name", "--name=value", "--name value". */
static int parse_long(struct context *ctx, struct cli_args *args, struct cursor *at,
		      struct error *err)
{
	const char *name = at->argv[at->next++] + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] == '=' ? name + len + 1 : NULL;
	const struct cli_option *own = find_long(args->command->options, name, len);
	const struct cli_option *option = own;

	if (!option)
		option = find_long(cli_global_options, name, len);
	if (!option)
		return error_set(err, ERROR_USAGE, 0, "unknown option --%.*s", (int)len,
				 name);
	if (value && !option->value)
		return error_set(err, ERROR_USAGE, 0, "--%s takes no value",
				 option->name);
	if (!value && option->value) {
		if (at->next == at->argc)
			return error_set(err, ERROR_USAGE, 0, "--%s needs a value: %s",
					 option->name, option->value);
		value = at->argv[at->next++];
	}
	return own ? take_own(args, own, value, err) : take_global(ctx, option, value);
}

/* "-v", "-vq", "-cFILE", "-c FILE". */
static int parse_short(struct context *ctx, struct cli_args *args, struct cursor *at,
		       struct error *err)
{
	const char *p = at->argv[at->next++] + 1;

	while (*p) {
		const struct cli_option *own = find_short(args->command->options, *p);
		const struct cli_option *option = own;
		const char *value = NULL;
		int r;

		if (!option)
			option = find_short(cli_global_options, *p);
		if (!option)
			return error_set(err, ERROR_USAGE, 0, "unknown option -%c", *p);
		p++;
		if (option->value) {
			if (*p)
				value = p;
			else if (at->next < at->argc)
				value = at->argv[at->next++];
			else
				return error_set(err, ERROR_USAGE, 0,
						 "-%c needs a value: %s", option->letter,
						 option->value);
			p = "";
		}
		r = own ? take_own(args, own, value, err)
			: take_global(ctx, option, value);
		if (r != 0)
			return r;
	}
	return 0;
}

int cli_parse(struct context *ctx, const struct command *command, int argc, char **argv,
	      struct cli_args *ret, struct error *err)
{
	struct cursor at = { .argc = argc, .argv = argv };
	struct cli_args args = { .command = command, .operands = argv };

	while (at.next < argc) {
		char *arg = argv[at.next];
		int r = 0;

		if (strcmp(arg, "--") == 0) {
			at.next++;
			break;
		}
		if (arg[0] == '-' && arg[1] == '-')
			r = parse_long(ctx, &args, &at, err);
		else if (arg[0] == '-' && arg[1] != '\0')
			r = parse_short(ctx, &args, &at, err);
		else if (command->stops_at_operand && args.n_operands > 0)
			break;
		else
			args.operands[args.n_operands++] = argv[at.next++];
		if (r != 0)
			return r;
	}
	while (at.next < argc)
		args.operands[args.n_operands++] = argv[at.next++];
	/* Fewer than there were words: exec hands the rest to execvp(3). */
	if (args.n_operands < (size_t)argc)
		args.operands[args.n_operands] = NULL;
	*ret = args;
	return 0;
}

const char *cli_value(const struct cli_args *args, const char *name)
{
	for (size_t i = args->n_found; i-- > 0;) {
		if (strcmp(args->command->options[args->found[i].index].name, name) == 0)
			return args->found[i].value;
	}
	return NULL;
}

size_t cli_count(const struct cli_args *args, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < args->n_found; i++) {
		if (strcmp(args->command->options[args->found[i].index].name, name) == 0)
			n++;
	}
	return n;
}

static void print_options(FILE *out, const struct cli_option *options)
{
	for (; options && options->name; options++) {
		char left[64];

		(void)snprintf(
			left, sizeof(left), "%c%c%s--%s%s%s", options->letter ? '-' : ' ',
			options->letter ? options->letter : ' ',
			options->letter ? ", " : "  ", options->name,
			options->value ? " " : "", options->value ? options->value : "");
		(void)fprintf(out, "  %-26s %s\n", left, options->help);
	}
}

void cli_help(FILE *out, const struct command *command, const char *path)
{
	(void)fprintf(out, "Usage: nfsafe %s [OPTION]...%s%s\n%s.\n", path,
		      command->operands ? " " : "",
		      command->operands ? command->operands : "", command->summary);
	if (command->details)
		(void)fprintf(out, "\n%s\n", command->details);
	if (command->subcommands) {
		(void)fprintf(out, "\nCommands:\n");
		for (const struct command *c = command->subcommands; c->name; c++)
			(void)fprintf(out, "  %-26s %s\n", c->name, c->summary);
	}
	if (command->options && command->options->name) {
		(void)fprintf(out, "\nOptions:\n");
		print_options(out, command->options);
	}
	(void)fprintf(out, "\nOptions of every command:\n");
	print_options(out, cli_global_options);
}

void cli_help_all(FILE *out, const struct command *const *commands)
{
	(void)fprintf(out, "Usage: nfsafe [OPTION]... COMMAND [ARGUMENT]...\n"
			   "Back up onto an NFS share that may die, without hurting "
			   "this host.\n\nCommands:\n");
	for (; *commands; commands++)
		(void)fprintf(out, "  %-26s %s\n", (*commands)->name,
			      (*commands)->summary);
	(void)fprintf(out, "\nOptions of every command:\n");
	print_options(out, cli_global_options);
	(void)fprintf(out, "\nExit codes:\n");
	exit_print_table(out);
	(void)fprintf(out,
		      "\nSee nfsafe(8), nfsafe.conf(5), and nfsafe COMMAND --help.\n");
}
