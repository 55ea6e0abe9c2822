/* SPDX-License-Identifier: MIT */
#include "lib/mnt/remote.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "lib/base/error.h"

struct remote {
	size_t size;
	char path[];
};

static struct remote *make(const char *dir, const char *name)
{
	size_t size = strlen(dir) + 1 + strlen(name) + 1;
	struct remote *r = malloc(sizeof(*r) + size);

	if (!r)
		return NULL;
	r->size = size;
	(void)snprintf(r->path, size, "%s%s%s", dir, name[0] ? "/" : "", name);
	return r;
}

int remote_new(const char *mountpoint, struct remote **ret, struct error *err)
{
	struct remote *r;

	assert(mountpoint[0] == '/');
	r = make(mountpoint, "");
	if (!r)
		return error_oom(err);
	*ret = r;
	return 0;
}

int remote_join(const struct remote *dir, const char *name, struct remote **ret,
		struct error *err)
{
	struct remote *r;

	assert(name[0] != '\0' && !strchr(name, '/') && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0);
	r = make(dir->path, name);
	if (!r)
		return error_oom(err);
	*ret = r;
	return 0;
}

void remote_free(struct remote *r)
{
	free(r);
}

const char *remote_text(const struct remote *r)
{
	return r->path;
}

int remote_open(const struct remote *r, int flags, mode_t mode)
{
	return open(r->path, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, mode);
}

int remote_unlink(const struct remote *r)
{
	return unlink(r->path);
}

int remote_link(const struct remote *from, const struct remote *to)
{
	return link(from->path, to->path);
}

/* @blocks of @size bytes; what does not fit is as good as endless. */
static uint64_t bytes_of(uint64_t blocks, uint64_t size)
{
	uint64_t bytes;

	return __builtin_mul_overflow(blocks, size, &bytes) ? UINT64_MAX : bytes;
}

int remote_space(const struct remote *r, struct remote_space *ret)
{
	struct statfs s;
	uint64_t unit;

	if (statfs(r->path, &s) < 0)
		return -1;
	unit = (uint64_t)(s.f_frsize ? s.f_frsize : s.f_bsize);
	*ret = (struct remote_space){
		.total_bytes = bytes_of(s.f_blocks, unit),
		.free_bytes = bytes_of(s.f_bavail, unit),
		.total_files = s.f_files,
		.free_files = s.f_ffree,
	};
	return 0;
}

int remote_syncfs(const struct remote *r)
{
	int fd = remote_open(r, O_RDONLY | O_DIRECTORY, 0);
	int result, saved_errno;

	if (fd < 0)
		return -1;
	result = syncfs(fd);
	saved_errno = errno;
	(void)close(fd);
	errno = saved_errno;
	return result;
}
