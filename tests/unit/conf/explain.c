/* SPDX-License-Identifier: MIT */
#include "lib/conf/explain.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/json.h"
#include "lib/base/strbuf.h"

Test(explain, a_key_is_found_with_and_without_its_section)
{
	const struct key *key, *same;
	struct error err;

	for (const struct key *k = key_table; k->name; k++) {
		char name[80];

		cr_assert_eq(explain_find(k->name, &key, &err), 0);
		cr_expect_eq(key, k);
		(void)snprintf(name, sizeof(name), "%s.%s",
			       section_table[k->section].name, k->name);
		cr_assert_eq(explain_find(name, &same, &err), 0);
		cr_expect_eq(same, k);
	}
}

Test(explain, an_unknown_one_is_refused_with_the_nearest)
{
	const struct key *key = NULL;
	struct error err;

	cr_expect_eq(explain_find("max_stal", &key, &err), -ERROR_USAGE);
	cr_expect_str_eq(err.msg,
			 "there is no key 'max_stal' (did you mean 'max_stall'?)");
	cr_expect_eq(explain_find("backup.max_stall", &key, &err), -ERROR_USAGE);
	cr_expect_str_eq(err.msg, "there is no key 'max_stall' in [backup] (it belongs "
				  "into [destination NAME])");
	cr_expect_eq(explain_find("backup.usr", &key, &err), -ERROR_USAGE);
	cr_expect_str_eq(err.msg,
			 "there is no key 'usr' in [backup] (did you mean 'user'?)");
	cr_expect_eq(explain_find("dest.max_stall", &key, &err), -ERROR_USAGE);
	cr_expect_eq(explain_find("", &key, &err), -ERROR_USAGE);
	cr_expect_null(key);
}

Test(explain, the_text_has_everything)
{
	struct strbuf out = STRBUF_INIT;
	const struct key *key;
	struct error err;

	cr_assert_eq(explain_find("max_stall", &key, &err), 0);
	explain_text(key, &out);
	cr_expect_eq(
		strncmp(out.text, "max_stall, in [destination NAME]: the longest", 40),
		0);
	cr_expect(strstr(out.text, "  value    a duration from 10s to 1d\n"));
	cr_expect(strstr(out.text, "  default  60s\n"));
	cr_expect(strstr(out.text, "  example  max_stall = 60s\n"));
	strbuf_done(&out);
	cr_assert_eq(explain_find("full", &key, &err), 0);
	explain_text(key, &out);
	cr_expect(strstr(out.text, "  default  none; required by nfsafe run\n"));
	strbuf_done(&out);
	cr_assert_eq(explain_find("window", &key, &err), 0);
	explain_text(key, &out);
	cr_expect(strstr(out.text, "  default  empty\n"));
	strbuf_done(&out);
}

Test(explain, the_list_and_the_manual_name_every_key)
{
	struct strbuf list = STRBUF_INIT, mdoc = STRBUF_INIT;

	explain_list(&list);
	explain_mdoc(&mdoc);
	for (const struct key *key = key_table; key->name; key++) {
		char text[80];

		(void)snprintf(text, sizeof(text), "\n  %s ", key->name);
		cr_expect(strstr(list.text, text), "%s", key->name);
		(void)snprintf(text, sizeof(text), "\n.It Ic %s ", key->name);
		cr_expect(strstr(mdoc.text, text), "%s", key->name);
	}
	strbuf_done(&list);
	strbuf_done(&mdoc);
}

/* A backslash or a dot at the wrong place would vanish from the manual. */
Test(explain, the_manual_escapes_what_mdoc_would_take)
{
	struct strbuf mdoc = STRBUF_INIT;

	explain_mdoc(&mdoc);
	cr_expect(strstr(mdoc.text, "\\&'...',"));
	cr_expect(strstr(mdoc.text, "\\e;"));
	for (const char *p = mdoc.text; (p = strchr(p, '\\')); p++)
		cr_expect(p[1] == 'e' || p[1] == '&', "%.30s", p);
	cr_expect_null(strstr(mdoc.text, "\n'"));
	for (const char *p = mdoc.text; (p = strstr(p, "\n.")); p++)
		cr_expect(strchr("ABEIPQRS", p[2]), "%.30s", p);
	strbuf_done(&mdoc);
}

Test(explain, json_has_null_for_what_must_be_given)
{
	struct strbuf out = STRBUF_INIT;
	struct json json = JSON_INIT(&out);
	const struct key *key;
	struct error err;

	cr_assert_eq(explain_find("source", &key, &err), 0);
	explain_json(key, &json);
	cr_expect(strstr(out.text, "\"section\":\"destination\",\"key\":\"source\""));
	cr_expect(strstr(out.text,
			 "\"default\":null,\"required_by\":\"every destination\""));
	strbuf_done(&out);
}
