/* SPDX-License-Identifier: MIT */
#include "lib/record/words.h"

#include <assert.h>
#include <string.h>

#include "lib/base/macro.h"

static const char *const kinds[] = {
	[RECORD_KIND_RUN] = "run",
	[RECORD_KIND_EXEC] = "exec",
	[RECORD_KIND_INIT] = "init",
};

static const char *const outcomes[] = {
	[RECORD_RUNNING] = "running", [RECORD_GOOD] = "good",
	[RECORD_PARTIAL] = "partial", [RECORD_SUSPECT] = "suspect",
	[RECORD_FAILED] = "failed",   [RECORD_ABORTED] = "aborted",
	[RECORD_SKIPPED] = "skipped",
};

static const char *const phase_outcomes[] = {
	[RECORD_PHASE_RUNNING] = "running",     [RECORD_PHASE_OK] = "ok",
	[RECORD_PHASE_FAILED] = "failed",       [RECORD_PHASE_SKIPPED] = "skipped",
	[RECORD_PHASE_TIMED_OUT] = "timed-out", [RECORD_PHASE_STUCK] = "stuck",
	[RECORD_PHASE_ABORTED] = "aborted",
};

const char *record_kind_name(enum record_kind kind)
{
	assert((size_t)kind < ARRAY_SIZE(kinds));
	return kinds[kind];
}

const char *record_outcome_name(enum record_outcome outcome)
{
	assert((size_t)outcome < ARRAY_SIZE(outcomes));
	return outcomes[outcome];
}

const char *record_phase_outcome_name(enum record_phase_outcome outcome)
{
	assert((size_t)outcome < ARRAY_SIZE(phase_outcomes));
	return phase_outcomes[outcome];
}

/* The index of @word, @n if it is none. */
static size_t find(const char *const *words, size_t n, const char *word)
{
	size_t i = 0;

	while (i < n && strcmp(words[i], word) != 0)
		i++;
	return i;
}

int words_kind(const char *word, enum record_kind *ret)
{
	size_t i = find(kinds, ARRAY_SIZE(kinds), word);

	if (i == ARRAY_SIZE(kinds))
		return 0;
	*ret = (enum record_kind)i;
	return 1;
}

int words_outcome(const char *word, enum record_outcome *ret)
{
	size_t i = find(outcomes, ARRAY_SIZE(outcomes), word);

	if (i == ARRAY_SIZE(outcomes))
		return 0;
	*ret = (enum record_outcome)i;
	return 1;
}

int words_phase_outcome(const char *word, enum record_phase_outcome *ret)
{
	size_t i = find(phase_outcomes, ARRAY_SIZE(phase_outcomes), word);

	if (i == ARRAY_SIZE(phase_outcomes))
		return 0;
	*ret = (enum record_phase_outcome)i;
	return 1;
}
