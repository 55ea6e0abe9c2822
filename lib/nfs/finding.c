/* SPDX-License-Identifier: MIT */
#include "lib/nfs/finding.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/nfs/attempt.h"
#include "lib/nfs/status.h"

void finding_why(struct attempt *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(a->why, sizeof(a->why), fmt, ap);
	va_end(ap);
}

enum probe_result finding_status(struct attempt *a, uint32_t status)
{
	if (status != 0)
		finding_why(a, "%s (error %" PRIu32 ")", nfs_status_name(status), status);
	return nfs_status_result(status);
}

enum probe_result finding_removal(struct attempt *a, uint32_t status)
{
	a->read_only = nfs_status_result(status) == RESULT_READ_ONLY;
	return RESULT_OK;
}

struct nfs3_range finding_range(const struct attempt *a)
{
	return (struct nfs3_range){ .count = CANARY_BYTES, .data = a->canary->data };
}

enum probe_result finding_written(struct attempt *a, uint32_t count)
{
	if (count == CANARY_BYTES)
		return RESULT_OK;
	finding_why(a, "%" PRIu32 " of %d bytes were written", count, CANARY_BYTES);
	return count < CANARY_BYTES ? RESULT_CORRUPT : RESULT_GARBAGE;
}

enum probe_result finding_committed(struct attempt *a, const char verf[NFS_VERF_SIZE])
{
	if (memcmp(verf, a->canary->write_verf, NFS_VERF_SIZE) == 0)
		return RESULT_OK;
	finding_why(a, "the server restarted after the WRITE (another verifier)");
	return RESULT_CORRUPT;
}

enum probe_result finding_read_back(struct attempt *a, bool same)
{
	if (same)
		return RESULT_OK;
	finding_why(a, "other data came back than were written");
	return RESULT_CORRUPT;
}

bool finding_is_left(const struct attempt *a)
{
	return a->created && !a->removed;
}

bool finding_is_orphaned(const struct attempt *a)
{
	return finding_is_left(a) && a->conns[CONN_NFSD].state == CONN_DOWN;
}

enum probe_result finding_removed(struct attempt *a, uint32_t status)
{
	enum probe_result result = finding_status(a, status);

	if (result != RESULT_OK && result != RESULT_MISSING)
		return result;
	a->removed = true;
	return RESULT_OK;
}
