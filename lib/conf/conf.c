/* SPDX-License-Identifier: MIT */
#include "lib/conf/conf.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/conf/check.h"
#include "lib/conf/key.h"
#include "lib/conf/load.h"
#include "lib/conf/nearest.h"
#include "lib/conf/problems.h"
#include "lib/conf/value.h"

static void done_section(enum section section, void *base)
{
	for (const struct key *key = key_first(section); key; key = key_next(key))
		value_done(key, base);
}

static void done_destination(struct conf_destination *d)
{
	done_section(SECTION_DESTINATION, d);
	free(d->name);
}

void conf_done(struct conf *conf)
{
	done_section(SECTION_NFSAFE, &conf->nfsafe);
	done_section(SECTION_BACKUP, &conf->backup);
	done_section(SECTION_SCHEDULE, &conf->schedule);
	for (size_t i = 0; i < conf->n_destinations; i++)
		done_destination(&conf->destinations[i]);
	free(conf->destinations);
	for (size_t i = 0; i < conf->n_files; i++)
		free(conf->files[i]);
	free(conf->files);
	*conf = (struct conf){ 0 };
}

int conf_examine(const char *path, bool must_exist, struct conf *ret,
		 struct problems *problems, struct error *err)
{
	struct conf conf = { 0 };
	int r = load_files(path, must_exist, &conf, problems, err);

	if (r < 0) {
		conf_done(&conf);
		return r;
	}
	check_conf(&conf, problems);
	problems_sort(problems);
	*ret = conf;
	return 0;
}

int conf_load(const char *path, bool must_exist, struct conf *ret,
	      struct problems *problems, struct error *err)
{
	struct problems own = PROBLEMS_INIT;
	struct conf conf = { 0 };
	int r;

	if (!problems)
		problems = &own;
	r = conf_examine(path, must_exist, &conf, problems, err);
	if (r == 0)
		r = problems_to_error(problems, err);
	problems_done(&own);
	if (r < 0) {
		conf_done(&conf);
		return r;
	}
	*ret = conf;
	return 0;
}

const struct conf_destination *conf_find_destination(const struct conf *conf,
						     const char *name)
{
	for (size_t i = 0; i < conf->n_destinations; i++) {
		if (strcmp(conf->destinations[i].name, name) == 0)
			return &conf->destinations[i];
	}
	return NULL;
}

int conf_require_destination(const struct conf *conf, const char *name,
			     const struct conf_destination **ret, struct error *err)
{
	const struct conf_destination *d = conf_find_destination(conf, name);
	struct nearest nearest = NEAREST_INIT(name);
	char hint[80];

	if (d) {
		*ret = d;
		return 0;
	}
	for (size_t i = 0; i < conf->n_destinations; i++)
		nearest_offer(&nearest, conf->destinations[i].name);
	return error_set(err, ERROR_CONFIG, 0, "there is no [destination %s]%s", name,
			 nearest_hint(&nearest, hint, sizeof(hint)));
}

int conf_require_backup(const struct conf *conf, struct error *err)
{
	const struct conf_backup *b = &conf->backup;
	bool no_destinations = !b->destinations[0];
	bool no_full = !b->full[0];

	if (!b->present)
		return error_set(err, ERROR_CONFIG, 0,
				 "there is no [backup]: it has to say destinations and "
				 "full, see nfsafe.conf(5)");
	if (!no_destinations && !no_full)
		return 0;
	return error_set(err, ERROR_CONFIG, 0, "[backup] does not say %s%s%s",
			 no_destinations ? "destinations (where to)" : "",
			 no_destinations && no_full ? " and " : "",
			 no_full ? "full (which command)" : "");
}

const char *conf_vers_text(enum conf_vers vers)
{
	switch (vers) {
	case CONF_VERS_3:
		return "3";
	case CONF_VERS_4_0:
		return "4.0";
	case CONF_VERS_4_1:
		return "4.1";
	case CONF_VERS_4_2:
		return "4.2";
	}
	return "?";
}
