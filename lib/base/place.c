/* SPDX-License-Identifier: MIT */
#include "lib/base/place.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/macro.h"

#define MOUNTINFO_MAX (16 << 20)
#define FDINFO_MAX (64 << 10)
#define LINKS_MAX 40 /* as the kernel allows, path_resolution(7) */

bool place_is_remote(const char *fstype)
{
	static const char *const remote[] = {
		"nfs",
		"nfs4",
		"cifs",
		"smb3",
		"smbfs",
		"ceph",
		"afs",
		"coda",
		"9p",
		"lustre",
		"pvfs2",
		"beegfs",
		"gpfs",
		"ncpfs",
		"acfs",
		/* Hides what comes when it is touched: mostly NFS. */
		"autofs",
	};
	/* A daemon answers, on this host or not; these two are a disk's own. */
	static const char *const local_fuse[] = { "fuseblk", "fuse.fuse-overlayfs" };

	for (size_t i = 0; i < ARRAY_SIZE(local_fuse); i++) {
		if (strcmp(fstype, local_fuse[i]) == 0)
			return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(remote); i++) {
		if (strcmp(fstype, remote[i]) == 0)
			return true;
	}
	return strncmp(fstype, "fuse", 4) == 0;
}

/* Whether a field of mountinfo, with its octal escapes (proc(5)), is @text. */
static bool field_is(const char *field, size_t len, const char *text)
{
	const char *end = field + len;

	while (field < end) {
		char c = *field++;

		if (c == '\\' && end - field >= 3) {
			c = (char)(((field[0] - '0') << 6) | ((field[1] - '0') << 3) |
				   (field[2] - '0'));
			field += 3;
		}
		if (c != *text++)
			return false;
	}
	return *text == '\0';
}

/* The type of what is mounted at exactly @path, the last one: it is on top. */
static bool mounted_at(const char *mountinfo, const char *path, char *ret_fstype,
		       size_t size)
{
	bool found = false;
	const char *next;

	for (const char *line = mountinfo; *line; line = next) {
		size_t len = strcspn(line, "\n");
		const char *end = line + len;
		const char *field = line;
		const char *type;

		next = end + (*end == '\n');
		/* 36 35 98:0 /root /mount/point options … - type source options */
		for (int i = 0; i < 4 && field < end; i++)
			field += strcspn(field, " \n") + 1;
		if (field >= end || !field_is(field, strcspn(field, " \n"), path))
			continue;
		type = strstr(field, " - ");
		if (!type || type >= end)
			continue;
		(void)snprintf(ret_fstype, size, "%.*s", (int)strcspn(type + 3, " \n"),
			       type + 3);
		found = true;
	}
	return found;
}

/* Nothing under @path may be touched if it is a mountpoint of a remote one. */
static int refuse_remote(const char *mountinfo, const char *path, const char *asked,
			 struct error *err)
{
	char fstype[64];

	if (!mounted_at(mountinfo, path, fstype, sizeof(fstype)) ||
	    !place_is_remote(fstype))
		return 0;
	return error_set(err, ERROR_CONFIG, 0,
			 "%s is on %s (%s), which may hang: put it on a local "
			 "disk",
			 asked, path, fstype);
}

struct walk {
	char done[PATH_MAX]; /* resolved, without a slash at the end: "" is the root */
	char todo[PATH_MAX]; /* still to go */
	int links;
};

static int too_long(const char *asked, struct error *err)
{
	return error_set(err, ERROR_CONFIG, ENAMETOOLONG, "%s: the path is too long",
			 asked);
}

/* @walk->done is a symbolic link: go on with where it leads. */
static int follow(struct walk *walk, const char *asked, struct error *err)
{
	char target[PATH_MAX];
	size_t left = strlen(walk->todo);
	ssize_t n = readlink(walk->done, target, sizeof(target) - 1);

	if (n < 0)
		return error_errno(err, ERROR_IO, "%s: %s", asked, walk->done);
	target[n] = '\0';
	if (++walk->links > LINKS_MAX)
		return error_set(err, ERROR_CONFIG, ELOOP, "%s: too many symbolic links",
				 asked);
	if ((size_t)n + left + 2 > sizeof(walk->todo))
		return too_long(asked, err);
	memmove(walk->todo + n + 1, walk->todo, left + 1);
	memcpy(walk->todo, target, (size_t)n);
	walk->todo[n] = '/';
	*strrchr(walk->done, '/') = '\0';
	if (target[0] == '/')
		walk->done[0] = '\0';
	return 0;
}

