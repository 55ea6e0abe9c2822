/* SPDX-License-Identifier: MIT */
/*
 * A marker from any bytes, as another host or a person may have left them: no crash; what
 * is accepted is printable, and written it reads the same.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/backup/marker.h"
#include "lib/base/error.h"

static void check_printable(const char *text)
{
	assert(text[0] != '\0');
	for (; *text != '\0'; text++)
		assert(*text >= ' ' && *text <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[MARKER_TEXT_MAX];
	struct marker m, again;
	struct error err;
	int len;

	if (marker_parse((const char *)data, size, &m, &err) < 0) {
		check_printable(err.msg);
		return 0;
	}
	check_printable(m.host);
	check_printable(m.destination);
	assert(strlen(m.machine) == MARKER_MACHINE_SIZE - 1);
	assert(strlen(m.uuid) == MARKER_UUID_SIZE - 1);
	len = marker_format(&m, text, sizeof(text), &err);
	assert(len > 0);
	assert(marker_parse(text, (size_t)len, &again, &err) == 0);
	assert(marker_compare(&again, &m, m.uuid, &err) == MARKER_OURS);
	return 0;
}
