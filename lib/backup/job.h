/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_JOB_H
#define LIB_BACKUP_JOB_H

/*
 * A job: a command on the first destination that can be opened, from the probe to
 * the unmount.  What `run` and `exec` have in common.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/backup/command.h"
#include "lib/backup/ending.h"
#include "lib/backup/session.h"
#include "lib/record/label.h"

struct conf_destination;

/* What to do if it is this destination that can be opened. */
struct job_candidate {
	const struct conf_destination *destination;
	enum level level; /* LEVEL_NONE: exec */
	char *const *argv;
	int64_t timeout_ms; /* 0: none but the server's */
};

struct job {
	enum record_kind kind;
	const struct job_candidate *candidates; /* in order of preference */
	size_t n_candidates;
	const struct identity *user;
	enum command_stdio stdio;
	int (*exit_code)(const struct ending *); /* for the record */
};

struct job_result {
	struct ending ending;
	const struct job_candidate *chosen; /* NULL: none could be opened */
	char label[LABEL_SIZE];             /* "": none */
	int64_t bytes_written;              /* -1: not known */
	int64_t worst_stall_ms;
	int64_t run;  /* its number in the record */
	char *output; /* owned: its last bytes, if it was kept; or NULL */
};

/*
 * Do @job.  Blocks as long as the command may run, and what destination_open(),
 * quiesce_run() and teardown_run() may take.
 * Returns 0 with the ending in @ret, or a negative error: not even begun.
 */
int job_run(struct session *s, const struct job *job, struct job_result *ret,
	    struct error *err) __attribute__((nonnull, warn_unused_result));

void job_result_done(struct job_result *r);

#endif
