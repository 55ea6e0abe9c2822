/* SPDX-License-Identifier: MIT */
#ifndef LIB_CONF_TRUSTED_H
#define LIB_CONF_TRUSTED_H

/*
 * Files that may say what root runs: nobody but root or the caller can have
 * written them.
 */

#include <stddef.h>

struct error;

enum trusted_outcome {
	TRUSTED_READ = 0,
	TRUSTED_MISSING, /* there is nothing of that name */
};

/*
 * Read the local file @path, at most @max bytes.  What is checked is the file that
 * is read, not a name that may be another one a moment later.
 * @ret_text: on TRUSTED_READ owned by the caller, NUL-terminated after @ret_len.
 * Returns an outcome, or -ERROR_PERMISSION if it may not be read, or belongs to
 * somebody else than root and the caller, or may be written by group or others; or
 * -ERROR_CONFIG if it is no file, or -ERROR_IO.  Messages do not begin with @path.
 */
int trusted_read(const char *path, size_t max, char **ret_text, size_t *ret_len,
		 struct error *err) __attribute__((nonnull, warn_unused_result));

/*
 * The names in the directory @path that end with @suffix and do not begin with a
 * dot, in the order of their bytes.  The directory is checked as above: who may
 * write to it may put other files in their place.
 * @ret_names: owned by the caller, ended by NULL, argv_free(); empty on MISSING.
 * Returns like trusted_read().
 */
int trusted_list(const char *path, const char *suffix, char ***ret_names,
		 struct error *err) __attribute__((nonnull, warn_unused_result));

#endif
