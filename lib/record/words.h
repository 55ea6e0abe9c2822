/* SPDX-License-Identifier: MIT */
#ifndef LIB_RECORD_WORDS_H
#define LIB_RECORD_WORDS_H

/* Words of the database back to enums.  Internal to lib/record. */

#include "lib/record/run.h"

/* Returns 1, or 0 if there is no such word. */
int words_kind(const char *word, enum record_kind *ret);
int words_outcome(const char *word, enum record_outcome *ret);
int words_phase_outcome(const char *word, enum record_phase_outcome *ret);

#endif
