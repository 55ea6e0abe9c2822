/* SPDX-License-Identifier: MIT */
#ifndef LIB_RECORD_QUERY_H
#define LIB_RECORD_QUERY_H

/*
 * Reading the record.  "Last" is by number, not by time: the clock may have been
 * set back.  Texts longer than their array are cut.  None of these changes
 * anything; each is a consistent look at one moment.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/record/run.h"

#define RECORD_NAME_SIZE 128
#define RECORD_TEXT_SIZE 512

struct record_run {
	int64_t id;
	enum record_kind kind;
	enum level level;
	enum record_outcome outcome;
	int exit_code; /* -1 while running, and when nfsafe died */
	int64_t started_ms;
	int64_t ended_ms; /* -1 while running */
	int64_t bytes;    /* -1: not known */
	int64_t worst_stall_ms;
	pid_t pid;
	char label[RECORD_NAME_SIZE]; /* "": none, as below */
	char destination[RECORD_NAME_SIZE];
	char requested_by[RECORD_NAME_SIZE];
	char reason[RECORD_TEXT_SIZE];
};

/* Which runs; what is 0, false or NULL does not restrict. */
struct record_filter {
	unsigned int kinds;    /* bits: 1u << RECORD_KIND_RUN … */
	unsigned int levels;   /* bits: 1u << LEVEL_FULL … */
	unsigned int outcomes; /* bits: 1u << RECORD_GOOD … */
	const char *destination;
	int64_t id;
};

/* The last run that passes @filter.  Returns 1; 0 if there is none; or an error. */
int record_last_run(struct record *record, const struct record_filter *filter,
		    struct record_run *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * The last @max runs that pass @filter, the last one first.
 * @ret: an array of @ret_n, freed with free() by the caller; NULL when it is 0.
 */
int record_last_runs(struct record *record, const struct record_filter *filter,
		     size_t max, struct record_run **ret, size_t *ret_n,
		     struct error *err) __attribute__((nonnull, warn_unused_result));

struct record_phase {
	char name[RECORD_NAME_SIZE];
	enum record_phase_outcome outcome;
	int64_t started_ms;
	int64_t duration_ms; /* -1 while running */
	char detail[RECORD_TEXT_SIZE];
};

/* The phases of @run in their order.  @ret as in record_last_runs(). */
int record_phases(struct record *record, int64_t run, struct record_phase **ret,
		  size_t *ret_n, struct error *err)
	__attribute__((nonnull, warn_unused_result));

struct record_verdict_row {
	int64_t run; /* 0: none */
	int64_t at_ms;
	int64_t elapsed_ms;
	int64_t total_bytes; /* -1: not known */
	int64_t free_bytes;
	char destination[RECORD_NAME_SIZE];
	char source[RECORD_TEXT_SIZE];
	char verdict[RECORD_NAME_SIZE];
	char layer[RECORD_NAME_SIZE];
	char detail[RECORD_TEXT_SIZE];
};

/* The last verdict about @destination.  Returns 1; 0 if there is none; or an error. */
int record_last_verdict(struct record *record, const char *destination,
			struct record_verdict_row *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* The verdicts of @run in their order.  @ret as in record_last_runs(). */
int record_verdicts(struct record *record, int64_t run, struct record_verdict_row **ret,
		    size_t *ret_n, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * The kept end of the output of @run, any bytes.
 * @ret: NUL-terminated after @ret_len bytes, freed with free() by the caller.
 * Returns 1; 0 if there is none (any more); or an error.
 */
int record_output(struct record *record, int64_t run, char **ret, size_t *ret_len,
		  struct error *err) __attribute__((nonnull, warn_unused_result));

#endif
