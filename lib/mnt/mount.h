/* SPDX-License-Identifier: MIT */
#ifndef LIB_MNT_MOUNT_H
#define LIB_MNT_MOUNT_H

/*
 * Mounting and unmounting a destination, bounded, and proved afterwards.
 *
 * mount(2) and umount2(2) run in tasks; what became of them is read in
 * /proc/self/mountinfo by us, not believed.  A mount is ours only by its identity:
 * what somebody else mounted is never touched.
 *
 * Every function here ends within its deadline and a margin that it names,
 * whatever the server does.  What a dead server keeps hold of is left behind and
 * reported: which process, in which wait.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/mnt/holders.h"

#define MOUNT_SOURCE_SIZE 1304 /* SOURCE_SERVER_SIZE, brackets, SOURCE_EXPORT_SIZE */
#define MOUNT_PATH_SIZE 1024
#define MOUNT_FSTYPE_SIZE 16

/* What mount_attach() and mount_detach() may take beyond their deadlines. */
#define MOUNT_ATTACH_MARGIN_MS 4000
#define MOUNT_DETACH_MARGIN_MS 5000

/* Which mount is ours: all of it must match. */
struct mount_identity {
	uint64_t id;
	unsigned major; /* of the superblock */
	unsigned minor;
	char source[MOUNT_SOURCE_SIZE]; /* as mountinfo prints it */
	char mountpoint[MOUNT_PATH_SIZE];
	char fstype[MOUNT_FSTYPE_SIZE]; /* "nfs" or "nfs4" */
};

/* A process of ours that could not be ended; pid 0: none. */
struct mount_stuck {
	pid_t pid;
	struct holders_wait wait;
};

/* ---- attach ---- */

enum mount_attach_outcome {
	MOUNT_ATTACHED = 0,
	MOUNT_ATTACH_OCCUPIED,  /* something is mounted there already; not touched */
	MOUNT_ATTACH_REFUSED,   /* the kernel or the server said no: why.errnum */
	MOUNT_ATTACH_TIMED_OUT, /* the task was killed at its deadline */
	MOUNT_ATTACH_CANCELLED, /* a signal came */
	MOUNT_ATTACH_STUCK,     /* the task outlived SIGKILL */
	MOUNT_ATTACH_UNPROVEN, /* mount(2) succeeded, but mountinfo does not show it so */
};

struct mount_request {
	const char *source;     /* "nas1:/export/zm2" */
	const char *mountpoint; /* passed mountpoint_check() */
	const char *options;    /* from options_format() */
	/* A Unix socket, on which the task sends a clone (lib/mnt/handle.h); -1: none. */
	int clone_sock;
};

struct mount_attach_report {
	struct mount_identity identity; /* MOUNT_ATTACHED only */
	struct error why;               /* kind and words, unless MOUNT_ATTACHED */
	struct mount_stuck stuck;
	bool left_mounted; /* a mount of ours could not be taken away again, or may be */
};

/*
 * Mount @req, then prove in mountinfo that our source, as NFS, with an id that was
 * not there before, is what the mountpoint shows, and nothing else there.
 *
 * Needs root.  Blocks until @d, or until @cancel_fd (-1: none) can be read, and
 * then MOUNT_ATTACH_MARGIN_MS at most, to take away what was mounted at the last moment.
 * Unless MOUNT_ATTACHED, nothing is mounted, or @ret->left_mounted or @ret->stuck
 * says what is left.
 * Returns an enum mount_attach_outcome with @ret filled, or a negative error if it
 * could not even be tried.
 */
