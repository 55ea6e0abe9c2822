/* SPDX-License-Identifier: MIT */
#include "lib/base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/fd.h"

#define READY_MS 250

/*
 * A reader who takes nothing (a full pipe, a terminal stopped by Ctrl-S) must not hold
 * up who watches a mount: the message is lost then.  The line is shorter than PIPE_BUF:
 * a pipe takes it whole or not at all.
 */
static bool is_ready(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };

	return poll(&pfd, 1, READY_MS) > 0;
}

void log_write(const struct log *log, enum log_level level, const char *fmt, ...)
{
	static const char *const prefixes[] = {
		[LOG_LEVEL_ERROR] = "nfsafe: ",
		[LOG_LEVEL_WARNING] = "nfsafe: warning: ",
		[LOG_LEVEL_NOTICE] = "nfsafe: ",
		[LOG_LEVEL_DEBUG] = "nfsafe: debug: ",
	};
	char line[1024];
	size_t len;
	va_list ap;

	if (log->fd < 0 || level > log->level)
		return;
	len = (size_t)snprintf(line, sizeof(line) - 1, "%s", prefixes[level]);
	va_start(ap, fmt);
	(void)vsnprintf(line + len, sizeof(line) - 1 - len, fmt, ap);
	va_end(ap);
	len = strlen(line);
	/* A message from outside must not forge a second line. */
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)line[i] < 0x20)
			line[i] = ' ';
	}
	line[len++] = '\n';
	if (is_ready(log->fd))
		(void)fd_write_now(log->fd, line, len);
}
