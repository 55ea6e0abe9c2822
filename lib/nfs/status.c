/* SPDX-License-Identifier: MIT */
#include "lib/nfs/status.h"

#include "lib/base/macro.h"

static const struct {
	uint32_t status;
	enum probe_result result;
	const char *name;
} table[] = {
	{ 0, RESULT_OK, "OK" },
	{ 1, RESULT_DENIED, "PERM" },
	{ 2, RESULT_MISSING, "NOENT" },
	{ 5, RESULT_CORRUPT, "IO" },
	{ 6, RESULT_CORRUPT, "NXIO" },
	{ 13, RESULT_DENIED, "ACCES" },
	{ 17, RESULT_GARBAGE, "EXIST" }, /* our names are new */
	{ 19, RESULT_CORRUPT, "NODEV" },
	{ 20, RESULT_MISSING, "NOTDIR" },
	{ 21, RESULT_GARBAGE, "ISDIR" },
	{ 22, RESULT_GARBAGE, "INVAL" },
	{ 27, RESULT_NO_SPACE, "FBIG" },
	{ 28, RESULT_NO_SPACE, "NOSPC" },
	{ 30, RESULT_READ_ONLY, "ROFS" },
	{ 63, RESULT_MISSING, "NAMETOOLONG" },
	{ 69, RESULT_NO_SPACE, "DQUOT" },
	{ 70, RESULT_STALE, "STALE" },
	{ 71, RESULT_MISSING, "REMOTE" },
	{ 10001, RESULT_STALE, "BADHANDLE" },
	{ 10004, RESULT_VERSION, "NOTSUPP" },
	{ 10006, RESULT_CORRUPT, "SERVERFAULT" },
	{ 10008, RESULT_BUSY, "JUKEBOX/DELAY" },
	{ 10013, RESULT_BUSY, "GRACE" },
	{ 10014, RESULT_STALE, "FHEXPIRED" },
	{ 10016, RESULT_REJECTED, "WRONGSEC" },
	{ 10018, RESULT_BUSY, "RESOURCE" },
	{ 10019, RESULT_MISSING, "MOVED" },
	{ 10020, RESULT_GARBAGE, "NOFILEHANDLE" },
	{ 10021, RESULT_VERSION, "MINOR_VERS_MISMATCH" },
	/* The server restarted between two calls. */
	{ 10022, RESULT_BUSY, "STALE_CLIENTID" },
	{ 10023, RESULT_BUSY, "STALE_STATEID" },
	{ 10025, RESULT_GARBAGE, "BAD_STATEID" },
	{ 10026, RESULT_GARBAGE, "BAD_SEQID" },
	{ 10029, RESULT_MISSING, "SYMLINK" },
	{ 10036, RESULT_GARBAGE, "BADXDR" },
	{ 10039, RESULT_DENIED, "BADOWNER" },
	{ 10044, RESULT_VERSION, "OP_ILLEGAL" },
	{ 10046, RESULT_DENIED, "FILE_OPEN" },
	{ 10052, RESULT_BUSY, "BADSESSION" },
	{ 10053, RESULT_GARBAGE, "BADSLOT" },
	{ 10063, RESULT_GARBAGE, "SEQ_MISORDERED" },
	{ 10071, RESULT_GARBAGE, "OP_NOT_IN_SESSION" },
	{ 10074, RESULT_BUSY, "CLIENTID_BUSY" },
	{ 10078, RESULT_BUSY, "DEADSESSION" },
};

enum probe_result nfs_status_result(uint32_t status)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].status == status)
			return table[i].result;
	}
	return RESULT_GARBAGE;
}

const char *nfs_status_name(uint32_t status)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].status == status)
			return table[i].name;
	}
	return "?";
}
