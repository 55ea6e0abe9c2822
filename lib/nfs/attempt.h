/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_ATTEMPT_H
#define LIB_NFS_ATTEMPT_H

/*
 * An attempt: one source probed at one of its addresses.
 *
 * What is to be done is a table of steps, each a connect or a call, with what must
 * have succeeded before it and what must have ended.  Whatever can be started is
 * started, so that calls that do not need one another go out together: the
 * longest path through the table is the number of round trips, and a unit test
 * walks it.  lib/nfs/probe3.c and lib/nfs/probe4_steps.c have the tables.
 *
 * The attempt speaks over sockets that it is given and never blocks.  It knows no
 * clock but for measuring; deadlines are its owner's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/nfs/access.h"
#include "lib/nfs/handle.h"
#include "lib/nfs/nfs3.h"
#include "lib/nfs/nfs4.h"
#include "lib/nfs/probe.h"
#include "lib/nfs/report.h"
#include "lib/nfs/rpc.h"

#define STEPS_MAX 24
#define WHY_SIZE 96
#define CANARY_NAME_SIZE 128
#define CANARY_BYTES 4096
#define SLOTS_MAX 4

enum conn_id {
	CONN_RPCBIND = 0,
	CONN_MOUNTD,
	CONN_NFSD,
	CONN_AGAIN, /* nfsd once more, to take the canary away */
	CONN_COUNT,
};

enum conn_state {
	CONN_UNUSED = 0,
	CONN_WANTED, /* the owner is to ask for a socket */
	CONN_ASKED,  /* … and has */
	CONN_CONNECTING,
	CONN_UP,
	CONN_DOWN, /* see @lost */
};

struct conn {
	enum conn_state state;
	uint16_t port;
	struct rpc rpc;         /* from CONN_CONNECTING on, until CONN_DOWN */
	enum probe_result lost; /* why it is down */
	int64_t started_ns;
	uint32_t registered; /* the owner's: events that it polls for */
};

enum step_state {
	STEP_WAITING = 0,
	STEP_RUNNING,
	STEP_GOOD,
	STEP_BAD,
	STEP_UNWANTED, /* counts as good for what needs it */
	STEP_BLOCKED,  /* what it needs is bad */
};

struct step_run {
	enum step_state state;
	enum probe_result result;
	int64_t started_ns, ended_ns;
};

struct attempt;

enum step_flags {
	STEP_CANARY = 1,   /* only with --write */
	STEP_CLEANUP = 2,  /* takes the canary away: tried even when time runs out */
	STEP_COURTESY = 4, /* its failure does not matter, its answer hardly */
	STEP_RARE = 8,     /* only when something is wrong: not counted as usual */
	STEP_CREATES = 16, /* once it is sent, the canary may be there */
};

struct step {
	const char *name; /* for the detail: "MNT" */
	enum probe_layer layer;
	uint32_t also; /* bits of further layers that its success is good for */
	enum conn_id conn;
	const struct rpc_proc *proc;  /* NULL: connect */
	const struct rpc_proc *proc6; /* over IPv6, if it is another */
	uint32_t needs;               /* steps that must be good */
	uint32_t after;               /* steps that must have ended */
	unsigned flags;
	/* NULL: always. */
	bool (*wanted)(const struct attempt *a);
	/* The arguments; NULL: none.  As nfs3_put_…. */
	int (*put)(struct attempt *a, struct nfs_args to);
	/* NULL: nothing to look at.  Sets a->why when it is not RESULT_OK. */
	enum probe_result (*take)(struct attempt *a, char *body, size_t len);
};

#define STEP_BIT(step) (1U << (step))

struct machine {
	const struct step *steps;
	size_t n;
};

/* Only with --write. */
struct canary {
	char data[CANARY_BYTES];
	struct nfs_handle file;
	char write_verf[NFS_VERF_SIZE];
};

