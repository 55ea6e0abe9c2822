/* SPDX-License-Identifier: MIT */
#ifndef LIB_PROC_SANDBOX_H
#define LIB_PROC_SANDBOX_H

/*
 * A cell for a process that reads hostile bytes.
 *
 * What is in it can use the descriptors that it has and those that it is handed,
 * and compute: read, write, send, receive, poll, look at the clock, allocate, end.
 * It cannot open, connect, bind, fork, execute, signal or trace anything; a system
 * call beyond the list kills it (SIGSYS), so that whoever waits for it learns of it.
 */

#include <stddef.h>

struct error;

struct sandbox_limits {
	size_t memory;  /* bytes of address space beyond what there is now; 0: any */
	unsigned files; /* descriptors, those in use included */
};

/*
 * Enter for good: no_new_privs, resource limits (no core, no files written, no
 * children), seccomp(2).  Called after privilege_drop() by a process of one thread.
 * Limits of memory do not apply when built with the address sanitizer.
 * Returns 0 or a negative error; after an error the process must end.
 */
int sandbox_enter(const struct sandbox_limits *limits, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* How many descriptors, up to @files, sandbox_raise_files() could get. */
unsigned sandbox_files_allowed(unsigned files);

/*
 * Raise the number of descriptors that this process may have to @files, as far as
 * it is allowed to (the hard limit too, when root).
 * Returns how many it may have now.
 */
unsigned sandbox_raise_files(unsigned files);

#endif
