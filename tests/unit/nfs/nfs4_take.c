/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "lib/nfs/nfs4.h"
#include "tests/unit/nfs/peer.h"

static char *bytes(struct peer_body *body)
{
	return (char *)body->data;
}

/* status, an empty tag, the number of operations */
static struct peer_body begin(uint32_t status, uint32_t n)
{
	struct peer_body body = { 0 };

	peer_words(&body, 3, status, 0U, n);
	return body;
}

static void put_op(struct peer_body *body, uint32_t op, uint32_t status)
{
	peer_words(body, 2, op, status);
}

static void put_sequence(struct peer_body *body)
{
	put_op(body, 53, 0);
	peer_fixed(body, "0123456789abcdef", 16);
	peer_words(body, 5, 1U, 0U, 3U, 3U, 0U);
}

/* type, fileid, mode */
static void put_getattr(struct peer_body *body)
{
	put_op(body, 9, 0);
	peer_words(body, 3, 2U, 1U << 1 | 1U << 20, 1U << 1);
	peer_words(body, 5, 16U, 2U, 0U, 77U, 0755U);
}

static struct peer_body look(void)
{
	struct peer_body body = begin(0, 5);

	put_op(&body, 24, 0);
	put_op(&body, 15, 0);
	put_op(&body, 10, 0);
	peer_opaque(&body, "handle", 6);
	put_getattr(&body);
	put_op(&body, 3, 0);
	peer_words(&body, 2, 0x1fU, 0x0fU);
	return body;
}

Test(nfs4_take, look)
{
	struct peer_body body = look();
	struct nfs4_root root;
	struct nfs4_end end;

	cr_assert(nfs4_take_look(bytes(&body), body.len, &end, &root));
	cr_expect_eq(end.status, 0);
	cr_expect_eq(root.handle.len, 6);
	cr_expect_eq(root.access, 0x0f);
	cr_expect(root.attr.is_directory);
	cr_expect_eq(root.attr.fileid, 77);
	cr_expect_eq(root.attr.mode, 0755);
	for (size_t len = 0; len < body.len; len++)
		cr_expect_not(nfs4_take_look(bytes(&body), len, &end, &root), "%zu bytes",
			      len);
}

Test(nfs4_take, look_within_a_session)
{
	struct peer_body whole = look(), body = begin(0, 7);
	struct nfs4_root root;
	struct nfs4_end end;

	put_sequence(&body);
	put_op(&body, 58, 0);
	peer_fixed(&body, whole.data + 12, whole.len - 12);
	cr_assert(nfs4_take_look(bytes(&body), body.len, &end, &root));
	cr_expect_eq(root.access, 0x0f);
}

Test(nfs4_take, the_operation_that_failed_is_named)
{
	struct peer_body body = begin(2, 2);
	struct nfs4_root root;
	struct nfs4_end end;

	put_op(&body, 24, 0);
	put_op(&body, 15, 2);
	cr_assert(nfs4_take_look(bytes(&body), body.len, &end, &root));
	cr_expect_eq(end.status, 2);
	cr_expect_str_eq(nfs4_op_name(end.op), "LOOKUP");

	/* Nothing was executed at all: the minor version. */
	body = begin(10021, 0);
	cr_assert(nfs4_take_look(bytes(&body), body.len, &end, &root));
	cr_expect_eq(end.status, 10021);
	cr_expect_str_eq(nfs4_op_name(end.op), "COMPOUND");
	cr_expect_str_eq(nfs4_op_name(4711), "?");
}

