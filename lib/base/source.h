/* SPDX-License-Identifier: MIT */
#ifndef LIB_BASE_SOURCE_H
#define LIB_BASE_SOURCE_H

/*
 * What is mounted: SERVER:/EXPORT as nfs(5) writes it, an IPv6 address in
 * brackets.  Pure text: no name is resolved here.
 */

struct error;

/* More than a host name may have, or an address with its zone. */
#define SOURCE_SERVER_SIZE 256
/* MNTPATHLEN (RFC 1813, rpcsvc/mount.h) and a NUL. */
#define SOURCE_EXPORT_SIZE 1025

/* Flat and of fixed size: it crosses a pipe. */
struct source {
	char server[SOURCE_SERVER_SIZE]; /* name or address, without brackets */
	char export[SOURCE_EXPORT_SIZE]; /* absolute path, as written */
};

/* Returns 0 or -ERROR_USAGE with what is wrong, the text named. */
int source_parse(const char *text, struct source *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

#endif
