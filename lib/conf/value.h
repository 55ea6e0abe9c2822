/* SPDX-License-Identifier: MIT */
#ifndef LIB_CONF_VALUE_H
#define LIB_CONF_VALUE_H

/*
 * From the text of a value to what it means, and back, by the type of its key.
 * @base is the section's struct (lib/conf/conf.h), in which the key has its field.
 */

#include <stddef.h>

#include "lib/conf/key.h"

struct error;
struct strbuf;

/*
 * Parse @text into @key's field, in the place of what was there.  On failure the
 * field is untouched.  Returns 0, or -ERROR_USAGE with what is wrong with @text, or
 * -ERROR_INTERNAL.
 */
int value_parse(const struct key *key, const char *text, void *base, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* The field as text that value_parse() reads back to the same. */
void value_format(const struct key *key, const void *base, struct strbuf *out)
	__attribute__((nonnull));

/* Free what the field owns, and zero it. */
void value_done(const struct key *key, void *base) __attribute__((nonnull));

/*
 * What may stand there: "a duration from 10s to 1d", "days of the week".  For
 * people.  Returns @buf.
 */
const char *value_describe(const struct key *key, char *buf, size_t size)
	__attribute__((nonnull));

/* The longest name of a destination. */
#define VALUE_NAME_MAX 32

/* Whether @name can be a destination's: letters, digits, . _ -, not first. */
int value_check_name(const char *name, struct error *err)
	__attribute__((nonnull, warn_unused_result));

#endif
