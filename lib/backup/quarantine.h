/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_QUARANTINE_H
#define LIB_BACKUP_QUARANTINE_H

/*
 * When a quarantine is over: a server that died under a run gets no new one before it
 * has passed so many probes in a row, over so long a time.
 *
 * A run that meets a destination in quarantine probes it; that is how the probes are
 * counted.  Neither --force nor anything else but `nfsafe release` overrides it: a server
 * that has held up this host once is not to be tried by a machine.
 *
 * Pure.  Times are of the wall clock, because they outlive a boot; so they may jump: a
 * first healthy probe that lies in the future counts as of now.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf_destination;
struct record_quarantine;

struct quarantine_policy {
	int64_t probes; /* at least 1 */
	int64_t time_ms;
};

/* What the configuration says. */
struct quarantine_policy quarantine_policy(const struct conf_destination *conf)
	__attribute__((nonnull));

enum quarantine_outcome {
	QUARANTINE_STAYS = 0,
	QUARANTINE_OVER,
};

/* Count a probe at @now_ms in @q.  @healthy: it was passed. */
enum quarantine_outcome quarantine_count(const struct quarantine_policy *policy,
					 struct record_quarantine *q, bool healthy,
					 int64_t now_ms) __attribute__((nonnull));

/*
 * For people, after its name: "is in quarantine since 2026-11-25 04:00:12 +0100 (run 17):
 * its server died; 1 of 3 healthy probes over 15m so far".
 */
void quarantine_describe(const struct quarantine_policy *policy,
			 const struct record_quarantine *q, char *buf, size_t size)
	__attribute__((nonnull));

#endif
