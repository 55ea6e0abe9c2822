/* SPDX-License-Identifier: MIT */
#include "lib/base/parse.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/macro.h"

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit time_units[] = {
	{ "ms", 1 },          { "s", 1000 },         { "m", 60 * 1000 },
	{ "h", 3600 * 1000 }, { "d", 86400 * 1000 }, { "w", 7 * 86400 * 1000 },
};

static const struct unit size_units[] = {
	{ "B", 1 },
	{ "KiB", UINT64_C(1) << 10 },
	{ "MiB", UINT64_C(1) << 20 },
	{ "GiB", UINT64_C(1) << 30 },
	{ "TiB", UINT64_C(1) << 40 },
	{ "K", UINT64_C(1) << 10 },
	{ "M", UINT64_C(1) << 20 },
	{ "G", UINT64_C(1) << 30 },
	{ "T", UINT64_C(1) << 40 },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits at *@p; false if there are none, or more than UINT64_MAX. */
static bool scan_digits(const char **p, uint64_t *ret)
{
	uint64_t value = 0;

	if (!is_digit(**p))
		return false;
	for (; is_digit(**p); (*p)++) {
		if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
		    __builtin_add_overflow(value, (uint64_t)(**p - '0'), &value))
			return false;
	}
	*ret = value;
	return true;
}

int parse_uint(const char *text, uint64_t min, uint64_t max, uint64_t *ret,
	       struct error *err)
{
	const char *p = text;
	uint64_t value;

	if (!scan_digits(&p, &value) || *p != '\0')
		return error_set(err, ERROR_USAGE, 0, "'%s' is not a number", text);
	if (value < min || value > max)
		return error_set(err, ERROR_USAGE, 0,
				 "%s is not between %" PRIu64 " and %" PRIu64, text, min,
				 max);
	*ret = value;
	return 0;
}

static const struct unit *find_unit(const struct unit *units, size_t n, const char *p,
				    size_t len)
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(units[i].name) == len && memcmp(units[i].name, p, len) == 0)
			return &units[i];
	}
	return NULL;
}

/* One "12.5unit" at *@p, added to *@sum.  The fraction is cut after six digits. */
static bool scan_quantity(const char **p, const struct unit *units, size_t n,
			  uint64_t *sum)
{
	uint64_t whole, part, micro = 0, scale = 100000;
	const struct unit *unit;
	size_t len;

	if (!scan_digits(p, &whole))
		return false;
	if (**p == '.') {
		(*p)++;
		if (!is_digit(**p))
			return false;
		for (; is_digit(**p); (*p)++, scale /= 10)
			micro += scale * (uint64_t)(**p - '0');
	}
	len = strcspn(*p, "0123456789.");
	unit = find_unit(units, n, *p, len);
	if (!unit)
		return false;
	*p += len;
	if (__builtin_mul_overflow(whole, unit->factor, &whole))
		return false;
	/* Below 10^6 times at most 2^40: no overflow. */
	part = micro * unit->factor / 1000000;
	return !__builtin_add_overflow(*sum, whole, sum) &&
	       !__builtin_add_overflow(*sum, part, sum);
}

int parse_duration(const char *text, int64_t *ret_ms, struct error *err)
{
	const char *p = text;
	uint64_t ms = 0;

	do {
		if (!scan_quantity(&p, time_units, ARRAY_SIZE(time_units), &ms) ||
		    ms > INT64_MAX)
			return error_set(err, ERROR_USAGE, 0,
					 "'%s' is not a duration like 90s, 15m, 8d",
					 text);
	} while (*p != '\0');
	*ret_ms = (int64_t)ms;
	return 0;
}

int parse_size(const char *text, uint64_t *ret, struct error *err)
{
	const char *p = text;
	uint64_t bytes = 0;

	if (!scan_quantity(&p, size_units, ARRAY_SIZE(size_units), &bytes) || *p != '\0')
		return error_set(err, ERROR_USAGE, 0,
				 "'%s' is not a size like 500MiB, 10GiB", text);
	*ret = bytes;
	return 0;
}

void format_duration(int64_t ms, char *buf, size_t size)
{
	static const size_t order[] = { 4, 3, 2, 1, 0 }; /* d h m s ms */
	size_t len = 0;

	if (size > 0)
		buf[0] = '\0';
	if (ms <= 0) {
		(void)snprintf(buf, size, "0s");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(order) && len < size; i++) {
		const struct unit *unit = &time_units[order[i]];
		int64_t count = ms / (int64_t)unit->factor;

		if (count == 0)
			continue;
		ms %= (int64_t)unit->factor;
		len += (size_t)snprintf(buf + len, size - len, "%" PRId64 "%s", count,
					unit->name);
	}
}

void format_size(uint64_t bytes, char *buf, size_t size)
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	size_t i = 0;

	while (value >= 1024 && i + 1 < ARRAY_SIZE(names)) {
		value /= 1024;
		i++;
	}
	(void)snprintf(buf, size, i == 0 ? "%.0f %s" : "%.1f %s", value, names[i]);
}
