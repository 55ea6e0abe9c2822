/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_BUDGET_H
#define LIB_BACKUP_BUDGET_H

/*
 * How max_stall is spent: what the steps of a run that wait for the server may take
 * when it answers nothing any more, each as a sum of its parts.  Pure.
 *
 * One step follows the other, and each begins after answered calls: so each has to
 * fit into max_stall, not their sum.
 */

#include <stddef.h>
#include <stdint.h>

struct conf;
struct conf_destination;
struct problems;

struct budget_part {
	const char *what; /* "mount_timeout", "to kill it and tidy up" */
	int64_t ms;
};

struct budget_step {
	const char *name; /* "mount" */
	const char *key;  /* the key that decides */
	struct budget_part parts[2];
	int64_t sum_ms;
};

#define BUDGET_STEPS 3

struct budget {
	int64_t max_stall_ms;
	/*
	 * T: when the kernel gives up by itself, which the breaker always beats (else
	 * what is refused is the options); -1: never, it is a hard mount.
	 */
	int64_t soft_timeout_ms;
	struct budget_step steps[BUDGET_STEPS];
};

/* The sums for @d. */
void budget_make(const struct conf_destination *d, struct budget *ret)
	__attribute__((nonnull));

/*
 * "mount 19s (15s mount_timeout + 4s to kill it and tidy up)"; cut at @size.
 */
void budget_format(const struct budget_step *step, char *buf, size_t size)
	__attribute__((nonnull));

/* An error for each step of each destination that does not fit. */
void budget_check(const struct conf *conf, struct problems *problems)
	__attribute__((nonnull));

#endif
