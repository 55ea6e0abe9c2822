/* SPDX-License-Identifier: MIT */
#ifndef LIB_RECORD_RECORD_H
#define LIB_RECORD_RECORD_H

/*
 * The record: what nfsafe did, and what came of it, in STATE_DIR/record.db.
 *
 * It is an SQLite database (WAL, synchronous=FULL).  What a function here has
 * returned 0 for is on the disk: neither SIGKILL nor a power cut takes it back.
 * A run is recorded as running before it touches anything, so that one that
 * died is seen as such and never as good.
 *
 * Three things may be wrong with a record, and each is one clear error that
 * names the file, the reason and what to do: it cannot be read (ERROR_PERMISSION,
 * ERROR_IO), it is damaged (ERROR_IO), it is full or could not be made (ERROR_IO,
 * ERROR_CREATE).  A run without a record is not to be started.  Each row of a run
 * carries a checksum, so that damage cannot turn a failure into a success.
 *
 * STATE_DIR is local: one on NFS, or on anything else that another host or a
 * daemon serves, is refused before it is touched (lib/base/place.h).
 *
 * How long it may block: as long as the local disk does, and
 * RECORD_BUSY_TIMEOUT_MS more if another process is writing.
 *
 * A record must not be used in a forked child: close nothing, just _exit() or
 * exec.  (SQLite: "How To Corrupt An SQLite Database File", 2.6.)  Its
 * descriptors are O_CLOEXEC.
 */

#include <stdint.h>

struct error;
struct record;

#define RECORD_FILE "record.db"
#define RECORD_BUSY_TIMEOUT_MS 1000

enum record_mode {
	RECORD_READ,  /* status, history: changes nothing, waits for no writer */
	RECORD_WRITE, /* run, exec, init: made if missing, checked throughout */
};

enum record_open_outcome {
	RECORD_OPENED = 0,
	RECORD_NONE, /* RECORD_READ only: there is no record yet */
};

/*
 * Open the record in @state_dir (an absolute path).
 *
 * RECORD_WRITE makes the directory (0750, its parent must exist) and the file
 * (0640) if they are missing, the file in one step: there is a whole record or
 * none.  An older schema is brought up to date in one transaction; a newer one
 * is refused.  The whole file is checked, which takes less than 100 ms for ten
 * years of nights (tests/unit/record/record.c measures it).
 *
 * RECORD_READ needs read permission only, also where the file system is
 * read-only; it checks what it reads.
 *
 * @ret: owned by the caller, ended by record_close(); set for RECORD_OPENED only.
 * Returns an enum record_open_outcome or a negative error: ERROR_CONFIG for a
 * directory in the wrong place, else as above.
 */
int record_open(const char *state_dir, enum record_mode mode, struct record **ret,
		struct error *err) __attribute__((nonnull, warn_unused_result));

/* NULL is fine.  Loses nothing: there is nothing left to write. */
void record_close(struct record *record);

/* For cleanup attributes. */
void record_closep(struct record **record);

/*
 * What is written between the two goes to the disk at once: one transaction, one wait for
 * the disk, all of it or nothing.  A step that failed is undone by itself; the others
 * stay unless @r is negative.  Not to be nested. record_batch_end() returns @r if that is
 * negative, else 0 or a negative error; nothing is on the disk then.
 */
int record_batch_begin(struct record *record, struct error *err)
	__attribute__((nonnull, warn_unused_result));
int record_batch_end(struct record *record, int r, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* The path of the file, for messages; valid as long as @record. */
const char *record_path(const struct record *record) __attribute__((nonnull));

#endif
