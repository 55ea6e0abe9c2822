/* SPDX-License-Identifier: MIT */
#include "lib/mnt/mountstats.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/macro.h"
#include "lib/mnt/span.h"

#define FILE_MAX ((size_t)64 << 20)

/* Numbers by their place, as in nfs_show_stats() of fs/nfs/super.c. */
enum { EVENT_SHORT_READ = 22, EVENT_SHORT_WRITE = 23, EVENT_DELAY = 24, EVENTS_MIN = 25 };
enum { BYTES_SERVER_READ = 4, BYTES_SERVER_WRITTEN = 5, BYTES_MIN = 6 };

static bool parse_age(struct span line, struct mountstats *s)
{
	return span_numbers(line, &s->age_s, 1) == 1;
}

static bool parse_events(struct span line, struct mountstats *s)
{
	uint64_t v[EVENTS_MIN];

	if (span_numbers(line, v, EVENTS_MIN) < EVENTS_MIN)
		return false;
	s->short_reads = v[EVENT_SHORT_READ];
	s->short_writes = v[EVENT_SHORT_WRITE];
	s->delays = v[EVENT_DELAY];
	return true;
}

static bool parse_bytes(struct span line, struct mountstats *s)
{
	uint64_t v[BYTES_MIN];

	if (span_numbers(line, v, BYTES_MIN) < BYTES_MIN)
		return false;
	s->bytes_read = v[BYTES_SERVER_READ];
	s->bytes_written = v[BYTES_SERVER_WRITTEN];
	return true;
}

/*
 * "tcp PORT BINDS CONNECTS CONNECT_TIME IDLE SENDS RECEIVES BAD_XIDS …", as in
 * xs_tcp_print_stats() of net/sunrpc/xprtsock.c.  A transport of another kind is
 * counted, and no more.
 */
static bool parse_transport(struct span line, struct mountstats *s)
{
	enum { CONNECTS = 2, SENDS = 5, RECEIVES = 6, BAD_XIDS = 7, MIN = 8 };
	struct mountstats_transport *t = &s->transport;
	struct span kind;
	uint64_t v[MIN];

	t->connections++;
	if (!span_next_word(&line, &kind))
		return false;
	if (!span_is(kind, "tcp"))
		return true;
	if (span_numbers(line, v, MIN) < MIN)
		return false;
	/* Wraps rather than overflows, should a text make it. */
	t->connects += v[CONNECTS];
	t->sends += v[SENDS];
	t->receives += v[RECEIVES];
	t->bad_xids += v[BAD_XIDS];
	return true;
}

/* "WRITE: 8 9 0 4000 1000 1 2 3 0", the last number from statvers 1.1 on. */
static bool parse_op(struct span name, struct span line, struct mountstats *s)
{
	enum { MIN = 8, MAX = 9 };
	struct mountstats_op *op = &s->ops[s->op_count];
	uint64_t v[MAX] = { 0 };

	if (s->op_count == MOUNTSTATS_OPS_MAX || name.len >= sizeof(op->name) ||
	    memchr(name.p, '\0', name.len) || span_numbers(line, v, MAX) < MIN)
		return false;
	*op = (struct mountstats_op){
		.calls = v[0],
		.transmissions = v[1],
		.major_timeouts = v[2],
		.bytes_sent = v[3],
		.bytes_received = v[4],
		.queue_ms = v[5],
		.rtt_ms = v[6],
		.execute_ms = v[7],
		.errors = v[8],
	};
	memcpy(op->name, name.p, name.len);
	/* Each has one line: which of two would the difference be of? */
	if (mountstats_op(s, op->name))
		return false;
	s->op_count++;
	return true;
}

static bool parse_stat_line(struct span line, bool *in_ops, struct mountstats *s)
{
	static const struct {
		const char *name;
		bool (*parse)(struct span line, struct mountstats *s);
	} kinds[] = {
		{ "age", parse_age },
		{ "events", parse_events },
		{ "bytes", parse_bytes },
		{ "xprt", parse_transport },
	};
	struct span name;

	if (!span_next_word(&line, &name))
		return true;
	if (span_is(name, "per-op")) {
		*in_ops = true;
		return true;
	}
	if (name.len < 2 || name.p[name.len - 1] != ':')
		return !*in_ops;
	name.len--;
	if (*in_ops)
		return parse_op(name, line, s);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (span_is(name, kinds[i].name))
			return kinds[i].parse(line, s);
	}
	/* opts, caps, sec, nfsv4 and what kernels to come may add. */
	return true;
}

/*
 * "device nas:/srv mounted on /mnt/b with fstype nfs statvers=1.1".  Does it open the
 * part of @key?
 */
static bool is_header_of(struct span line, const struct mountstats_key *key)
{
	struct span source, mountpoint, word;

	return span_next_word(&line, &word) && span_next_word(&line, &source) &&
	       span_next_word(&line, &word) && span_is(word, "mounted") &&
	       span_next_word(&line, &word) && span_is(word, "on") &&
	       span_next_word(&line, &mountpoint) && span_next_word(&line, &word) &&
	       span_is(word, "with") && span_next_word(&line, &word) &&
	       span_is(word, "fstype") && span_next_word(&line, &word) &&
	       (span_is(word, "nfs") || span_is(word, "nfs4")) &&
	       span_is_path(mountpoint, key->mountpoint) &&
	       span_is_path(source, key->source);
}

