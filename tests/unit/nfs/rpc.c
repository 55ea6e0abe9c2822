/* SPDX-License-Identifier: MIT */
#include "lib/nfs/rpc.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/macro.h"
#include "tests/unit/nfs/peer.h"

struct seen {
	unsigned n;
	struct rpc_reply last;
	char body[1024];
};

static void on_reply(void *data, const struct rpc_reply *reply)
{
	struct seen *seen = data;

	seen->n++;
	seen->last = *reply;
	cr_assert_leq(reply->len, sizeof(seen->body));
	if (reply->status == RPC_SUCCESS)
		memcpy(seen->body, reply->body, reply->len);
}

static void open_pair(struct rpc *rpc, int *ret_peer)
{
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	rpc_init(rpc, pair[0]);
	*ret_peer = pair[1];
}

static void call(struct rpc *rpc, uint32_t tag)
{
	struct rpc_request request = { .proc = { RPC_NFS, 3, 0 }, .tag = tag };

	cr_assert_eq(rpc_call(rpc, &request), 0);
}

/* The xid of the call with @tag. */
static uint32_t xid_of(const struct rpc *rpc, uint32_t tag)
{
	for (size_t i = 0; i < RPC_CALLS_MAX; i++) {
		if (rpc->calls[i].used && rpc->calls[i].tag == tag)
			return rpc->calls[i].xid;
	}
	cr_assert_fail("no call %u", tag);
	return 0;
}

static int feed(struct rpc *rpc, const unsigned char *data, size_t len, struct seen *seen)
{
	return rpc_feed(rpc, (const char *)data, len, on_reply, seen);
}

/* Words, in the order of the wire, as one record after its mark. */
static int feed_words(struct rpc *rpc, const uint32_t *words, size_t n, struct seen *seen)
{
	struct peer_body body = { 0 };

	peer_word(&body, 0x80000000U | (uint32_t)(n * 4));
	for (size_t i = 0; i < n; i++)
		peer_word(&body, words[i]);
	return feed(rpc, body.data, body.len, seen);
}

#define FEED(rpc, seen, ...)                                                             \
	feed_words((rpc), (const uint32_t[]){ __VA_ARGS__ },                             \
		   ARRAY_SIZE(((const uint32_t[]){ __VA_ARGS__ })), (seen))

Test(rpc, a_call_says_who_asks)
{
	const uint32_t groups[] = { 5, 6, 7 };
	struct rpc_request request = {
		.proc = { RPC_MOUNT, 3, 1 },
		.cred = { .sys = true,
			  .uid = 1000,
			  .gid = 100,
			  .groups = groups,
			  .n_groups = 3 },
		.body = "\0\0\0\7",
		.len = 4,
	};
	static struct peer_call got;
	struct rpc rpc;
	int peer;

	open_pair(&rpc, &peer);
	cr_assert_eq(rpc_call(&rpc, &request), 0);
	cr_expect(rpc_wants_write(&rpc));
	cr_assert_eq(rpc_send(&rpc), RPC_OPEN);
	cr_expect_not(rpc_wants_write(&rpc));
	cr_assert(peer_next(peer, &got));
	cr_expect_eq(got.prog, RPC_MOUNT);
	cr_expect_eq(got.vers, 3);
	cr_expect_eq(got.proc, 1);
	cr_expect_eq(got.flavor, 1);
	cr_expect_eq(got.uid, 1000);
	cr_expect_eq(got.gid, 100);
	cr_expect_eq(got.n_groups, 3);
	cr_expect_eq(got.len, 4);
	cr_expect_eq(peer_arg(&got, 0), 7);

	request.cred.n_groups = 16;
	request.cred.groups = (const uint32_t[16]){ 0 };
	cr_assert_eq(rpc_call(&rpc, &request), 0);
	cr_assert_eq(rpc_send(&rpc), RPC_OPEN);
	cr_assert(peer_next(peer, &got));
	cr_expect_eq(got.n_groups, 16);
	rpc_done(&rpc);
	(void)close(peer);
}

