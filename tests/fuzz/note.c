/* SPDX-License-Identifier: MIT */
/* A keeper's note from any bytes: no crash; what is understood can be shown to people. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/backup/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[512];
	struct note note;

	memset(&note, 'x', sizeof(note));
	if (!note_parse((const char *)data, size, &note))
		return 0;
	assert(note.run > 0 && note.at_ms >= 0 && note.stall_ms >= 0);
	assert(memchr(note.destination, '\0', sizeof(note.destination)));
	assert(memchr(note.mountpoint, '\0', sizeof(note.mountpoint)));
	assert(memchr(note.text, '\0', sizeof(note.text)));
	note_describe(&note, text, sizeof(text));
	for (const char *p = text; *p; p++)
		assert((unsigned char)*p >= 0x20 && *p != 0x7f);
	return 0;
}
