/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "lib/base/macro.h"
#include "tests/server/server.h"

/* MOUNT version 3: RFC 1813, appendix I. */

#define PATH_SIZE 1025

static void null(struct call *call)
{
	(void)call;
}

static bool is_exported(const struct server *server, const char *path)
{
	size_t len = strlen(server->fs.path);

	return strncmp(path, server->fs.path, len) == 0 &&
	       (path[len] == '\0' || path[len] == '/');
}

static void mnt(struct call *call)
{
	struct server *server = call->server;
	struct fs_node *node = NULL;
	uint8_t handle[FS_HANDLE_SIZE];
	enum fs_status status;
	char path[PATH_SIZE];

	xdr_string(&call->args, path, sizeof(path));
	if (call->args.bad)
		return;
	status = is_exported(server, path) ? fs_walk(&server->fs, path, &node) : FS_NOENT;
	if (status == FS_OK && node->type != FS_DIR)
		status = FS_NOTDIR;
	xdr_put_u32(&call->body, status);
	if (status)
		return;
	fs_handle(node, handle);
	xdr_put_opaque(&call->body, handle, sizeof(handle));
	xdr_put_u32(&call->body, 1);
	xdr_put_u32(&call->body, 1); /* AUTH_SYS */
	server->stats.mounts++;
}

static void umnt(struct call *call)
{
	char path[PATH_SIZE];

	xdr_string(&call->args, path, sizeof(path));
	if (!call->args.bad && call->server->stats.mounts > 0)
		call->server->stats.mounts--;
}

static void dump(struct call *call)
{
	for (uint32_t i = 0; i < call->server->stats.mounts; i++) {
		xdr_put_u32(&call->body, 1);
		xdr_put_string(&call->body, "somebody");
		xdr_put_string(&call->body, call->server->fs.path);
	}
	xdr_put_u32(&call->body, 0);
}

static void export(struct call *call)
{
	xdr_put_u32(&call->body, 1);
	xdr_put_string(&call->body, call->server->fs.path);
	xdr_put_u32(&call->body, 0); /* no groups: everyone */
	xdr_put_u32(&call->body, 0);
}

static const struct procedure procedures[] = {
	{ "NULL", null, false, 0 },    { "MNT", mnt, true, 0 },
	{ "DUMP", dump, false, 0 },    { "UMNT", umnt, false, 0 },
	{ "UMNTALL", null, false, 0 }, { "EXPORT", export, false, 0 },
};

const struct program program_mount3 = {
	.name = "mount",
	.service = SERVICE_MOUNT,
	.number = PROGRAM_MOUNT,
	.version = 3,
	.procedures = procedures,
	.count = ARRAY_SIZE(procedures),
};
