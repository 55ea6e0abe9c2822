/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <endian.h>
#include <string.h>

#include "lib/nfs/nfs4.h"

/* Compounds as they lie on the wire, looked at word by word. */
static char buf[8192];
static const struct nfs_args to = { buf, sizeof(buf) };
static const struct nfs_handle handle = { .len = 4, .data = "root" };

static uint32_t word(size_t i)
{
	uint32_t w;

	memcpy(&w, buf + i * 4, sizeof(w));
	return be32toh(w);
}

/* Tag of no bytes, the minor version, so many operations, of which this is first. */
static void expect_head(uint32_t minor, uint32_t n, uint32_t op)
{
	cr_expect_eq(word(0), 0);
	cr_expect_eq(word(1), minor);
	cr_expect_eq(word(2), n);
	cr_expect_eq(word(3), op);
}

Test(nfs4_put, look_walks_the_path)
{
	struct nfs4_head head = { .minor = 0 };

	/* PUTROOTFH, LOOKUP a, LOOKUP bc, GETFH, GETATTR, ACCESS */
	cr_expect_gt(nfs4_put_look(to, &head, "/a//bc/", false), 0);
	expect_head(0, 6, 24);
	cr_expect_eq(word(4), 15);
	cr_expect_eq(word(5), 1);
	cr_expect_eq(word(7), 15);
	cr_expect_eq(word(8), 2);
	cr_expect_eq(word(10), 10);
	cr_expect_eq(word(11), 9);
	cr_expect_gt(nfs4_put_look(to, &head, "/", false), 0);
	expect_head(0, 4, 24);
}

Test(nfs4_put, a_path_that_does_not_fit_is_not_cut)
{
	struct nfs4_head head = { 0 };
	struct nfs_args small = { buf, 64 };

	cr_expect_eq(
		nfs4_put_look(small, &head, "/a/path/that/does/not/fit/in/there", false),
		-1);
}

Test(nfs4_put, a_session_starts_each_compound)
{
	struct nfs4_head head = {
		.minor = 1,
		.sequence = true,
		.session = "0123456789abcdef",
		.slot = 2,
		.seqid = 7,
		.highest_slot = 3,
	};

	cr_expect_gt(nfs4_put_remove(to, &head, &handle, "x"), 0);
	expect_head(1, 3, 53);
	cr_expect_arr_eq(buf + 16, "0123456789abcdef", 16);
	cr_expect_eq(word(8), 7);
	cr_expect_eq(word(9), 2);
	cr_expect_eq(word(10), 3);
	cr_expect_eq(word(11), 0, "not cached");
	cr_expect_eq(word(12), 22);
	/* RECLAIM_COMPLETE comes right after it. */
	cr_expect_gt(nfs4_put_look(to, &head, "/", true), 0);
	expect_head(1, 6, 53);
	cr_expect_eq(word(12), 58);
	cr_expect_eq(word(13), 0);
	cr_expect_eq(word(14), 24);
}

Test(nfs4_put, clients)
{
	struct nfs4_client client = { .id = UINT64_C(0x0102030405060708), .seqid = 9 };

	cr_expect_gt(nfs4_put_setclientid(to, "owner", "verifier"), 0);
	expect_head(0, 1, 35);
	cr_expect_arr_eq(buf + 16, "verifier\0\0\0\5owner", 17);

	cr_expect_eq(nfs4_put_exchange_id(to, 2, "owner", "verifier"), 48);
	expect_head(2, 1, 42);
	cr_expect_arr_eq(buf + 16, "verifier\0\0\0\5owner\0\0\0", 20);
	cr_expect_eq(word(9), 0);

	cr_expect_gt(nfs4_put_create_session(to, 1, &client, 4), 0);
	expect_head(1, 1, 43);
	cr_expect_arr_eq(buf + 16, "\1\2\3\4\5\6\7\10\0\0\0\11", 12);
	cr_expect_eq(word(8 + 5), 4, "slots");

	cr_expect_eq(nfs4_put_destroy_session(to, 1, "0123456789abcdef"), 32);
	expect_head(1, 1, 44);
	cr_expect_eq(nfs4_put_destroy_clientid(to, 1, client.id), 24);
	expect_head(1, 1, 57);
}

Test(nfs4_put, open_creates_what_must_not_be_there)
{
	struct nfs4_head head = { .minor = 0 };
	struct nfs4_open open = {
		.dir = &handle,
		.name = "canary",
		.owner = "me",
		.client = { .id = 1, .confirm = "confirm!" },
	};

	/* SETCLIENTID_CONFIRM, PUTFH, OPEN, GETFH, GETATTR */
	cr_expect_gt(nfs4_put_open(to, &head, &open), 0);
	expect_head(0, 5, 36);
	cr_expect_arr_eq(buf + 16, "\0\0\0\0\0\0\0\1confirm!", 16);
	cr_expect_eq(word(8), 22);
	cr_expect_eq(word(11), 18);
	cr_expect_eq(word(12), 0, "seqid");
	cr_expect_eq(word(13), 3, "read and write");
	cr_expect_eq(word(17), 2, "owner's length");
	cr_expect_eq(word(19), 1, "create");
	cr_expect_eq(word(20), 1, "guarded");

	/* With a session there is nothing to confirm. */
	head = (struct nfs4_head){ .minor = 1, .sequence = true };
	cr_expect_gt(nfs4_put_open(to, &head, &open), 0);
	expect_head(1, 5, 53);
}

Test(nfs4_put, the_canary)
{
	struct nfs4_head head = { .minor = 0 };
	struct nfs4_opened opened = {
		.stateid = { .seqid = 3, .other = "twelve bytes" },
		.file = { .len = 4, .data = "file" },
	};
	struct nfs4_open open = { .dir = &handle, .name = "canary", .owner = "me" };
	struct nfs3_range range = { .count = 4, .data = "data" };

	cr_expect_eq(nfs4_put_write(to, &head, &opened, &range), 64);
	expect_head(0, 2, 22);
	cr_expect_eq(word(6), 38);
	cr_expect_eq(word(7), 3);
	cr_expect_arr_eq(buf + 32, "twelve bytes", 12);
	cr_expect_eq(word(13), 0, "unstable");
	cr_expect_arr_eq(buf + 56, "\0\0\0\4data", 8);
	cr_expect_eq(nfs4_put_commit(to, &head, &opened, &range), 40);
	cr_expect_eq(nfs4_put_read(to, &head, &opened, &range), 56);
	cr_expect_eq(nfs4_put_open_confirm(to, &head, &opened), 48);
	cr_expect_eq(word(11), 1, "seqid");
	cr_expect_gt(nfs4_put_close_remove(to, &head, &open, &opened, 2), 0);
	expect_head(0, 4, 22);
	cr_expect_eq(word(6), 4);
	cr_expect_eq(word(7), 2, "seqid");
	cr_expect_eq(word(12), 22);
	cr_expect_eq(word(15), 28);
}
