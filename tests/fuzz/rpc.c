/* SPDX-License-Identifier: MIT */
/*
 * The record layer: whatever a server sends must come to an answer, to "garbage" or
 * to nothing, whatever pieces it comes in.  The first byte says how long the pieces
 * are and how many calls are under way; their xids are 1, 2, 3, …
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/nfs/rpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_reply(void *unused, const struct rpc_reply *reply)
{
	/* What lies behind it is promised to be there, and 0. */
	static const char zeroes[32];

	(void)unused;
	assert(reply->tag >= 1 && reply->tag <= RPC_CALLS_MAX);
	if (reply->status == RPC_SUCCESS)
		assert(reply->len <= RPC_RECORD_MAX &&
		       memcmp(reply->body + reply->len, zeroes, sizeof(zeroes)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rpc_request request = { .proc = { RPC_NFS, 3, 0 } };
	struct rpc rpc;
	size_t piece;
	int r = RPC_OPEN;

	if (size < 1)
		return 0;
	rpc_init(&rpc, -1);
	rpc.first_xid = rpc.next_xid = 1;
	for (request.tag = 1; request.tag <= (data[0] & 7) + 1U; request.tag++)
		assert(rpc_call(&rpc, &request) == 0);
	piece = (data[0] >> 3) + 1U;
	data++;
	size--;
	while (size > 0 && r == RPC_OPEN) {
		size_t n = size < piece ? size : piece;

		r = rpc_feed(&rpc, (const char *)data, n, on_reply, NULL);
		data += n;
		size -= n;
	}
	rpc_done(&rpc);
	return 0;
}