/* What v4 has to remember. */
struct attempt4 {
	char owner[CANARY_NAME_SIZE];
	struct nfs4_client client;
	struct nfs4_opened opened;
	char session[NFS4_SESSION_SIZE];
	uint32_t n_slots;
	uint32_t slot_seqid[SLOTS_MAX];
	int32_t slot_step[SLOTS_MAX]; /* which step uses it; -1: free */
	int current;                  /* the step that is being coded */
};

struct attempt {
	const struct probe_request *request;
	const struct machine *machine;
	unsigned address; /* index into the source's addresses */
	bool ipv6;

	struct conn conns[CONN_COUNT];
	struct step_run runs[STEPS_MAX];
	char why[WHY_SIZE];                /* of the step that is ending */
	char whys[PROBE_LAYERS][WHY_SIZE]; /* "MNT: ACCES": the first of each layer */
	int64_t connect_us;                /* the fastest; -1: none is up yet */
	bool answered;                     /* by nfsd */
	volatile uint32_t *busy; /* gets the layer whose bytes are being read; or NULL */

	uint16_t mountport;    /* 0: not known */
	bool nfs_unregistered; /* rpcbind says so */
	bool has_root;
	struct nfs_handle root;
	bool has_attr;
	struct nfs3_attr attr; /* of v4 too, what it has of it */
	uint64_t fsid_minor;
	bool has_owner;
	bool has_space;
	struct nfs3_space space;
	bool has_access;
	uint32_t access;
	bool read_only; /* ROFS is the answer to a change */
	bool created;   /* the canary may be there */
	bool hurried;   /* it is taken away while it may still be written and read */
	bool removed;
	bool squashed;               /* it belongs to somebody else */
	char name[CANARY_NAME_SIZE]; /* of the canary: new, and nobody else's */
	char verf[NFS_VERF_SIZE];    /* new too */
	struct canary *canary;       /* NULL without --write */
	struct attempt4 *v4;         /* NULL for v3 */

	struct probe_report report;
};

/*
 * @who: who asks, "HOST-PID", for the name of the canary.  Returns an attempt that has
 * not started, owned by the caller (attempt_free()), or NULL: no memory.
 */
struct attempt *attempt_new(const struct probe_request *request, unsigned address,
			    bool ipv6, const char *who) __attribute__((nonnull));
void attempt_free(struct attempt *a);

/* Start what can be started.  To be called after each of the following. */
void attempt_advance(struct attempt *a) __attribute__((nonnull));

/*
 * The socket for @conn, on which a connect was started at @started_ns; owned by @a
 * from now on.  @fd: -1 if there is none, because of @errnum.
 */
void attempt_socket(struct attempt *a, enum conn_id conn, int fd, int errnum,
		    int64_t started_ns) __attribute__((nonnull));

/* EPOLLIN, EPOLLOUT: what @conn waits for; 0: nothing, or it has no socket. */
uint32_t attempt_events(const struct attempt *a, enum conn_id conn)
	__attribute__((nonnull));

/* @events have come for @conn. */
void attempt_ready(struct attempt *a, enum conn_id conn, uint32_t events)
	__attribute__((nonnull));

/* Time is running out: take the canary away now, whatever else is under way. */
void attempt_hurry(struct attempt *a) __attribute__((nonnull));

/* Nothing is under way and nothing can be started. */
bool attempt_is_over(const struct attempt *a) __attribute__((nonnull));
/* Nothing is under way but what does not matter. */
bool attempt_is_settled(const struct attempt *a) __attribute__((nonnull));
/* TCP is up to at least one port. */
bool attempt_is_connected(const struct attempt *a) __attribute__((nonnull));

/* Fill a->report.  What is still under way counts as not answered. */
void attempt_conclude(struct attempt *a) __attribute__((nonnull));

/* Start over with nfsd at another port. */
void attempt_move_nfsd(struct attempt *a, uint16_t port) __attribute__((nonnull));

/* The tables; the caller picks by version. */
extern const struct machine probe3_machine, probe40_machine, probe41_machine;

/* Round trips: the longest path through @machine, with or without the canary. */
unsigned machine_depth(const struct machine *machine, bool canary)
	__attribute__((nonnull));

#endif
