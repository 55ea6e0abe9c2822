/* SPDX-License-Identifier: MIT */
#ifndef LIB_CONF_HOST_H
#define LIB_CONF_HOST_H

/*
 * What this host says to a configuration that is right in itself: is there such a
 * user, may that user run the command, is state_dir on a local disk?
 *
 * A run finds all of it out by itself; `nfsafe config check` asks before the night.
 */

#include "lib/base/deadline.h"

struct conf;
struct problems;

/*
 * Add what is wrong to @problems.  Touches no destination and no path on a network;
 * what may be slow nevertheless (the user database, the command's path) is done in
 * tasks.  Blocks until @d and a second or two.
 */
void host_check(const struct conf *conf, struct deadline d, struct problems *problems)
	__attribute__((nonnull));

#endif
