/* SPDX-License-Identifier: MIT */
#ifndef CMD_STATUS_H
#define CMD_STATUS_H

/* What `nfsafe status` knows, gathered in status.c, shown by status_print.c. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/command.h"
#include "lib/backup/schedule.h"
#include "lib/proc/lock.h"
#include "lib/record/hold.h"
#include "lib/record/pin.h"
#include "lib/record/quarantine.h"
#include "lib/record/query.h"

struct conf_destination;

struct status_run {
	bool found;
	struct record_run run;
};

struct status_destination {
	const struct conf_destination *conf;
	bool pinned;
	bool probed; /* by a run: what `nfsafe probe` sees is not recorded */
	struct record_pin pin;
	struct record_verdict_row verdict;
	bool in_quarantine;
	struct record_quarantine quarantine;
};

struct status {
	int64_t now_ms;
	const char *state_dir;
	bool has_record;
	bool running;
	struct lock_holder holder;
	struct status_run left_behind; /* running in the record, but nobody has the lock;
					  it died, unless it has a reason */
	bool on_hold;
	struct record_hold hold;
	struct status_run last; /* of any level, or none: skipped before it was known */
	struct status_run fulls[2];        /* STATUS_LAST, STATUS_GOOD */
	struct status_run incrementals[2]; /* the same */
	bool scheduled;                    /* there is a [backup]; @next is set */
	struct schedule_decision next;
	struct status_destination *destinations; /* owned */
	size_t n_destinations;
};

enum {
	STATUS_LAST = 0, /* that has ended, however */
	STATUS_GOOD = 1, /* the last that was good */
};

/* For people: colours and all on a terminal. */
void status_print(const struct status *s);

/* One object, one line. */
void status_print_json(const struct status *s);

#endif
