/* SPDX-License-Identifier: MIT */
#include "lib/base/sha256.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *hex(const uint8_t digest[SHA256_SIZE], char buf[2 * SHA256_SIZE + 1])
{
	for (size_t i = 0; i < SHA256_SIZE; i++)
		(void)snprintf(buf + 2 * i, 3, "%02x", digest[i]);
	return buf;
}

static void expect_digest(const char *text, size_t len, const char *expected)
{
	uint8_t digest[SHA256_SIZE];
	char buf[2 * SHA256_SIZE + 1];

	sha256(text, len, digest);
	cr_expect_str_eq(hex(digest, buf), expected);
}

/* NIST, "Examples with Intermediate Values": SHA256; the last one by sha256sum(1). */
Test(sha256, the_examples_of_the_standard)
{
	char *million = malloc(1000000);

	memset(million, 'a', 1000000);
	expect_digest("", 0,
		      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	expect_digest("abc", 3,
		      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	expect_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
		      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	expect_digest(million, 1000000,
		      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	expect_digest(million, 55,
		      "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
	expect_digest(million, 64,
		      "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
	free(million);
}

/* RFC 4231, test cases 1 and 2. */
Test(sha256, hmac_as_in_rfc_4231)
{
	uint8_t key[20], digest[SHA256_SIZE];
	char buf[2 * SHA256_SIZE + 1];

	memset(key, 0x0b, sizeof(key));
	sha256_hmac(key, sizeof(key), "Hi There", 8, digest);
	cr_expect_str_eq(
		hex(digest, buf),
		"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	sha256_hmac("Jefe", 4, "what do ya want for nothing?", 28, digest);
	cr_expect_str_eq(
		hex(digest, buf),
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
