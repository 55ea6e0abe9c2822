/* SPDX-License-Identifier: MIT */
#include "lib/conf/load.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/strbuf.h"
#include "lib/conf/argv.h"
#include "lib/conf/conf.h"
#include "lib/conf/entries.h"
#include "lib/conf/key.h"
#include "lib/conf/nearest.h"
#include "lib/conf/problems.h"
#include "lib/conf/trusted.h"
#include "lib/conf/value.h"

/* A configuration has no reason to be larger; what is may be something else. */
#define FILE_MAX_SIZE (256 * 1024)

struct loader {
	struct conf *conf;
	struct problems *problems;
	const char *path; /* of the file being read, conf->files[file - 1] */
	unsigned file;
	/* The section that is open: NULL: none, or one that is not known. */
	enum section section;
	void *base;
};

static struct place at_line(const struct loader *l, unsigned line)
{
	return (struct place){ l->path, line };
}

/* ---- defaults ---- */

/* @fallback with the destination's name in the place of NAME. */
static char *expand(const char *fallback, const char *name)
{
	struct strbuf s = STRBUF_INIT;
	const char *at = name ? strstr(fallback, "NAME") : NULL;

	if (at) {
		strbuf_add(&s, fallback, (size_t)(at - fallback));
		strbuf_puts(&s, name);
		fallback = at + strlen("NAME");
	}
	strbuf_puts(&s, fallback);
	return strbuf_steal(&s);
}

