/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_MOUNT3_H
#define LIB_NFS_MOUNT3_H

/*
 * MOUNT version 3, RFC 1813, appendix I.  mount3_put_…: the arguments in XDR;
 * they return the length, or -1 if @size is too small.  mount3_take_…: false if
 * @body is no such result.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/nfs/handle.h"
#include "lib/nfs/rpc.h"

extern const struct rpc_proc mount3_null, mount3_mnt, mount3_umnt;

/* Of MNT and UMNT. */
int mount3_put_path(const char *path, char *buf, size_t size) __attribute__((nonnull));

/* @ret_handle: only for status 0.  @ret_sys: AUTH_SYS is among the flavours offered. */
bool mount3_take_mnt(char *body, size_t len, uint32_t *ret_status,
		     struct nfs_handle *ret_handle, bool *ret_sys)
	__attribute__((nonnull));

#endif
