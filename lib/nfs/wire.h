/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_WIRE_H
#define LIB_NFS_WIRE_H

/*
 * What broker and prober say to each other: one struct a message, over a socket
 * that keeps messages apart (SOCK_SEQPACKET).  The prober believes the broker.  The
 * broker takes nothing from the prober, which reads hostile bytes, but through
 * wire_take_…: those return false for what no sound prober sends.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/nfs/beat.h"
#include "lib/nfs/report.h"

#define WIRE_ADDRESSES_MAX 8
/* In wire_report.address: no address was connected to. */
#define WIRE_NO_ADDRESS UINT32_MAX

enum wire_type {
	/* prober to broker */
	WIRE_READY = 1, /* struct wire_ready: in its cell */
	WIRE_FAILED,    /* struct wire_failed: could not enter it */
	WIRE_CONNECT,   /* struct wire_connect: "make me a socket" */
	WIRE_REPORT,    /* struct wire_report */
	WIRE_BEAT,      /* struct wire_beat */
	/* broker to prober */
	WIRE_START,  /* struct wire_start: a source is resolved */
	WIRE_SOCKET, /* struct wire_socket, with a descriptor if errnum is 0 */
};

struct wire_ready {
	uint32_t type;
};

struct wire_failed {
	uint32_t type;
	struct error err;
};

struct wire_connect {
	uint32_t type;
	uint32_t source, address, conn; /* @conn comes back unchanged */
	uint32_t port;
	uint32_t reserved; /* 1: from a port below 1024 if possible */
};

struct wire_report {
	uint32_t type;
	uint32_t source, address;
	struct probe_report report;
};

struct wire_beat {
	uint32_t type;
	struct beat beat;
};

struct wire_start {
	uint32_t type;
	uint32_t source, n_addresses;
	uint32_t ipv6; /* a bit for each address */
};

struct wire_socket {
	uint32_t type;
	uint32_t source, address, conn, port; /* as they were asked for */
	int32_t errnum; /* why there is no socket; 0: it is attached */
	int64_t started_ns;
};

/* Room for any message, to receive into. */
union wire_any {
	uint32_t type;
	struct wire_ready ready;
	struct wire_failed failed;
	struct wire_connect connect;
	struct wire_report report;
	struct wire_beat beat;
	struct wire_start start;
	struct wire_socket socket;
};

/* The type of a message of @len bytes, 0 if it is shorter than one. */
uint32_t wire_type(const void *msg, size_t len) __attribute__((nonnull));

/* @ret: a copy, NUL-terminated and printable. */
bool wire_take_failed(const void *msg, size_t len, struct wire_failed *ret)
	__attribute__((nonnull));

/* @n_sources: what @ret->source is below.  Whether it is allowed is for the caller. */
bool wire_take_connect(const void *msg, size_t len, size_t n_sources,
		       struct wire_connect *ret) __attribute__((nonnull));

/* Every enum in range, every text printable; verdict and layer are ours, anew. */
bool wire_take_report(const void *msg, size_t len, size_t n_sources,
		      struct wire_report *ret) __attribute__((nonnull));

bool wire_take_beat(const void *msg, size_t len, size_t n_sources, struct wire_beat *ret)
	__attribute__((nonnull));

#endif
