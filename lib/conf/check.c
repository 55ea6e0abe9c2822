/* SPDX-License-Identifier: MIT */
#include "lib/conf/check.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/conf/key.h"
#include "lib/mnt/options.h"

bool check_is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (strcmp(dir, "/") == 0)
		return true;
	return strncmp(path, dir, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

struct place check_place(const struct conf *conf, const struct key *key, const void *base)
{
	const struct conf_origin *o = key_origin(key, base);
	const struct conf_destination *d = base;

	if (o->file > 0)
		return (struct place){ conf->files[o->file - 1], o->line };
	if (key->section == SECTION_DESTINATION)
		return (struct place){ conf->files[d->file - 1], d->line };
	return (struct place){ NULL, 0 };
}

static struct place of_destination(const struct conf *conf,
				   const struct conf_destination *d, const char *key)
{
	return check_place(conf, key_find(SECTION_DESTINATION, key), d);
}

static struct place of_backup(const struct conf *conf, const char *key)
{
	return check_place(conf, key_find(SECTION_BACKUP, key), &conf->backup);
}

/* ---- paths ---- */

static void check_own_directory(const struct conf *conf, const struct conf_destination *d,
				const char *key, const char *dir,
				struct problems *problems)
{
	struct place at = of_destination(conf, d, "mountpoint");

	if (check_is_below(d->mountpoint, dir))
		problems_error(problems, at, "mountpoint: '%s' lies in the %s '%s'",
			       d->mountpoint, key, dir);
	else if (check_is_below(dir, d->mountpoint))
		problems_error(problems, at,
			       "mountpoint: '%s' holds the %s '%s', which would be "
			       "hidden by the mount",
			       d->mountpoint, key, dir);
}

/* Of each pair once: @a comes after @b in the files. */
static void check_pair(const struct conf *conf, const struct conf_destination *a,
		       const struct conf_destination *b, struct problems *problems)
{
	struct place at = of_destination(conf, a, "mountpoint");

	if (strcmp(a->mountpoint, b->mountpoint) == 0)
		problems_error(problems, at,
			       "mountpoint: '%s' is that of destination %s, too",
			       a->mountpoint, b->name);
	else if (check_is_below(a->mountpoint, b->mountpoint))
		problems_error(problems, at,
			       "mountpoint: '%s' lies below that of destination %s, '%s'",
			       a->mountpoint, b->name, b->mountpoint);
	else if (check_is_below(b->mountpoint, a->mountpoint))
		problems_error(problems, at,
			       "mountpoint: that of destination %s, '%s', lies below "
			       "'%s'",
			       b->name, b->mountpoint, a->mountpoint);
}

static void check_mountpoints(const struct conf *conf, struct problems *problems)
{
	for (size_t i = 0; i < conf->n_destinations; i++) {
		const struct conf_destination *d = &conf->destinations[i];

		check_own_directory(conf, d, "state_dir", conf->nfsafe.state_dir,
				    problems);
		check_own_directory(conf, d, "run_dir", conf->nfsafe.run_dir, problems);
		for (size_t j = 0; j < i; j++)
			check_pair(conf, d, &conf->destinations[j], problems);
	}
}

/* ---- a destination ---- */

static void check_times(const struct conf *conf, const struct conf_destination *d,
			struct problems *problems)
{
	char probe[32], stall[32];

	if (d->probe_timeout_ms < d->max_stall_ms)
		return;
	format_duration(d->probe_timeout_ms, probe, sizeof(probe));
	format_duration(d->max_stall_ms, stall, sizeof(stall));
	problems_error(problems, of_destination(conf, d, "probe_timeout"),
		       "probe_timeout: %s is not less than max_stall, %s", probe, stall);
}

static void check_options(const struct conf *conf, const struct conf_destination *d,
			  struct problems *problems)
{
	struct options options;
	struct error err;

	if (options_parse(d->options, d->max_stall_ms, &options, &err) < 0)
		problems_error(problems, of_destination(conf, d, "options"), "%s",
			       err.msg);
}

static void check_destination(const struct conf *conf, const struct conf_destination *d,
			      struct problems *problems)
{
	check_times(conf, d, problems);
	check_options(conf, d, problems);
	if (d->vers != CONF_VERS_3 && d->mountport != 0)
		problems_warning(problems, of_destination(conf, d, "mountport"),
				 "mountport: NFS %s has no mountd, this has no effect",
				 conf_vers_text(d->vers));
}

/* ---- the backup ---- */

static void check_destinations(const struct conf *conf, struct problems *problems)
{
	char **names = conf->backup.destinations;
	const struct conf_destination *d;
	struct error err;

	for (size_t i = 0; names[i]; i++) {
		if (conf_require_destination(conf, names[i], &d, &err) < 0)
			problems_error(problems, of_backup(conf, "destinations"),
				       "destinations: %s", err.msg);
	}
}

/* The program would be looked for on a server that may be dead. */
static void check_command(const struct conf *conf, const char *key, char *const *argv,
			  struct problems *problems)
{
	for (size_t i = 0; argv[0] && i < conf->n_destinations; i++) {
		const struct conf_destination *d = &conf->destinations[i];

		if (check_is_below(argv[0], d->mountpoint))
			problems_error(problems, of_backup(conf, key),
				       "%s: '%s' lies below the mountpoint of "
				       "destination %s",
				       key, argv[0], d->name);
	}
}

static void check_schedule(const struct conf *conf, struct problems *problems)
{
	const struct conf_schedule *s = &conf->schedule;
	const struct key *key = key_find(SECTION_SCHEDULE, "incremental_every");

	if (conf->backup.incremental[0] && s->incremental_every_ms >= s->full_every_ms)
		problems_warning(problems, check_place(conf, key, s),
				 "incremental_every: not less than full_every: there "
				 "will be no incremental");
}

void check_conf(const struct conf *conf, struct problems *problems)
{
	check_mountpoints(conf, problems);
	for (size_t i = 0; i < conf->n_destinations; i++)
		check_destination(conf, &conf->destinations[i], problems);
	check_destinations(conf, problems);
	check_command(conf, "full", conf->backup.full, problems);
	check_command(conf, "incremental", conf->backup.incremental, problems);
	check_schedule(conf, problems);
}
