/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_CONF_FILES_H
#define TESTS_UNIT_CONF_FILES_H

/* A directory with configuration files in it, for one test. */

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/conf/conf.h"
#include "lib/conf/problems.h"

struct files {
	char dir[64];
};

static inline struct files files_make(void)
{
	struct files f = { "/tmp/nfsafe-conf-XXXXXX" };

	cr_assert_not_null(mkdtemp(f.dir));
	return f;
}

static inline void files_remove(const struct files *f)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf -- '%s'", f->dir);
	cr_assert_eq(system(command), 0);
}

#define FILES(name)                                                                      \
	__attribute__((cleanup(files_remove))) struct files name = files_make()

static inline const char *files_at(const struct files *f, const char *name,
				   char buf[PATH_MAX])
{
	(void)snprintf(buf, PATH_MAX, "%s/%s", f->dir, name);
	return buf;
}

/* Write @name with @text, mode 0644; "conf.d/…" makes the directory. */
static inline void files_put(const struct files *f, const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *out;

	if (strncmp(name, "conf.d/", 7) == 0)
		(void)mkdir(files_at(f, "conf.d", path), 0755);
	out = fopen(files_at(f, name, path), "w");
	cr_assert_not_null(out, "%s", path);
	cr_assert_geq(fputs(text, out), 0);
	cr_assert_eq(fclose(out), 0);
	cr_assert_eq(chmod(path, 0644), 0);
}

/* conf_load() of nfsafe.conf in @f. */
static inline int files_load(const struct files *f, struct conf *conf,
			     struct problems *problems, struct error *err)
{
	char path[PATH_MAX];

	return conf_load(files_at(f, "nfsafe.conf", path), true, conf, problems, err);
}

/* All problems, one a line, without the directory. */
static inline void files_problems(const struct files *f, const struct problems *p,
				  char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < p->n; i++) {
		char line[600];
		const char *text = line;

		problem_format(&p->items[i], line, sizeof(line));
		if (strncmp(line, f->dir, strlen(f->dir)) == 0)
			text += strlen(f->dir) + 1;
		len += (size_t)snprintf(buf + len, size - len, "%s\n", text);
		cr_assert_lt(len, size);
	}
}

/* That @text as nfsafe.conf has exactly the problems @expected, one a line. */
static inline void files_expect(const char *text, const char *expected)
{
	struct problems problems = PROBLEMS_INIT;
	struct conf conf = { 0 };
	struct error err;
	char found[4096], path[PATH_MAX];
	FILES(f);

	files_put(&f, "nfsafe.conf", text);
	cr_assert_eq(conf_examine(files_at(&f, "nfsafe.conf", path), true, &conf,
				  &problems, &err),
		     0);
	files_problems(&f, &problems, found, sizeof(found));
	cr_expect_str_eq(found, expected);
	problems_done(&problems);
	conf_done(&conf);
}

#endif
