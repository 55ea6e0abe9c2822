/* SPDX-License-Identifier: MIT */
/*
 * A preloaded recv(2) that dies as a parser with a bug would: whoever reads a record
 * in fragments of 8 bytes touches address 0.  To be read so is legal, so that nothing
 * but the crash can lead to a bad verdict.  See tests/probe/prober.py.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define MARK "\0\0\0\010"
#define STRIDE (4 + 8)

ssize_t recv(int fd, void *buf, size_t len, int flags);

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
	ssize_t n = syscall(SYS_recvfrom, fd, buf, len, flags, NULL, NULL);
	const char *bytes = buf;

	for (ssize_t i = 0; i + STRIDE + 4 <= n; i += 4) {
		if (memcmp(bytes + i, MARK, 4) == 0 &&
		    memcmp(bytes + i + STRIDE, MARK, 4) == 0)
			*(volatile int *)NULL = 1;
	}
	return n;
}
