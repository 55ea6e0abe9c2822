/* SPDX-License-Identifier: MIT */
#include "lib/mnt/volumes.h"

#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/mnt/span.h"

#define FILE_MAX ((size_t)4 << 20)

/*
 *	NV SERVER   PORT DEV          FSID                              FSC
 *	v3 0a4d0002  801 0:45         1b9e:0                            no
 *
 * nfs_volume_list_show(), fs/nfs/client.c.
 */
static int parse_volume(struct span line, unsigned major, unsigned minor,
			char ret_fsid[VOLUMES_FSID_SIZE], struct error *err)
{
	struct span words[5];
	unsigned line_major, line_minor;

	for (size_t i = 0; i < 5; i++) {
		if (!span_next_word(&line, &words[i]))
			return error_set(err, ERROR_IO, 0,
					 "nfsfs/volumes: a line is too short");
	}
	if (!span_device(words[3], &line_major, &line_minor) ||
	    words[4].len >= VOLUMES_FSID_SIZE || memchr(words[4].p, '\0', words[4].len))
		return error_set(err, ERROR_IO, 0,
				 "nfsfs/volumes: a line is not understood");
	if (line_major != major || line_minor != minor)
		return VOLUMES_ABSENT;
	memcpy(ret_fsid, words[4].p, words[4].len);
	ret_fsid[words[4].len] = '\0';
	return VOLUMES_FOUND;
}

int volumes_parse(const char *text, size_t len, unsigned major, unsigned minor,
		  char ret_fsid[VOLUMES_FSID_SIZE], struct error *err)
{
	struct span rest = { text, len }, line;

	/* The first line is the heading. */
	(void)span_next_line(&rest, &line);
	while (span_next_line(&rest, &line)) {
		int r = parse_volume(line, major, minor, ret_fsid, err);

		if (r != VOLUMES_ABSENT)
			return r;
	}
	return VOLUMES_ABSENT;
}

int volumes_read(unsigned major, unsigned minor, char ret_fsid[VOLUMES_FSID_SIZE],
		 struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len;
	int r;

	r = fd_read_file("/proc/fs/nfsfs/volumes", FILE_MAX, &text, &len, err);
	if (r < 0)
		return r;
	return volumes_parse(text, len, major, minor, ret_fsid, err);
}