int mount_attach(const struct mount_request *req, struct deadline d, int cancel_fd,
		 struct mount_attach_report *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * Send another clone of @id over @sock, in a task.  Blocks no longer than @d and a
 * second.  Returns 0 or a negative error.
 */
int mount_hand_over(const struct mount_identity *id, int sock, struct deadline d,
		    struct error *err) __attribute__((nonnull, warn_unused_result));

/* ---- look ---- */

enum mount_look_outcome {
	MOUNT_LOOK_OURS = 0, /* there, and top-most */
	MOUNT_LOOK_GONE,     /* not in the table of mounts */
	MOUNT_LOOK_COVERED,  /* there, but something is mounted above it */
};

/* Is @id still there?  Does not block.  Returns an outcome or a negative error. */
int mount_look(const struct mount_identity *id, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* ---- sync ---- */

/*
 * A server that answers nothing for so long, with a flush under way, is dead.  Slow is
 * not dead: one call of a megabyte at 1 Mbit/s takes 8 s.
 */
#define MOUNT_SILENCE_MS 10000

struct mount_sync_request {
	const struct mount_identity *identity;
	struct deadline deadline;
	int64_t silence_ms; /* give up after so long without any answer; 0: do not look */
	int cancel_fd;      /* readable: give up; -1: none */
	bool (*give_up)(void *arg); /* asked instead of @silence_ms; NULL: not */
	void *give_up_arg;
};

enum mount_sync_outcome {
	MOUNT_SYNCED = 0,
	MOUNT_SYNC_FAILED,    /* syncfs(2) said so: what was written is not safe */
	MOUNT_SYNC_TIMED_OUT, /* killed at the deadline, gone */
	MOUNT_SYNC_CANCELLED, /* given up, gone */
	MOUNT_SYNC_STUCK, /* given up, but it outlived SIGKILL; the flush goes on in it */
	MOUNT_SYNC_GONE,  /* @identity is not what is mounted there */
};

struct mount_sync_report {
	struct error why;         /* unless SYNCED */
	struct mount_stuck stuck; /* STUCK only */
	bool silent;              /* given up because nothing was answered */
};

/*
 * syncfs(2) of the mount in a task: what was written is on the server.  Errors of
 * writes before it are not told here, but in mountstats.
 *
 * Blocks no longer than the deadline and a second.
 * Returns an enum mount_sync_outcome with @ret filled, or a negative error.
 */
int mount_sync(const struct mount_sync_request *req, struct mount_sync_report *ret,
	       struct error *err) __attribute__((nonnull, warn_unused_result));

/* ---- detach ---- */

enum mount_detach_outcome {
	MOUNT_DETACHED = 0,
	MOUNT_DETACH_GONE,   /* it was not mounted any more */
	MOUNT_DETACH_FORCED, /* unmounted by force: calls under way were aborted */
	MOUNT_DETACH_LAZY,  /* out of sight, but @holders keep it, and may stay blocked */
	MOUNT_DETACH_STUCK, /* out of sight, but the task that unmounts cannot end */
	MOUNT_DETACH_BUSY,  /* still mounted: @holders, or still being written to */
	MOUNT_DETACH_COVERED,  /* still mounted: something foreign is mounted on it */
	MOUNT_DETACH_GIVEN_UP, /* as mount_detach_request.give_up said */
	MOUNT_DETACH_FAILED,   /* still mounted: why */
};

struct mount_detach_request {
	const struct mount_identity *identity;
	struct deadline deadline;
	/*
	 * The server is known to be dead: do not flush or wait, force at once, and
	 * detach lazily if that does not help.
	 */
	bool server_dead;
	/*
	 * The server lives, but somebody holds the mount until the deadline: take it
	 * out of its place all the same (MNT_DETACH), aborting nothing.
	 */
	bool detach_if_busy;
	/* Readable: do not wait for holders any longer; -1: none. */
	int cancel_fd;
	/*
	 * Looked at all the while: true is that the server has died, and that somebody
	 * else forces (lib/backup/keeper.h): give up.  NULL: what the mount's statistics
	 * tell decides, and force is used here.
	 */
	bool (*give_up)(void *arg);
	void *give_up_arg;
	bool no_flush;                     /* it is done: counts as flushed */
	const struct holders_spare *spare; /* not counted as holders; NULL: nobody */
};

struct mount_detach_report {
	struct error why;         /* unless GONE, or DETACHED and flushed */
	bool flushed;             /* all that was written was on the server before */
	struct mount_stuck stuck; /* a task of ours that is left behind */
	struct holders holders;   /* of FORCED, LAZY and BUSY: as last seen */
	unsigned forces;          /* calls of MNT_FORCE that have returned */
};

/*
 * Take away our mount, in these steps; the later ones only if needed:
 *   flush   syncfs(2) in a task, while the mount can still be forced if it hangs;
 *   plain   umount2(UMOUNT_NOFOLLOW), again every 100 ms while it is busy;
 *   force   only if the server is dead, because the caller says so or because the
 *           flush hangs and nothing is answered meanwhile: MNT_FORCE every 20 ms;
 *   lazy    likewise, or if it is asked for: MNT_DETACH.
 * If the server lives, nothing is forced: somebody who holds the mount, or a flush
 * that takes longer, ends as MOUNT_DETACH_BUSY, or MOUNT_DETACH_LAZY if asked for.
 *
 * Needs root.  Blocks no longer than the deadline and MOUNT_DETACH_MARGIN_MS.
 * Returns an enum mount_detach_outcome with @ret filled, or a negative error.
 */
int mount_detach(const struct mount_detach_request *req, struct mount_detach_report *ret,
		 struct error *err) __attribute__((nonnull, warn_unused_result));

#endif
