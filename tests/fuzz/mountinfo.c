/* SPDX-License-Identifier: MIT */
/*
 * A table of mounts from any bytes: no crash, no leak, no endless walk; and whatever is
 * found at a path is in the table, at that path.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/mnt/mountinfo.h"

/* The walk takes time by the square. */
#define ENTRIES_MAX 200

static void walk(const struct mountinfo *m, const char *path)
{
	const struct mountinfo_entry *at = mountinfo_at(m, path);
	const struct mountinfo_entry *covering = mountinfo_covering(m, path);

	assert(!at || at == covering);
	assert(!at || strcmp(at->mountpoint, path) == 0);
	assert(!at || mountinfo_count_at(m, path) > 0);
	assert(!covering || (covering >= m->entries && covering < m->entries + m->count));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mountinfo m;
	struct error err;

	if (mountinfo_parse((const char *)data, size, &m, &err) < 0) {
		assert(err.msg[0] != '\0');
		return 0;
	}
	for (size_t i = 0; i < m.count && i < ENTRIES_MAX; i++) {
		const struct mountinfo_entry *e = &m.entries[i];

		assert(mountinfo_by_id(&m, e->id));
		assert(mountinfo_same_source(e->source, e->source));
		(void)mountinfo_is_remote(e->fstype);
		if (e->mountpoint[0] == '/' && m.count < ENTRIES_MAX)
			walk(&m, e->mountpoint);
	}
	mountinfo_done(&m);
	return 0;
}
