/* SPDX-License-Identifier: MIT */
#include "lib/nfs/vers.h"

#include <stddef.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/macro.h"

static const struct {
	const char *text;
	enum nfs_vers vers;
} table[] = {
	{ "3", NFS_VERS_3 },     { "4.0", NFS_VERS_4_0 }, { "4.1", NFS_VERS_4_1 },
	{ "4.2", NFS_VERS_4_2 }, { "4", NFS_VERS_4_2 },
};

int nfs_vers_parse(const char *text, enum nfs_vers *ret, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (strcmp(table[i].text, text) == 0) {
			*ret = table[i].vers;
			return 0;
		}
	}
	return error_set(err, ERROR_USAGE, 0,
			 "'%s' is no version of NFS: 3, 4.0, 4.1 or 4.2", text);
}

const char *nfs_vers_text(enum nfs_vers vers)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].vers == vers)
			return table[i].text;
	}
	return "?";
}
