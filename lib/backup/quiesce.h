/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_QUIESCE_H
#define LIB_BACKUP_QUIESCE_H

/*
 * Between the end of a command and the unmount: nobody works on the share any
 * more, all that was written is on the server, and no call of the mount failed.
 *
 *	holders  those that the command left behind are ended, strangers waited for
 *	sync     syncfs(2) in a process of its own, as long as the server answers
 *	stats    time-outs and write errors in mountstats
 *
 * What cannot be shown makes the run suspect.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/deadline.h"

struct destination;
struct ending;
struct session;

/*
 * The phase quiesce.  The server is watched; if it dies, @ending is ENDING_TRIPPED and
 * @dest->dead is set.  Fills @dest->stats and @dest->bytes_written.
 *
 * @d: by when the data must be on the server.  Strangers are waited for no longer than
 * umount_timeout.
 */
void quiesce_run(struct session *s, struct destination *dest, struct deadline d,
		 struct ending *ending) __attribute__((nonnull));

/*
 * End what a command that has ended left behind, whatever group it has made for itself:
 * SIGTERM, after half of @limit_ms SIGKILL.  Blocks no longer than @limit_ms and 50 ms.
 * Returns how many there were.
 */
size_t quiesce_end_own(const struct destination *dest, int64_t limit_ms)
	__attribute__((nonnull));

#endif
