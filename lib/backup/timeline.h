/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_TIMELINE_H
#define LIB_BACKUP_TIMELINE_H

/*
 * The timeline of a run: events are noted in memory, at once, and written to the
 * record where there is time for it.
 *
 * To note one is cheap and never blocks: no allocation, no I/O.  There is room for
 * TIMELINE_ROOM; of more the later ones are lost and counted.  To write them is one
 * transaction: the session does it at each phase change (so what is noted before
 * session_phase(s, "breaker") is on the disk before anything is done about it), and the
 * loop that supervises a command every TIMELINE_FLUSH_MS.
 *
 * Every function takes NULL for a timeline, and does nothing then: those who note
 * things can be tested without.  Not for a forked child: its notes would be lost.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/record/event.h"

struct error;
struct record;
struct timeline;

#define TIMELINE_ROOM 512
#define TIMELINE_FLUSH_MS 10000
/* A healthy server's beats become one event in so many. */
#define TIMELINE_BEATS 60

/* Returns NULL if there is no memory. */
struct timeline *timeline_new(void);
void timeline_free(struct timeline *t);

/* For cleanup attributes. */
void timeline_freep(struct timeline **t);

/*
 * Where it is written to, from now on; the clock of t_ms starts here.  @record must live
 * as long as @t, or until timeline_bind(t, NULL, 0).
 */
void timeline_bind(struct timeline *t, struct record *record, int64_t run);

/*
 * Note an event that is happening now.
 * @subject: "1234 java", for example; NULL: none.  @value: see enum event_kind; -1: none.
 */
void timeline_add(struct timeline *t, enum event_kind kind, const char *subject,
		  int64_t value, const char *fmt, ...)
	__attribute__((format(printf, 5, 6), nonnull(5)));

/* The same for something that happened @ago_ms before now. */
void timeline_add_ago(struct timeline *t, int64_t ago_ms, enum event_kind kind,
		      const char *subject, int64_t value, const char *fmt, ...)
	__attribute__((format(printf, 6, 7), nonnull(6)));

/* "1234 java" into @buf, for a subject; returns @buf. */
const char *timeline_process(char buf[EVENT_SUBJECT_SIZE], int pid, const char *comm)
	__attribute__((nonnull(1)));

/*
 * A call of the watch was answered after @rtt_us.  While the server is well the answers
 * are gathered and become one event, with least, median and most, each TIMELINE_BEATS.
 * @late: this one is told by itself.  @what: "NULL", "WRITE".
 */
void timeline_beat(struct timeline *t, const char *what, int64_t rtt_us, bool late)
	__attribute__((nonnull(2)));

/* What beats are gathered become an event now: done by itself before an EVENT_STATE. */
void timeline_beats_end(struct timeline *t);

/*
 * Write what was noted, if it is bound.  Blocks as long as the local disk does, and
 * RECORD_BUSY_TIMEOUT_MS more if another process is writing.  What could not be written
 * is kept for the next time, as far as there is room.
 * Returns 0 or a negative error.
 */
int timeline_flush(struct timeline *t, struct error *err)
	__attribute__((nonnull(2), warn_unused_result));

/*
 * timeline_flush(), if something waits and the last time is TIMELINE_FLUSH_MS ago.
 * An error is kept for timeline_error().
 */
void timeline_flush_due(struct timeline *t);

/* Has a timeline_flush_due() failed?  Returns 0, or that error. */
int timeline_error(const struct timeline *t, struct error *err)
	__attribute__((nonnull(2)));

#endif
