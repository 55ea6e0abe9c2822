/* SPDX-License-Identifier: MIT */
#include "tests/unit/nfs/peer.h"

#include <criterion/criterion.h>
#include <endian.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uint32_t load(const unsigned char *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return be32toh(word);
}

static bool read_exactly(int fd, void *buf, size_t len, int flags)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = recv(fd, (char *)buf + got, len - got, got ? 0 : flags);

		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

bool peer_next(int fd, struct peer_call *ret)
{
	unsigned char mark[4];
	const unsigned char *p = ret->record;
	uint32_t len, cred_len;

	if (!read_exactly(fd, mark, sizeof(mark), MSG_DONTWAIT))
		return false;
	cr_assert(mark[0] & 0x80, "a call is one fragment");
	len = load(mark) & 0x7fffffff;
	cr_assert_leq(len, sizeof(ret->record));
	cr_assert(read_exactly(fd, ret->record, len, 0));
	cr_assert_eq(load(p + 4), 0, "a call");
	cr_assert_eq(load(p + 8), 2, "RPC version 2");
	ret->xid = load(p);
	ret->prog = load(p + 12);
	ret->vers = load(p + 16);
	ret->proc = load(p + 20);
	ret->flavor = load(p + 24);
	cred_len = load(p + 28);
	if (ret->flavor == 1) {
		const unsigned char *ids = p + 32 + 8 + (load(p + 36) + 3) / 4 * 4;

		ret->uid = load(ids);
		ret->gid = load(ids + 4);
		ret->n_groups = load(ids + 8);
		cr_assert_eq(ids + 12 + ret->n_groups * 4, p + 32 + cred_len);
	}
	ret->args = p + 32 + cred_len + 8;
	ret->len = len - (size_t)(ret->args - p);
	return true;
}

uint32_t peer_arg(const struct peer_call *call, size_t word)
{
	cr_assert_leq(word * 4 + 4, call->len);
	return load(call->args + word * 4);
}

void peer_fixed(struct peer_body *body, const void *data, size_t len)
{
	size_t padded = (len + 3) / 4 * 4;

	cr_assert_leq(body->len + padded, sizeof(body->data));
	memset(body->data + body->len, 0, padded);
	memcpy(body->data + body->len, data, len);
	body->len += padded;
}

void peer_word(struct peer_body *body, uint32_t value)
{
	uint32_t word = htobe32(value);

	peer_fixed(body, &word, sizeof(word));
}

void peer_words(struct peer_body *body, size_t n, ...)
{
	va_list ap;

	va_start(ap, n);
	for (size_t i = 0; i < n; i++)
		peer_word(body, va_arg(ap, uint32_t));
	va_end(ap);
}

void peer_dword(struct peer_body *body, uint64_t value)
{
	peer_word(body, (uint32_t)(value >> 32));
	peer_word(body, (uint32_t)value);
}

void peer_opaque(struct peer_body *body, const void *data, size_t len)
{
	peer_word(body, (uint32_t)len);
	peer_fixed(body, data, len);
}

size_t peer_record(uint32_t xid, uint32_t stat, const struct peer_body *body,
		   unsigned char *buf, size_t size)
{
	struct peer_body record = { 0 };

	/* Mark, xid, REPLY, MSG_ACCEPTED, AUTH_NONE of no bytes. */
	peer_words(&record, 7, 0x80000000U | (uint32_t)(24 + body->len), xid, 1U, 0U, 0U,
		   0U, stat);
	peer_fixed(&record, body->data, body->len);
	cr_assert_leq(record.len, size);
	memcpy(buf, record.data, record.len);
	return record.len;
}

void peer_reply(int fd, uint32_t xid, const struct peer_body *body)
{
	unsigned char buf[sizeof(body->data) + 64];
	size_t len = peer_record(xid, 0, body, buf, sizeof(buf));

	cr_assert_eq(send(fd, buf, len, MSG_NOSIGNAL), (ssize_t)len);
}
