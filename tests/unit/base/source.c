/* SPDX-License-Identifier: MIT */
#include "lib/base/source.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/macro.h"

Test(source, names_addresses_and_brackets_are_split)
{
	static const struct {
		const char *text, *server, *export;
	} good[] = {
		{ "nas1:/export", "nas1", "/export" },
		{ "nas1.example.net:/", "nas1.example.net", "/" },
		{ "192.0.2.7:/a/b", "192.0.2.7", "/a/b" },
		{ "[2001:db8::1]:/x", "2001:db8::1", "/x" },
		{ "[fe80::1%eth0]:/x", "fe80::1%eth0", "/x" },
		{ "nas_1:/with space:/and, comma", "nas_1", "/with space:/and, comma" },
	};
	struct source s;
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cr_assert_eq(source_parse(good[i].text, &s, &err), 0, "%s: %s",
			     good[i].text, err.msg);
		cr_expect_str_eq(s.server, good[i].server);
		cr_expect_str_eq(s.export, good[i].export);
	}
}

Test(source, what_is_none_is_refused_and_named)
{
	static const char *const bad[] = {
		"",        "nas1",        "nas1:", "nas1:export", ":/export",
		"/export", "[::1:/x",     "[]:/x", "[::1]/x",     "na s:/x",
		"nas1;/x", "user@nas:/x", "[",     "[::1]:",      "::1]:/x",
	};
	struct source s;
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cr_assert_eq(source_parse(bad[i], &s, &err), -ERROR_USAGE, "%s", bad[i]);
		cr_expect(strstr(err.msg, bad[i]) != NULL, "%s", err.msg);
	}
}

Test(source, control_characters_are_refused_and_not_repeated)
{
	struct source s;
	struct error err;

	cr_assert_eq(source_parse("nas1:/x\ny", &s, &err), -ERROR_USAGE);
	cr_expect(strchr(err.msg, '\n') == NULL);
	cr_assert_eq(source_parse("nas1\x7f:/x", &s, &err), -ERROR_USAGE);
}

Test(source, an_address_without_brackets_gets_a_hint)
{
	struct source s;
	struct error err;

	cr_assert_eq(source_parse("2001:db8::1:/x", &s, &err), -ERROR_USAGE);
	cr_expect(strstr(err.msg, "brackets"), "%s", err.msg);
}

Test(source, lengths_are_bounded_not_cut)
{
	char text[SOURCE_SERVER_SIZE + SOURCE_EXPORT_SIZE + 8];
	struct source s;
	struct error err;

	memset(text, 'a', sizeof(text));
	memcpy(text + SOURCE_SERVER_SIZE - 1, ":/x", 4);
	cr_expect_eq(source_parse(text, &s, &err), 0);
	cr_expect_eq(strlen(s.server), SOURCE_SERVER_SIZE - 1);
	memset(text, 'a', sizeof(text));
	memcpy(text + SOURCE_SERVER_SIZE, ":/x", 4);
	cr_expect_eq(source_parse(text, &s, &err), -ERROR_USAGE);

	memset(text, 'a', sizeof(text));
	text[1] = ':';
	text[2] = '/';
	text[2 + SOURCE_EXPORT_SIZE - 1] = '\0';
	cr_expect_eq(source_parse(text, &s, &err), 0);
	cr_expect_eq(strlen(s.export), SOURCE_EXPORT_SIZE - 1);
	memset(text + 3, 'a', sizeof(text) - 3);
	text[2 + SOURCE_EXPORT_SIZE] = '\0';
	cr_expect_eq(source_parse(text, &s, &err), -ERROR_USAGE);
}
