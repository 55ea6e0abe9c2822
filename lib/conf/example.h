/* SPDX-License-Identifier: MIT */
#ifndef LIB_CONF_EXAMPLE_H
#define LIB_CONF_EXAMPLE_H

struct strbuf;

/*
 * A whole nfsafe.conf from the table of keys: every key with its comment; what has a
 * default stands there commented out.  It is a configuration without problems.
 */
void example_write(struct strbuf *out) __attribute__((nonnull));

#endif
