/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LAB_BOARD_H
#define TESTS_LAB_BOARD_H

/*
 * The board: a file that every process of a scene maps, where each says which call it
 * is in and since when.  Who is killed in a call, or never comes back, is timed too.
 *
 * Times are milliseconds of the wall clock, taken from CLOCK_MONOTONIC and the offset
 * of the moment when the board was made: they can be compared with nfsafe's record.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define BOARD_SLOTS 12
#define BOARD_KEPT 48
#define BOARD_KEEP_MS 200 /* a call is kept if it took so long */
#define BOARD_PATH_SIZE 512

struct call {
	char op[12];
	int64_t start_ms;
	int64_t end_ms;
};

/* One process; written by it alone, but for @ended_ms. */
struct slot {
	char name[16];
	_Atomic pid_t pid;
	_Atomic int64_t ended_ms; /* it is gone */
	char op[12];
	_Atomic int64_t start_ms; /* of the call that it is in; 0: none */
	unsigned n_kept;
	struct call kept[BOARD_KEPT];
};

struct board {
	int64_t offset_ms; /* wall clock - CLOCK_MONOTONIC */
	_Atomic unsigned used;
	struct slot slots[BOARD_SLOTS];
};

/* Map the board at @path, or make a new one.  Returns NULL and errno on failure. */
struct board *board_map(const char *path, bool create);

/* A slot for this process.  Ends it if there is none left. */
struct slot *board_take(struct board *b, const char *name);

/* The file "@path.@what" exists; with @make it is made. */
bool board_beside(const char *path, const char *what, bool make);

int64_t board_now_ms(const struct board *b);
void board_nap(long ms);

/* Say on standard error what errno says about @what.  Returns EXIT_FAILURE. */
int board_fail(const char *what);

/* A call begins, and has ended.  board_end() returns @value and keeps errno. */
void board_begin(const struct board *b, struct slot *s, const char *op);
long board_end(const struct board *b, struct slot *s, long value);

/* One system call, timed; gives its value. */
#define TIMED(b, s, op, call) board_end(b, s, (board_begin(b, s, op), (long)(call)))

/* "backup BOARD STEP FILE SIZE" and "verify FILE SIZE"; see victim.c. */
int backup_run(int argc, char **argv);
int backup_verify(int argc, char **argv);

#endif
