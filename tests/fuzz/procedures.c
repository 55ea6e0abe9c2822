/* SPDX-License-Identifier: MIT */
/*
 * The results of all procedures.  The first byte picks the decoder, the rest is the
 * body, with the zeroes behind it that the record layer promises.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/macro.h"
#include "lib/nfs/mount3.h"
#include "lib/nfs/nfs3.h"
#include "lib/nfs/nfs4.h"
#include "lib/nfs/portmap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As the record layer has it: see struct rpc_reply. */
#define SLACK 32

static const struct nfs3_range range = { .count = 4, .data = "data" };

static void portmap(char *body, size_t len)
{
	uint16_t port;

	(void)portmap_take(false, body, len, &port);
	(void)portmap_take(true, body, len, &port);
}

static void mount3(char *body, size_t len)
{
	struct nfs_handle handle = { 0 };
	uint32_t status;
	bool sys;

	if (mount3_take_mnt(body, len, &status, &handle, &sys) && status == 0)
		assert(handle.len > 0 && handle.len <= 64);
}

static void look3(char *body, size_t len)
{
	struct nfs3_space space;
	struct nfs3_attr attr;
	uint32_t status, bits;

	(void)nfs3_take_status(body, len, &status);
	(void)nfs3_take_getattr(body, len, &status, &attr);
	(void)nfs3_take_fsstat(body, len, &status, &space);
	(void)nfs3_take_access(body, len, &status, &bits);
}

static void create3(char *body, size_t len)
{
	struct nfs_handle file = { 0 };
	struct nfs3_attr attr;
	uint32_t status;

	if (nfs3_take_create(body, len, &status, &file, &attr) && status == 0)
		assert(file.len <= 64);
	if (nfs3_take_lookup(body, len, &status, &file) && status == 0)
		assert(file.len > 0 && file.len <= 64);
}

static void canary3(char *body, size_t len)
{
	char verf[NFS_VERF_SIZE];
	uint32_t status, count;
	bool same;

	(void)nfs3_take_write(body, len, &status, &count, verf);
	(void)nfs3_take_commit(body, len, &status, verf);
	(void)nfs3_take_read(body, len, &status, &range, &same);
}

static void client4(char *body, size_t len)
{
	char session[NFS4_SESSION_SIZE];
	struct nfs4_client client;
	struct nfs4_end end;
	uint32_t slots;

	(void)nfs4_take_end(body, len, &end);
	(void)nfs4_take_setclientid(body, len, &end, &client);
	(void)nfs4_take_exchange_id(body, len, &end, &client);
	if (nfs4_take_create_session(body, len, &end, session, &slots) && end.status == 0)
		assert(slots > 0);
}

static void look4(char *body, size_t len)
{
	struct nfs4_root root = { 0 };
	struct nfs4_end end;

	if (nfs4_take_look(body, len, &end, &root) && end.status == 0)
		assert(root.handle.len > 0 && root.handle.len <= NFS_HANDLE_MAX);
}

static void open4(char *body, size_t len)
{
	struct nfs4_opened opened = { 0 };
	struct nfs4_end end;

	if (nfs4_take_open(body, len, &end, &opened) && end.status == 0)
		assert(opened.file.len > 0 && opened.file.len <= NFS_HANDLE_MAX);
}

static void canary4(char *body, size_t len)
{
	char verf[NFS_VERF_SIZE];
	struct nfs4_stateid stateid;
	struct nfs4_end end;
	uint32_t count;
	bool same;

	(void)nfs4_take_open_confirm(body, len, &end, &stateid);
	(void)nfs4_take_write(body, len, &end, &count, verf);
	(void)nfs4_take_commit(body, len, &end, verf);
	(void)nfs4_take_read(body, len, &end, &range, &same);
}

static void (*const decoders[])(char *body, size_t len) = {
	portmap, mount3, look3, create3, canary3, client4, look4, open4, canary4,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *body;

	if (size < 1 || size > RPC_RECORD_MAX)
		return 0;
	/* Of exactly that size, so that a sanitizer sees what goes beyond. */
	body = malloc(size - 1 + SLACK);
	if (!body)
		return 0;
	memcpy(body, data + 1, size - 1);
	memset(body + size - 1, 0, SLACK);
	decoders[data[0] % ARRAY_SIZE(decoders)](body, size - 1);
	free(body);
	return 0;
}
