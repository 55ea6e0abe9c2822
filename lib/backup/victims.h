/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_VICTIMS_H
#define LIB_BACKUP_VICTIMS_H

/*
 * The host's side of the watch: what the statistics of the mount say, and which tasks of
 * the host are blocked while its server owes answers (lib/backup/progress.h).
 *
 * The statistics are read each VICTIMS_LOOK_MS; who is blocked is looked for only while
 * something is owed, since a host may have thousands of tasks; and so is what TCP moves.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/backup/progress.h"
#include "lib/backup/watch.h"
#include "lib/mnt/flow.h"
#include "lib/proc/blocked.h"

struct mount_identity;
struct timeline;

#define VICTIMS_LOOK_MS 1000
/* Everybody who works on a share is blocked now and then. */
#define VICTIMS_TOLD_MS 2000
#define VICTIMS_NOTE_MS 60000

/* What the mount's calls have come to since it was made. */
struct victims_counts {
	uint64_t calls, sent_again, timed_out,
		errors; /* as in struct mountstats_summary */
	uint64_t sends, receives;
	uint64_t bytes_written;
};

struct victims {
	const struct mount_identity *mount; /* borrowed; NULL: nothing is looked at */
	struct timeline *timeline;          /* borrowed, may be NULL */
	const char *address;                /* of the server, borrowed; NULL: not known */
	uint16_t port;
	struct progress progress;
	struct flow flow; /* as it was at the last look, if it was looked at */
	bool has_flow;
	struct blocked scans[2]; /* the last one and the one before, by turns */
	unsigned current;
	int64_t looked_ns; /* the last look; 0: none */
	struct victims_counts noted;
	int64_t noted_ns;
};

/* @mount, @timeline: kept. */
void victims_init(struct victims *v, const struct mount_identity *mount,
		  struct timeline *timeline) __attribute__((nonnull(1)));

/* Where its server is; @address: numeric, kept. */
void victims_server(struct victims *v, const char *address, uint16_t port)
	__attribute__((nonnull));

/*
 * Look, if it is time to, and tell @watch.  Does not block.
 * Returns when to look again; WATCH_NOBODY: never.
 */
int64_t victims_look(struct victims *v, struct watch *watch, int64_t now_ns)
	__attribute__((nonnull));

/*
 * Note in the timeline what the mount's calls came to since the last time; done by itself
 * each VICTIMS_NOTE_MS.  Does not block.
 */
void victims_note_stats(struct victims *v, int64_t now_ns) __attribute__((nonnull));

/* "1234 java (D in rpc_wait_bit_killable for 5 s)", and how many more; "" for none. */
void victims_describe(const struct victims *v, int64_t now_ns, char *buf, size_t size)
	__attribute__((nonnull));

#endif
