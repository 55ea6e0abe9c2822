/* SPDX-License-Identifier: MIT */
#ifndef LIB_MNT_OPTIONS_H
#define LIB_MNT_OPTIONS_H

/*
 * Mount options (nfs(5)): what the user asked for is checked, what nfsafe needs
 * is added.  Pure: no I/O.
 *
 * The kernel gets text, without mount.nfs in between: the address is numeric and
 * the ports are the probe's, so that nothing is resolved or negotiated in mount(2).
 *
 * T, the major time-out of a soft mount over TCP, is timeo/10 × (retrans + 1)
 * seconds, and the kernel caps it at 600 s (nfs_init_timeout_values(), fs/nfs/client.c).
 * A soft mount that gives up before the breaker does corrupts backups of a slow
 * server, so T must be at least three times max_stall.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/* As in enum conf_vers: ten times the version. */
#define OPTIONS_VERS_3 30
#define OPTIONS_VERS_4_0 40
#define OPTIONS_VERS_4_1 41
#define OPTIONS_VERS_4_2 42

/* The kernel takes one page, of 4096 bytes at least. */
#define OPTIONS_EXTRA_SIZE 1024
#define OPTIONS_TEXT_SIZE 2048

/* What came out of `options =`. */
struct options {
	bool hard;
	unsigned timeo;                 /* tenths of a second */
	unsigned retrans;               /* minor time-outs before the major one */
	char extra[OPTIONS_EXTRA_SIZE]; /* the others that are allowed, comma separated */
};

/*
 * Check @text, the value of `options =` ("" is fine; spaces around the commas are
 * too), for a mount whose breaker trips after @max_stall_ms.
 *
 * @ret: timeo and retrans filled in, if @text does not say: soft, with a T of three
 * times @max_stall_ms, but not below a minute, as a slow server with much to write
 * needs more than a few seconds for one call.
 * Returns 0, or -ERROR_CONFIG: @err names every option that is refused, and why, as
 * far as they fit.
 */
int options_parse(const char *text, int64_t max_stall_ms, struct options *ret,
		  struct error *err) __attribute__((nonnull, warn_unused_result));

/*
 * T of a mount with these options, in milliseconds; -1 for a hard one, which never
 * gives up.
 */
int64_t options_major_timeout_ms(const struct options *o) __attribute__((nonnull));

/* Where the probe found the server. */
struct options_server {
	unsigned vers;
	const char *address; /* numeric, IPv4 or IPv6 */
	uint16_t port;       /* of nfsd */
	uint16_t mountport;  /* of mountd; v3 only */
};

/*
 * The whole option string, for mount_attach(): the user's, then ours, which the
 * kernel lets win.
 * Returns 0, or -ERROR_INTERNAL if @server is not complete or the text does not fit.
 */
int options_format(const struct options *o, const struct options_server *server,
		   char ret_text[OPTIONS_TEXT_SIZE], struct error *err)
	__attribute__((nonnull, warn_unused_result));

#endif
