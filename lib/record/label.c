/* SPDX-License-Identifier: MIT */
#include "lib/record/label.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/macro.h"

static const struct {
	const char *name;
	const char *prefix; /* of a label */
} levels[] = {
	[LEVEL_NONE] = { "", NULL },
	[LEVEL_FULL] = { "full", "full-" },
	[LEVEL_INCREMENTAL] = { "incremental", "incr-" },
};

const char *level_name(enum level level)
{
	assert((size_t)level < ARRAY_SIZE(levels));
	return levels[level].name;
}

enum level level_from_name(const char *name)
{
	for (size_t i = LEVEL_FULL; i < ARRAY_SIZE(levels); i++) {
		if (strcmp(levels[i].name, name) == 0)
			return (enum level)i;
	}
	return LEVEL_NONE;
}

void label_format(enum level level, int64_t started_ms, char buf[LABEL_SIZE])
{
	time_t seconds = (time_t)(started_ms / 1000);
	struct tm tm;
	size_t len;
	bool fits;

	assert((level == LEVEL_FULL || level == LEVEL_INCREMENTAL) && started_ms >= 0);
	fits = gmtime_r(&seconds, &tm) && tm.tm_year + 1900 <= 9999;
	assert(fits);
	(void)fits;
	len = (size_t)snprintf(buf, LABEL_SIZE, "%s", levels[level].prefix);
	len += strftime(buf + len, LABEL_SIZE - len, "%Y%m%d.%H%M%S", &tm);
	(void)snprintf(buf + len, LABEL_SIZE - len, ".%03d", (int)(started_ms % 1000));
}

/* "20261124.231705.042", '0' for each digit. */
static bool has_shape(const char *text)
{
	static const char shape[] = "00000000.000000.000";

	for (size_t i = 0; i < sizeof(shape); i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';

		if (shape[i] == '0' ? !digit : text[i] != shape[i])
			return false;
	}
	return true;
}

static int number(const char *digits, size_t len)
{
	int value = 0;

	for (size_t i = 0; i < len; i++)
		value = value * 10 + (digits[i] - '0');
	return value;
}

int label_parse(const char *text, enum level *ret_level, int64_t *ret_started_ms)
{
	for (size_t i = LEVEL_FULL; i < ARRAY_SIZE(levels); i++) {
		size_t len = strlen(levels[i].prefix);
		char again[LABEL_SIZE];
		int64_t ms;
		struct tm tm;

		if (strncmp(text, levels[i].prefix, len) != 0 || !has_shape(text + len))
			continue;
		tm = (struct tm){
			.tm_year = number(text + len, 4) - 1900,
			.tm_mon = number(text + len + 4, 2) - 1,
			.tm_mday = number(text + len + 6, 2),
			.tm_hour = number(text + len + 9, 2),
			.tm_min = number(text + len + 11, 2),
			.tm_sec = number(text + len + 13, 2),
		};
		ms = (int64_t)timegm(&tm) * 1000 + number(text + len + 16, 3);
		if (ms < 0)
			return 0;
		/* timegm() makes 1 March of 30 February: such a date is none. */
		label_format((enum level)i, ms, again);
		if (strcmp(again, text) != 0)
			return 0;
		*ret_level = (enum level)i;
		*ret_started_ms = ms;
		return 1;
	}
	return 0;
}
