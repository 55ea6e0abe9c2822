/* SPDX-License-Identifier: MIT */
#include "lib/nfs/mount3.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/nfs/peer.h"

struct mnt {
	uint32_t status;
	struct nfs_handle handle;
	bool sys;
};

static bool take(struct peer_body *body, struct mnt *ret)
{
	*ret = (struct mnt){ .status = 4711 };
	return mount3_take_mnt((char *)body->data, body->len, &ret->status, &ret->handle,
			       &ret->sys);
}

Test(mount3, a_path_is_put_as_a_string)
{
	char buf[2048], path[1100];

	cr_expect_eq(mount3_put_path("/srv", buf, sizeof(buf)), 8);
	cr_expect_arr_eq(buf, "\0\0\0\4/srv", 8);
	memset(path, 'x', sizeof(path));
	path[1024] = '\0';
	cr_expect_eq(mount3_put_path(path, buf, sizeof(buf)), 1028);
	cr_expect_eq(mount3_put_path(path, buf, 1000), -1);
}

Test(mount3, mnt_gives_a_handle_and_flavours)
{
	struct peer_body body = { 0 };
	struct mnt mnt;

	peer_word(&body, 0);
	peer_opaque(&body, "handle", 6);
	peer_words(&body, 3, 2U, 390003U, 1U);
	cr_assert(take(&body, &mnt));
	cr_expect_eq(mnt.status, 0);
	cr_expect_eq(mnt.handle.len, 6);
	cr_expect_arr_eq(mnt.handle.data, "handle", 6);
	cr_expect(mnt.sys);
}

Test(mount3, an_export_for_kerberos_alone_is_seen)
{
	struct peer_body body = { 0 };
	struct mnt mnt;

	peer_word(&body, 0);
	peer_opaque(&body, "handle", 6);
	peer_words(&body, 2, 1U, 390003U);
	cr_assert(take(&body, &mnt));
	cr_expect_not(mnt.sys);
	body.len -= 8;
	peer_word(&body, 0);
	cr_assert(take(&body, &mnt));
	cr_expect(mnt.sys, "no list: anything goes");
}

Test(mount3, a_failure_needs_nothing_behind_its_status)
{
	struct peer_body body = { 0 };
	struct mnt mnt;

	peer_word(&body, 13);
	cr_assert(take(&body, &mnt));
	cr_expect_eq(mnt.status, 13);
}

Test(mount3, what_is_no_result_is_refused)
{
	struct peer_body body = { 0 };
	struct mnt mnt;

	cr_expect_not(take(&body, &mnt), "nothing");
	peer_word(&body, 0);
	cr_expect_not(take(&body, &mnt), "no handle");
	peer_opaque(&body, "", 0);
	peer_word(&body, 0);
	cr_expect_not(take(&body, &mnt), "an empty handle");

	body = (struct peer_body){ 0 };
	peer_words(&body, 2, 0U, 65U);
	body.len += 80;
	cr_expect_not(take(&body, &mnt), "a handle of 65 bytes");

	body = (struct peer_body){ 0 };
	peer_words(&body, 2, 0U, 0xfffffff0U);
	body.len += 80;
	cr_expect_not(take(&body, &mnt), "a handle of minus 16 bytes");

	/* libnfs would take 4 bytes of memory for these, and write 16 KB. */
	body = (struct peer_body){ 0 };
	peer_word(&body, 0);
	peer_opaque(&body, "handle", 6);
	peer_word(&body, 0x40000001U);
	body.len += 4096;
	cr_expect_not(take(&body, &mnt), "a billion flavours");
}
