/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_KEEPER_NOTE_H
#define LIB_BACKUP_KEEPER_NOTE_H

/*
 * The note that a keeper leaves when its supervisor is dead, for the next run or
 * `nfsafe recover` to put into the record: state_dir/keeper.note, lines of KEY=VALUE.
 */

#define KEEPER_NOTE_NAME "keeper.note"

struct keeper_page;

/*
 * Write it into the directory @state_fd, in place of one that is there, durably.
 * Allocates nothing.  Blocks as long as the local disk does.  Returns 0 or an errno.
 */
int keeper_note_write(int state_fd, const struct keeper_page *page)
	__attribute__((nonnull));

#endif
