/* SPDX-License-Identifier: MIT */
#include "lib/nfs/nfs3.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/nfs/peer.h"

static const struct nfs_handle handle = { .len = 5, .data = "abcde" };

static void put_attr(struct peer_body *body, uint32_t type)
{
	/* type, mode, nlink, uid, gid */
	peer_words(body, 5, type, 040755U, 2U, 10U, 20U);
	/* size, used, rdev, fsid, fileid */
	peer_dword(body, 4096);
	peer_dword(body, 4096);
	peer_dword(body, 0);
	peer_dword(body, UINT64_C(0x1122334455667788));
	peer_dword(body, 2);
	/* atime, mtime, ctime */
	for (int i = 0; i < 6; i++)
		peer_word(body, 0);
}

static char *bytes(struct peer_body *body)
{
	return (char *)body->data;
}

Test(nfs3, arguments_have_the_handle_first)
{
	char buf[256];
	struct nfs_args to = { buf, sizeof(buf) };

	cr_expect_eq(nfs3_put_handle(to, &handle), 12);
	cr_expect_arr_eq(buf, "\0\0\0\5abcde\0\0\0", 12);
	cr_expect_eq(nfs3_put_access(to, &handle, 0x1f), 16);
	cr_expect_arr_eq(buf + 12, "\0\0\0\x1f", 4);
	cr_expect_eq(nfs3_put_remove(to, &handle, "x"), 20);
	cr_expect_arr_eq(buf + 12, "\0\0\0\1x\0\0\0", 8);
	to.size = 8;
	cr_expect_eq(nfs3_put_handle(to, &handle), -1);
}

Test(nfs3, lookup_is_of_a_name_in_a_directory)
{
	struct peer_body body = { 0 };
	struct nfs_handle file;
	uint32_t status;
	char buf[256];
	struct nfs_args to = { buf, sizeof(buf) };

	cr_expect_eq(nfs3_put_lookup(to, &handle, "name"), 20);
	cr_expect_arr_eq(buf + 12, "\0\0\0\4name", 8);
	peer_word(&body, 0);
	peer_opaque(&body, "file", 4);
	cr_assert(nfs3_take_lookup(bytes(&body), body.len, &status, &file));
	cr_expect_eq(status, 0);
	cr_expect_eq(file.len, 4);
	cr_expect_arr_eq(file.data, "file", 4);
	for (size_t len = 4; len < body.len; len += 4)
		cr_expect_not(nfs3_take_lookup(bytes(&body), len, &status, &file));
	/* A handle of no bytes is none. */
	body.len = 0;
	peer_words(&body, 2, 0U, 0U);
	cr_expect_not(nfs3_take_lookup(bytes(&body), body.len, &status, &file));
}

Test(nfs3, create_is_exclusive)
{
	char buf[256];
	struct nfs_args to = { buf, sizeof(buf) };

	cr_expect_eq(nfs3_put_create(to, &handle, "name", "12345678"), 32);
	cr_expect_arr_eq(buf + 12,
			 "\0\0\0\4name\0\0\0\2"
			 "12345678",
			 20);
}

Test(nfs3, write_is_unstable_and_carries_its_data)
{
	char buf[256];
	struct nfs_args to = { buf, sizeof(buf) };
	struct nfs3_range range = { .offset = 1, .count = 3, .data = "xyz" };

	cr_expect_eq(nfs3_put_write(to, &handle, &range), 36);
	cr_expect_arr_eq(buf + 12, "\0\0\0\0\0\0\0\1\0\0\0\3\0\0\0\0\0\0\0\3xyz\0", 24);
	range.durable = true;
	cr_expect_eq(nfs3_put_write(to, &handle, &range), 36);
	cr_expect_arr_eq(buf + 12, "\0\0\0\0\0\0\0\1\0\0\0\3\0\0\0\2\0\0\0\3xyz\0", 24);
	cr_expect_eq(nfs3_put_commit(to, &handle, &range), 24);
	cr_expect_eq(nfs3_put_read(to, &handle, &range), 24);
	cr_expect_arr_eq(buf + 12, "\0\0\0\0\0\0\0\1\0\0\0\3", 12);
}

Test(nfs3, getattr)
{
	struct peer_body body = { 0 };
	struct nfs3_attr attr = { 0 };
	uint32_t status = 4711;

	peer_word(&body, 0);
	put_attr(&body, 2);
	cr_assert(nfs3_take_getattr(bytes(&body), body.len, &status, &attr));
	cr_expect_eq(status, 0);
	cr_expect(attr.known);
	cr_expect(attr.is_directory);
	cr_expect_eq(attr.mode, 040755);
	cr_expect_eq(attr.uid, 10);
	cr_expect_eq(attr.gid, 20);
	cr_expect_eq(attr.fsid, UINT64_C(0x1122334455667788));
	cr_expect_eq(attr.fileid, 2);
	for (size_t len = 0; len < body.len; len += 4) {
		if (len != 0)
			cr_expect_not(
				nfs3_take_getattr(bytes(&body), len, &status, &attr),
				"%zu bytes", len);
	}
}

