/* SPDX-License-Identifier: MIT */
#include "lib/nfs/vers.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/macro.h"

Test(vers, texts_and_numbers)
{
	static const struct {
		const char *text;
		enum nfs_vers vers;
	} good[] = {
		{ "3", NFS_VERS_3 },     { "4.0", NFS_VERS_4_0 }, { "4.1", NFS_VERS_4_1 },
		{ "4.2", NFS_VERS_4_2 }, { "4", NFS_VERS_4_2 },
	};
	enum nfs_vers vers;
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cr_assert_eq(nfs_vers_parse(good[i].text, &vers, &err), 0);
		cr_expect_eq(vers, good[i].vers);
	}
	cr_expect_str_eq(nfs_vers_text(NFS_VERS_3), "3");
	cr_expect_str_eq(nfs_vers_text(NFS_VERS_4_2), "4.2");
	cr_expect_str_eq(nfs_vers_text((enum nfs_vers)0), "?");
}

Test(vers, what_is_none_is_named)
{
	static const char *const bad[] = { "", "2", "3.0", "4.3", "v4", "4.1 " };
	enum nfs_vers vers;
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cr_expect_eq(nfs_vers_parse(bad[i], &vers, &err), -ERROR_USAGE);
		cr_expect(strstr(err.msg, bad[i]));
	}
}
