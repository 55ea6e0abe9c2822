/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_REPORT_H
#define LIB_NFS_REPORT_H

/*
 * What a probe found.  Flat and of fixed size: it crosses from the prober, which
 * parses the network, to whoever asked, and into the record.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/nfs/handle.h"
#include "lib/nfs/verdict.h"
#include "lib/nfs/vers.h"

struct json;

#define PROBE_DETAIL_SIZE 256
#define PROBE_ADDRESS_SIZE 64

struct probe_layer_report {
	uint32_t result; /* enum probe_result */
	int64_t us;      /* from its first call to its last answer; -1: never asked */
};

/* Bits of ACCESS, RFC 1813, 3.3.4; the same in v4. */
#define PROBE_ACCESS_READ 0x01U
#define PROBE_ACCESS_LOOKUP 0x02U
#define PROBE_ACCESS_MODIFY 0x04U
#define PROBE_ACCESS_EXTEND 0x08U
#define PROBE_ACCESS_DELETE 0x10U

struct probe_report {
	uint32_t verdict; /* enum probe_verdict */
	uint32_t layer; /* enum probe_layer: the one that decided; for ok the last one */
	char detail[PROBE_DETAIL_SIZE]; /* "COMMIT: no answer within 5s"; may be "" */
	int64_t elapsed_us;
	struct probe_layer_report layers[PROBE_LAYERS];

	/* The server as it answered: what a mount has to pin. */
	char address[PROBE_ADDRESS_SIZE]; /* numeric, with the scope; "": none */
	uint16_t port;                    /* of nfsd; 0: not found */
	uint16_t mountport;               /* of mountd; 0: not found, or v4 */
	uint32_t vers;                    /* enum nfs_vers, as asked */
	int64_t connect_us;               /* TCP handshake: one round trip; -1: none */

	/* The root of the export. */
	bool has_handle;
	struct nfs_handle handle; /* for v3, where it is what a path is looked up from */
	uint64_t fsid[2];         /* v3: the second is 0 */
	uint64_t fileid;
	uint64_t handle_digest; /* FNV-1a of the file handle: equal, or another root */
	bool has_access;
	uint32_t access; /* PROBE_ACCESS_… granted to the user */

	/* FSSTAT: what is there for the user, not for root. */
	bool has_space;
	uint64_t total_bytes;
	uint64_t free_bytes;
	bool has_files; /* some file systems do not count their inodes */
	uint64_t free_files;
};

/* An empty report for @vers: nothing reached, nothing known. */
void probe_report_init(struct probe_report *report, enum nfs_vers vers)
	__attribute__((nonnull));

/*
 * One object: source, verdict, layer, detail, elapsed_ms, layers, server, space;
 * what is not known is null.  @source: as the user wrote it.
 */
void probe_report_json(const struct probe_report *report, const char *source,
		       struct json *json) __attribute__((nonnull));

#endif