Test(rpc, an_answer_comes_back_with_its_tag_and_body)
{
	struct seen seen = { 0 };
	struct rpc rpc;
	int peer;

	open_pair(&rpc, &peer);
	call(&rpc, 1);
	call(&rpc, 2);
	cr_expect_eq(rpc_pending(&rpc), 2);
	/* The second first: they may overtake one another. */
	cr_expect_eq(FEED(&rpc, &seen, xid_of(&rpc, 2), 1, 0, 0, 0, 0, 0xcafe), RPC_OPEN);
	cr_expect_eq(seen.n, 1);
	cr_expect_eq(seen.last.tag, 2);
	cr_expect_eq(seen.last.status, RPC_SUCCESS);
	cr_expect_eq(seen.last.len, 4);
	cr_expect_arr_eq(seen.body, "\0\0\xca\xfe", 4);
	cr_expect_geq(seen.last.us, 0);
	cr_expect_eq(FEED(&rpc, &seen, xid_of(&rpc, 1), 1, 0, 0, 0, 0), RPC_OPEN);
	cr_expect_eq(seen.last.tag, 1);
	cr_expect_eq(seen.last.len, 0);
	cr_expect_eq(rpc_pending(&rpc), 0);
	rpc_done(&rpc);
	(void)close(peer);
}

Test(rpc, bytes_may_come_one_by_one_and_in_fragments)
{
	struct seen seen = { 0 };
	struct peer_body body = { 0 };
	struct rpc rpc;
	int peer;

	open_pair(&rpc, &peer);
	call(&rpc, 9);
	/* 4 bytes, 8 bytes, and the last 16. */
	peer_words(&body, 10, 4U, xid_of(&rpc, 9), 8U, 1U, 0U, 0x80000010U, 0U, 0U, 0U,
		   0xbeefU);
	for (size_t i = 0; i < body.len; i++) {
		cr_assert_eq(seen.n, 0);
		cr_assert_eq(feed(&rpc, body.data + i, 1, &seen), RPC_OPEN);
	}
	cr_expect_eq(seen.n, 1);
	cr_expect_eq(seen.last.len, 4);
	cr_expect_arr_eq(seen.body, "\0\0\xbe\xef", 4);
	rpc_done(&rpc);
	(void)close(peer);
}

Test(rpc, each_refusal_is_told_apart)
{
	static const enum rpc_status accepted[] = {
		[1] = RPC_PROG_UNAVAIL,
		[3] = RPC_PROC_UNAVAIL,
		[4] = RPC_GARBAGE_ARGS,
		[5] = RPC_SYSTEM_ERR,
	};
	struct seen seen = { 0 };
	struct rpc rpc;
	int peer;

	open_pair(&rpc, &peer);
	for (uint32_t stat = 1; stat < ARRAY_SIZE(accepted); stat++) {
		if (stat == 2)
			continue;
		call(&rpc, 1);
		cr_expect_eq(FEED(&rpc, &seen, xid_of(&rpc, 1), 1, 0, 0, 0, stat),
			     RPC_OPEN);
		cr_expect_eq(seen.last.status, accepted[stat]);
	}
	call(&rpc, 1);
	cr_expect_eq(FEED(&rpc, &seen, xid_of(&rpc, 1), 1, 0, 0, 0, 2, 3, 4), RPC_OPEN);
	cr_expect_eq(seen.last.status, RPC_PROG_MISMATCH);
	cr_expect_eq(seen.last.low, 3);
	cr_expect_eq(seen.last.high, 4);
	call(&rpc, 1);
	cr_expect_eq(FEED(&rpc, &seen, xid_of(&rpc, 1), 1, 1, 1, 5), RPC_OPEN);
	cr_expect_eq(seen.last.status, RPC_AUTH_ERROR);
	cr_expect_eq(seen.last.auth_stat, 5);
	call(&rpc, 1);
	cr_expect_eq(FEED(&rpc, &seen, xid_of(&rpc, 1), 1, 1, 0, 3, 3), RPC_OPEN);
	cr_expect_eq(seen.last.status, RPC_RPC_MISMATCH);
	rpc_done(&rpc);
	(void)close(peer);
}

