/* SPDX-License-Identifier: MIT */
#include "lib/nfs/rpc.h"

#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "lib/base/deadline.h"
#include "lib/base/fd.h"
#include "lib/base/macro.h"

/* RFC 5531, section 9. */
enum { MSG_CALL = 0, MSG_REPLY = 1 };
enum { REPLY_ACCEPTED = 0, REPLY_DENIED = 1 };
enum { REJECT_RPC_MISMATCH = 0, REJECT_AUTH_ERROR = 1 };
enum { FLAVOR_NONE = 0, FLAVOR_SYS = 1 };
#define RPC_VERSION 2
/* Section 8.2: the opaque body of an authentication field. */
#define AUTH_BODY_MAX 400
#define LAST_FRAGMENT 0x80000000U
/* In AUTH_SYS; the server has it for its log at best. */
#define MACHINE_NAME "nfsafe"

#define GROUPS_MAX 16
/* Record mark, call, AUTH_SYS with 16 groups, verifier: 47 words. */
#define HEADER_WORDS_MAX 64

#define DUPLICATES_MAX 64

/* Zeroes behind each record, as the header promises. */
#define SLACK 32

void rpc_init(struct rpc *rpc, int fd)
{
	*rpc = (struct rpc){ .fd = fd };
	/* An xid that cannot be guessed keeps others from answering. */
	if (getrandom(&rpc->next_xid, sizeof(rpc->next_xid), GRND_NONBLOCK) < 0)
		rpc->next_xid = (uint32_t)deadline_now_ns();
	rpc->first_xid = rpc->next_xid;
}

void rpc_done(struct rpc *rpc)
{
	fd_close(&rpc->fd);
	free(rpc->out.data);
	free(rpc->in.data);
	rpc->out = (struct rpc_buffer){ 0 };
	rpc->in = (struct rpc_buffer){ 0 };
}

static bool reserve(struct rpc_buffer *buf, size_t more)
{
	size_t size = buf->size ? buf->size : 512;
	char *data;

	while (size - buf->len < more)
		size *= 2;
	if (size == buf->size)
		return true;
	data = realloc(buf->data, size);
	if (!data)
		return false;
	buf->data = data;
	buf->size = size;
	return true;
}

static void append(struct rpc_buffer *buf, const void *data, size_t len)
{
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
}

struct words {
	uint32_t word[HEADER_WORDS_MAX];
	size_t n;
};

static void put(struct words *w, uint32_t value)
{
	w->word[w->n++] = htobe32(value);
}

static void put_cred(struct words *w, const struct rpc_cred *cred)
{
	static const char name[8] = MACHINE_NAME;
	size_t n_groups = cred->n_groups < GROUPS_MAX ? cred->n_groups : GROUPS_MAX;

	if (!cred->sys) {
		put(w, FLAVOR_NONE);
		put(w, 0);
		return;
	}
	put(w, FLAVOR_SYS);
	put(w, (uint32_t)(7 + n_groups) * 4);
	put(w, 0); /* stamp: arbitrary */
	put(w, (uint32_t)strlen(MACHINE_NAME));
	memcpy(&w->word[w->n], name, sizeof(name));
	w->n += 2;
	put(w, cred->uid);
	put(w, cred->gid);
	put(w, (uint32_t)n_groups);
	for (size_t i = 0; i < n_groups; i++)
		put(w, cred->groups[i]);
}

static struct rpc_call *free_call(struct rpc *rpc)
{
	for (size_t i = 0; i < RPC_CALLS_MAX; i++) {
		if (!rpc->calls[i].used)
			return &rpc->calls[i];
	}
	return NULL;
}

