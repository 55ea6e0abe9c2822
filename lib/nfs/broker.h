/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_BROKER_H
#define LIB_NFS_BROKER_H

/*
 * The broker: what the caller's process, which may be root, does for a prober.
 *
 * It starts the prober, a child in a cell (lib/proc/sandbox.h); has names resolved
 * by other children; and, asked by the prober, makes sockets with a connect under
 * way and hands them over.  Only to addresses that it resolved for that source,
 * only so many, and in a watch only to the one port: what the prober reads is
 * hostile, and may take it over.  It never blocks and has one descriptor to wait
 * for.
 *
 *	broker                                   prober
 *	  <------------ READY ---------------------
 *	  ------------- START source i ----------->
 *	  <------------ CONNECT i, address, port --
 *	  ------------- SOCKET + descriptor ------>    … RPC …
 *	  <------------ REPORT i, or BEAT i -------
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/source.h"
#include "lib/nfs/wire.h"

struct broker;
struct error;
struct identity;

/* No source: in struct prober_shared, struct broker_death. */
#define BROKER_NOBODY UINT32_MAX

/* Memory that both see: where the prober is, in case it does not come back. */
struct prober_shared {
	volatile uint32_t source; /* whose bytes it is reading; BROKER_NOBODY: none */
	volatile uint32_t layer;  /* enum probe_layer */
	volatile uint32_t turns;  /* counts up while it lives */
};

/* The prober's main, in its cell.  @sock: its end.  Returns when @sock is closed. */
typedef void (*prober_fn)(int sock, struct prober_shared *shared, const void *arg);

struct broker_target {
	char host[SOURCE_SERVER_SIZE];
	int64_t deadline_ns;      /* to resolve @host by */
	uint16_t port;            /* the only one to connect to; 0: any */
	unsigned connections_max; /* 0: any number */
};

struct broker_spec {
	const struct broker_target *targets; /* copied */
	size_t n;
	const struct identity *identity;
	prober_fn main;
	const void *arg;   /* as it is at the fork */
	unsigned files;    /* descriptors that the prober needs */
	int lost_after_ms; /* see struct dial */
	size_t memory;     /* bytes that the prober may take beyond what it starts with */
};

struct broker_events {
	void *data;
	/* Not one of the broker's own: REPORT, BEAT.  Not checked yet. */
	void (*message)(void *data, const void *msg, size_t len);
	void (*unresolved)(void *data, size_t target, const char *why, bool timed_out);
};

/* Start a prober.  @ret: owned by the caller.  Returns 0 or a negative error. */
int broker_new(const struct broker_spec *spec, struct broker **ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* Kill the prober and free @broker; NULL is fine.  Blocks for a second at most. */
void broker_free(struct broker *broker);

/* To poll for reading. */
int broker_fd(const struct broker *broker) __attribute__((nonnull));

/* The prober; 0 if it is gone. */
pid_t broker_prober(const struct broker *broker) __attribute__((nonnull));

enum broker_outcome {
	BROKER_RUNNING = 0,
	BROKER_DIED, /* the prober is gone: broker_death(), then broker_restart() */
};

/*
 * Do what there is to do.  Does not block.  Returns an enum broker_outcome, or a
 * negative error: the prober could not be started.
 */
int broker_dispatch(struct broker *broker, const struct broker_events *events,
		    struct error *err) __attribute__((nonnull, warn_unused_result));

struct broker_death {
	uint32_t source; /* whose bytes it was reading; or BROKER_NOBODY */
	uint32_t layer;
	char how[64]; /* "signal 11 (Segmentation fault)" */
};

void broker_death(const struct broker *broker, struct broker_death *ret)
	__attribute__((nonnull));

/* Another prober, for the targets that are not over.  Returns 0 or a negative error. */
int broker_restart(struct broker *broker, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* Nothing more is to be done for @target. */
void broker_target_over(struct broker *broker, size_t target) __attribute__((nonnull));

/* Has the prober read one source's bytes for @ms without end?  To be asked often. */
bool broker_prober_hangs(struct broker *broker, int64_t ms) __attribute__((nonnull));

/* Whose bytes the prober reads at this moment; or BROKER_NOBODY. */
uint32_t broker_prober_reads(const struct broker *broker) __attribute__((nonnull));

/* Kill the prober: broker_dispatch() will tell that it died. */
void broker_kill_prober(struct broker *broker) __attribute__((nonnull));

/* The text of address @address of @target, and how long it took to resolve it. */
void broker_address(const struct broker *broker, size_t target, uint32_t address,
		    char *buf, size_t size) __attribute__((nonnull));
int64_t broker_resolve_us(const struct broker *broker, size_t target)
	__attribute__((nonnull));

#endif
