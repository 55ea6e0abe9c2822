/* SPDX-License-Identifier: MIT */
#ifndef LIB_CONF_CHECK_H
#define LIB_CONF_CHECK_H

/*
 * What is wrong with values that are each right alone.  Pure: what the host has to
 * say is lib/conf/host.h, whether the deadlines keep max_stall lib/backup/budget.h.
 */

#include <stdbool.h>

#include "lib/conf/problems.h"

struct conf;
struct key;

/* Every problem of @conf is added to @problems.  conf_load() does it by itself. */
void check_conf(const struct conf *conf, struct problems *problems)
	__attribute__((nonnull));

/*
 * Where the value of @key in @base (from key_base()) stands; of a default, where its
 * destination begins, or nowhere.
 */
struct place check_place(const struct conf *conf, const struct key *key, const void *base)
	__attribute__((nonnull));

/*
 * Is @path below the directory @dir, or @dir itself?  As text: both as KEY_PATH
 * leaves them.
 */
bool check_is_below(const char *path, const char *dir) __attribute__((nonnull));

#endif