static int set_defaults(enum section section, void *base, const char *name,
			struct error *err)
{
	for (const struct key *key = key_first(section); key; key = key_next(key)) {
		cleanup_free char *text = NULL;
		int r;

		if (!key->fallback)
			continue;
		text = expand(key->fallback, name);
		if (!text)
			return error_oom(err);
		r = value_parse(key, text, base, err);
		/* A default that its own key refuses is our bug. */
		assert(r == 0 || err->kind == ERROR_INTERNAL);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- sections ---- */

static int add_destination(struct loader *l, const char *name, unsigned line,
			   struct error *err)
{
	struct conf *conf = l->conf;
	struct conf_destination d = { .file = l->file, .line = line };
	struct conf_destination *all;
	int r;

	all = realloc(conf->destinations, (conf->n_destinations + 1) * sizeof(*all));
	if (!all)
		return error_oom(err);
	conf->destinations = all;
	d.name = strdup(name);
	if (!d.name)
		return error_oom(err);
	all[conf->n_destinations++] = d;
	r = set_defaults(SECTION_DESTINATION, &all[conf->n_destinations - 1], name, err);
	return r;
}

static int open_destination(struct loader *l, const char *name, unsigned line,
			    struct error *err)
{
	const struct conf_destination *d;
	int r;

	if (*name == '\0') {
		problems_error(l->problems, at_line(l, line),
			       "a destination needs a name: [destination NAME]");
		return 0;
	}
	r = value_check_name(name, err);
	if (r < 0) {
		problems_error(l->problems, at_line(l, line), "[destination]: %s",
			       err->msg);
		return 0;
	}
	if (!conf_find_destination(l->conf, name)) {
		r = add_destination(l, name, line, err);
		if (r < 0)
			return r;
	}
	d = conf_find_destination(l->conf, name);
	l->section = SECTION_DESTINATION;
	l->base = key_base(l->conf, SECTION_DESTINATION,
			   (size_t)(d - l->conf->destinations));
	return 0;
}

static int open_section(struct loader *l, const struct entry *e, struct error *err)
{
	size_t len = strcspn(e->section, " ");
	const char *name = e->section + len + strspn(e->section + len, " ");
	cleanup_free char *kind = strndup(e->section, len);
	struct nearest nearest = NEAREST_INIT(kind);
	char hint[80];

	l->base = NULL;
	if (!kind)
		return error_oom(err);
	for (enum section s = 0; s < SECTION_COUNT; s++) {
		nearest_offer(&nearest, section_table[s].name);
		if (strcmp(section_table[s].name, kind) != 0)
			continue;
		if (s == SECTION_DESTINATION)
			return open_destination(l, name, e->line, err);
		if (*name != '\0') {
			problems_error(l->problems, at_line(l, e->line),
				       "[%s] takes no name", kind);
			return 0;
		}
		if (s == SECTION_BACKUP)
			l->conf->backup.present = true;
		l->section = s;
		l->base = key_base(l->conf, s, 0);
		return 0;
	}
	problems_error(l->problems, at_line(l, e->line), "unknown section [%s]%s", kind,
		       nearest_hint(&nearest, hint, sizeof(hint)));
	return 0;
}

/* The same section twice in one file: mostly one was copied and not renamed. */
static void check_repeated(struct loader *l, const struct entries *entries, size_t n)
{
	const struct entry *e = &entries->items[n];

	for (size_t i = 0; i < n; i++) {
		const struct entry *other = &entries->items[i];

		if (other->key || strcmp(other->section, e->section) != 0)
			continue;
		problems_error(l->problems, at_line(l, e->line),
			       "[%s] is there already, in line %u", e->section,
			       other->line);
		return;
	}
}

/* ---- keys ---- */

static int take_key(struct loader *l, const struct entry *e, struct error *err)
{
	const struct key *key = key_find(l->section, e->key);
	struct conf_origin *origin;
	char hint[80];
	int r;

	if (!key) {
		problems_error(l->problems, at_line(l, e->line),
			       "unknown key '%s' in [%s]%s", e->key,
			       section_table[l->section].name,
			       key_hint(l->section, e->key, hint, sizeof(hint)));
		return 0;
	}
	origin = key_origin(key, l->base);
	if (origin->file == l->file) {
		problems_error(l->problems, at_line(l, e->line),
			       "'%s' is there already, in line %u", key->name,
			       origin->line);
		return 0;
	}
	/* Also when the value is wrong: then it is not missing as well. */
	*origin = (struct conf_origin){ l->file, e->line };
	r = value_parse(key, e->value, l->base, err);
	if (r == -ERROR_INTERNAL)
		return r;
	if (r < 0)
		problems_error(l->problems, at_line(l, e->line), "%s: %s", key->name,
			       err->msg);
	return 0;
}

static int take_entries(struct loader *l, const struct entries *entries,
			struct error *err)
{
	int r = 0;

	l->base = NULL;
	for (size_t i = 0; r == 0 && i < entries->n; i++) {
		const struct entry *e = &entries->items[i];

		if (!e->key) {
			check_repeated(l, entries, i);
			r = open_section(l, e, err);
		} else if (l->base) {
			r = take_key(l, e, err);
		}
	}
	return r;
}

/* ---- files ---- */

static int add_file(struct loader *l, const char *path, struct error *err)
{
	struct conf *conf = l->conf;
	char **files = realloc(conf->files, (conf->n_files + 1) * sizeof(*files));

	if (!files)
		return error_oom(err);
	conf->files = files;
	files[conf->n_files] = strdup(path);
	if (!files[conf->n_files])
		return error_oom(err);
	l->path = files[conf->n_files++];
	l->file = (unsigned)conf->n_files;
	return 0;
}

static int take_text(struct loader *l, const char *path, const char *text, size_t len,
		     struct error *err)
{
	struct entries entries;
	int r = add_file(l, path, err);

	if (r < 0)
		return r;
	r = entries_read(l->path, text, len, &entries, l->problems, err);
	if (r < 0)
		return r;
	r = take_entries(l, &entries, err);
	entries_done(&entries);
	return r;
}

static int load_file(struct loader *l, const char *path, bool must_exist,
		     struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len;
	int r = trusted_read(path, FILE_MAX_SIZE, &text, &len, err);

	if (r == -ERROR_INTERNAL)
		return r;
	if (r < 0)
		problems_take(l->problems, (struct place){ path, 0 }, err);
	else if (r == TRUSTED_READ)
		return take_text(l, path, text, len, err);
	else if (must_exist)
		problems_error(l->problems, (struct place){ path, 0 },
			       "no such file; nfsafe config example prints one");
	return 0;
}

/* conf.d beside @path. */
static int load_directory(struct loader *l, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	struct strbuf dir = STRBUF_INIT, file = STRBUF_INIT;
	char **names = NULL;
	int r;

	strbuf_add(&dir, path, slash ? (size_t)(slash + 1 - path) : 0);
	strbuf_puts(&dir, "conf.d");
	r = dir.failed ? error_oom(err) : trusted_list(dir.text, ".conf", &names, err);
	if (r < 0 && r != -ERROR_INTERNAL) {
		problems_take(l->problems, (struct place){ dir.text, 0 }, err);
		r = 0;
	}
	for (size_t i = 0; r >= 0 && names && names[i]; i++) {
		file.len = 0;
		strbuf_printf(&file, "%s/%s", dir.text, names[i]);
		r = file.failed ? error_oom(err) : load_file(l, file.text, true, err);
	}
	argv_free(names);
	strbuf_done(&dir);
	strbuf_done(&file);
	return r < 0 ? r : 0;
}

/* ---- the whole ---- */

static void check_source(const struct loader *l, const struct conf_destination *d)
{
	const struct key *key = key_find(SECTION_DESTINATION, "source");
	struct place place = { l->conf->files[d->file - 1], d->line };

	if (key_origin(key, d)->file == 0)
		problems_error(l->problems, place, "[destination %s] has no source",
			       d->name);
}

static int begin(struct loader *l, struct error *err)
{
	int r = 0;

	for (enum section s = 0; r == 0 && s < SECTION_COUNT; s++) {
		if (s != SECTION_DESTINATION)
			r = set_defaults(s, key_base(l->conf, s, 0), NULL, err);
	}
	return r;
}

static void finish(const struct loader *l)
{
	for (size_t i = 0; i < l->conf->n_destinations; i++)
		check_source(l, &l->conf->destinations[i]);
}

int load_files(const char *path, bool must_exist, struct conf *conf,
	       struct problems *problems, struct error *err)
{
	struct loader l = { .conf = conf, .problems = problems };
	int r = begin(&l, err);

	if (r == 0)
		r = load_file(&l, path, must_exist, err);
	if (r == 0)
		r = load_directory(&l, path, err);
	if (r == 0)
		finish(&l);
	return r;
}

int load_text(const char *name, const char *text, size_t len, struct conf *conf,
	      struct problems *problems, struct error *err)
{
	struct loader l = { .conf = conf, .problems = problems };
	int r = begin(&l, err);

	if (r == 0)
		r = take_text(&l, name, text, len, err);
	if (r == 0)
		finish(&l);
	return r;
}
