/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_RPC_H
#define LIB_NFS_RPC_H

/*
 * ONC RPC version 2 over TCP (RFC 5531): calls out, replies in, over a socket that
 * somebody else connected.  Never blocks; time is the caller's.
 *
 * Not libnfs's own transport, though the procedures' bodies are coded by libnfs:
 * its contexts take 17 KB each, swallow a reply with a foreign xid (which then
 * looks like silence), give one text for a version that is not served and one for
 * refused credentials, and collect fragments without an end.  Here each of these
 * is an answer of its own, because each is another verdict.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rpc_program {
	RPC_PORTMAP = 100000,
	RPC_NFS = 100003,
	RPC_MOUNT = 100005,
};

/* Calls without an answer on one connection. */
#define RPC_CALLS_MAX 8
/* The longest record that is read: ours are small, and so are their answers. */
#define RPC_RECORD_MAX (64U * 1024)

struct rpc_cred {
	bool sys; /* AUTH_SYS with what follows; else AUTH_NONE */
	uint32_t uid, gid;
	const uint32_t *groups; /* borrowed */
	size_t n_groups;        /* at most 16 */
};

struct rpc_proc {
	uint32_t prog, vers, proc;
};

enum rpc_status {
	RPC_SUCCESS = 0, /* @body is the result */
	RPC_PROG_UNAVAIL,
	RPC_PROG_MISMATCH, /* @low to @high are served */
	RPC_PROC_UNAVAIL,
	RPC_GARBAGE_ARGS,
	RPC_SYSTEM_ERR,
	RPC_RPC_MISMATCH,
	RPC_AUTH_ERROR, /* @auth_stat says why */
};

/* An answer, valid during the callback. */
struct rpc_reply {
	uint32_t tag; /* of the call */
	enum rpc_status status;
	uint32_t low, high;
	uint32_t auth_stat;
	char *body; /* may be written to; 32 bytes behind it are readable, and 0 */
	size_t len;
	int64_t us; /* since the call was queued */
};

/* May queue further calls; must not call rpc_done(). */
typedef void (*rpc_reply_fn)(void *data, const struct rpc_reply *reply);

struct rpc_call {
	bool used;
	uint32_t xid, tag;
	int64_t sent_ns;
};

struct rpc_buffer {
	char *data;
	size_t len, size;
};

struct rpc {
	int fd; /* owned */
	uint32_t first_xid, next_xid;
	unsigned duplicates; /* answers to what was answered before */
	struct rpc_call calls[RPC_CALLS_MAX];
	struct rpc_buffer out;
	struct rpc_buffer in; /* the record so far, without its marks */
	unsigned char mark[4];
	unsigned mark_len;      /* bytes of @mark that are there */
	uint32_t fragment_left; /* bytes of this fragment still to come */
	bool last_fragment;
};

/* @fd: connected and non-blocking; owned by @rpc from now on. */
void rpc_init(struct rpc *rpc, int fd) __attribute__((nonnull));

/* Close and free; twice is fine. */
void rpc_done(struct rpc *rpc) __attribute__((nonnull));

struct rpc_request {
	struct rpc_proc proc;
	struct rpc_cred cred;
	uint32_t tag;     /* handed back with the answer */
	const char *body; /* the arguments in XDR */
	size_t len;
};

/* Queue a call.  Returns 0, or -ENOMEM, or -EBUSY if RPC_CALLS_MAX are under way. */
int rpc_call(struct rpc *rpc, const struct rpc_request *request)
	__attribute__((nonnull, warn_unused_result));

/* True while something waits to be sent. */
bool rpc_wants_write(const struct rpc *rpc) __attribute__((nonnull));

/* Calls without an answer. */
unsigned rpc_pending(const struct rpc *rpc) __attribute__((nonnull));

enum rpc_outcome {
	RPC_OPEN = 0,
	RPC_CLOSED,  /* the peer hung up, or the connection broke */
	RPC_GARBAGE, /* the peer sent what is no reply to a call of ours */
	RPC_NO_MEMORY,
};

/* Send what can be sent.  Returns an enum rpc_outcome (OPEN or CLOSED). */
int rpc_send(struct rpc *rpc) __attribute__((nonnull, warn_unused_result));

/*
 * Read what is there, @fn for each answer.  Returns an enum rpc_outcome; but for
 * RPC_OPEN the connection is of no use any more.
 */
int rpc_receive(struct rpc *rpc, rpc_reply_fn fn, void *data)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* rpc_receive() for bytes that were read already. */
int rpc_feed(struct rpc *rpc, const char *bytes, size_t len, rpc_reply_fn fn, void *data)
	__attribute__((nonnull(1, 2, 4), warn_unused_result));

#endif