static bool opens_part(struct span line)
{
	return span_skip(&line, "device ") || span_skip(&line, "no device ");
}

/* The lines after the header, up to the next one. */
static int parse_part(struct span text, struct mountstats *s, struct error *err)
{
	struct span line;
	bool in_ops = false;

	*s = (struct mountstats){ 0 };
	while (span_next_line(&text, &line) && !opens_part(line)) {
		if (!parse_stat_line(line, &in_ops, s))
			return error_set(err, ERROR_IO, 0,
					 "mountstats: not understood: %.*s",
					 (int)(line.len < 200 ? line.len : 200), line.p);
	}
	return 0;
}

int mountstats_parse(const char *text, size_t len, const struct mountstats_key *key,
		     struct mountstats *ret, struct error *err)
{
	struct span rest = { text, len }, part = { NULL, 0 }, line;
	struct mountstats s;
	int r;

	while (span_next_line(&rest, &line)) {
		if (opens_part(line) && is_header_of(line, key))
			part = rest;
	}
	if (!part.p)
		return MOUNTSTATS_ABSENT;
	r = parse_part(part, &s, err);
	if (r == 0)
		*ret = s;
	return r;
}

int mountstats_read(const struct mountstats_key *key, struct mountstats *ret,
		    struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len;
	int r;

	r = fd_read_file("/proc/self/mountstats", FILE_MAX, &text, &len, err);
	if (r < 0)
		return r;
	return mountstats_parse(text, len, key, ret, err);
}

const struct mountstats_op *mountstats_op(const struct mountstats *s, const char *name)
{
	for (size_t i = 0; i < s->op_count; i++) {
		if (strcmp(s->ops[i].name, name) == 0)
			return &s->ops[i];
	}
	return NULL;
}

static bool subtract(uint64_t after, uint64_t before, uint64_t *ret)
{
	return !__builtin_sub_overflow(after, before, ret);
}

static bool subtract_op(const struct mountstats_op *after,
			const struct mountstats_op *before, struct mountstats_op *ret)
{
	return subtract(after->calls, before->calls, &ret->calls) &&
	       subtract(after->transmissions, before->transmissions,
			&ret->transmissions) &&
	       subtract(after->major_timeouts, before->major_timeouts,
			&ret->major_timeouts) &&
	       subtract(after->bytes_sent, before->bytes_sent, &ret->bytes_sent) &&
	       subtract(after->bytes_received, before->bytes_received,
			&ret->bytes_received) &&
	       subtract(after->queue_ms, before->queue_ms, &ret->queue_ms) &&
	       subtract(after->rtt_ms, before->rtt_ms, &ret->rtt_ms) &&
	       subtract(after->execute_ms, before->execute_ms, &ret->execute_ms) &&
	       subtract(after->errors, before->errors, &ret->errors);
}

static bool subtract_transport(const struct mountstats_transport *after,
			       const struct mountstats_transport *before,
			       struct mountstats_transport *ret)
{
	/* Not counters of calls: connections may come and go. */
	ret->connections = after->connections;
	return subtract(after->connects, before->connects, &ret->connects) &&
	       subtract(after->sends, before->sends, &ret->sends) &&
	       subtract(after->receives, before->receives, &ret->receives) &&
	       subtract(after->bad_xids, before->bad_xids, &ret->bad_xids);
}

bool mountstats_difference(const struct mountstats *before,
			   const struct mountstats *after, struct mountstats *ret)
{
	struct mountstats d = *after;

	if (!subtract(after->age_s, before->age_s, &d.age_s) ||
	    !subtract(after->short_reads, before->short_reads, &d.short_reads) ||
	    !subtract(after->short_writes, before->short_writes, &d.short_writes) ||
	    !subtract(after->delays, before->delays, &d.delays) ||
	    !subtract(after->bytes_read, before->bytes_read, &d.bytes_read) ||
	    !subtract(after->bytes_written, before->bytes_written, &d.bytes_written) ||
	    !subtract_transport(&after->transport, &before->transport, &d.transport))
		return false;
	for (size_t i = 0; i < before->op_count; i++) {
		const struct mountstats_op *op =
			mountstats_op(after, before->ops[i].name);

		if (!op || !subtract_op(op, &before->ops[i], &d.ops[op - after->ops]))
			return false;
	}
	*ret = d;
	return true;
}

void mountstats_summarize(const struct mountstats *s, struct mountstats_summary *ret)
{
	static const char *const writes[] = { "WRITE", "COMMIT", "LAYOUTCOMMIT" };
	struct mountstats_summary sum = { 0 };

	for (size_t i = 0; i < s->op_count; i++) {
		const struct mountstats_op *op = &s->ops[i];

		sum.calls += op->calls;
		if (op->transmissions > op->calls)
			sum.retransmissions += op->transmissions - op->calls;
		sum.major_timeouts += op->major_timeouts;
		sum.errors += op->errors;
	}
	for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
		const struct mountstats_op *op = mountstats_op(s, writes[i]);

		sum.write_errors += op ? op->errors : 0;
	}
	*ret = sum;
}

bool mountstats_progress(const struct mountstats *before, const struct mountstats *after)
{
	return after->transport.receives > before->transport.receives;
}
