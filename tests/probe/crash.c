/* SPDX-License-Identifier: MIT */
/*
 * A preloaded recv(2) that dies as a parser would: whoever reads an answer that
 * begins with "HTTP/" touches address 0.  tests/probe/prober.py has the server
 * answer so, to see what a crash in the prober is called.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

ssize_t recv(int fd, void *buf, size_t len, int flags);

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
	ssize_t n = syscall(SYS_recvfrom, fd, buf, len, flags, NULL, NULL);

	if (n >= 5 && memcmp(buf, "HTTP/", 5) == 0)
		*(volatile int *)NULL = 1;
	return n;
}
