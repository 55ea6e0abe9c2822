/* SPDX-License-Identifier: MIT */
#include "lib/backup/budget.h"

#include <stdio.h>

#include "lib/backup/watch.h"
#include "lib/base/error.h"
#include "lib/base/macro.h"
#include "lib/base/parse.h"
#include "lib/conf/check.h"
#include "lib/conf/conf.h"
#include "lib/conf/key.h"
#include "lib/mnt/mount.h"
#include "lib/mnt/options.h"

void budget_make(const struct conf_destination *d, struct budget *ret)
{
	const struct budget_step steps[BUDGET_STEPS] = {
		{
			.name = "mount",
			.key = "mount_timeout",
			.parts = { { "mount_timeout", d->mount_timeout_ms },
				   { "to kill it and tidy up", MOUNT_ATTACH_MARGIN_MS } },
		},
		{
			.name = "backup",
			.key = "max_stall",
			.parts = { { "without an answer",
				     d->max_stall_ms - WATCH_RELEASE_MS },
				   { "to end it and unmount", WATCH_RELEASE_MS } },
		},
		{
			.name = "unmount",
			.key = "umount_timeout",
			.parts = { { "umount_timeout", d->umount_timeout_ms },
				   { "to force it", MOUNT_DETACH_MARGIN_MS } },
		},
	};
	struct options options;
	struct error ignored;

	ret->max_stall_ms = d->max_stall_ms;
	ret->soft_timeout_ms = -1;
	if (options_parse(d->options ? d->options : "", d->max_stall_ms, &options,
			  &ignored) == 0)
		ret->soft_timeout_ms = options_major_timeout_ms(&options);
	for (size_t i = 0; i < BUDGET_STEPS; i++) {
		ret->steps[i] = steps[i];
		ret->steps[i].sum_ms = steps[i].parts[0].ms + steps[i].parts[1].ms;
	}
}

void budget_format(const struct budget_step *step, char *buf, size_t size)
{
	char sum[32], parts[ARRAY_SIZE(step->parts)][32];

	format_duration(step->sum_ms, sum, sizeof(sum));
	for (size_t i = 0; i < ARRAY_SIZE(step->parts); i++)
		format_duration(step->parts[i].ms, parts[i], sizeof(parts[i]));
	(void)snprintf(buf, size, "%s %s (%s %s + %s %s)", step->name, sum, parts[0],
		       step->parts[0].what, parts[1], step->parts[1].what);
}

static void check_step(const struct conf *conf, const struct conf_destination *d,
		       const struct budget_step *step, struct problems *problems)
{
	const struct key *key = key_find(SECTION_DESTINATION, step->key);
	char text[200], stall[32];

	if (step->sum_ms <= d->max_stall_ms)
		return;
	budget_format(step, text, sizeof(text));
	format_duration(d->max_stall_ms, stall, sizeof(stall));
	problems_error(problems, check_place(conf, key, d),
		       "%s: max_stall of %s cannot be kept: %s", step->key, stall, text);
}

void budget_check(const struct conf *conf, struct problems *problems)
{
	for (size_t i = 0; i < conf->n_destinations; i++) {
		const struct conf_destination *d = &conf->destinations[i];
		struct budget budget;

		budget_make(d, &budget);
		for (size_t j = 0; j < BUDGET_STEPS; j++)
			check_step(conf, d, &budget.steps[j], problems);
	}
}