Test(nfs4_take, status_and_operations_must_agree)
{
	struct peer_body body = begin(0, 2);
	struct nfs4_root root;
	struct nfs4_end end;

	put_op(&body, 24, 0);
	put_op(&body, 15, 2);
	cr_expect_not(nfs4_take_look(bytes(&body), body.len, &end, &root),
		      "good, but an operation failed");
	body = look();
	body.data[3] = 5;
	cr_expect_not(nfs4_take_look(bytes(&body), body.len, &end, &root),
		      "bad, but all went well");
	body = begin(2, 3);
	put_op(&body, 24, 0);
	put_op(&body, 15, 2);
	put_op(&body, 10, 0);
	cr_expect_not(nfs4_take_look(bytes(&body), body.len, &end, &root),
		      "it went on after a failure");
	body = begin(0, 1);
	put_op(&body, 22, 0);
	cr_expect_not(nfs4_take_look(bytes(&body), body.len, &end, &root),
		      "another operation");
	body = begin(0, 4711);
	cr_expect_not(nfs4_take_end(bytes(&body), body.len, &end), "too many");
}

Test(nfs4_take, clients)
{
	struct peer_body body = begin(0, 1);
	struct nfs4_client client;
	struct nfs4_end end;

	put_op(&body, 35, 0);
	peer_dword(&body, 42);
	peer_fixed(&body, "confirm!", 8);
	cr_assert(nfs4_take_setclientid(bytes(&body), body.len, &end, &client));
	cr_expect_eq(client.id, 42);
	cr_expect_arr_eq(client.confirm, "confirm!", 8);

	/* CLID_INUSE names who uses it. */
	body = begin(10017, 1);
	put_op(&body, 35, 10017);
	peer_opaque(&body, "tcp", 3);
	peer_opaque(&body, "1.2.3.4.8.1", 11);
	cr_assert(nfs4_take_setclientid(bytes(&body), body.len, &end, &client));
	cr_expect_eq(end.status, 10017);

	body = begin(0, 1);
	put_op(&body, 42, 0);
	peer_dword(&body, 43);
	peer_words(&body, 3, 5U, 0U, 0U);
	cr_assert(nfs4_take_exchange_id(bytes(&body), body.len, &end, &client));
	cr_expect_eq(client.id, 43);
	cr_expect_eq(client.seqid, 5);
}

Test(nfs4_take, create_session_tells_how_many_slots)
{
	struct peer_body body = begin(0, 1);
	char session[NFS4_SESSION_SIZE];
	struct nfs4_end end;
	uint32_t slots;

	put_op(&body, 43, 0);
	peer_fixed(&body, "0123456789abcdef", 16);
	peer_words(&body, 9, 1U, 0U, 0U, 65536U, 65536U, 4096U, 64U, 2U, 0U);
	cr_assert(
		nfs4_take_create_session(bytes(&body), body.len, &end, session, &slots));
	cr_expect_arr_eq(session, "0123456789abcdef", 16);
	cr_expect_eq(slots, 2);
	/* A session that can carry nothing is none. */
	body.data[body.len - 5] = 0;
	cr_expect_not(
		nfs4_take_create_session(bytes(&body), body.len, &end, session, &slots));
}

static struct peer_body open_reply(uint32_t delegation)
{
	struct peer_body body = begin(0, 5);

	put_op(&body, 36, 0);
	put_op(&body, 22, 0);
	put_op(&body, 18, 0);
	peer_word(&body, 1);
	peer_fixed(&body, "twelve bytes", 12);
	peer_words(&body, 5, 1U, 0U, 1U, 0U, 2U); /* change_info */
	peer_word(&body, 2);                      /* OPEN4_RESULT_CONFIRM */
	peer_words(&body, 3, 2U, 0U, 1U << 1);    /* attrset */
	peer_word(&body, delegation);
	return body;
}

static void finish_open(struct peer_body *body)
{
	put_op(body, 10, 0);
	peer_opaque(body, "file", 4);
	put_getattr(body);
}

