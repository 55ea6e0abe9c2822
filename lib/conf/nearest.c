/* SPDX-License-Identifier: MIT */
#include "lib/conf/nearest.h"

#include <stdio.h>
#include <string.h>

#define WORD_MAX 63

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t nearest_distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];

	if (n > WORD_MAX || m > WORD_MAX)
		return (size_t)-1;
	for (size_t j = 0; j <= m; j++)
		last[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *oldest = before;

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			row[j] = min(last[j], row[j - 1]) + 1;
			row[j] = min(row[j], last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = min(row[j], before[j - 2] + 1);
		}
		before = last;
		last = row;
		row = oldest;
	}
	return last[m];
}

void nearest_offer(struct nearest *n, const char *candidate)
{
	size_t distance = nearest_distance(n->word, candidate);
	size_t a = strlen(n->word), b = strlen(candidate);

	if (distance > (a > b ? a : b) / 2)
		return;
	if (n->best && distance >= n->distance)
		return;
	n->best = candidate;
	n->distance = distance;
}

const char *nearest_hint(const struct nearest *n, char *buf, size_t size)
{
	if (size > 0)
		buf[0] = '\0';
	if (n->best)
		(void)snprintf(buf, size, " (did you mean '%s'?)", n->best);
	return buf;
}
