/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_STATUS_H
#define LIB_NFS_STATUS_H

/*
 * What a server says when it does not do as asked.  MOUNT and NFS v3 (RFC 1813,
 * section 2.6 and appendix I) and v4 (RFC 8881, section 15) share their numbers.
 */

#include <stdint.h>

#include "lib/nfs/verdict.h"

/* RESULT_OK for 0, RESULT_GARBAGE for a number that should not come. */
enum probe_result nfs_status_result(uint32_t status);

/* "ROFS"; "?" for an unknown one. */
const char *nfs_status_name(uint32_t status);

#endif
