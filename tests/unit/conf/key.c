/* SPDX-License-Identifier: MIT */
#include "lib/conf/key.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/strbuf.h"
#include "lib/conf/value.h"

union base {
	struct conf_nfsafe nfsafe;
	struct conf_destination destination;
	struct conf_backup backup;
	struct conf_schedule schedule;
};

Test(key, the_table_is_complete_and_in_order)
{
	enum section last = 0;

	for (const struct key *key = key_table; key->name; key++) {
		cr_expect(key->section >= last && key->section < SECTION_COUNT, "%s",
			  key->name);
		last = key->section;
		cr_expect(key->help && key->text && key->example, "%s", key->name);
		/* The manual makes a sentence of it. */
		cr_expect(islower((unsigned char)key->help[0]) ||
				  strncmp(key->help, "TCP", 3) == 0,
			  "%s: %s", key->name, key->help);
		cr_expect_neq(key->help[strlen(key->help) - 1], '.', "%s", key->name);
		cr_expect_eq(key->text[strlen(key->text) - 1], '.', "%s", key->name);
		cr_expect_leq(strlen(key->help), 78 - 23, "%s", key->name);
		cr_expect(key->required || key->fallback, "%s", key->name);
		/* What libinih keeps of a name. */
		cr_expect_lt(strlen(key->name), 50, "%s", key->name);
	}
	cr_expect_eq(last, SECTION_COUNT - 1);
}

Test(key, no_name_is_there_twice)
{
	/* Also in two sections: `config explain KEY` takes the bare name. */
	for (const struct key *a = key_table; a->name; a++) {
		for (const struct key *b = a + 1; b->name; b++)
			cr_expect_str_neq(a->name, b->name);
	}
}

Test(key, defaults_and_examples_are_values)
{
	for (const struct key *key = key_table; key->name; key++) {
		union base base = { 0 };
		struct error err;

		if (key->fallback)
			cr_expect_eq(value_parse(key, key->fallback, &base, &err), 0,
				     "%s = %s: %s", key->name, key->fallback, err.msg);
		cr_expect_eq(value_parse(key, key->example, &base, &err), 0,
			     "%s = %s: %s", key->name, key->example, err.msg);
		value_done(key, &base);
	}
}

Test(key, sections_are_walked_and_have_their_own_origins)
{
	struct conf_destination d[2] = { 0 };
	struct conf conf = { .destinations = d, .n_destinations = 2 };
	size_t n = 0;

	for (enum section s = 0; s < SECTION_COUNT; s++) {
		size_t in_section = 0;

		for (const struct key *key = key_first(s); key; key = key_next(key)) {
			cr_expect_eq(key->section, s);
			cr_expect_eq(key_find(s, key->name), key);
			key_origin(key, key_base(&conf, s, 0))->line = 7;
			in_section++;
		}
		cr_expect_leq(in_section, CONF_KEYS_MAX);
		n += in_section;
	}
	cr_expect_null(key_table[n].name);
	cr_expect_eq(conf.nfsafe.origins[1].line, 7);
	cr_expect_eq(conf.nfsafe.origins[2].line, 0);
	cr_expect_eq(d[0].origins[0].line, 7);
	cr_expect_eq(d[1].origins[0].line, 0);
	cr_expect_eq(conf.schedule.origins[3].line, 7);
}

Test(key, each_struct_of_a_section_is_found)
{
	struct conf_destination d[2] = { 0 };
	struct conf conf = { .destinations = d, .n_destinations = 2 };

	cr_expect_eq(key_base(&conf, SECTION_NFSAFE, 0), &conf.nfsafe);
	cr_expect_null(key_base(&conf, SECTION_NFSAFE, 1));
	cr_expect_eq(key_base(&conf, SECTION_DESTINATION, 1), &d[1]);
	cr_expect_null(key_base(&conf, SECTION_DESTINATION, 2));
	cr_expect_eq(key_base(&conf, SECTION_BACKUP, 0), &conf.backup);
	cr_expect_eq(key_base(&conf, SECTION_SCHEDULE, 0), &conf.schedule);
}

Test(key, an_unknown_one_gets_a_hint)
{
	char buf[80];

	cr_expect_null(key_find(SECTION_BACKUP, "source"));
	cr_expect_str_eq(key_hint(SECTION_BACKUP, "source", buf, sizeof(buf)),
			 " (it belongs into [destination NAME])");
	cr_expect_str_eq(key_hint(SECTION_DESTINATION, "window", buf, sizeof(buf)),
			 " (it belongs into [schedule])");
	cr_expect_str_eq(key_hint(SECTION_DESTINATION, "max_stal", buf, sizeof(buf)),
			 " (did you mean 'max_stall'?)");
	cr_expect_str_eq(key_hint(SECTION_SCHEDULE, "max_stal", buf, sizeof(buf)), "");
}
