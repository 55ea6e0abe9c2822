/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_KEEPER_PAGE_H
#define LIB_BACKUP_KEEPER_PAGE_H

/*
 * What the supervisor and the keeper tell each other: memory that they share, so that
 * neither waits for the other, what was told survives the teller, and nothing is
 * allocated.  A byte over their socket wakes whoever sleeps.
 *
 * No other process has it: the prober, which reads what servers send, must not be able
 * to name the process group that root is to kill.
 */

#include <stdatomic.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/mnt/mount.h"

#define KEEPER_NAME_SIZE 64

/* Each replaces the one before; there is no way back. */
enum keeper_order {
	KEEPER_ORDER_NONE = 0,
	KEEPER_ORDER_WATCH,   /* the mount is public: .mount and .limit_ns are set */
	KEEPER_ORDER_LINGER,  /* it has left its place, but somebody still uses it */
	KEEPER_ORDER_RELEASE, /* it has left its place: let the superblock go */
	KEEPER_ORDER_TRIP,    /* the server is dead: break */
};

enum keeper_state {
	KEEPER_STARTING = 0,
	KEEPER_READY,     /* waits for the clone */
	KEEPER_HOLDING,   /* has it */
	KEEPER_LINGERING, /* until nobody uses it any more; nobody else watches */
	KEEPER_BREAKING,  /* detached, ending, forcing; or after an orphan */
	KEEPER_LETTING_GO,
	KEEPER_DONE,
	KEEPER_FAILED, /* before READY: .error */
};

/* Why it breaks. */
enum keeper_cause {
	KEEPER_CAUSE_NONE = 0,
	KEEPER_CAUSE_ORDER,    /* the supervisor's watch */
	KEEPER_CAUSE_SILENCE,  /* nothing was answered, and nobody else said so */
	KEEPER_CAUSE_ORPHANED, /* the supervisor has died */
};

struct keeper_page {
	/* The supervisor's. */
	int64_t run; /* in the record */
	int64_t limit_ns;
	char destination[KEEPER_NAME_SIZE];
	struct mount_identity mount;
	_Atomic int order;       /* enum keeper_order */
	_Atomic int group;       /* of the command; 0: none */
	_Atomic int64_t life_ns; /* the watch's last sign of life; CLOCK_MONOTONIC */
	_Atomic int left;        /* the run is over: what is not done yet is its own */

	/* The keeper's. */
	_Atomic int state; /* enum keeper_state */
	_Atomic int cause; /* enum keeper_cause */
	_Atomic int pid;
	_Atomic int hand;    /* its hand; 0: none */
	_Atomic int held;    /* the clone is in the namespace of both */
	_Atomic int stuck;   /* a hand that could not be ended; 0: none */
	_Atomic int flushed; /* the last flush: errno + 1; 0: none yet */
	_Atomic unsigned forces;
	_Atomic unsigned users;   /* that the superblock had when last looked at */
	_Atomic int user;         /* one of them */
	_Atomic unsigned blocked; /* tasks of the host, wherever, for two looks */
	_Atomic int detached;     /* the public path: enum mount_look_outcome + 1 */
	_Atomic int64_t break_ns; /* when each was done; 0: not yet */
	_Atomic int64_t detached_ns;
	_Atomic int64_t drained_ns;
	_Atomic int64_t released_ns;
	struct error error;
};

#endif
