/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SERVER_XDR_H
#define TESTS_SERVER_XDR_H

/*
 * XDR (RFC 4506), read from a buffer and appended to a strbuf.  Written without
 * libnfs on purpose: a codec shared with the client under test would agree with
 * its mistakes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf;

/* What is left to read.  After a short read @bad is set, and all reads give 0. */
struct xdr {
	const uint8_t *at;
	size_t left;
	bool bad;
};

uint32_t xdr_u32(struct xdr *x);
uint64_t xdr_u64(struct xdr *x);
/* @len bytes and their padding; NULL, and @bad, when there are fewer. */
const uint8_t *xdr_fixed(struct xdr *x, uint32_t len);
/* A counted opaque of at most @max bytes; NULL and 0 when it is not one. */
const uint8_t *xdr_opaque(struct xdr *x, uint32_t max, uint32_t *ret_len);
/* A counted string into @buf; one that does not fit or has a NUL is @bad. */
void xdr_string(struct xdr *x, char *buf, size_t size);

void xdr_put_u32(struct strbuf *out, uint32_t value);
void xdr_put_u64(struct strbuf *out, uint64_t value);
void xdr_put_fixed(struct strbuf *out, const void *data, size_t len);
void xdr_put_opaque(struct strbuf *out, const void *data, size_t len);
void xdr_put_string(struct strbuf *out, const char *text);

#endif
