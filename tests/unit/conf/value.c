/* SPDX-License-Identifier: MIT */
#include "lib/conf/value.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/macro.h"
#include "lib/base/strbuf.h"

/* Large enough for each section's struct. */
union base {
	struct conf_nfsafe nfsafe;
	struct conf_destination destination;
	struct conf_backup backup;
	struct conf_schedule schedule;
};

static const struct key *key_named(const char *name)
{
	for (const struct key *key = key_table; key->name; key++) {
		if (strcmp(key->name, name) == 0)
			return key;
	}
	cr_assert_fail("%s", name);
	return NULL;
}

static const struct {
	const char *key;
	const char *text;
	const char *shown; /* NULL: as written */
} good[] = {
	{ "mountpoint", "/a", NULL },
	{ "mountpoint", "/", NULL },
	{ "mountpoint", "//a///b.c/..d/", "/a/b.c/..d" },
	{ "mountpoint", "/with space/and#this", NULL },
	{ "source", "nas:/x", NULL },
	{ "source", "[2001:db8::1]:/x", NULL },
	{ "options", "", NULL },
	{ "options", "hard,wsize=4096", NULL },
	{ "user", "zimbra", NULL },
	{ "user", "_a-b.c$", NULL },
	{ "user", "0x", NULL },
	{ "max_stall", "10s", NULL },
	{ "max_stall", "90s", "1m30s" },
	{ "max_stall", "24h", "1d" },
	{ "port", "0", NULL },
	{ "port", "65535", NULL },
	{ "min_free", "0%", NULL },
	{ "min_free", "99%", NULL },
	{ "min_free", "10GiB", NULL },
	{ "min_free", "1536M", "1536MiB" },
	{ "min_free", "1.5G", "1536MiB" },
	{ "min_free", "100B", NULL },
	{ "vers", "3", NULL },
	{ "vers", "4.0", NULL },
	{ "vers", "4.1", NULL },
	{ "vers", "4.2", NULL },
	{ "driver", "command", NULL },
	{ "destinations", "a  b-1 c.d_e", "a b-1 c.d_e" },
	{ "full", "/bin/b 'a b' c", NULL },
	{ "incremental", "", NULL },
	{ "full_on", "Sat", NULL },
	{ "full_on", "sat SUN Wed", "Sun Wed Sat" },
	{ "full_on", "", NULL },
	{ "window", "", NULL },
	{ "window", "22:00-06:00", NULL },
	{ "window", "00:00-24:00", NULL },
	{ "window", "23:59-00:01", NULL },
};

static const struct {
	const char *key;
	const char *text;
	const char *says;
} bad[] = {
	{ "mountpoint", "", "no value: expected an absolute path" },
	{ "mountpoint", "a/b", "not an absolute path" },
	{ "mountpoint", "/a/../b", "without '.' and '..'" },
	{ "mountpoint", "/a/.", "without '.' and '..'" },
	{ "mountpoint", "/a # b", "begins with ';'" },
	{ "source", "", "no value" },
	{ "source", "nas", "SERVER:/EXPORT" },
	{ "user", "", "no value" },
	{ "user", "1000", "not the name of a user" },
	{ "user", "-x", "not the name of a user" },
	{ "user", "a b", "not the name of a user" },
	{ "max_stall", "9s", "9s is less than 10s" },
	{ "max_stall", "25h", "25h is more than 1d" },
	{ "max_stall", "60", "not a duration" },
	{ "max_stall", "5s # x", "not a duration" },
	{ "port", "65536", "not between 0 and 65535" },
	{ "port", "-1", "not a number" },
	{ "port", "nfs", "not a number" },
	{ "min_free", "100%", "percentage" },
	{ "min_free", "1.5%", "percentage" },
	{ "min_free", "%", "percentage" },
	{ "min_free", "111111111111111111111111111%", "percentage" },
	{ "min_free", "10", "percentage" },
	{ "vers", "4", "none of 3, 4.0, 4.1, 4.2" },
	{ "vers", "2", "none of" },
	{ "driver", "zimbra", "later version" },
	{ "driver", "archive", "later version" },
	{ "driver", "rsync", "'rsync' is not command" },
	{ "destinations", "a b a", "'a' is there twice" },
	{ "destinations", "a,b", "not a name" },
	{ "destinations", "a -b", "not a name" },
	{ "full", "backup --full", "not an absolute path" },
	{ "full", "''", "not an absolute path" },
	{ "full", "/bin/b | c", "shell" },
	{ "full_on", "Saturday", "none of Sun" },
	{ "full_on", "Sat sat", "there twice" },
	{ "window", "22:00", "not a window" },
	{ "window", "22:00-6:00", "not a window" },
	{ "window", "22:00 06:00", "not a window" },
	{ "window", "24:00-06:00", "a time is from" },
	{ "window", "22:00-24:01", "a time is from" },
	{ "window", "22:60-23:00", "a time is from" },
	{ "window", "2x:00-23:00", "a time is from" },
	{ "window", "22:00-22:00", "no length" },
};

