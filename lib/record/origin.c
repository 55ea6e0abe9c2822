/* SPDX-License-Identifier: MIT */
#include "lib/record/origin.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"

/* proc(5): "pid (comm) state ppid …"; comm may hold spaces and parentheses. */
static int read_stat(pid_t pid, char *ret_state, int64_t *ret_started, struct error *err)
{
	cleanup_free char *text = NULL;
	char path[64];
	const char *p;
	long long started;
	size_t len;
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	r = fd_read_file(path, 4096, &text, &len, err);
	if (r < 0)
		return r;
	p = strrchr(text, ')');
	if (!p || sscanf(p + 1,
			 " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			 "%*s %*s %*s %*s %lld",
			 ret_state, &started) != 2)
		return error_set(err, ERROR_SYSTEM, 0, "%s: not as in proc(5)", path);
	*ret_started = started;
	return 0;
}

static int read_boot_id(char ret[ORIGIN_BOOT_ID_SIZE], struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len;
	int r = fd_read_file("/proc/sys/kernel/random/boot_id", 128, &text, &len, err);

	if (r == 0)
		(void)snprintf(ret, ORIGIN_BOOT_ID_SIZE, "%.*s", (int)strcspn(text, "\n"),
			       text);
	return r;
}

int origin_self(struct origin *ret, struct error *err)
{
	struct origin self = { .pid = getpid() };
	char state;
	int r = read_stat(self.pid, &state, &self.started, err);

	if (r == 0)
		r = read_boot_id(self.boot_id, err);
	if (r == 0)
		*ret = self;
	return r;
}

bool origin_alive(const struct origin *origin, const char *boot_id)
{
	struct error err;
	int64_t started;
	char state;
	int r;

	if (strcmp(origin->boot_id, boot_id) != 0)
		return false;
	r = read_stat(origin->pid, &state, &started, &err);
	if (r < 0)
		return err.errnum != ENOENT && err.errnum != ESRCH;
	return state != 'Z' && state != 'X' && started == origin->started;
}
