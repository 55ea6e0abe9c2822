/* SPDX-License-Identifier: MIT */
#include "tests/lab/board.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_ms(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t board_now_ms(const struct board *b)
{
	return clock_ms(CLOCK_MONOTONIC) + b->offset_ms;
}

void board_nap(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

int board_fail(const char *what)
{
	(void)fprintf(stderr, "victim: %s: %s\n", what, strerror(errno));
	return EXIT_FAILURE;
}

struct board *board_map(const char *path, bool create)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT | O_TRUNC : 0), 0666);
	struct board *b = MAP_FAILED;

	if (fd < 0)
		return NULL;
	if (!create || (fchmod(fd, 0666) == 0 && ftruncate(fd, sizeof(*b)) == 0))
		b = mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (b == MAP_FAILED)
		return NULL;
	if (create)
		b->offset_ms = clock_ms(CLOCK_REALTIME) - clock_ms(CLOCK_MONOTONIC);
	return b;
}

struct slot *board_take(struct board *b, const char *name)
{
	unsigned i = b->used++;

	if (i >= BOARD_SLOTS)
		exit(EXIT_FAILURE);
	(void)snprintf(b->slots[i].name, sizeof(b->slots[i].name), "%s", name);
	b->slots[i].pid = getpid();
	return &b->slots[i];
}

bool board_beside(const char *path, const char *what, bool make)
{
	char name[BOARD_PATH_SIZE];
	int fd;

	(void)snprintf(name, sizeof(name), "%s.%s", path, what);
	if (!make)
		return access(name, F_OK) == 0;
	fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

void board_begin(const struct board *b, struct slot *s, const char *op)
{
	(void)snprintf(s->op, sizeof(s->op), "%s", op);
	s->start_ms = board_now_ms(b);
}

long board_end(const struct board *b, struct slot *s, long value)
{
	int saved = errno;
	int64_t now = board_now_ms(b);

	if (now - s->start_ms >= BOARD_KEEP_MS && s->n_kept < BOARD_KEPT) {
		struct call *c = &s->kept[s->n_kept];

		*c = (struct call){ .start_ms = s->start_ms, .end_ms = now };
		(void)snprintf(c->op, sizeof(c->op), "%s", s->op);
		s->n_kept++;
	}
	s->start_ms = 0;
	errno = saved;
	return value;
}