/* One component, of @len bytes at @name, onto @walk->done. */
static int step(struct walk *walk, const char *mountinfo, const char *name, size_t len,
		const char *asked, struct error *err)
{
	size_t at = strlen(walk->done);
	struct stat st;
	int r;

	if (len == 0 || (len == 1 && name[0] == '.'))
		return 0;
	if (len == 2 && name[0] == '.' && name[1] == '.') {
		if (at > 0)
			*strrchr(walk->done, '/') = '\0';
		return 0;
	}
	if (at + len + 2 > sizeof(walk->done))
		return too_long(asked, err);
	walk->done[at] = '/';
	memcpy(walk->done + at + 1, name, len);
	walk->done[at + 1 + len] = '\0';
	r = refuse_remote(mountinfo, walk->done, asked, err);
	if (r < 0)
		return r;
	if (lstat(walk->done, &st) < 0) {
		if (errno == ENOENT)
			return 0;
		return error_errno(err, errno == EACCES ? ERROR_PERMISSION : ERROR_IO,
				   "%s: %s", asked, walk->done);
	}
	return S_ISLNK(st.st_mode) ? follow(walk, asked, err) : 0;
}

int place_resolve(const char *path, const char *mountinfo, char ret[PATH_MAX],
		  struct error *err)
{
	struct walk walk = { 0 };
	int r;

	if (path[0] != '/')
		return error_set(err, ERROR_CONFIG, 0, "%s is not an absolute path",
				 path);
	if (strlen(path) >= sizeof(walk.todo))
		return too_long(path, err);
	(void)snprintf(walk.todo, sizeof(walk.todo), "%s", path);
	r = refuse_remote(mountinfo, "/", path, err);
	while (r == 0 && walk.todo[0]) {
		size_t len = strcspn(walk.todo, "/");
		char name[PATH_MAX];

		/* follow() puts more before what is left. */
		memcpy(name, walk.todo, len);
		memmove(walk.todo, walk.todo + len + (walk.todo[len] == '/'),
			strlen(walk.todo + len + (walk.todo[len] == '/')) + 1);
		r = step(&walk, mountinfo, name, len, path, err);
	}
	if (r == 0)
		(void)snprintf(ret, PATH_MAX, "%s", walk.done[0] ? walk.done : "/");
	return r;
}

int place_find(const char *path, char ret[PATH_MAX], struct error *err)
{
	cleanup_free char *mountinfo = NULL;
	size_t len;
	int r = fd_read_file("/proc/self/mountinfo", MOUNTINFO_MAX, &mountinfo, &len,
			     err);

	return r < 0 ? r : place_resolve(path, mountinfo, ret, err);
}

int place_judge_fd(const char *fdinfo, const char *mountinfo, const char *name,
		   struct error *err)
{
	const char *id_line = strstr(fdinfo, "mnt_id:");
	char fstype[64], where[PATH_MAX];
	const char *next;
	long id;

	if (!id_line || sscanf(id_line, "mnt_id: %ld", &id) != 1)
		return 0;
	for (const char *line = mountinfo; *line; line = next) {
		const char *end = line + strcspn(line, "\n");
		const char *type = strstr(line, " - ");
		long line_id;

		next = end + (*end == '\n');
		if (!type || type >= end ||
		    sscanf(line, "%ld %*s %*s %*s %4095s", &line_id, where) != 2 ||
		    line_id != id || sscanf(type, " - %63s", fstype) != 1)
			continue;
		if (!place_is_remote(fstype))
			return 0;
		return error_set(err, ERROR_USAGE, 0,
				 "%s is a file on %s (%s), which may hang: write to a "
				 "local one, or into a pipe",
				 name, where, fstype);
	}
	return 0;
}

int place_refuse_remote_fd(int fd, const char *name, struct error *err)
{
	cleanup_free char *fdinfo = NULL, *mountinfo = NULL;
	char path[64];
	size_t len;
	int r;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	r = fd_read_file(path, FDINFO_MAX, &fdinfo, &len, err);
	if (r == 0)
		r = fd_read_file("/proc/self/mountinfo", MOUNTINFO_MAX, &mountinfo, &len,
				 err);
	return r < 0 ? r : place_judge_fd(fdinfo, mountinfo, name, err);
}
