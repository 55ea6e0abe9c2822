/* SPDX-License-Identifier: MIT */
/* The table of volumes from any bytes: no crash; an id is a text that ends. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/mnt/volumes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char fsid[VOLUMES_FSID_SIZE];
	struct error err;
	int r;

	memset(fsid, 'x', sizeof(fsid));
	r = volumes_parse((const char *)data, size, 0, 48, fsid, &err);
	assert(r >= 0 || err.msg[0] != '\0');
	if (r == VOLUMES_FOUND)
		assert(memchr(fsid, '\0', sizeof(fsid)));
	return 0;
}
