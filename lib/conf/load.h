/* SPDX-License-Identifier: MIT */
#ifndef LIB_CONF_LOAD_H
#define LIB_CONF_LOAD_H

/* The files, one after the other, into the struct: for conf_load(). */

#include <stdbool.h>
#include <stddef.h>

struct conf;
struct error;
struct problems;

/*
 * Read @path and conf.d beside it into @conf, which is zeroed, over the defaults.
 * Returns 0, with what is wrong in @problems, or -ERROR_INTERNAL.  @conf is the
 * caller's, conf_done(), either way.
 */
int load_files(const char *path, bool must_exist, struct conf *conf,
	       struct problems *problems, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* The same for one text that is no file; @name is its name in @problems. */
int load_text(const char *name, const char *text, size_t len, struct conf *conf,
	      struct problems *problems, struct error *err)
	__attribute__((nonnull, warn_unused_result));

#endif
