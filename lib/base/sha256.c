/* SPDX-License-Identifier: MIT */
#include "lib/base/sha256.h"

#include <assert.h>
#include <string.h>

#define BLOCK_SIZE 64
#define ROUNDS 64

struct hash {
	uint32_t state[8];
	uint8_t block[BLOCK_SIZE];
	uint64_t len; /* bytes so far */
};

static const uint32_t initial[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static const uint32_t constants[ROUNDS] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static uint32_t load(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void store(uint8_t *p, uint32_t x)
{
	p[0] = (uint8_t)(x >> 24);
	p[1] = (uint8_t)(x >> 16);
	p[2] = (uint8_t)(x >> 8);
	p[3] = (uint8_t)x;
}

/* The message schedule, FIPS 180-4 section 6.2.2, step 1. */
static void expand(const uint8_t block[BLOCK_SIZE], uint32_t w[ROUNDS])
{
	for (size_t i = 0; i < 16; i++)
		w[i] = load(block + 4 * i);
	for (size_t i = 16; i < ROUNDS; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] +
		       (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
	}
}

/* Steps 2 to 4. */
static void compress(uint32_t state[8], const uint8_t block[BLOCK_SIZE])
{
	uint32_t w[ROUNDS], s[8];

	expand(block, w);
	memcpy(s, state, sizeof(s));
	for (size_t i = 0; i < ROUNDS; i++) {
		uint32_t a = s[0], e = s[4];
		uint32_t t1 = s[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
			      ((e & s[5]) ^ (~e & s[6])) + constants[i] + w[i];
		uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
			      ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));

		memmove(s + 1, s, 7 * sizeof(s[0]));
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (size_t i = 0; i < 8; i++)
		state[i] += s[i];
}

static void add(struct hash *h, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (; len > 0; len--) {
		h->block[h->len++ % BLOCK_SIZE] = *p++;
		if (h->len % BLOCK_SIZE == 0)
			compress(h->state, h->block);
	}
}

/* The padding of section 5.1.1: a one bit, zeros, the length in bits. */
static void finish(struct hash *h, uint8_t ret[SHA256_SIZE])
{
	static const uint8_t one = 0x80, zero = 0;
	uint64_t bits = h->len * 8;
	uint8_t length[8];

	store(length, (uint32_t)(bits >> 32));
	store(length + 4, (uint32_t)bits);
	add(h, &one, 1);
	while (h->len % BLOCK_SIZE != BLOCK_SIZE - sizeof(length))
		add(h, &zero, 1);
	add(h, length, sizeof(length));
	for (size_t i = 0; i < 8; i++)
		store(ret + 4 * i, h->state[i]);
}

static void start(struct hash *h)
{
	*h = (struct hash){ 0 };
	memcpy(h->state, initial, sizeof(initial));
}

void sha256(const void *data, size_t len, uint8_t ret[SHA256_SIZE])
{
	struct hash h;

	start(&h);
	add(&h, data, len);
	finish(&h, ret);
}

void sha256_hmac(const void *key, size_t key_len, const void *data, size_t len,
		 uint8_t ret[SHA256_SIZE])
{
	uint8_t inner[BLOCK_SIZE] = { 0 }, outer[BLOCK_SIZE];
	uint8_t digest[SHA256_SIZE];
	struct hash h;

	assert(key_len <= BLOCK_SIZE);
	memcpy(inner, key, key_len);
	memcpy(outer, inner, BLOCK_SIZE);
	for (size_t i = 0; i < BLOCK_SIZE; i++) {
		inner[i] ^= 0x36;
		outer[i] ^= 0x5c;
	}
	start(&h);
	add(&h, inner, BLOCK_SIZE);
	add(&h, data, len);
	finish(&h, digest);
	start(&h);
	add(&h, outer, BLOCK_SIZE);
	add(&h, digest, sizeof(digest));
	finish(&h, ret);
}
