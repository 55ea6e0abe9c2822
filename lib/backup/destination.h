/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_DESTINATION_H
#define LIB_BACKUP_DESTINATION_H

/*
 * A destination, opened for as long as something works on it: probed, mounted,
 * guarded; then quiesced (lib/backup/quiesce.h) and unmounted (lib/backup/teardown.h).
 * Each step is a phase of the session.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/backup/guard.h"
#include "lib/backup/keeper.h"
#include "lib/backup/watcher.h"
#include "lib/conf/conf.h"
#include "lib/mnt/mount.h"
#include "lib/mnt/mountstats.h"
#include "lib/nfs/report.h"
#include "lib/proc/privilege.h"

struct session;

struct destination {
	const struct conf_destination *conf;
	const struct identity *user;  /* the backup user: whom the guard is about */
	struct identity unprivileged; /* of the prober */
	struct probe_report report;
	char fsid[VOLUMES_FSID_SIZE];
	struct mount_identity mount;
	bool mounted;
	bool synced; /* all that the command wrote is on the server */
	bool dead;   /* the server does not answer: take down without asking it */
	struct watcher watcher;
	struct keeper keeper;
	struct mountstats before;
	bool has_before;
	struct mountstats_summary stats; /* of the run; quiesce_run() fills it */
	int64_t bytes_written;           /* -1: not known */
};

enum destination_outcome {
	DESTINATION_READY = 0,
	DESTINATION_REFUSED,     /* @err: why; another one may be tried */
	DESTINATION_QUARANTINED, /* the same, only because it is in quarantine */
	DESTINATION_SIGNALLED,   /* a signal came */
};

/*
 * Open @conf for @user: phases probe, mount, guard.  Unless READY nothing is
 * mounted, or it was said what could not be unmounted.
 * Blocks no longer than probe_timeout, mount_timeout and max_stall together, and
 * 10 s for what must be taken away again.
 * Returns an enum destination_outcome, or a negative error: could not be tried.
 * @ret: if READY, to be ended by quiesce_run() and teardown_run().
 */
int destination_open(struct session *s, const struct conf_destination *conf,
		     const struct identity *user, struct destination *ret,
		     struct error *err) __attribute__((nonnull, warn_unused_result));

/* The same without the guard, and any mark: for `init`. */
int destination_open_unguarded(struct session *s, const struct conf_destination *conf,
			       const struct identity *user, struct destination *ret,
			       struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* For people: "nas1 (nas1.example.net:/export)". */
void destination_name(const struct conf_destination *conf, char *buf, size_t size)
	__attribute__((nonnull));

#endif
