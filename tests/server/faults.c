/* SPDX-License-Identifier: MIT */
#include "tests/server/faults.h"

#include <string.h>

#include "lib/base/error.h"
#include "lib/base/macro.h"
#include "lib/base/parse.h"

struct kind {
	const char *name;
	const char *text;
	uint32_t number; /* when none is given */
};

static const struct kind kinds[FAULT_KINDS] = {
	[FAULT_REFUSE] = { "refuse", "no listener: connections are refused", 0 },
	[FAULT_BACKLOG] = { "backlog", "full backlog: a SYN gets no answer", 0 },
	[FAULT_NO_ACCEPT] = { "no-accept",
			      "the kernel completes the connection, nobody accepts it",
			      0 },
	[FAULT_SILENT] = { "silent", "the call is read and never answered", 0 },
	[FAULT_CLOSE] = { "close", "the connection is closed instead of an answer", 0 },
	[FAULT_LATE] = { "late",
			 "the call is served NUMBER (100) ms later, others meanwhile",
			 100 },
	[FAULT_DELAY] = { "delay", "the answer comes NUMBER (100) ms later", 100 },
	[FAULT_DRIP] = { "drip", "the answer comes a byte every NUMBER (20) ms", 20 },
	[FAULT_CUT] = { "cut", "half of the answer, then the connection is closed", 0 },
	[FAULT_RESET] = { "reset", "half of the answer, then the connection is reset",
			  0 },
	[FAULT_TWICE] = { "twice", "the answer comes twice (harmless)", 0 },
	[FAULT_FRAGMENTS] = { "fragments",
			      "a record of fragments of 8 bytes (legal, harmless)", 0 },
	[FAULT_FLOOD] = { "flood", "answers with other xids, without end", 0 },
	[FAULT_EMPTY_FRAGMENTS] = { "empty-fragments",
				    "fragments of no bytes, without end", 0 },
	[FAULT_GARBAGE] = { "garbage", "a record of random bytes", 0 },
	[FAULT_GARBAGE_BODY] = { "garbage-body", "the right header, a random body", 0 },
	[FAULT_ONES] = { "ones", "the right header, status OK, then all bits set", 0 },
	[FAULT_NO_BODY] = { "no-body", "the record ends after the RPC header", 0 },
	[FAULT_RUNT] = { "runt", "a record of 3 bytes", 0 },
	[FAULT_OVERSIZE] = { "oversize", "a record of 2 GiB is announced", 0 },
	[FAULT_HTTP] = { "http", "an HTTP server answers", 0 },
	[FAULT_XID] = { "wrong-xid", "the answer belongs to another call", 0 },
	[FAULT_CALL] = { "call", "the answer is marked as a call", 0 },
	[FAULT_PROG_UNAVAIL] = { "prog-unavail", "PROG_UNAVAIL", 0 },
	[FAULT_PROG_MISMATCH] = { "prog-mismatch",
				  "PROG_MISMATCH, version NUMBER (2) is served", 2 },
	[FAULT_PROC_UNAVAIL] = { "proc-unavail", "PROC_UNAVAIL", 0 },
	[FAULT_GARBAGE_ARGS] = { "garbage-args", "GARBAGE_ARGS", 0 },
	[FAULT_SYSTEM_ERR] = { "system-err", "SYSTEM_ERR", 0 },
	[FAULT_RPC_MISMATCH] = { "rpc-mismatch", "RPC_MISMATCH", 0 },
	[FAULT_AUTH] = { NULL, "the call is denied: its credentials", 0 },
	[FAULT_STATUS] = { NULL, "the procedure fails with this status", 0 },
	[FAULT_UNREGISTERED] = { "unregistered", "@mount or @nfs is not in portmap's map",
				 0 },
	[FAULT_WRONG_PORT] = { "wrong-port",
			       "portmap names a port for @mount or @nfs where nobody is",
			       0 },
	[FAULT_VERIFIER] = { "verifier", "COMMIT has another verifier than WRITE had",
			     0 },
	[FAULT_CORRUPT] = { "corrupt", "READ gives data with one bit changed", 0 },
	[FAULT_SHORT_READ] = { "short-read", "READ gives half of the data, and EOF", 0 },
	[FAULT_SHORT_WRITE] = { "short-write", "WRITE takes half of the data", 0 },
	[FAULT_READ_ONLY] = { "read-only", "exported read-only", 0 },
	[FAULT_FULL] = { "full", "no byte is free", 0 },
	[FAULT_NO_INODES] = { "no-inodes", "no file is free", 0 },
	[FAULT_SQUASH] = { "squash", "everybody is NUMBER (65534)", 65534 },
	[FAULT_ROOT_SQUASH] = { "root-squash", "root is NUMBER (65534)", 65534 },
	[FAULT_NOT_DIR] = { "not-dir", "the export's root is a file", 0 },
};

