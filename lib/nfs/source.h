/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_SOURCE_H
#define LIB_NFS_SOURCE_H

/*
 * A source, "SERVER:/EXPORT" as mount(8) takes it, and a version of NFS.
 */

#include <stdbool.h>
#include <stdint.h>

struct error;

/* Longest name of a host (RFC 1035), an IPv6 address with its scope fits too. */
#define NFS_HOST_SIZE 256
/* MNTPATHLEN of RFC 1813, appendix I, and the NUL. */
#define NFS_EXPORT_SIZE 1025

struct nfs_source {
	char host[NFS_HOST_SIZE];     /* without the brackets of an IPv6 address */
	char export[NFS_EXPORT_SIZE]; /* absolute; no "/" at its end, but "/" itself */
};

/* Ten times the version, as in conf/conf.h. */
enum nfs_vers {
	NFS_VERS_3 = 30,
	NFS_VERS_4_0 = 40,
	NFS_VERS_4_1 = 41,
	NFS_VERS_4_2 = 42,
};

/*
 * Split @text: "nas:/export", "10.0.0.2:/export", "[2001:db8::1]:/export",
 * "[fe80::1%eth0]:/export".  Returns 0 or -ERROR_USAGE; does not resolve anything.
 */
int nfs_source_parse(const char *text, struct nfs_source *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* True if @text can only be meant as a source: it has a "/". */
bool nfs_source_looks_like(const char *text) __attribute__((nonnull));

/* "3", "4" (the newest: 4.2), "4.0", "4.1", "4.2".  Returns 0 or -ERROR_USAGE. */
int nfs_vers_parse(const char *text, enum nfs_vers *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* "4.1"; "?" for anything that is no version. */
const char *nfs_vers_text(enum nfs_vers vers);

#endif