Test(rpc, a_verifier_is_stepped_over)
{
	struct seen seen = { 0 };
	struct rpc rpc;
	int peer;

	open_pair(&rpc, &peer);
	call(&rpc, 1);
	/* AUTH_SHORT of 5 bytes, padded to 8. */
	cr_expect_eq(FEED(&rpc, &seen, xid_of(&rpc, 1), 1, 0, 2, 5, ~0U, ~0U, 0, 42),
		     RPC_OPEN);
	cr_expect_eq(seen.last.len, 4);
	cr_expect_arr_eq(seen.body, "\0\0\0\x2a", 4);
	rpc_done(&rpc);
	(void)close(peer);
}

/* Each on a connection of its own: it is of no use after that. */
Test(rpc, what_is_no_answer_is_garbage)
{
	static const struct {
		const char *what;
		uint32_t words[8];
		size_t n;
		bool own_xid;
	} cases[] = {
		{ "another xid", { 0, 1, 0, 0, 0, 0 }, 6, false },
		{ "a call", { 0, 0, 2, 100003, 3, 0 }, 6, true },
		{ "no word but the xid", { 0 }, 1, true },
		{ "no verifier", { 0, 1, 0 }, 3, true },
		{ "a verifier beyond the end", { 0, 1, 0, 0, 8, 0 }, 6, true },
		{ "a verifier longer than allowed", { 0, 1, 0, 0, 404, 0 }, 6, true },
		{ "a verifier of 2^32 - 1 bytes", { 0, 1, 0, 0, ~0U, 0 }, 6, true },
		{ "an accept_stat that is none", { 0, 1, 0, 0, 0, 6 }, 6, true },
		{ "a mismatch without versions", { 0, 1, 0, 0, 0, 2 }, 6, true },
		{ "a reply_stat that is none", { 0, 1, 2, 0, 0, 0 }, 6, true },
		{ "a reject_stat that is none", { 0, 1, 1, 2, 0 }, 5, true },
		{ "a rejection without a reason", { 0, 1, 1, 1 }, 4, true },
		{ "an empty record", { 0 }, 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t words[8];
		struct seen seen = { 0 };
		struct rpc rpc;
		int peer;

		open_pair(&rpc, &peer);
		call(&rpc, 1);
		memcpy(words, cases[i].words, sizeof(words));
		words[0] = xid_of(&rpc, 1) + (cases[i].own_xid ? 0 : 4711);
		cr_expect_eq(feed_words(&rpc, words, cases[i].n, &seen), RPC_GARBAGE,
			     "%s", cases[i].what);
		cr_expect_eq(seen.n, 0);
		rpc_done(&rpc);
		(void)close(peer);
	}
}

Test(rpc, a_record_may_not_be_longer_than_the_limit)
{
	struct peer_body body = { 0 };
	struct seen seen = { 0 };
	struct rpc rpc;
	int peer;

	open_pair(&rpc, &peer);
	call(&rpc, 1);
	peer_word(&body, 0x80000000U | (RPC_RECORD_MAX + 1));
	cr_expect_eq(feed(&rpc, body.data, body.len, &seen), RPC_GARBAGE);
	rpc_done(&rpc);
	(void)close(peer);

	/* Nor may many fragments together. */
	open_pair(&rpc, &peer);
	call(&rpc, 1);
	body = (struct peer_body){ 0 };
	peer_word(&body, 8192);
	body.len += 8192;
	for (unsigned i = 0; i < RPC_RECORD_MAX / 8192; i++)
		cr_expect_eq(feed(&rpc, body.data, body.len, &seen), RPC_OPEN);
	cr_expect_eq(feed(&rpc, body.data, body.len, &seen), RPC_GARBAGE);
	rpc_done(&rpc);
	(void)close(peer);
}

Test(rpc, empty_fragments_are_for_keeping_us_busy)
{
	struct peer_body body = { 0 };
	struct seen seen = { 0 };
	struct rpc rpc;
	int peer;

	open_pair(&rpc, &peer);
	call(&rpc, 1);
	peer_word(&body, 0);
	cr_expect_eq(feed(&rpc, body.data, body.len, &seen), RPC_GARBAGE);
	rpc_done(&rpc);
	(void)close(peer);
}

Test(rpc, memory_is_taken_as_bytes_come_not_as_they_are_announced)
{
	struct peer_body body = { 0 };
	struct seen seen = { 0 };
	struct rpc rpc;
	int peer;

	open_pair(&rpc, &peer);
	call(&rpc, 1);
	peer_words(&body, 2, 0x80000000U | RPC_RECORD_MAX, 0U);
	cr_expect_eq(feed(&rpc, body.data, body.len, &seen), RPC_OPEN);
	cr_expect_leq(rpc.in.size, 1024);
	rpc_done(&rpc);
	(void)close(peer);
}

/* A server may answer twice, but not do nothing else. */
Test(rpc, a_second_answer_is_passed_over)
{
	struct seen seen = { 0 };
	struct rpc rpc;
	uint32_t xid;
	int peer, r = RPC_OPEN;
	unsigned n = 0;

	open_pair(&rpc, &peer);
	call(&rpc, 1);
	xid = xid_of(&rpc, 1);
	cr_expect_eq(FEED(&rpc, &seen, xid, 1, 0, 0, 0, 0), RPC_OPEN);
	while (r == RPC_OPEN && n < 1000) {
		r = FEED(&rpc, &seen, xid, 1, 0, 0, 0, 0);
		n++;
	}
	cr_expect_eq(r, RPC_GARBAGE);
	cr_expect_gt(n, 10);
	cr_expect_eq(seen.n, 1);
	rpc_done(&rpc);
	(void)close(peer);
}

Test(rpc, so_many_calls_at_once_and_no_more)
{
	struct rpc_request request = { .proc = { RPC_NFS, 3, 0 } };
	struct rpc rpc;
	int peer;

	open_pair(&rpc, &peer);
	for (uint32_t i = 0; i < RPC_CALLS_MAX; i++)
		call(&rpc, i);
	cr_expect_eq(rpc_call(&rpc, &request), -EBUSY);
	rpc_done(&rpc);
	rpc_done(&rpc);
	(void)close(peer);
}

Test(rpc, a_peer_that_hangs_up_is_seen)
{
	struct seen seen = { 0 };
	struct rpc rpc;
	int peer;

	open_pair(&rpc, &peer);
	cr_expect_eq(rpc_receive(&rpc, on_reply, &seen), RPC_OPEN, "nothing is there");
	call(&rpc, 1);
	(void)close(peer);
	cr_expect_eq(rpc_receive(&rpc, on_reply, &seen), RPC_CLOSED);
	cr_expect_eq(rpc_send(&rpc), RPC_CLOSED);
	rpc_done(&rpc);
}

Test(rpc, what_the_socket_does_not_take_is_kept)
{
	static char body[4096], sink[64 * 1024];
	struct rpc_request request = {
		.proc = { RPC_NFS, 3, 7 },
		.body = body,
		.len = sizeof(body),
	};
	size_t want = RPC_CALLS_MAX * (sizeof(body) + 11 * 4), got = 0;
	int size = 4096, peer;
	struct rpc rpc;

	open_pair(&rpc, &peer);
	cr_assert_eq(setsockopt(rpc.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	for (unsigned i = 0; i < RPC_CALLS_MAX; i++)
		cr_assert_eq(rpc_call(&rpc, &request), 0);
	cr_assert_eq(rpc_send(&rpc), RPC_OPEN);
	cr_assert(rpc_wants_write(&rpc));
	while (got < want) {
		ssize_t n = recv(peer, sink, sizeof(sink), 0);

		cr_assert_gt(n, 0);
		got += (size_t)n;
		cr_assert_eq(rpc_send(&rpc), RPC_OPEN);
	}
	cr_expect_eq(got, want);
	cr_expect_not(rpc_wants_write(&rpc));
	rpc_done(&rpc);
	(void)close(peer);
}
