/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_HANDLE_H
#define LIB_NFS_HANDLE_H

#include <stdint.h>

/* NFS4_FHSIZE; v3 has 64. */
#define NFS_HANDLE_MAX 128

/* A file handle: opaque bytes that only the server understands. */
struct nfs_handle {
	uint32_t len;
	char data[NFS_HANDLE_MAX];
};

#endif