/* Faults that have the names of their protocol. */
struct code {
	const char *name;
	const char *program;
	const char *procedure;
	enum fault_kind kind;
	uint32_t number;
};

static const struct code codes[] = {
	{ "AUTH_BADCRED", "", "", FAULT_AUTH, 1 },
	{ "AUTH_REJECTEDCRED", "", "", FAULT_AUTH, 2 },
	{ "AUTH_TOOWEAK", "", "", FAULT_AUTH, 5 },
	{ "MNT3ERR_PERM", "mount", "MNT", FAULT_STATUS, 1 },
	{ "MNT3ERR_NOENT", "mount", "MNT", FAULT_STATUS, 2 },
	{ "MNT3ERR_IO", "mount", "MNT", FAULT_STATUS, 5 },
	{ "MNT3ERR_ACCES", "mount", "MNT", FAULT_STATUS, 13 },
	{ "MNT3ERR_NOTDIR", "mount", "MNT", FAULT_STATUS, 20 },
	{ "MNT3ERR_SERVERFAULT", "mount", "MNT", FAULT_STATUS, 10006 },
	{ "NFS3ERR_PERM", "nfs3", "", FAULT_STATUS, 1 },
	{ "NFS3ERR_NOENT", "nfs3", "", FAULT_STATUS, 2 },
	{ "NFS3ERR_IO", "nfs3", "", FAULT_STATUS, 5 },
	{ "NFS3ERR_ACCES", "nfs3", "", FAULT_STATUS, 13 },
	{ "NFS3ERR_EXIST", "nfs3", "", FAULT_STATUS, 17 },
	{ "NFS3ERR_NOSPC", "nfs3", "", FAULT_STATUS, 28 },
	{ "NFS3ERR_ROFS", "nfs3", "", FAULT_STATUS, 30 },
	{ "NFS3ERR_DQUOT", "nfs3", "", FAULT_STATUS, 69 },
	{ "NFS3ERR_STALE", "nfs3", "", FAULT_STATUS, 70 },
	{ "NFS3ERR_BADHANDLE", "nfs3", "", FAULT_STATUS, 10001 },
	{ "NFS3ERR_NOTSUPP", "nfs3", "", FAULT_STATUS, 10004 },
	{ "NFS3ERR_SERVERFAULT", "nfs3", "", FAULT_STATUS, 10006 },
	{ "NFS3ERR_JUKEBOX", "nfs3", "", FAULT_STATUS, 10008 },
	{ "NFS4ERR_NOENT", "nfs4", "", FAULT_STATUS, 2 },
	{ "NFS4ERR_IO", "nfs4", "", FAULT_STATUS, 5 },
	{ "NFS4ERR_ACCESS", "nfs4", "", FAULT_STATUS, 13 },
	{ "NFS4ERR_NOSPC", "nfs4", "", FAULT_STATUS, 28 },
	{ "NFS4ERR_ROFS", "nfs4", "", FAULT_STATUS, 30 },
	{ "NFS4ERR_DQUOT", "nfs4", "", FAULT_STATUS, 69 },
	{ "NFS4ERR_STALE", "nfs4", "", FAULT_STATUS, 70 },
	{ "NFS4ERR_SERVERFAULT", "nfs4", "", FAULT_STATUS, 10006 },
	{ "NFS4ERR_DELAY", "nfs4", "", FAULT_STATUS, 10008 },
	{ "NFS4ERR_GRACE", "nfs4", "", FAULT_STATUS, 10013 },
	{ "NFS4ERR_WRONGSEC", "nfs4", "", FAULT_STATUS, 10016 },
	{ "NFS4ERR_MINOR_VERS_MISMATCH", "nfs4", "", FAULT_STATUS, 10021 },
};

static const char *const programs[] = { "portmap", "mount", "nfs", "nfs3", "nfs4" };

/* Cut @text at the last @mark; returns what followed it, NULL if there is none. */
static char *split(char *text, char mark)
{
	char *at = strrchr(text, mark);

	if (!at)
		return NULL;
	*at = '\0';
	return at + 1;
}

static int copy(char *to, size_t size, const char *from, struct error *err)
{
	if (strlen(from) >= size)
		return error_set(err, ERROR_USAGE, 0, "%s: too long", from);
	memcpy(to, from, strlen(from) + 1);
	return 0;
}

static int number(const char *text, uint32_t *ret, struct error *err)
{
	uint64_t value;
	int r;

	if (!text)
		return 0;
	r = parse_uint(text, 0, UINT32_MAX, &value, err);
	if (r == 0)
		*ret = (uint32_t)value;
	return r;
}

