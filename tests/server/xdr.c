/* SPDX-License-Identifier: MIT */
#include "tests/server/xdr.h"

#include <string.h>

#include "lib/base/strbuf.h"

static size_t padding(size_t len)
{
	return (4 - len % 4) % 4;
}

const uint8_t *xdr_fixed(struct xdr *x, uint32_t len)
{
	size_t whole = len + padding(len);
	const uint8_t *data = x->at;

	if (x->bad || whole > x->left) {
		x->bad = true;
		return NULL;
	}
	x->at += whole;
	x->left -= whole;
	return data;
}

uint32_t xdr_u32(struct xdr *x)
{
	const uint8_t *p = xdr_fixed(x, 4);

	if (!p)
		return 0;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint64_t xdr_u64(struct xdr *x)
{
	uint64_t high = xdr_u32(x);

	return high << 32 | xdr_u32(x);
}

const uint8_t *xdr_opaque(struct xdr *x, uint32_t max, uint32_t *ret_len)
{
	uint32_t len = xdr_u32(x);
	const uint8_t *data = NULL;

	if (len > max)
		x->bad = true;
	else
		data = xdr_fixed(x, len);
	*ret_len = data ? len : 0;
	return data;
}

void xdr_string(struct xdr *x, char *buf, size_t size)
{
	uint32_t len;
	const uint8_t *data = xdr_opaque(x, (uint32_t)size - 1, &len);

	if (data && memchr(data, 0, len))
		x->bad = true;
	if (x->bad)
		len = 0;
	else
		memcpy(buf, data, len);
	buf[len] = '\0';
}

void xdr_put_u32(struct strbuf *out, uint32_t value)
{
	const unsigned char bytes[4] = { (unsigned char)(value >> 24),
					 (unsigned char)(value >> 16),
					 (unsigned char)(value >> 8),
					 (unsigned char)value };

	strbuf_add(out, (const char *)bytes, sizeof(bytes));
}

void xdr_put_u64(struct strbuf *out, uint64_t value)
{
	xdr_put_u32(out, (uint32_t)(value >> 32));
	xdr_put_u32(out, (uint32_t)value);
}

void xdr_put_fixed(struct strbuf *out, const void *data, size_t len)
{
	strbuf_add(out, data, len);
	strbuf_add(out, "\0\0\0", padding(len));
}

void xdr_put_opaque(struct strbuf *out, const void *data, size_t len)
{
	xdr_put_u32(out, (uint32_t)len);
	xdr_put_fixed(out, data, len);
}

void xdr_put_string(struct strbuf *out, const char *text)
{
	xdr_put_opaque(out, text, strlen(text));
}
