/* SPDX-License-Identifier: MIT */
#include "cmd/exit.h"

#include <stddef.h>

#include "lib/backup/ending.h"
#include "lib/base/macro.h"

static const struct {
	enum exit_code code;
	const char *meaning;
} table[] = {
	{ EXIT_GOOD, "good, or nothing was due" },
	{ EXIT_PARTIAL, "usable, but partial or suspect; probe: slow, or little space" },
	{ EXIT_FAILED, "tried and failed: nothing usable; probe: any other verdict" },
	{ EXIT_UNKNOWN, "probe only: could not ask" },
	{ EXIT_USAGE, "the command line is wrong" },
	{ EXIT_NO_INPUT, "there is no such run in the record" },
	{ EXIT_UNREACHABLE, "the destination did not pass; nothing was started" },
	{ EXIT_INTERNAL, "no memory, or an error in nfsafe itself" },
	{ EXIT_SYSTEM, "the operating system refused something" },
	{ EXIT_CREATE, "something could not be created" },
	{ EXIT_IO, "reading or writing failed" },
	{ EXIT_SKIPPED,
	  "skipped, try again later: another run, outside the window, hold, quarantine" },
	{ EXIT_PERMISSION, "the caller may not do this" },
	{ EXIT_CONFIG, "the configuration is wrong" },
	{ EXIT_DEADLINE, "stopped by a deadline, or because the server died" },
	{ EXIT_NOT_EXECUTABLE, "exec only: the command cannot be executed" },
	{ EXIT_NOT_FOUND, "exec only: there is no such command" },
	{ EXIT_SIGNAL, "plus N: ended by signal N" },
};

int exit_from_error(enum error_kind kind)
{
	static const int codes[] = {
		[ERROR_USAGE] = EXIT_USAGE,
		[ERROR_CONFIG] = EXIT_CONFIG,
		[ERROR_PERMISSION] = EXIT_PERMISSION,
		[ERROR_UNREACHABLE] = EXIT_UNREACHABLE,
		[ERROR_UNSAFE] = EXIT_UNREACHABLE,
		[ERROR_PROTOCOL] = EXIT_UNREACHABLE,
		[ERROR_COMMAND] = EXIT_FAILED,
		[ERROR_BUSY] = EXIT_SKIPPED,
		[ERROR_DEADLINE] = EXIT_DEADLINE,
		[ERROR_CREATE] = EXIT_CREATE,
		[ERROR_IO] = EXIT_IO,
		[ERROR_SYSTEM] = EXIT_SYSTEM,
		[ERROR_INTERNAL] = EXIT_INTERNAL,
	};

	if ((size_t)kind >= ARRAY_SIZE(codes) || codes[kind] == EXIT_GOOD)
		return EXIT_INTERNAL;
	return codes[kind];
}

int exit_from_ending(const struct ending *ending)
{
	switch (ending->kind) {
	case ENDING_GOOD:
		return EXIT_GOOD;
	case ENDING_SUSPECT:
		return EXIT_PARTIAL;
	case ENDING_REFUSED:
		return ending->why.kind == ERROR_BUSY ? EXIT_SKIPPED : EXIT_UNREACHABLE;
	case ENDING_FAILED:
		return EXIT_FAILED;
	case ENDING_SIGNALLED:
		return EXIT_SIGNAL + ending->status;
	case ENDING_STOPPED:
	case ENDING_TRIPPED:
		return EXIT_DEADLINE;
	case ENDING_ERROR:
		break;
	}
	return exit_from_error(ending->why.kind);
}

int exit_from_exec(const struct ending *ending)
{
	if (ending->kind == ENDING_FAILED)
		return ending->status;
	/* As env(1) and the shells have it. */
	if (ending->kind == ENDING_ERROR && ending->why.kind == ERROR_COMMAND)
		return ending->why.errnum == ENOENT ? EXIT_NOT_FOUND
						    : EXIT_NOT_EXECUTABLE;
	return exit_from_ending(ending);
}

void exit_print_table(FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		(void)fprintf(out, "  %3d  %s\n", (int)table[i].code, table[i].meaning);
}
