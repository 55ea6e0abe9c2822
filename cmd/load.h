/* SPDX-License-Identifier: MIT */
#ifndef CMD_LOAD_H
#define CMD_LOAD_H

#include <stdbool.h>

struct conf;
struct context;
struct error;

/*
 * conf_load() of what --config says, for a command that is going to mount: a
 * max_stall that cannot be kept (lib/backup/budget.h) is an error, too.  Warnings are
 * told with -v; `config check` always tells them, cron's mail never.
 */
int load_conf(const struct context *ctx, struct conf *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

#endif