Test(value, what_is_right_is_taken_and_shown_so_that_it_reads_back)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		const struct key *key = key_named(good[i].key);
		union base base = { 0 };
		struct strbuf out = STRBUF_INIT, again = STRBUF_INIT;
		struct error err;

		cr_assert_eq(value_parse(key, good[i].text, &base, &err), 0, "%s = %s",
			     key->name, good[i].text);
		value_format(key, &base, &out);
		cr_expect_str_eq(strbuf_str(&out),
				 good[i].shown ? good[i].shown : good[i].text);
		cr_assert_eq(value_parse(key, strbuf_str(&out), &base, &err), 0,
			     "%s = %s", key->name, out.text);
		value_format(key, &base, &again);
		cr_expect_str_eq(strbuf_str(&again), strbuf_str(&out));
		value_done(key, &base);
		value_done(key, &base);
		strbuf_done(&out);
		strbuf_done(&again);
	}
}

Test(value, what_is_wrong_is_named_and_changes_nothing)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct key *key = key_named(bad[i].key);
		union base base, before;
		struct error err;

		memset(&base, 0, sizeof(base));
		memset(&before, 0, sizeof(before));
		cr_assert_eq(value_parse(key, bad[i].text, &base, &err), -ERROR_USAGE,
			     "%s = %s", key->name, bad[i].text);
		cr_expect(strstr(err.msg, bad[i].says), "%s = %s: %s", key->name,
			  bad[i].text, err.msg);
		cr_expect_eq(memcmp(&base, &before, sizeof(base)), 0);
	}
}

Test(value, fields_get_what_the_text_means)
{
	struct conf_destination d = { 0 };
	struct conf_backup b = { 0 };
	struct conf_schedule s = { 0 };
	struct error err;

	cr_assert_eq(value_parse(key_named("max_stall"), "1m30s", &d, &err), 0);
	cr_expect_eq(d.max_stall_ms, 90000);
	cr_assert_eq(value_parse(key_named("vers"), "4.1", &d, &err), 0);
	cr_expect_eq(d.vers, CONF_VERS_4_1);
	cr_assert_eq(value_parse(key_named("min_free"), "10%", &d, &err), 0);
	cr_expect(d.min_free.is_percent && d.min_free.value == 10);
	cr_assert_eq(value_parse(key_named("min_free"), "1GiB", &d, &err), 0);
	cr_expect(!d.min_free.is_percent && d.min_free.value == 1073741824);
	cr_assert_eq(value_parse(key_named("full"), "/b 'c d'", &b, &err), 0);
	cr_expect(strcmp(b.full[1], "c d") == 0 && !b.full[2]);
	value_done(key_named("full"), &b);
	cr_assert_eq(value_parse(key_named("full_on"), "Sun Sat", &s, &err), 0);
	cr_expect_eq(s.full_on, CONF_DAY(0) | CONF_DAY(6));
	cr_assert_eq(value_parse(key_named("window"), "22:30-24:00", &s, &err), 0);
	cr_expect(!s.window.always && s.window.from_min == 1350 && s.window.to_min == 0);
	cr_assert_eq(value_parse(key_named("window"), "", &s, &err), 0);
	cr_expect(s.window.always);
}

Test(value, a_path_that_is_too_long_is_refused)
{
	struct conf_destination d = { 0 };
	struct error err;
	char path[1002];

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[1001] = '\0';
	cr_expect_eq(value_parse(key_named("mountpoint"), path, &d, &err), -ERROR_USAGE);
	path[1000] = '\0';
	cr_expect_eq(value_parse(key_named("mountpoint"), path, &d, &err), 0);
	value_done(key_named("mountpoint"), &d);
}

Test(value, names_of_destinations)
{
	static const char *const fine[] = { "a", "nas1", "A-b_c.d", "0" };
	static const char *const wrong[] = {
		"",   "-a",  ".a",
		"_a", "a b", "a/b",
		"ä",  "a'b", "a23456789012345678901234567890123",
	};
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(fine); i++)
		cr_expect_eq(value_check_name(fine[i], &err), 0, "%s", fine[i]);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		cr_expect_eq(value_check_name(wrong[i], &err), -ERROR_USAGE, "%s",
			     wrong[i]);
	cr_expect_eq(value_check_name(wrong[8] + 1, &err), 0);
}

Test(value, limits_are_described)
{
	char buf[80];

	cr_expect_str_eq(value_describe(key_named("max_stall"), buf, sizeof(buf)),
			 "a duration from 10s to 1d");
	cr_expect_str_eq(value_describe(key_named("window"), buf, sizeof(buf)),
			 "HH:MM-HH:MM");
}
