/* SPDX-License-Identifier: MIT */
#ifndef LIB_PROC_BLOCKED_H
#define LIB_PROC_BLOCKED_H

/*
 * The tasks of the host that are blocked: in state D, which neither a signal nor a
 * time-out of their own ends; proc_pid_stat(5).  Threads count each; threads of the
 * kernel do not: nobody waits for what they do but a task that is in D itself.
 *
 * Only stat and wchan are read, which take no lock that a task in D may hold.  (stack,
 * maps and cmdline do: of a task that is blocked in execve(2), or in a page fault, they
 * may be waited for as long as it is.)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct error;

/* Of more only the number is known. */
#define BLOCKED_MAX 64
#define BLOCKED_COMM_SIZE 64
#define BLOCKED_WCHAN_SIZE 64

struct blocked_task {
	pid_t pid, tid;
	uint64_t starttime; /* with @tid: which task it is */
	int64_t since_ns;   /* in D at each scan since; CLOCK_MONOTONIC */
	bool known;         /* it waits in one of the functions that were asked for */
	char comm[BLOCKED_COMM_SIZE];
	char wchan[BLOCKED_WCHAN_SIZE]; /* function in the kernel; "" if not told */
};

struct blocked {
	struct blocked_task list[BLOCKED_MAX];
	size_t count; /* in @list */
	size_t total;
};

/*
 * Scan the host, after @last (zeroed: there was none).
 * @prefixes: of names of functions, up to a NULL: what makes a task known.
 * @since_ns: for those that were not in D at the last scan.
 * Does not block: a few milliseconds on a host with thousands of tasks.
 * @ret: another struct than @last.
 * Returns 0 or a negative error.
 */
int blocked_scan(const struct blocked *last, const char *const *prefixes,
		 int64_t since_ns, struct blocked *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* One of @list that is the same task as @task; NULL if there is none. */
const struct blocked_task *blocked_find(const struct blocked *b,
					const struct blocked_task *task)
	__attribute__((nonnull));

/*
 * Parse @len bytes of a stat file.  Returns whether it is understood; @ret: pid is what
 * it says, comm, starttime; @ret_threads: of its process.  Pure.
 */
bool blocked_parse_stat(const char *text, size_t len, struct blocked_task *ret,
			bool *ret_blocked, uint64_t *ret_threads)
	__attribute__((nonnull, warn_unused_result));

#endif
