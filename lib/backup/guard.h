/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_GUARD_H
#define LIB_BACKUP_GUARD_H

/*
 * The guard: between mount and backup, is what is mounted really this host's
 * destination, and can the backup user write to it?
 *
 * Each step that touches the mount is a task with the backup user's ids and a
 * deadline.  The order matters: nothing is written before the marker was seen to
 * be ours.
 *
 *   marker  the file is there, and names this host and this destination
 *   uuid    it is the one that `init` pinned
 *   fsid    what the kernel mounted is the file system that `init` pinned
 *   space   at least min_free is free, and at least one inode
 *   write   a unique file: created, written, fsync'ed, read back, compared, removed;
 *           and the file that the watch writes to is there: it stays, and is used again
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/backup/marker.h"
#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/mnt/holders.h"
#include "lib/mnt/mount.h"
#include "lib/mnt/remote.h"
#include "lib/mnt/volumes.h"

struct identity;

/* Why nothing was started.  The names are kept in the record: guard_reason_name(). */
enum guard_reason {
	GUARD_PASSED = 0,
	GUARD_MOUNTPOINT_NOT_EMPTY, /* before the mount: something is in it */
	GUARD_MOUNTPOINT_MOUNTED,   /* before the mount: something is mounted there */
	GUARD_MOUNTPOINT_UNSAFE, /* before the mount: missing, a link, writable, remote */
	GUARD_MARKER_MISSING,
	GUARD_MARKER_DAMAGED, /* there, but not to be read or understood */
	GUARD_MARKER_FOREIGN, /* of another host, or of another destination */
	GUARD_MARKER_CHANGED, /* ours, but its UUID is not the pinned one */
	GUARD_FSID_CHANGED,
	GUARD_LITTLE_SPACE,
	GUARD_CANNOT_WRITE,
	GUARD_CORRUPT,    /* what was read back is not what was written */
	GUARD_NO_ANSWER,  /* a step did not end by its deadline */
	GUARD_CANCELLED,  /* a signal came */
	GUARD_MOUNT_LOST, /* what is mounted there is not our mount any more */
};

/* "marker-foreign": for the record and JSON. */
const char *guard_reason_name(enum guard_reason reason);

struct guard_request {
	const struct mount_identity *mount;
	const struct identity *user; /* the backup user */
	const char *destination;     /* its name */
	const char *pinned_uuid;     /* NULL or "": none pinned */
	const char *pinned_fsid;   /* as volumes_read() tells; NULL or "": none pinned */
	uint64_t min_free_bytes;   /* 0: no such limit */
	unsigned min_free_percent; /* 0: no such limit */
};

/* ---- verdicts ---- */

enum guard_step {
	GUARD_STEP_MARKER = 0,
	GUARD_STEP_FSID,
	GUARD_STEP_SPACE,
	GUARD_STEP_WRITE,
};

/* What the write step did last. */
enum guard_write_stage {
	GUARD_WRITE_CREATE = 0,
	GUARD_WRITE_WRITE,
	GUARD_WRITE_FSYNC,
	GUARD_WRITE_CLOSE,
	GUARD_WRITE_READ,
	GUARD_WRITE_COMPARE,
	GUARD_WRITE_REMOVE,
	GUARD_WRITE_DONE,
};

/* What the steps saw; each judge looks at the facts of its own step only. */
struct guard_facts {
	struct {
		int errnum; /* of reading the file; 0: it was read */
		bool valid; /* it is a marker */
		struct marker found;
		struct error parse; /* unless @valid */
	} marker;
	char fsid[VOLUMES_FSID_SIZE]; /* "": not known */
	struct {
		int errnum;
		struct remote_space space;
	} space;
	struct {
		enum guard_write_stage stage;
		int errnum; /* unless DONE or COMPARE */
		int64_t elapsed_ms;
	} write;
	struct {
		int errnum; /* of making the file for the beats; 0: it is there */
	} beat;
};

/*
 * Pure.  @host: this host's marker for the destination, from marker_new().
 * Sets @why unless GUARD_PASSED.
 */
enum guard_reason guard_judge(enum guard_step step, const struct guard_request *req,
			      const struct marker *host, const struct guard_facts *facts,
			      struct error *why) __attribute__((nonnull));

/* ---- effects ---- */

#define GUARD_BEAT_NAME_SIZE 64

/*
 * The name of the file in the export's root that the watch of this host writes to: of
 * each host another one.  Reads /etc/machine-id.  Returns 0 or a negative error.
 */
int guard_beat_name(char ret[GUARD_BEAT_NAME_SIZE], struct error *err)
	__attribute__((nonnull, warn_unused_result));

struct guard_report {
	struct error why;     /* words, unless GUARD_PASSED */
	struct marker marker; /* as found; zeroed if none could be read */
	char fsid[VOLUMES_FSID_SIZE];
	bool space_known;
	struct remote_space space;
	int64_t write_ms; /* the write step; -1: not reached */
	int beat_errnum;  /* why there is no file for the beats; 0: there is */
	pid_t stuck_pid;  /* of a task that could not be killed; 0: none */
	struct holders_wait stuck_wait;
};

/*
 * Before the mount: the bare mountpoint.  Does not block but for the local disk.
 * Returns an enum guard_reason with the words in @err, or a negative error.
 */
int guard_mountpoint(const char *mountpoint, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * After the mount: all steps, to the first that refuses.  Blocks until @d, or until
 * @cancel_fd (-1: none) can be read, and a second.
 * Returns an enum guard_reason with @ret filled, or a negative error.
 */
int guard_run(const struct guard_request *req, struct deadline d, int cancel_fd,
	      struct guard_report *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

enum guard_install_outcome {
	GUARD_INSTALLED = 0,
	GUARD_INSTALL_KEPT, /* our own marker was there already: it stays, with its UUID
			     */
	GUARD_INSTALL_REFUSED, /* see report.reason */
};

struct guard_install_report {
	enum guard_reason reason;  /* of GUARD_INSTALL_REFUSED */
	struct guard_report guard; /* why, marker (the one that is there), fsid, stuck */
};

/*
 * For `init`: put this host's marker on the export, as the backup user, exclusively:
 * another's marker, and a file that is none, are refused and left as they are.  A
 * marker appears whole or not at all.  Pinned values and min_free of @req are not
 * looked at.
 * Blocks and returns like guard_run(), with an enum guard_install_outcome.
 */
int guard_install(const struct guard_request *req, struct deadline d, int cancel_fd,
		  struct guard_install_report *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

#endif
