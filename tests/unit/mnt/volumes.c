/* SPDX-License-Identifier: MIT */
#include "lib/mnt/volumes.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/macro.h"

#define HEADING "NV SERVER   PORT DEV          FSID                              FSC\n"

static int parse(const char *text, unsigned minor, char fsid[VOLUMES_FSID_SIZE])
{
	struct error err;

	return volumes_parse(text, strlen(text), 0, minor, fsid, &err);
}

Test(volumes, the_device_decides)
{
	const char *text = HEADING
		"v3 0a4d0002  801 0:30         7d17d110ac1d4d13:0                no \n"
		"v4 20010db8000000000000000000000001  801 0:3          "
		"ffffffffffffffff:ffffffffffffffff yes\n";
	char fsid[VOLUMES_FSID_SIZE] = "before";

	cr_expect_eq(parse(text, 30, fsid), VOLUMES_FOUND);
	cr_expect_str_eq(fsid, "7d17d110ac1d4d13:0");
	cr_expect_eq(parse(text, 3, fsid), VOLUMES_FOUND);
	cr_expect_str_eq(fsid, "ffffffffffffffff:ffffffffffffffff");
	cr_expect_eq(parse(text, 31, fsid), VOLUMES_ABSENT);
	cr_expect_eq(parse(HEADING, 30, fsid), VOLUMES_ABSENT);
	cr_expect_eq(parse("", 30, fsid), VOLUMES_ABSENT);
}

Test(volumes, what_is_not_understood_is_an_error)
{
	static const char *const bad[] = {
		HEADING "v3 0a4d0002 801 0:30\n",
		HEADING "v3 0a4d0002 801 30 1:0 no\n",
		HEADING
		"v3 0a4d0002 801 0:30 "
		"0123456789012345678901234567890123456789012345678901234567890123 no\n",
	};
	char fsid[VOLUMES_FSID_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		cr_expect_eq(parse(bad[i], 30, fsid), -ERROR_IO, "%s", bad[i]);
}