int rpc_call(struct rpc *rpc, const struct rpc_request *request)
{
	struct rpc_call *call = free_call(rpc);
	struct words w = { .n = 1 }; /* the mark comes when the length is known */

	if (!call)
		return -EBUSY;
	put(&w, rpc->next_xid);
	put(&w, MSG_CALL);
	put(&w, RPC_VERSION);
	put(&w, request->proc.prog);
	put(&w, request->proc.vers);
	put(&w, request->proc.proc);
	put_cred(&w, &request->cred);
	put(&w, FLAVOR_NONE);
	put(&w, 0);
	w.word[0] = htobe32((uint32_t)((w.n - 1) * 4 + request->len) | LAST_FRAGMENT);
	if (!reserve(&rpc->out, w.n * 4 + request->len))
		return -ENOMEM;
	append(&rpc->out, w.word, w.n * 4);
	append(&rpc->out, request->body, request->len);
	*call = (struct rpc_call){
		.used = true,
		.xid = rpc->next_xid++,
		.tag = request->tag,
		.sent_ns = deadline_now_ns(),
	};
	return 0;
}

bool rpc_wants_write(const struct rpc *rpc)
{
	return rpc->out.len > 0;
}

unsigned rpc_pending(const struct rpc *rpc)
{
	unsigned n = 0;

	for (size_t i = 0; i < RPC_CALLS_MAX; i++)
		n += rpc->calls[i].used;
	return n;
}

