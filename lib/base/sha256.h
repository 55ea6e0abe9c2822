/* SPDX-License-Identifier: MIT */
#ifndef LIB_BASE_SHA256_H
#define LIB_BASE_SHA256_H

/*
 * SHA-256 (FIPS 180-4) and HMAC-SHA256 (RFC 2104) of what is in memory.  To tell
 * things apart, not for secrets: it takes no care of timing.
 */

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

void sha256(const void *data, size_t len, uint8_t ret[SHA256_SIZE])
	__attribute__((nonnull));

/* @key: 64 bytes at most. */
void sha256_hmac(const void *key, size_t key_len, const void *data, size_t len,
		 uint8_t ret[SHA256_SIZE]) __attribute__((nonnull));

#endif