Test(nfs4_take, open)
{
	struct peer_body body = open_reply(0);
	struct nfs4_opened opened;
	struct nfs4_end end;

	finish_open(&body);
	cr_assert(nfs4_take_open(bytes(&body), body.len, &end, &opened));
	cr_expect_eq(opened.stateid.seqid, 1);
	cr_expect_arr_eq(opened.stateid.other, "twelve bytes", 12);
	cr_expect(opened.confirm);
	cr_expect_eq(opened.file.len, 4);
	for (size_t len = 0; len < body.len; len++)
		cr_expect_not(nfs4_take_open(bytes(&body), len, &end, &opened));
}

/* Nobody asked for one, but a server may insist. */
Test(nfs4_take, open_with_a_delegation)
{
	struct peer_body read = open_reply(1), write = open_reply(2);
	struct peer_body contention = open_reply(3), none = open_reply(3);
	struct nfs4_opened opened;
	struct nfs4_end end;

	peer_word(&read, 1);
	peer_fixed(&read, "twelve bytes", 12);
	peer_words(&read, 4, 0U, 0U, 0U, 0U);
	peer_opaque(&read, "EVERYONE@", 9);
	finish_open(&read);
	cr_expect(nfs4_take_open(bytes(&read), read.len, &end, &opened));

	peer_word(&write, 1);
	peer_fixed(&write, "twelve bytes", 12);
	peer_words(&write, 7, 0U, 1U, 0U, 4096U, 0U, 0U, 0U);
	peer_opaque(&write, "EVERYONE@", 9);
	finish_open(&write);
	cr_expect(nfs4_take_open(bytes(&write), write.len, &end, &opened));

	peer_words(&contention, 2, 1U, 0U);
	finish_open(&contention);
	cr_expect(nfs4_take_open(bytes(&contention), contention.len, &end, &opened));
	peer_word(&none, 0);
	finish_open(&none);
	cr_expect(nfs4_take_open(bytes(&none), none.len, &end, &opened));
}

Test(nfs4_take, the_canary)
{
	struct nfs3_range range = { .count = 4, .data = "data" };
	struct peer_body body = begin(0, 2);
	struct nfs4_stateid stateid;
	char verf[NFS_VERF_SIZE];
	struct nfs4_end end;
	uint32_t count;
	bool same;

	put_op(&body, 22, 0);
	put_op(&body, 38, 0);
	peer_words(&body, 2, 4U, 0U);
	peer_fixed(&body, "verifier", 8);
	cr_assert(nfs4_take_write(bytes(&body), body.len, &end, &count, verf));
	cr_expect_eq(count, 4);
	cr_expect_arr_eq(verf, "verifier", 8);
	cr_expect_not(nfs4_take_write(bytes(&body), body.len - 4, &end, &count, verf));

	body = begin(0, 2);
	put_op(&body, 22, 0);
	put_op(&body, 5, 0);
	peer_fixed(&body, "verifier", 8);
	cr_assert(nfs4_take_commit(bytes(&body), body.len, &end, verf));

	body = begin(0, 2);
	put_op(&body, 22, 0);
	put_op(&body, 25, 0);
	peer_word(&body, 1);
	peer_opaque(&body, "data", 4);
	cr_assert(nfs4_take_read(bytes(&body), body.len, &end, &range, &same));
	cr_expect(same);
	body.data[body.len - 1] ^= 1;
	cr_assert(nfs4_take_read(bytes(&body), body.len, &end, &range, &same));
	cr_expect_not(same);

	body = begin(0, 2);
	put_op(&body, 22, 0);
	put_op(&body, 20, 0);
	peer_word(&body, 2);
	peer_fixed(&body, "TWELVE BYTES", 12);
	cr_assert(nfs4_take_open_confirm(bytes(&body), body.len, &end, &stateid));
	cr_expect_eq(stateid.seqid, 2);

	body = begin(28, 2);
	put_op(&body, 22, 0);
	put_op(&body, 38, 28);
	cr_assert(nfs4_take_write(bytes(&body), body.len, &end, &count, verf));
	cr_expect_eq(end.status, 28);
	cr_assert(nfs4_take_end(bytes(&body), body.len, &end));
	cr_expect_eq(end.status, 28);
}
