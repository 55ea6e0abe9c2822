/* SPDX-License-Identifier: MIT */
#include "lib/conf/example.h"

#include "lib/base/strbuf.h"
#include "lib/conf/key.h"
#include "tests/unit/conf/files.h"

Test(example, is_a_configuration_without_problems)
{
	struct strbuf out = STRBUF_INIT;

	example_write(&out);
	files_expect(strbuf_str(&out), "");
	strbuf_done(&out);
}

/* What stands there commented out has to be right, too, once it is not. */
Test(example, is_one_as_well_when_every_key_is_set)
{
	struct strbuf out = STRBUF_INIT;
	struct problems problems = PROBLEMS_INIT;
	struct conf conf;
	struct error err;
	char *text;
	size_t len = 0;
	FILES(f);

	example_write(&out);
	text = calloc(1, out.len + 1);
	cr_assert_not_null(text);
	for (const char *p = strbuf_str(&out); *p; p++) {
		bool commented_key =
			*p == ';' && p[1] != ' ' && p[1] != '\n' && p[-1] == '\n';

		if (!commented_key)
			text[len++] = *p;
	}
	files_put(&f, "nfsafe.conf", text);
	cr_assert_eq(files_load(&f, &conf, &problems, &err), 0, "%s", err.msg);
	cr_expect_eq(problems.n, 0);
	for (const struct key *key = key_table; key->name; key++)
		cr_expect_neq(key_origin(key, key_base(&conf, key->section, 0))->line, 0,
			      "%s is not in the example", key->name);
	cr_expect_eq(conf_require_backup(&conf, &err), 0);
	conf_done(&conf);
	problems_done(&problems);
	strbuf_done(&out);
	free(text);
}

Test(example, leaves_defaults_as_they_are)
{
	struct strbuf out = STRBUF_INIT;
	struct conf conf;
	struct error err;
	FILES(f);

	example_write(&out);
	files_put(&f, "nfsafe.conf", strbuf_str(&out));
	cr_assert_eq(files_load(&f, &conf, NULL, &err), 0);
	for (const struct key *key = key_table; key->name; key++) {
		const struct conf_origin *o =
			key_origin(key, key_base(&conf, key->section, 0));

		cr_expect_eq(o->file > 0, key->required != NULL, "%s", key->name);
	}
	conf_done(&conf);
	strbuf_done(&out);
}
