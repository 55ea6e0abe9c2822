/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SERVER_SERVER_H
#define TESTS_SERVER_SERVER_H

/*
 * A scripted server of portmap, MOUNT, NFSv3 and NFSv4 over TCP, for what no
 * real server does on demand.
 *
 *   listen.c   listening sockets and their faults
 *   conn.c     records in; answers out, late, in pieces or broken as told
 *   rpc.c      a call's header, which procedure serves it, the answer's header
 *   mangle.c   faults in the bytes of an answer
 *   portmap.c mount.c nfs3.c nfs3_dir.c nfs4*.c       the programs
 *   control.c  commands on standard input, while it runs
 *
 * One thread, one loop, one struct; nothing in it blocks.  It trusts its caller:
 * memory that runs out ends it.
 */

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/base/strbuf.h"
#include "tests/server/faults.h"
#include "tests/server/fs.h"
#include "tests/server/xdr.h"

struct error;
struct server;

enum service { SERVICE_PORTMAP, SERVICE_MOUNT, SERVICE_NFS, SERVICES };

#define ADDRESSES_MAX 8

/* The first member of all that epoll(7) watches: what it is. */
enum source { SOURCE_CONTROL, SOURCE_LISTENER, SOURCE_CONN };

struct listener {
	enum source source;
	struct server *server;
	enum service service;
	struct sockaddr_storage address;
	socklen_t address_len;
	char name[INET6_ADDRSTRLEN]; /* of the address, for faults */
	int fd;                      /* -1 before the first listen_sync() */
	enum fault_kind fault;       /* what it does now; FAULT_KINDS: it serves */
	int fillers[8];              /* connections of our own that fill the backlog */
};

enum reply_end { REPLY_STAY, REPLY_CLOSE, REPLY_RESET, REPLY_AGAIN };

/* An answer on its way out: bytes, when, how fast, and what then. */
struct reply {
	struct reply *next;
	struct strbuf bytes;
	size_t sent;
	int64_t due_ns; /* CLOCK_MONOTONIC: not before */
	int64_t gap_ns; /* between two bytes; 0: as fast as it goes */
	enum reply_end end;
	uint32_t round; /* of its call, see struct statistics */
};

struct conn {
	enum source source;
	struct server *server;
	struct conn *next;
	enum service service;
	int fd;
	bool dead; /* closed at the end of the turn */
	bool wants_write;
	uint32_t round;
	char address[INET6_ADDRSTRLEN + 16]; /* ours */
	struct strbuf in;                    /* bytes as they came */
	struct strbuf record;                /* the fragments of a record so far */
	struct reply *replies;
	struct late *late; /* rpc.c */
};

/*
 * What clients cost.  A round is what a client must have waited for: a
 * connection is in the round after the last answer that was sent when it came; a
 * call is in the round after that answer, or after its own connection's.  With a
 * delay longer than the client thinks, the highest one counts round trips.
 */
struct statistics {
	uint32_t connections;
	uint32_t calls;
	uint32_t rounds;   /* the highest round so far */
	uint32_t answered; /* the highest round of which an answer was sent */
	uint32_t mounts;   /* MNT less UMNT: what the server thinks is mounted */
};

struct server {
	enum source source; /* of its control */
	struct listener listeners[ADDRESSES_MAX * SERVICES];
	uint32_t n_listeners;
	in_port_t ports[SERVICES]; /* host order; 0: not served */
	struct conn *conns;
	struct faults faults;
	struct fs fs;
	struct statistics stats;
	struct strbuf names;    /* the procedures called, in order, for "stats" */
	struct strbuf peers;    /* the ports that connections came from */
	struct strbuf commands; /* read from standard input, not yet run */
	uint64_t verifier;      /* of writes: changes at a reboot */
	uint64_t random;
	int epoll_fd;
	bool verbose;
	bool ends;
};

struct cred {
	uint32_t flavor, uid, gid;
};

struct call {
	struct server *server;
	struct conn *conn;
	uint32_t xid, program, version, procedure;
	struct cred cred;
	struct xdr args;
	struct strbuf body; /* results, after the RPC header */
	struct effects effects;
	const char *program_name;
	const char *procedure_name;
};

/*
 * A procedure reads @call->args and appends its results to @call->body.  For one
 * with a status, FAULT_STATUS is answered for it: the status and @fail_words
 * words of 0, which is each optional attribute absent.
 */
struct procedure {
	const char *name; /* NULL: not served */
	void (*serve)(struct call *call);
	bool has_status;
	uint8_t fail_words;
};

struct program {
	const char *name; /* as in a fault's WHERE */
	enum service service;
	uint32_t number, version;
	const struct procedure *procedures;
	uint32_t count;
};

#define PROGRAM_PORTMAP 100000u
#define PROGRAM_NFS 100003u
#define PROGRAM_MOUNT 100005u

extern const struct program program_portmap2, program_rpcbind3, program_rpcbind4,
	program_mount3, program_nfs3, program_nfs4;

/* listen.c */

/* Listen on @address (numeric; "%port" has no place in it) for each service with a port.
 */
int listen_add(struct server *server, const char *address, struct error *err);
/* Make every listener what the faults say now. */
int listen_sync(struct server *server, struct error *err);
void listen_ready(struct listener *listener);
void listen_done(struct server *server);

/* conn.c */

/* Takes @fd. */
void conn_new(struct listener *listener, int fd);
/* epoll(7) said @events. */
void conn_ready(struct conn *conn, uint32_t events);
/* Takes @reply. */
void conn_send(struct conn *conn, struct reply *reply);
/* Send what is due, bury who is dead; returns ms until the next is due, -1: nothing. */
int conn_turn(struct server *server);
void conn_done(struct server *server);

/* rpc.c */

/* Serve the call in @record; what it is answered is sent or will be. */
void rpc_serve(struct conn *conn, const struct strbuf *record);
/* Serve what was put off until now; returns when the next is due, INT64_MAX: none. */
int64_t rpc_serve_late(struct conn *conn, int64_t now_ns);
void rpc_forget_late(struct conn *conn);
/* Append a reply's header: accepted, with @stat (RFC 5531, 9). */
void rpc_put_accepted(struct strbuf *out, uint32_t xid, uint32_t stat);

/* mangle.c: the answers to @call as its effects make them, from the honest one @record.
 */
void mangle_send(struct call *call, struct strbuf *record);

/* The effects of @call, for the programs. */
static inline bool call_has(const struct call *call, enum fault_kind kind)
{
	return call->effects.on[kind];
}
/* Who the caller is, once squashed. */
struct cred call_cred(const struct call *call);
/* May the caller do all of @bits (see fs_may()) with @node? */
bool call_may(const struct call *call, const struct fs_node *node, uint32_t bits);
/* FS_OK, or why the caller may not change anything in @node. */
enum fs_status call_may_change(const struct call *call, const struct fs_node *node);

/* control.c: a line of standard input; returns false at its end. */
bool control_ready(struct server *server);

#endif
