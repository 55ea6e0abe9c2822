/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_FINDING_H
#define LIB_NFS_FINDING_H

/*
 * What the steps of v3 and v4 have in common when they look at an answer: the
 * result, and in a->why the reason if it is not RESULT_OK.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/nfs/nfs3.h"
#include "lib/nfs/verdict.h"

struct attempt;

void finding_why(struct attempt *a, const char *fmt, ...)
	__attribute__((nonnull(1, 2), format(printf, 2, 3)));

/* From the status of an answer; returns nfs_status_result(). */
enum probe_result finding_status(struct attempt *a, uint32_t status)
	__attribute__((nonnull));

/* Of the REMOVE of a name that is not there: RESULT_OK whatever it says. */
enum probe_result finding_removal(struct attempt *a, uint32_t status)
	__attribute__((nonnull));

/* The bytes of the canary. */
struct nfs3_range finding_range(const struct attempt *a) __attribute__((nonnull));

/* Its WRITE took @count bytes. */
enum probe_result finding_written(struct attempt *a, uint32_t count)
	__attribute__((nonnull));

/* Its COMMIT came with @verf: another than its WRITE's means that the server
 * restarted in between, and may have forgotten what it took. */
enum probe_result finding_committed(struct attempt *a, const char verf[NFS_VERF_SIZE])
	__attribute__((nonnull));

/* Its READ brought the @same bytes. */
enum probe_result finding_read_back(struct attempt *a, bool same)
	__attribute__((nonnull));

/* Is it there still, as far as is known? */
bool finding_is_left(const struct attempt *a) __attribute__((nonnull));
/* … and the connection over which it was made is not. */
bool finding_is_orphaned(const struct attempt *a) __attribute__((nonnull));

/* Its REMOVE ended with @status; that it is not there is good too. */
enum probe_result finding_removed(struct attempt *a, uint32_t status)
	__attribute__((nonnull));

#endif
