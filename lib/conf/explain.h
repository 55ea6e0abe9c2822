/* SPDX-License-Identifier: MIT */
#ifndef LIB_CONF_EXPLAIN_H
#define LIB_CONF_EXPLAIN_H

#include "lib/conf/key.h"

struct error;
struct json;
struct strbuf;

/*
 * The key that @name means: "max_stall" or "destination.max_stall".
 * Returns 0, or -ERROR_USAGE with the nearest name.
 */
int explain_find(const char *name, const struct key **ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* All about @key, for a person at a terminal; for a program. */
void explain_text(const struct key *key, struct strbuf *out) __attribute__((nonnull));
void explain_json(const struct key *key, struct json *out) __attribute__((nonnull));

/* Each section and key with one line. */
void explain_list(struct strbuf *out) __attribute__((nonnull));

/* The keys of nfsafe.conf(5), in mdoc(7). */
void explain_mdoc(struct strbuf *out) __attribute__((nonnull));

#endif
