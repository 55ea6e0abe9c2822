/* SPDX-License-Identifier: MIT */
#ifndef LIB_CONF_CHECK_H
#define LIB_CONF_CHECK_H

/*
 * What is wrong with values that are each right alone.  Pure: what the host has to
 * say is lib/conf/host.h, whether the deadlines keep max_stall lib/backup/budget.h.
 */

#include <stdbool.h>

struct conf;
struct problems;

/* Every problem of @conf is added to @problems.  conf_load() does it by itself. */
void check_conf(const struct conf *conf, struct problems *problems)
	__attribute__((nonnull));

/*
 * Is @path below the directory @dir, or @dir itself?  As text: both as KEY_PATH
 * leaves them.
 */
bool check_is_below(const char *path, const char *dir) __attribute__((nonnull));

#endif
