/* SPDX-License-Identifier: MIT */
/* A backup that says where it is, and lingers there: see victim.c. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lab/board.h"

#define CHUNK 65536

/* Each eight bytes say where they are: nothing of another place passes for them. */
static void fill(uint64_t *buf, uint64_t at)
{
	for (size_t i = 0; i < CHUNK / sizeof(*buf); i++)
		buf[i] = at + i * sizeof(*buf);
}

struct backup {
	struct board *board;
	struct slot *slot;
	const char *path; /* of the board */
	const char *step;
	int fd;
};

static bool comes_to(const struct backup *b, const char *step)
{
	return strcmp(b->step, step) == 0 && board_beside(b->path, "at", true);
}

static void until_fault(const struct backup *b)
{
	while (!board_beside(b->path, "fault", false))
		board_nap(5);
}

static bool write_part(struct backup *b, uint64_t from, uint64_t to)
{
	uint64_t buf[CHUNK / sizeof(uint64_t)];

	for (uint64_t at = from; at < to; at += CHUNK) {
		size_t len = to - at < CHUNK ? (size_t)(to - at) : CHUNK;

		fill(buf, at);
		if (TIMED(b->board, b->slot, "write",
			  pwrite(b->fd, buf, len, (off_t)at)) != (long)len)
			return false;
	}
	return true;
}

int backup_run(int argc, char **argv)
{
	struct backup b = { .path = argv[0], .board = board_map(argv[0], false) };
	uint64_t size, most;

	if (argc != 4 || !b.board)
		return board_fail("BOARD STEP FILE SIZE");
	b.step = argv[1];
	b.slot = board_take(b.board, "backup");
	size = strtoull(argv[3], NULL, 10);
	most = size / 4 * 3;
	if (comes_to(&b, "start"))
		until_fault(&b);
	b.fd = (int)TIMED(b.board, b.slot, "create",
			  open(argv[2], O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
	if (b.fd < 0 || !write_part(&b, 0, most))
		return board_fail(argv[2]);
	if (comes_to(&b, "idle"))
		until_fault(&b);
	do {
		if (!write_part(&b, most, size))
			return board_fail(argv[2]);
	} while (comes_to(&b, "dirty") && !board_beside(b.path, "fault", false));
	(void)comes_to(&b, "fsync");
	if (strcmp(b.step, "close") != 0 &&
	    TIMED(b.board, b.slot, "fsync", fsync(b.fd)) < 0)
		return board_fail(argv[2]);
	(void)comes_to(&b, "close");
	if (TIMED(b.board, b.slot, "close", close(b.fd)) < 0)
		return board_fail(argv[2]);
	return board_beside(b.path, "done", true) ? EXIT_SUCCESS : board_fail(b.path);
}

int backup_verify(int argc, char **argv)
{
	uint64_t buf[CHUNK / sizeof(uint64_t)], want[CHUNK / sizeof(uint64_t)], at = 0;
	uint64_t size = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC);

	if (fd < 0 || size == 0)
		return board_fail(argv[0]);
	for (; at < size; at += CHUNK) {
		size_t len = size - at < CHUNK ? (size_t)(size - at) : CHUNK;

		fill(want, at);
		if (pread(fd, buf, len, (off_t)at) != (ssize_t)len ||
		    memcmp(buf, want, len) != 0) {
			(void)printf("%s: not whole at %" PRIu64 "\n", argv[0], at);
			return EXIT_FAILURE;
		}
	}
	(void)close(fd);
	return EXIT_SUCCESS;
}
