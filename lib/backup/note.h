/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_NOTE_H
#define LIB_BACKUP_NOTE_H

/*
 * The note that a keeper leaves for who comes after, when its supervisor is dead: lines
 * "key=value", "text" the last of them (lib/backup/keeper_note.h).  Keys that are not
 *known are passed over.
 *
 *	run destination mountpoint at_ms tripped stall_ms ended forces detached drained
 *	released users text
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOTE_NAME_SIZE 64
#define NOTE_PATH_SIZE 1024
#define NOTE_TEXT_SIZE 256

struct note {
	int64_t run;
	int64_t at_ms;    /* wall clock, UTC */
	int64_t stall_ms; /* without an answer; 0: none */
	int64_t forces;
	int64_t users; /* that still had the mount */
	bool tripped;  /* the server died; else just nfsafe did */
	bool ended;    /* the command's group is gone */
	bool detached; /* the mount has left its place */
	bool drained;  /* nobody uses it any more */
	bool released; /* the superblock is gone */
	char destination[NOTE_NAME_SIZE];
	char mountpoint[NOTE_PATH_SIZE];
	char text[NOTE_TEXT_SIZE]; /* one sentence, for people */
};

/* Pure.  Returns 1; or 0 for one that was cut off, or is none. */
int note_parse(const char *text, size_t len, struct note *ret) __attribute__((nonnull));

/* "its mount was detached, forced 12 times and let go", for people. */
void note_describe(const struct note *note, char *buf, size_t size)
	__attribute__((nonnull));

#endif
