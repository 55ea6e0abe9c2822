/* SPDX-License-Identifier: MIT */
#ifndef LIB_CONF_NEAREST_H
#define LIB_CONF_NEAREST_H

/*
 * "did you mean …?": of the names that exist, the one that a mistyped word was
 * meant to be.  Offer the candidates one by one, then ask.
 */

#include <stddef.h>

struct nearest {
	const char *word; /* borrowed, as the candidates are */
	const char *best;
	size_t distance;
};

#define NEAREST_INIT(w) ((struct nearest){ .word = (w) })

/*
 * Letters to insert, remove, replace or swap with their neighbour to make @b of
 * @a (optimal string alignment).  Words of 64 bytes and more are infinitely far
 * from each other: (size_t)-1.
 */
size_t nearest_distance(const char *a, const char *b) __attribute__((nonnull));

/* @candidate may be what was meant; of two equally near, the first one stays. */
void nearest_offer(struct nearest *n, const char *candidate) __attribute__((nonnull));

/*
 * " (did you mean 'NAME'?)" into @buf, or "" when nothing is near: when more
 * than half of the longer one would have to change.  Returns @buf.
 */
const char *nearest_hint(const struct nearest *n, char *buf, size_t size)
	__attribute__((nonnull));

#endif
