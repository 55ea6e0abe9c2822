/* SPDX-License-Identifier: MIT */
/*
 * Statistics from any bytes: no crash; nothing changed between a state and itself; and
 * what was added to the counters is the difference.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/mnt/mountstats.h"

static const struct mountstats_key keys[] = {
	{ "nas:/srv/nas/", "/mnt/b" },
	{ "nas:/backup", "/mnt/c d" },
};

static void compare(const struct mountstats *s)
{
	struct mountstats_summary sum;
	struct mountstats more = *s, d;

	assert(mountstats_difference(s, s, &d));
	mountstats_summarize(&d, &sum);
	assert(sum.calls == 0 && sum.major_timeouts == 0 && sum.write_errors == 0);
	assert(!mountstats_progress(s, s));
	if (s->op_count == 0 || s->ops[0].calls == UINT64_MAX)
		return;
	more.ops[0].calls++;
	assert(mountstats_difference(s, &more, &d) && d.ops[0].calls == 1);
	assert(!mountstats_difference(&more, s, &d));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mountstats s;
	struct error err;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		int r = mountstats_parse((const char *)data, size, &keys[i], &s, &err);

		assert(r >= 0 || err.msg[0] != '\0');
		if (r == MOUNTSTATS_FOUND)
			compare(&s);
	}
	return 0;
}
