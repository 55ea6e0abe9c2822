/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/exit.h"
#include "lib/base/cleanup.h"
#include "lib/base/macro.h"
#include "lib/base/parse.h"
#include "lib/base/strbuf.h"

#define LIMIT_DEFAULT_MS 45000
/* nfsafe's own run has ended by then, or has broken its promise. */
#define LIMIT_MIN_MS 15000
#define LIMIT_MAX_MS 600000

/* What the private kernel and its servers need, and whose it is in Debian. */
static const struct {
	const char *program;
	const char *package;
} needed[] = {
	{ "linux.uml", "user-mode-linux" },
	{ "modprobe", "kmod" },
	{ "ip", "iproute2" },
	{ "iptables-legacy", "iptables" },
	{ "ping", "iputils-ping" },
	{ "ps", "procps" },
	{ "rpcbind", "rpcbind" },
	{ "ganesha.nfsd", "nfs-ganesha" },
	{ "mount.nfs", "nfs-common" },
	{ "perl", "perl" },
};

static const char *const faults[] = { "freeze", "stop", "cut", "loss" };
static const char *const versions[] = { "3", "4.0", "4.1", "4.2" };

struct drill {
	char dir[PATH_MAX];  /* of the scripts */
	char self[PATH_MAX]; /* this program */
	const char *fault;
	const char *vers;
	int64_t limit_ms;
	bool json;
};

/* A normal user has no sbin in PATH. */
static bool is_installed(const char *program)
{
	const char *path = getenv("PATH");
	struct strbuf dirs = STRBUF_INIT;
	bool found = false;
	char *rest = NULL;

	strbuf_printf(&dirs, "%s:/usr/sbin:/sbin", path ? path : "");
	for (char *dir = dirs.failed ? NULL : strtok_r(dirs.text, ":", &rest);
	     dir && !found; dir = strtok_r(NULL, ":", &rest)) {
		char file[PATH_MAX];

		found = (size_t)snprintf(file, sizeof(file), "%s/%s", dir, program) <
				sizeof(file) &&
			access(file, X_OK) == 0;
	}
	strbuf_done(&dirs);
	return found;
}

static int check_packages(struct error *err)
{
	struct strbuf missing = STRBUF_INIT;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		if (!is_installed(needed[i].program))
			strbuf_printf(&missing, " %s", needed[i].package);
	}
	if (missing.len > 0)
		r = error_set(err, ERROR_UNREACHABLE, 0,
			      "the private kernel of a drill is not installed here: "
			      "apt-get install%s nfs-ganesha-vfs sqlite3",
			      strbuf_str(&missing));
	strbuf_done(&missing);
	return r;
}

/* Beside the program in a build tree, or where it was installed. */
static int find_scripts(struct drill *d, struct error *err)
{
	ssize_t n = readlink("/proc/self/exe", d->self, sizeof(d->self) - 1);
	char boot[PATH_MAX + 8];
	char *slash;

	if (n <= 0)
		return error_errno(err, ERROR_SYSTEM, "/proc/self/exe");
	d->self[n] = '\0';
	(void)snprintf(d->dir, sizeof(d->dir), "%s", d->self);
	slash = strrchr(d->dir, '/');
	if (slash)
		(void)snprintf(slash, sizeof(d->dir) - (size_t)(slash - d->dir),
			       "/../tests/lab");
	(void)snprintf(boot, sizeof(boot), "%s/drill", d->dir);
	if (access(boot, X_OK) == 0)
		return 0;
	(void)snprintf(d->dir, sizeof(d->dir), "%s", NFSAFE_DRILL_DIR);
	(void)snprintf(boot, sizeof(boot), "%s/drill", d->dir);
	if (access(boot, X_OK) == 0)
		return 0;
	return error_errno(err, ERROR_UNREACHABLE, "the scripts of the drill, %s", boot);
}

static int choose(const struct cli_args *args, const char *option,
		  const char *const *words, const char **ret, struct error *err)
{
	const char *word = cli_value(args, option);

	*ret = words[0];
	if (!word)
		return 0;
	for (size_t i = 0; i < 4; i++) {
		if (strcmp(words[i], word) == 0) {
			*ret = words[i];
			return 0;
		}
	}
	return error_set(err, ERROR_USAGE, 0, "--%s: '%s' is none of %s, %s, %s, %s",
			 option, word, words[0], words[1], words[2], words[3]);
}

