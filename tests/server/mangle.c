/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "lib/base/deadline.h"
#include "tests/server/server.h"

#define HEADER_SIZE 24u /* of an accepted reply */
#define NS_PER_MS 1000000

static void add_random(struct server *server, struct strbuf *out, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint64_t x = server->random;

		x ^= x << 13; /* xorshift64: the same garbage in each run */
		x ^= x >> 7;
		x ^= x << 17;
		server->random = x;
		strbuf_putc(out, (char)(x >> 32));
	}
}

static void cut_to(struct strbuf *record, size_t len)
{
	if (record->len > len)
		record->len = len;
}

/* Faults in the payload of the record. */
static void mangle_payload(struct call *call, struct strbuf *record)
{
	size_t body = record->len > HEADER_SIZE ? record->len - HEADER_SIZE : 0;

	if (call_has(call, FAULT_GARBAGE)) {
		record->len = 0;
		add_random(call->server, record, 200);
	}
	if (call_has(call, FAULT_GARBAGE_BODY)) {
		cut_to(record, HEADER_SIZE);
		add_random(call->server, record, body > 64 ? body : 64);
	}
	if (call_has(call, FAULT_ONES)) {
		cut_to(record, HEADER_SIZE);
		xdr_put_u32(record, 0);
		for (int i = 0; i < 64; i++)
			xdr_put_u32(record, UINT32_MAX);
	}
	if (call_has(call, FAULT_NO_BODY))
		cut_to(record, HEADER_SIZE);
	if (call_has(call, FAULT_RUNT))
		cut_to(record, 3);
	if (call_has(call, FAULT_XID) || call_has(call, FAULT_FLOOD))
		record->text[0] = (char)(record->text[0] ^ 0x5a);
	if (call_has(call, FAULT_CALL))
		record->text[7] = 0;
}

static void add_fragment(struct strbuf *out, const char *data, size_t len, bool last)
{
	xdr_put_u32(out, (uint32_t)len | (last ? 0x80000000u : 0));
	strbuf_add(out, data, len);
}

/* Record marking (RFC 5531, 11), and the faults in it. */
static void frame(const struct call *call, const struct strbuf *record,
		  struct strbuf *out)
{
	if (call_has(call, FAULT_HTTP)) {
		strbuf_puts(out, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
	} else if (call_has(call, FAULT_EMPTY_FRAGMENTS)) {
		for (int i = 0; i < 4096; i++)
			add_fragment(out, "", 0, false);
	} else if (call_has(call, FAULT_FLOOD)) {
		for (int i = 0; i < 64; i++)
			add_fragment(out, record->text, record->len, true);
	} else if (call_has(call, FAULT_OVERSIZE)) {
		xdr_put_u32(out, UINT32_MAX);
		strbuf_add(out, record->text, record->len);
	} else if (call_has(call, FAULT_FRAGMENTS)) {
		for (size_t at = 0; at < record->len; at += 8) {
			size_t left = record->len - at;

			add_fragment(out, record->text + at, left > 8 ? 8 : left,
				     left <= 8);
		}
	} else {
		add_fragment(out, record->text, record->len, true);
	}
}

static void send_reply(const struct call *call, struct strbuf *bytes)
{
	const struct effects *effects = &call->effects;
	struct reply *reply = calloc(1, sizeof(*reply));

	if (!reply || bytes->failed)
		abort();
	reply->bytes = *bytes;
	*bytes = STRBUF_INIT;
	reply->due_ns = deadline_now_ns();
	if (effects->on[FAULT_DELAY])
		reply->due_ns += (int64_t)effects->number[FAULT_DELAY] * NS_PER_MS;
	if (effects->on[FAULT_DRIP])
		reply->gap_ns = (int64_t)effects->number[FAULT_DRIP] * NS_PER_MS;
	if (effects->on[FAULT_CUT] || effects->on[FAULT_RESET])
		reply->bytes.len /= 2;
	if (effects->on[FAULT_CUT])
		reply->end = REPLY_CLOSE;
	else if (effects->on[FAULT_RESET])
		reply->end = REPLY_RESET;
	else if (effects->on[FAULT_FLOOD] || effects->on[FAULT_EMPTY_FRAGMENTS])
		reply->end = REPLY_AGAIN;
	conn_send(call->conn, reply);
}

void mangle_send(struct call *call, struct strbuf *record)
{
	int times = call_has(call, FAULT_TWICE) ? 2 : 1;

	/* An operation of a COMPOUND may only now have asked for it. */
	if (call_has(call, FAULT_SILENT))
		return;
	if (call_has(call, FAULT_CLOSE)) {
		call->conn->dead = true;
		return;
	}
	mangle_payload(call, record);
	for (int i = 0; i < times; i++) {
		struct strbuf bytes = STRBUF_INIT;

		frame(call, record, &bytes);
		send_reply(call, &bytes);
	}
}
