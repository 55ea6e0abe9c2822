/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_VERS_H
#define LIB_NFS_VERS_H

struct error;

/* Versions of NFS, times ten; the same numbers as enum conf_vers. */
enum nfs_vers {
	NFS_VERS_3 = 30,
	NFS_VERS_4_0 = 40,
	NFS_VERS_4_1 = 41,
	NFS_VERS_4_2 = 42,
};

/* "3", "4" (the newest: 4.2), "4.0", "4.1", "4.2".  Returns 0 or -ERROR_USAGE. */
int nfs_vers_parse(const char *text, enum nfs_vers *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* "4.1"; "?" for a number that is no version. */
const char *nfs_vers_text(enum nfs_vers vers);

#endif
