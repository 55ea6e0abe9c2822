/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SERVER_FAULTS_H
#define TESTS_SERVER_FAULTS_H

/*
 * The faults that the server can be told to have, as data.
 *
 *	KIND[:NUMBER][@WHERE][+SKIP][*TIMES][%ADDRESS]
 *
 * WHERE is a program (portmap, mount, nfs, nfs3, nfs4), a procedure or operation
 * (GETATTR), or both (nfs3.GETATTR); without it the fault is everywhere that its
 * kind makes sense.  +SKIP lets that many matching calls pass first, *TIMES ends
 * it after that many, %ADDRESS limits it to one local address of the server.
 * A status of the protocols is a kind of its own: NFS3ERR_STALE@GETATTR.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct error;

enum fault_kind {
	/* at the listener */
	FAULT_REFUSE,
	FAULT_BACKLOG,
	FAULT_NO_ACCEPT,
	/* instead of an answer */
	FAULT_SILENT,
	FAULT_CLOSE,
	FAULT_LATE,
	/* how the answer is sent */
	FAULT_DELAY,
	FAULT_DRIP,
	FAULT_CUT,
	FAULT_RESET,
	FAULT_TWICE,
	FAULT_FRAGMENTS,
	FAULT_FLOOD,
	FAULT_EMPTY_FRAGMENTS,
	/* what the answer is made of */
	FAULT_GARBAGE,
	FAULT_GARBAGE_BODY,
	FAULT_ONES,
	FAULT_NO_BODY,
	FAULT_RUNT,
	FAULT_OVERSIZE,
	FAULT_HTTP,
	FAULT_XID,
	FAULT_CALL,
	/* RPC says no (RFC 5531) */
	FAULT_PROG_UNAVAIL,
	FAULT_PROG_MISMATCH,
	FAULT_PROC_UNAVAIL,
	FAULT_GARBAGE_ARGS,
	FAULT_SYSTEM_ERR,
	FAULT_RPC_MISMATCH,
	FAULT_AUTH, /* by its names: AUTH_TOOWEAK, ... */
	/* the protocol says no, or lies */
	FAULT_STATUS, /* by its names: NFS3ERR_STALE, MNT3ERR_ACCES, ... */
	FAULT_UNREGISTERED,
	FAULT_WRONG_PORT,
	FAULT_VERIFIER,
	FAULT_CORRUPT,
	FAULT_SHORT_READ,
	FAULT_SHORT_WRITE,
	FAULT_READ_ONLY,
	FAULT_FULL,
	FAULT_NO_INODES,
	FAULT_SQUASH,
	FAULT_ROOT_SQUASH,
	FAULT_NOT_DIR,
	FAULT_KINDS,
};

struct fault {
	enum fault_kind kind;
	uint32_t number; /* of the kind: milliseconds, a status, ... */
	char program[12];
	char procedure[24];
	char address[48];
	uint32_t skip;  /* matches still to let pass */
	uint32_t times; /* matches still to have; UINT32_MAX: no end */
};

#define FAULTS_MAX 1024

struct faults {
	struct fault list[FAULTS_MAX];
	uint32_t count;
};

/* Where in a conversation we are. */
struct fault_point {
	const char *program;   /* "nfs3" */
	const char *procedure; /* "GETATTR"; NULL: at the listener */
	const char *address;   /* ours, numeric */
	bool operation;        /* inside of a COMPOUND: only faults that name it */
};

/* The faults that one call has: a copy by kind, for those with @on set. */
struct effects {
	bool on[FAULT_KINDS];
	uint32_t number[FAULT_KINDS];
};

/* Add the fault that @spec describes.  Returns 0 or -ERROR_USAGE. */
int faults_add(struct faults *faults, const char *spec, struct error *err);

/* Add to @effects what is wrong at @point, counting skips and times down. */
void faults_apply(struct faults *faults, const struct fault_point *point,
		  struct effects *effects);

/* Is there a fault of @kind at @point now?  Counts nothing. */
bool faults_has(const struct faults *faults, enum fault_kind kind,
		const struct fault_point *point);

/* The three faults of a listener at @point: which, or FAULT_KINDS for none. */
enum fault_kind faults_of_listener(const struct faults *faults,
				   const struct fault_point *point);

/* Every kind, a line each: name, a tab, what it does. */
void faults_print(FILE *out);

#endif
