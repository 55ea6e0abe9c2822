/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_NFS_PEER_H
#define TESTS_UNIT_NFS_PEER_H

/*
 * The other end of a connection: reads calls, writes answers, word by word.  For
 * tests that say exactly what a server sends; tests/server is one that behaves.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEER_RECORD_MAX (64 * 1024)

struct peer_call {
	uint32_t xid, prog, vers, proc;
	uint32_t flavor, uid, gid, n_groups;
	const unsigned char *args;
	size_t len;
	unsigned char record[PEER_RECORD_MAX];
};

/* One call off @fd.  False when none is there. */
bool peer_next(int fd, struct peer_call *ret);

/* A word of @args. */
uint32_t peer_arg(const struct peer_call *call, size_t word);

/* XDR under construction; cr_assert()s that it fits. */
struct peer_body {
	unsigned char data[16 * 1024];
	size_t len;
};

void peer_word(struct peer_body *body, uint32_t value);
void peer_words(struct peer_body *body, size_t n, ...);
void peer_dword(struct peer_body *body, uint64_t value);
void peer_opaque(struct peer_body *body, const void *data, size_t len);
void peer_fixed(struct peer_body *body, const void *data, size_t len);

/* A record with the header of an accepted reply (stat 0: success) and @body. */
size_t peer_record(uint32_t xid, uint32_t stat, const struct peer_body *body,
		   unsigned char *buf, size_t size);
void peer_reply(int fd, uint32_t xid, const struct peer_body *body);

#endif
