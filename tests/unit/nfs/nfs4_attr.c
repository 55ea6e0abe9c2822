/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/macro.h"
#include "lib/nfs/nfs4.h"
#include "tests/unit/nfs/peer.h"

#define BIT(attr) (1U << ((attr) % 32))

static bool parse(uint32_t first, uint32_t second, struct peer_body *body,
		  struct nfs4_attr *ret)
{
	const uint32_t mask[2] = { first, second };

	return nfs4_attr_parse(mask, (char *)body->data, body->len, ret);
}

Test(nfs4_attr, all_that_are_asked_for)
{
	struct peer_body body = { 0 };
	struct nfs4_attr attr;

	peer_word(&body, 2);
	peer_dword(&body, 11);
	peer_dword(&body, 12);
	peer_dword(&body, 13);
	peer_dword(&body, 14);
	peer_dword(&body, 15);
	peer_word(&body, 0700);
	peer_opaque(&body, "1000", 4);
	peer_opaque(&body, "root@example.net", 16);
	peer_dword(&body, 16);
	peer_dword(&body, 17);
	cr_assert(parse(BIT(1) | BIT(8) | BIT(20) | BIT(21) | BIT(23),
			BIT(33) | BIT(36) | BIT(37) | BIT(42) | BIT(44), &body, &attr));
	cr_expect(attr.has_type && attr.is_directory);
	cr_expect_eq(attr.fsid[0], 11);
	cr_expect_eq(attr.fsid[1], 12);
	cr_expect_eq(attr.fileid, 13);
	cr_expect(attr.has_files);
	cr_expect_eq(attr.free_files, 14);
	cr_expect_eq(attr.total_files, 15);
	cr_expect_eq(attr.mode, 0700);
	cr_expect(attr.has_owner);
	cr_expect_eq(attr.owner, 1000);
	cr_expect(attr.has_group);
	cr_expect_eq(attr.group, 0);
	cr_expect(attr.has_bytes);
	cr_expect_eq(attr.free_bytes, 16);
	cr_expect_eq(attr.total_bytes, 17);
	for (size_t len = 0; len < body.len; len++) {
		struct peer_body cut = body;

		cut.len = len;
		cr_expect_not(parse(BIT(1) | BIT(8) | BIT(20) | BIT(21) | BIT(23),
				    BIT(33) | BIT(36) | BIT(37) | BIT(42) | BIT(44), &cut,
				    &attr),
			      "%zu bytes", len);
	}
}

Test(nfs4_attr, none_at_all)
{
	struct peer_body body = { 0 };
	struct nfs4_attr attr;

	cr_assert(parse(0, 0, &body, &attr));
	cr_expect_not(attr.has_type || attr.has_mode || attr.has_owner || attr.has_bytes);
}

/* Where the value of one that is not known ends, nobody can tell. */
Test(nfs4_attr, one_that_was_not_asked_for_is_refused)
{
	struct peer_body body = { 0 };
	struct nfs4_attr attr;

	peer_words(&body, 4, 2U, 0U, 0U, 0U);
	cr_expect_not(parse(BIT(1) | BIT(2), 0, &body, &attr));
	cr_expect_not(parse(BIT(1), 0, &body, &attr), "more bytes than attributes");
	body.len = 4;
	cr_expect(parse(BIT(1), 0, &body, &attr));
}

Test(nfs4_attr, owners_are_numbers_root_or_somebody)
{
	static const struct {
		const char *text;
		bool known, nobody;
		uint32_t owner;
	} cases[] = {
		{ "0", true, false, 0 },
		{ "4294967295", true, false, UINT32_MAX },
		{ "4294967296", false, false, 0 },
		{ "99999999999", false, false, 0 },
		{ "root", true, false, 0 },
		{ "root@", true, false, 0 },
		{ "rooty", false, false, 0 },
		{ "nobody", false, true, 0 },
		{ "nobody@localdomain", false, true, 0 },
		{ "nfsnobody", false, true, 0 },
		{ "nobodyelse", false, false, 0 },
		{ "", false, false, 0 },
		{ "12x", false, false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct peer_body body = { 0 };
		struct nfs4_attr attr;

		peer_opaque(&body, cases[i].text, strlen(cases[i].text));
		cr_assert(parse(0, BIT(36), &body, &attr));
		cr_expect_eq(attr.has_owner, cases[i].known, "'%s'", cases[i].text);
		cr_expect_eq(attr.owner_is_nobody, cases[i].nobody, "'%s'",
			     cases[i].text);
		if (cases[i].known)
			cr_expect_eq(attr.owner, cases[i].owner);
	}
}

Test(nfs4_attr, a_length_beyond_the_end_is_refused)
{
	struct peer_body body = { 0 };
	struct nfs4_attr attr;

	peer_words(&body, 2, 0xfffffffcU, 0U);
	cr_expect_not(parse(0, BIT(36), &body, &attr));
	body = (struct peer_body){ 0 };
	peer_words(&body, 2, 5U, 0U);
	cr_expect_not(parse(0, BIT(36), &body, &attr));
}