int rpc_send(struct rpc *rpc)
{
	size_t sent = 0;

	while (sent < rpc->out.len) {
		ssize_t n = send(rpc->fd, rpc->out.data + sent, rpc->out.len - sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return RPC_CLOSED;
		sent += (size_t)n;
	}
	if (sent > 0)
		memmove(rpc->out.data, rpc->out.data + sent, rpc->out.len - sent);
	rpc->out.len -= sent;
	return RPC_OPEN;
}

/* Reads words off a record; past its end all are 0 and @short_of is set. */
struct reader {
	char *data;
	size_t len, pos;
	bool short_of;
};

static uint32_t get(struct reader *r)
{
	uint32_t word;

	if (r->len - r->pos < sizeof(word)) {
		r->short_of = true;
		return 0;
	}
	memcpy(&word, r->data + r->pos, sizeof(word));
	r->pos += sizeof(word);
	return be32toh(word);
}

static void skip_verifier(struct reader *r)
{
	uint32_t len;

	(void)get(r);
	len = get(r);
	if (len > AUTH_BODY_MAX || r->len - r->pos < (len + 3) / 4 * 4) {
		r->short_of = true;
		return;
	}
	r->pos += (len + 3) / 4 * 4;
}

static bool read_accepted(struct reader *r, struct rpc_reply *reply)
{
	static const enum rpc_status accept_stats[] = {
		RPC_SUCCESS,      RPC_PROG_UNAVAIL, RPC_PROG_MISMATCH,
		RPC_PROC_UNAVAIL, RPC_GARBAGE_ARGS, RPC_SYSTEM_ERR,
	};
	uint32_t stat;

	skip_verifier(r);
	stat = get(r);
	if (r->short_of || stat >= ARRAY_SIZE(accept_stats))
		return false;
	reply->status = accept_stats[stat];
	if (reply->status == RPC_PROG_MISMATCH) {
		reply->low = get(r);
		reply->high = get(r);
	}
	reply->body = r->data + r->pos;
	reply->len = r->len - r->pos;
	return !r->short_of;
}

static bool read_denied(struct reader *r, struct rpc_reply *reply)
{
	switch (get(r)) {
	case REJECT_RPC_MISMATCH:
		reply->status = RPC_RPC_MISMATCH;
		reply->low = get(r);
		reply->high = get(r);
		return !r->short_of;
	case REJECT_AUTH_ERROR:
		reply->status = RPC_AUTH_ERROR;
		reply->auth_stat = get(r);
		return !r->short_of;
	default:
		return false;
	}
}

static struct rpc_call *find_call(struct rpc *rpc, uint32_t xid)
{
	for (size_t i = 0; i < RPC_CALLS_MAX; i++) {
		if (rpc->calls[i].used && rpc->calls[i].xid == xid)
			return &rpc->calls[i];
	}
	return NULL;
}

/* Harmless, but a server that does nothing else is not one. */
static bool is_duplicate(struct rpc *rpc, uint32_t xid)
{
	return xid - rpc->first_xid < rpc->next_xid - rpc->first_xid &&
	       ++rpc->duplicates <= DUPLICATES_MAX;
}

/* One whole record.  Returns an enum rpc_outcome. */
static int take_record(struct rpc *rpc, rpc_reply_fn fn, void *data)
{
	struct reader r = { .data = rpc->in.data, .len = rpc->in.len };
	struct rpc_reply reply = { 0 };
	uint32_t xid = get(&r), type = get(&r);
	struct rpc_call *call = find_call(rpc, xid);
	bool good = false;

	if (r.short_of || type != MSG_REPLY)
		return RPC_GARBAGE;
	if (!call)
		return is_duplicate(rpc, xid) ? RPC_OPEN : RPC_GARBAGE;
	switch (get(&r)) {
	case REPLY_ACCEPTED:
		good = read_accepted(&r, &reply);
		break;
	case REPLY_DENIED:
		good = read_denied(&r, &reply);
		break;
	}
	if (!good)
		return RPC_GARBAGE;
	reply.tag = call->tag;
	reply.us = (deadline_now_ns() - call->sent_ns) / 1000;
	call->used = false;
	fn(data, &reply);
	return RPC_OPEN;
}

/* A record mark is complete.  False if what it announces is too long. */
static bool begin_fragment(struct rpc *rpc)
{
	uint32_t mark;

	memcpy(&mark, rpc->mark, sizeof(mark));
	mark = be32toh(mark);
	rpc->last_fragment = mark & LAST_FRAGMENT;
	rpc->fragment_left = mark & ~LAST_FRAGMENT;
	/* Nobody sends empty ones before the last, but to keep us reading for ever. */
	if (rpc->fragment_left == 0 && !rpc->last_fragment)
		return false;
	return rpc->fragment_left <= RPC_RECORD_MAX - rpc->in.len;
}

static int end_fragment(struct rpc *rpc, rpc_reply_fn fn, void *data)
{
	int r;

	rpc->mark_len = 0;
	if (!rpc->last_fragment)
		return RPC_OPEN;
	/* libnfs does not look where the record ends before it reads a verifier. */
	if (!reserve(&rpc->in, SLACK))
		return RPC_NO_MEMORY;
	memset(rpc->in.data + rpc->in.len, 0, SLACK);
	r = take_record(rpc, fn, data);
	rpc->in.len = 0;
	return r;
}

int rpc_feed(struct rpc *rpc, const char *bytes, size_t len, rpc_reply_fn fn, void *data)
{
	while (len > 0) {
		size_t n;

		if (rpc->mark_len < sizeof(rpc->mark)) {
			rpc->mark[rpc->mark_len++] = (unsigned char)*bytes;
			bytes++;
			len--;
			if (rpc->mark_len < sizeof(rpc->mark))
				continue;
			if (!begin_fragment(rpc))
				return RPC_GARBAGE;
		}
		n = len < rpc->fragment_left ? len : rpc->fragment_left;
		/* As the bytes come, not as they were announced. */
		if (!reserve(&rpc->in, n))
			return RPC_NO_MEMORY;
		append(&rpc->in, bytes, n);
		bytes += n;
		len -= n;
		rpc->fragment_left -= (uint32_t)n;
		if (rpc->fragment_left == 0) {
			int r = end_fragment(rpc, fn, data);

			if (r != RPC_OPEN)
				return r;
		}
	}
	return RPC_OPEN;
}

/*
 * A server that sends its answers one by one, with Nagle's algorithm on, waits with
 * the second for our acknowledgement of the first, which the kernel would delay by
 * 40 ms: more than a round trip.  It has to be asked for again each time, tcp(7).
 */
static void acknowledge_at_once(int fd)
{
	static const int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

int rpc_receive(struct rpc *rpc, rpc_reply_fn fn, void *data)
{
	char buf[16 * 1024];
	ssize_t n;

	do {
		n = recv(rpc->fd, buf, sizeof(buf), MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return RPC_OPEN;
	if (n <= 0)
		return RPC_CLOSED;
	if (rpc_pending(rpc) > 1)
		acknowledge_at_once(rpc->fd);
	/* Not until nothing is left: others wait too. */
	return rpc_feed(rpc, buf, (size_t)n, fn, data);
}