static int parse(const struct cli_args *args, struct drill *d, struct error *err)
{
	const char *limit = cli_value(args, "limit");
	int r = 0;

	if (args->n_operands > 0)
		return error_set(err, ERROR_USAGE, 0, "drill takes no operand");
	d->limit_ms = LIMIT_DEFAULT_MS;
	if (limit)
		r = parse_duration(limit, &d->limit_ms, err);
	if (r == 0 && (d->limit_ms < LIMIT_MIN_MS || d->limit_ms > LIMIT_MAX_MS))
		r = error_set(err, ERROR_USAGE, 0, "--limit: from 15s to 10m");
	if (r == 0)
		r = choose(args, "fault", faults, &d->fault, err);
	if (r == 0)
		r = choose(args, "vers", versions, &d->vers, err);
	return r;
}

/* The program becomes the script: its exit code is ours.  Returns an error, if at all. */
static int become(const struct drill *d, struct error *err)
{
	char boot[PATH_MAX + 8], script[PATH_MAX + 8], victim[PATH_MAX + 16];
	char nfsafe[PATH_MAX + 16], limit[24], patience[24];
	const char *tmpdir = getenv("TMPDIR");
	char tmp[PATH_MAX + 8], form[8];
	char *env[] = { (char[]){ "PATH=/usr/sbin:/usr/bin:/sbin:/bin" },
			(char[]){ "LC_ALL=C.UTF-8" }, tmp, NULL };
	char *argv[] = { boot,
			 (char[]){ "-t" },
			 patience,
			 (char[]){ "env" },
			 nfsafe,
			 victim,
			 script,
			 (char *)(uintptr_t)d->fault,
			 (char *)(uintptr_t)d->vers,
			 limit,
			 form,
			 NULL };

	(void)snprintf(form, sizeof(form), "%s", d->json ? "json" : "text");
	(void)snprintf(boot, sizeof(boot), "%s/boot", d->dir);
	(void)snprintf(script, sizeof(script), "%s/drill", d->dir);
	(void)snprintf(victim, sizeof(victim), "VICTIM=%s/victim", d->dir);
	(void)snprintf(nfsafe, sizeof(nfsafe), "NFSAFE=%s", d->self);
	(void)snprintf(limit, sizeof(limit), "%lld", (long long)(d->limit_ms / 1000));
	(void)snprintf(patience, sizeof(patience), "%lld",
		       (long long)(d->limit_ms / 1000 + 120));
	(void)snprintf(tmp, sizeof(tmp), "TMPDIR=%s", tmpdir ? tmpdir : "/tmp");
	(void)execve(boot, argv, env);
	return error_errno(err, ERROR_SYSTEM, "%s", boot);
}

static int run(struct context *ctx, const struct cli_args *args)
{
	cleanup_free struct drill *d = calloc(1, sizeof(*d));
	struct error err;
	int r;

	if (!d) {
		(void)error_oom(&err);
		return context_fail(ctx, &err);
	}
	d->json = ctx->json;
	r = parse(args, d, &err);
	if (r == 0)
		r = check_packages(&err);
	if (r == 0)
		r = find_scripts(d, &err);
	if (r == 0)
		(void)become(d, &err);
	return context_fail(ctx, &err);
}

static const struct cli_option options[] = {
	{ 0, "fault", "FAULT", "freeze (the default), stop, cut, loss", false },
	{ 0, "vers", "V", "version of NFS: 3 (the default), 4.0, 4.1, 4.2", false },
	{ 0, "limit", "D", "how long the scripts' victims are watched (default 45s)",
	  false },
	{ 0 },
};

const struct command command_drill = {
	.name = "drill",
	.summary = "Play the incident in a private kernel, against plain soft and hard "
		   "mounts",
	.details =
		"Boots Debian's user-mode-linux, a plain process, with three NFS servers "
		"in "
		"it,\n"
		"each mounted and written to: one under nfsafe, one by a script with -o "
		"soft,\n"
		"one with -o hard.  All three servers have the same fault.  Tells how "
		"long "
		"who\n"
		"was held.  Touches no mount, service or network of this host; needs no "
		"root.\n\n"
		"Exit code: 0 the promise was kept, 2 it was not, 69 something is not "
		"installed.",
	.options = options,
	.run = run,
};