Test(nfs3, a_failure_needs_nothing_behind_its_status)
{
	struct peer_body body = { 0 };
	struct nfs3_space space;
	struct nfs_handle file;
	struct nfs3_attr attr;
	uint32_t status, word;
	char verf[NFS_VERF_SIZE];

	peer_word(&body, 70);
	cr_expect(nfs3_take_getattr(bytes(&body), 4, &status, &attr));
	cr_expect_eq(status, 70);
	cr_expect(nfs3_take_fsstat(bytes(&body), 4, &status, &space));
	cr_expect(nfs3_take_access(bytes(&body), 4, &status, &word));
	cr_expect(nfs3_take_create(bytes(&body), 4, &status, &file, &attr));
	cr_expect(nfs3_take_write(bytes(&body), 4, &status, &word, verf));
	cr_expect(nfs3_take_commit(bytes(&body), 4, &status, verf));
	cr_expect(nfs3_take_status(bytes(&body), 4, &status));
	cr_expect_not(nfs3_take_status(bytes(&body), 3, &status));
}

Test(nfs3, fsstat_tells_what_is_free_for_the_user)
{
	struct peer_body body = { 0 };
	struct nfs3_space space;
	uint32_t status;

	peer_words(&body, 2, 0U, 0U);
	for (uint64_t i = 1; i <= 6; i++)
		peer_dword(&body, i << 32);
	peer_word(&body, 0);
	cr_assert(nfs3_take_fsstat(bytes(&body), body.len, &status, &space));
	cr_expect_eq(space.total_bytes, UINT64_C(1) << 32);
	cr_expect_eq(space.free_bytes, UINT64_C(3) << 32, "avail, not free");
	cr_expect_eq(space.total_files, UINT64_C(4) << 32);
	cr_expect_eq(space.free_files, UINT64_C(6) << 32);
	cr_expect_not(nfs3_take_fsstat(bytes(&body), body.len - 4, &status, &space));
}

Test(nfs3, access_with_and_without_attributes)
{
	struct peer_body body = { 0 };
	uint32_t status, bits;

	peer_words(&body, 3, 0U, 0U, 0x1dU);
	cr_assert(nfs3_take_access(bytes(&body), body.len, &status, &bits));
	cr_expect_eq(bits, 0x1d);
	body = (struct peer_body){ 0 };
	peer_words(&body, 2, 0U, 1U);
	put_attr(&body, 2);
	peer_word(&body, 0x02);
	cr_assert(nfs3_take_access(bytes(&body), body.len, &status, &bits));
	cr_expect_eq(bits, 0x02);
}

Test(nfs3, create_may_or_may_not_tell_handle_and_owner)
{
	struct peer_body body = { 0 };
	struct nfs_handle file;
	struct nfs3_attr attr;
	uint32_t status;

	peer_words(&body, 2, 0U, 1U);
	peer_opaque(&body, "file", 4);
	peer_word(&body, 1);
	put_attr(&body, 1);
	peer_words(&body, 2, 0U, 0U);
	cr_assert(nfs3_take_create(bytes(&body), body.len, &status, &file, &attr));
	cr_expect_eq(file.len, 4);
	cr_expect(attr.known);
	cr_expect_eq(attr.uid, 10);

	body = (struct peer_body){ 0 };
	peer_words(&body, 5, 0U, 0U, 0U, 0U, 0U);
	cr_assert(nfs3_take_create(bytes(&body), body.len, &status, &file, &attr));
	cr_expect_eq(file.len, 0);
	cr_expect_not(attr.known);

	body = (struct peer_body){ 0 };
	peer_words(&body, 3, 0U, 1U, 0xffffffe0U);
	body.len += 256;
	cr_expect_not(nfs3_take_create(bytes(&body), body.len, &status, &file, &attr),
		      "a handle of minus 32 bytes");
}

Test(nfs3, verifiers_are_not_read_beyond_the_end)
{
	struct peer_body body = { 0 };
	char verf[NFS_VERF_SIZE];
	uint32_t status, count;

	peer_words(&body, 5, 0U, 0U, 0U, 7U, 2U);
	peer_fixed(&body, "verifier", 8);
	cr_assert(nfs3_take_write(bytes(&body), body.len, &status, &count, verf));
	cr_expect_eq(count, 7);
	cr_expect_arr_eq(verf, "verifier", 8);
	cr_expect_not(nfs3_take_write(bytes(&body), body.len - 4, &status, &count, verf));

	body = (struct peer_body){ 0 };
	peer_words(&body, 3, 0U, 0U, 0U);
	peer_fixed(&body, "verifier", 8);
	cr_assert(nfs3_take_commit(bytes(&body), body.len, &status, verf));
	cr_expect_not(nfs3_take_commit(bytes(&body), body.len - 4, &status, verf));
}

Test(nfs3, read_is_compared)
{
	struct nfs3_range range = { .count = 4, .data = "data" };
	struct peer_body body = { 0 };
	uint32_t status;
	bool same = false;

	peer_words(&body, 4, 0U, 0U, 4U, 1U);
	peer_opaque(&body, "data", 4);
	cr_assert(nfs3_take_read(bytes(&body), body.len, &status, &range, &same));
	cr_expect(same);
	body.data[body.len - 1] ^= 1;
	cr_assert(nfs3_take_read(bytes(&body), body.len, &status, &range, &same));
	cr_expect_not(same);
	range.count = 5;
	range.data = "data!";
	cr_assert(nfs3_take_read(bytes(&body), body.len, &status, &range, &same));
	cr_expect_not(same, "shorter");
}
