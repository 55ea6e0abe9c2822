/* SPDX-License-Identifier: MIT */
#ifndef CMD_PROBE_H
#define CMD_PROBE_H

/*
 * What the two ways of `nfsafe probe` have in common: which sources, as whom.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/command.h"
#include "lib/nfs/probe.h"
#include "lib/proc/privilege.h"

struct probe_source {
	char *text; /* as the user wrote it */
	/* Less than this free is little: of the whole, or in bytes; 0: not looked at. */
	unsigned min_free_percent;
	uint64_t min_free_bytes;
};

struct probe_plan {
	struct probe_source *sources;
	struct probe_request *requests; /* as many */
	size_t n;
	struct identity identity; /* of the prober */
	bool watch;
	uint64_t count; /* of beats; 0: until Ctrl-C */
	int64_t interval_ms, beat_timeout_ms;
};

/* --watch: a line a beat, a summary at the end.  Returns an exit code. */
int probe_watch(const struct context *ctx, const struct probe_plan *plan);

/* Say why on standard error; returns EXIT_UNKNOWN: a probe that could not ask. */
int probe_cannot_ask(const struct context *ctx, const struct error *err);

/* "\033[31m" and the like, "" unless standard output is a terminal. */
const char *probe_colour(int exit_code);
const char *probe_colour_end(void);

#endif
