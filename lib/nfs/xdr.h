/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_XDR_H
#define LIB_NFS_XDR_H

/*
 * XDR (RFC 4506) on libnfs's primitives, for what its own decoders get wrong: an
 * array's size is multiplied without a look at the result, the length of opaque
 * bytes and strings is taken as signed.  So libnfs encodes all, and decodes only
 * what has a fixed size.  The modules that code procedures alone include this.
 */

#include <stdbool.h>
#include <stdint.h>

#include <nfsc/libnfs-zdr.h>

/* Bytes that are left to decode. */
static inline uint32_t xdr_left(const ZDR *zdr)
{
	return zdr->pos < zdr->size ? (uint32_t)(zdr->size - zdr->pos) : 0;
}

/* @size bytes and their padding.  @ret_data: within the buffer. */
static inline bool xdr_take_fixed(ZDR *zdr, uint32_t size, char **ret_data)
{
	if (size > xdr_left(zdr) || (size + 3) / 4 * 4 > xdr_left(zdr))
		return false;
	*ret_data = zdr->buf + zdr->pos;
	(void)zdr_setpos(zdr, (uint32_t)zdr->pos + (size + 3) / 4 * 4);
	return true;
}

/* A length, at most @max, and so many bytes. */
static inline bool xdr_take_opaque(ZDR *zdr, uint32_t max, char **ret_data,
				   uint32_t *ret_len)
{
	uint32_t len;

	if (!zdr_u_int(zdr, &len) || len > max || !xdr_take_fixed(zdr, len, ret_data))
		return false;
	*ret_len = len;
	return true;
}

#endif
