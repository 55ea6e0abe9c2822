/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/macro.h"
#include "tests/server/server.h"

static int on_fault(struct server *server, const char *arg, struct error *err)
{
	int r = faults_add(&server->faults, arg, err);

	return r < 0 ? r : listen_sync(server, err);
}

static int on_clear(struct server *server, const char *arg, struct error *err)
{
	(void)arg;
	server->faults.count = 0;
	return listen_sync(server, err);
}

static int on_reset(struct server *server, const char *arg, struct error *err)
{
	(void)arg;
	(void)err;
	server->stats = (struct statistics){ 0 };
	strbuf_done(&server->names);
	strbuf_done(&server->peers);
	return 0;
}

static int on_stats(struct server *server, const char *arg, struct error *err)
{
	const struct statistics *stats = &server->stats;

	(void)arg;
	(void)err;
	(void)printf("connections=%" PRIu32 " calls=%" PRIu32 " rounds=%" PRIu32
		     " mounts=%" PRIu32 " files=%" PRIu32 " peers:%s names:%s\n",
		     stats->connections, stats->calls, stats->rounds, stats->mounts,
		     server->fs.n_nodes, strbuf_str(&server->peers),
		     strbuf_str(&server->names));
	return 0;
}

static int on_empty(struct server *server, const char *arg, struct error *err)
{
	(void)arg;
	(void)err;
	fs_empty(&server->fs);
	return 0;
}

static int on_drop(struct server *server, const char *arg, struct error *err)
{
	(void)arg;
	(void)err;
	for (struct conn *conn = server->conns; conn; conn = conn->next)
		conn->dead = true;
	return 0;
}

/* What a restart changes for a client: connections and the write verifier. */
static int on_reboot(struct server *server, const char *arg, struct error *err)
{
	server->verifier++;
	return on_drop(server, arg, err);
}

static int on_owner(struct server *server, const char *arg, struct error *err)
{
	struct fs_node *node = server->fs.export;

	if (sscanf(arg, "%" SCNu32 ":%" SCNu32 " %" SCNo32, &node->uid, &node->gid,
		   &node->mode) != 3)
		return error_set(err, ERROR_USAGE, 0, "owner UID:GID MODE");
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct server *server, const char *arg, struct error *err);
} commands[] = {
	{ "fault", on_fault }, { "clear", on_clear }, { "stats", on_stats },
	{ "reset", on_reset }, { "drop", on_drop },   { "reboot", on_reboot },
	{ "owner", on_owner }, { "empty", on_empty },
};

static void run(struct server *server, char *line)
{
	char *arg = line + strcspn(line, " ");
	struct error err;
	int r = -1;

	if (*arg)
		*arg++ = '\0';
	(void)error_set(&err, ERROR_USAGE, 0, "no command \"%s\"", line);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(line, commands[i].name) == 0)
			r = commands[i].run(server, arg, &err);
	}
	(void)puts(r < 0 ? err.msg : "ok");
	(void)fflush(stdout);
}

bool control_ready(struct server *server)
{
	char buf[512];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));
	char *end;

	if (n <= 0)
		return false;
	strbuf_add(&server->commands, buf, (size_t)n);
	while ((end = memchr(server->commands.text, '\n', server->commands.len))) {
		size_t len = (size_t)(end - server->commands.text) + 1;

		*end = '\0';
		run(server, server->commands.text);
		memmove(server->commands.text, server->commands.text + len,
			server->commands.len - len);
		server->commands.len -= len;
	}
	return true;
}