/* "nfs3.GETATTR", "nfs3" or "GETATTR". */
static int where(struct fault *fault, char *text, struct error *err)
{
	char *procedure;

	if (!text)
		return 0;
	procedure = split(text, '.');
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (strcmp(text, programs[i]) == 0) {
			int r = copy(fault->program, sizeof(fault->program), text, err);

			if (r < 0 || !procedure)
				return r;
			return copy(fault->procedure, sizeof(fault->procedure), procedure,
				    err);
		}
	}
	if (procedure)
		return error_set(err, ERROR_USAGE, 0, "%s: no such program", text);
	return copy(fault->procedure, sizeof(fault->procedure), text, err);
}

static bool kind_by_name(struct fault *fault, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].name && strcmp(kinds[i].name, name) == 0) {
			fault->kind = (enum fault_kind)i;
			fault->number = kinds[i].number;
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		if (strcmp(codes[i].name, name) == 0) {
			fault->kind = codes[i].kind;
			fault->number = codes[i].number;
			(void)snprintf(fault->program, sizeof(fault->program), "%s",
				       codes[i].program);
			(void)snprintf(fault->procedure, sizeof(fault->procedure), "%s",
				       codes[i].procedure);
			return true;
		}
	}
	return false;
}

int faults_add(struct faults *faults, const char *spec, struct error *err)
{
	struct fault fault = { .times = UINT32_MAX };
	char text[160], *address, *times, *skip, *at, *value;
	int r;

	if (faults->count == FAULTS_MAX)
		return error_set(err, ERROR_USAGE, 0, "more than %d faults", FAULTS_MAX);
	r = copy(text, sizeof(text), spec, err);
	if (r < 0)
		return r;
	address = split(text, '%');
	times = split(text, '*');
	skip = split(text, '+');
	at = split(text, '@');
	value = split(text, ':');
	if (!kind_by_name(&fault, text))
		return error_set(err, ERROR_USAGE, 0,
				 "fault %s: no such kind (see --list-faults)", spec);
	if ((r = number(value, &fault.number, err)) < 0 ||
	    (r = number(skip, &fault.skip, err)) < 0 ||
	    (r = number(times, &fault.times, err)) < 0 ||
	    (r = where(&fault, at, err)) < 0)
		return error_prefix(err, "fault %s", spec);
	if (address)
		r = copy(fault.address, sizeof(fault.address), address, err);
	if (r == 0)
		faults->list[faults->count++] = fault;
	return r;
}

static bool matches(const struct fault *fault, const struct fault_point *point)
{
	bool any_nfs = strcmp(fault->program, "nfs") == 0 &&
		       strncmp(point->program, "nfs", 3) == 0;

	if (fault->program[0] && !any_nfs && strcmp(fault->program, point->program) != 0)
		return false;
	if (point->operation && !fault->procedure[0])
		return false;
	if (fault->procedure[0] &&
	    (!point->procedure || strcmp(fault->procedure, point->procedure) != 0))
		return false;
	return !fault->address[0] || strcmp(fault->address, point->address) == 0;
}

void faults_apply(struct faults *faults, const struct fault_point *point,
		  struct effects *effects)
{
	for (uint32_t i = 0; i < faults->count; i++) {
		struct fault *fault = &faults->list[i];

		if (fault->kind <= FAULT_NO_ACCEPT || fault->times == 0 ||
		    !matches(fault, point))
			continue;
		if (fault->skip > 0) {
			fault->skip--;
			continue;
		}
		if (fault->times != UINT32_MAX)
			fault->times--;
		effects->on[fault->kind] = true;
		effects->number[fault->kind] = fault->number;
	}
}

bool faults_has(const struct faults *faults, enum fault_kind kind,
		const struct fault_point *point)
{
	for (uint32_t i = 0; i < faults->count; i++) {
		const struct fault *fault = &faults->list[i];

		if (fault->kind == kind && matches(fault, point))
			return true;
	}
	return false;
}

enum fault_kind faults_of_listener(const struct faults *faults,
				   const struct fault_point *point)
{
	for (int kind = FAULT_REFUSE; kind <= FAULT_NO_ACCEPT; kind++) {
		if (faults_has(faults, (enum fault_kind)kind, point))
			return (enum fault_kind)kind;
	}
	return FAULT_KINDS;
}

void faults_print(FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].name)
			(void)fprintf(out, "%s\t%s\n", kinds[i].name, kinds[i].text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		(void)fprintf(out, "%s\t%s\n", codes[i].name, kinds[codes[i].kind].text);
}
