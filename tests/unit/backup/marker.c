/* SPDX-License-Identifier: MIT */
#include "lib/backup/marker.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/base/error.h"
#include "lib/base/macro.h"

#define HEAD "format = 1\nhost = zm2.example.net\n"
#define MACHINE "machine = 0123456789abcdef0123456789abcdef\n"
#define DESTINATION "destination = nas1\n"
#define UUID "uuid = 01234567-89ab-4def-8123-456789abcdef\n"

static const struct marker ours = {
	.host = "zm2.example.net",
	.machine = "0123456789abcdef0123456789abcdef",
	.destination = "nas1",
	.uuid = "01234567-89ab-4def-8123-456789abcdef",
};

static int parse(const char *text, struct marker *m, struct error *err)
{
	return marker_parse(text, strlen(text), m, err);
}

Test(marker, what_is_written_is_read_back)
{
	char text[MARKER_TEXT_MAX];
	struct marker m;
	struct error err;
	int len = marker_format(&ours, text, sizeof(text), &err);

	cr_assert_gt(len, 0);
	cr_assert_eq(marker_parse(text, (size_t)len, &m, &err), 0, "%s", err.msg);
	cr_expect_str_eq(m.host, ours.host);
	cr_expect_str_eq(m.machine, ours.machine);
	cr_expect_str_eq(m.destination, ours.destination);
	cr_expect_str_eq(m.uuid, ours.uuid);
	cr_expect_eq(text[0], '#', "a person who finds it is told what it is");
	cr_expect_eq(marker_format(&ours, text, 100, &err), -ERROR_INTERNAL);
}

Test(marker, order_comments_and_the_last_newline_do_not_matter)
{
	struct marker m;
	struct error err;

	cr_expect_eq(parse("# x\n\n" UUID DESTINATION "# \x01\n" MACHINE
			   "host = zm2.example.net\nformat = 1",
			   &m, &err),
		     0, "%s", err.msg);
	cr_expect_str_eq(m.host, ours.host);
}

Test(marker, what_is_not_exactly_a_marker_is_refused)
{
	static const struct {
		const char *text, *words;
	} bad[] = {
		{ "", "format is missing" },
		{ HEAD MACHINE DESTINATION, "uuid is missing" },
		{ HEAD DESTINATION UUID, "machine is missing" },
		{ HEAD MACHINE DESTINATION UUID "color = red\n", "line 6" },
		{ HEAD MACHINE DESTINATION UUID DESTINATION, "line 6" },
		{ "format = 2\n", "line 1" },
		{ "format = 1\nhost = \n", "line 2" },
		{ "format = 1\nhost = a\tb\n", "line 2" },
		{ "format = 1\nhost = a \n", "line 2" },
		{ "format = 1\nhost = \x1b[31m\n", "line 2" },
		{ "format = 1\nhost = z\xc3\xa9\n", "line 2" },
		{ "format = 1\r\nhost = a\r\n", "line 1" },
		{ "format=1\n", "line 1" },
		{ " format = 1\n", "line 1" },
		{ "format = 1\nmachine = 0123456789ABCDEF0123456789ABCDEF\n", "line 2" },
		{ "format = 1\nmachine = 0123456789abcdef\n", "line 2" },
		{ "format = 1\nuuid = 0123456789ab-4def-8123-456789abcdef01\n",
		  "line 2" },
		{ "format = 1\nuuid = 01234567-89ab-4def-8123-456789abcdeg\n", "line 2" },
	};
	struct marker m;
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cr_expect_eq(parse(bad[i].text, &m, &err), -ERROR_UNSAFE, "%zu", i);
		cr_expect(strstr(err.msg, bad[i].words), "%zu: %s", i, err.msg);
	}
	cr_expect_eq(marker_parse("format = 1\0\n", 12, &m, &err), -ERROR_UNSAFE);
}

Test(marker, what_does_not_fit_is_refused)
{
	char text[2 * MARKER_TEXT_MAX];
	struct marker m;
	struct error err;

	(void)snprintf(text, sizeof(text), "format = 1\nhost = %0*d\n",
		       MARKER_HOST_SIZE - 1, 0);
	cr_expect_eq(parse(text, &m, &err), -ERROR_UNSAFE);
	cr_expect(strstr(err.msg, "machine is missing"), "%s", err.msg);
	(void)snprintf(text, sizeof(text), "format = 1\nhost = %0*d\n", MARKER_HOST_SIZE,
		       0);
	cr_expect_eq(parse(text, &m, &err), -ERROR_UNSAFE);
	cr_expect(strstr(err.msg, "line 2"), "%s", err.msg);
	memset(text, '#', sizeof(text));
	cr_expect_eq(marker_parse(text, MARKER_TEXT_MAX + 1, &m, &err), -ERROR_UNSAFE);
	cr_expect(strstr(err.msg, "larger"), "%s", err.msg);
}

static void expect_verdict(struct marker found, const char *pinned,
			   enum marker_verdict verdict, const char *words)
{
	struct error why = { .msg = "" };

	cr_expect_eq(marker_compare(&found, &ours, pinned, &why), verdict);
	cr_expect(strstr(why.msg, words), "'%s' is not in '%s'", words, why.msg);
}

Test(marker, whose_it_is)
{
	struct marker m = ours;

	expect_verdict(m, NULL, MARKER_OURS, "");
	expect_verdict(m, ours.uuid, MARKER_OURS, "");
	expect_verdict(m, "11111111-89ab-4def-8123-456789abcdef", MARKER_OTHER_UUID,
		       "not the one that was pinned");
	(void)snprintf(m.destination, sizeof(m.destination), "nas2");
	expect_verdict(m, ours.uuid, MARKER_OTHER_DESTINATION, "destination 'nas2'");
	(void)snprintf(m.host, sizeof(m.host), "zm2-clone");
	expect_verdict(m, ours.uuid, MARKER_OTHER_NAME, "a clone, or renamed");
	m.machine[0] = 'f';
	expect_verdict(m, ours.uuid, MARKER_OTHER_HOST, "another host, zm2-clone");
}

/* By python3: hmac.new(machine, application, sha256), then the bits of version 4. */
Test(marker, the_machine_is_told_as_systemd_does)
{
	char machine[MARKER_MACHINE_SIZE];
	struct error err;

	cr_assert_eq(
		marker_machine("0123456789abcdef0123456789abcdef\n", 33, machine, &err),
		0, "%s", err.msg);
	cr_expect_str_eq(machine, "6ad566bf6c28488abdb4a51af4c53057");
	cr_expect_eq(marker_machine("uninitialized\n", 14, machine, &err), -ERROR_SYSTEM);
	cr_expect_eq(marker_machine("", 0, machine, &err), -ERROR_SYSTEM);
}

Test(marker, a_new_one_is_this_hosts_and_never_the_same)
{
	struct marker a, b;
	struct utsname host;
	struct error err;
	char text[MARKER_TEXT_MAX];
	int len;

	if (marker_new("nas1", &a, &err) < 0)
		cr_skip("%s", err.msg);
	cr_assert_eq(marker_new("nas1", &b, &err), 0);
	cr_assert_eq(uname(&host), 0);
	cr_expect_str_eq(a.host, host.nodename);
	cr_expect_str_eq(a.machine, b.machine);
	cr_expect_str_neq(a.uuid, b.uuid);
	cr_expect_eq(a.uuid[14], '4', "version 4");
	len = marker_format(&a, text, sizeof(text), &err);
	cr_assert_gt(len, 0);
	cr_expect_eq(marker_parse(text, (size_t)len, &b, &err), 0, "%s", err.msg);
}
