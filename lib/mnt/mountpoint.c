/* SPDX-License-Identifier: MIT */
#include "lib/mnt/mountpoint.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/mnt/mountinfo.h"

#define SAFE_MODE 0555
#define PARENT_MODE 0755

/* Absolute, and each component a name: no "//", ".", "..", no "/" at the end or alone. */
static bool is_well_formed(const char *path)
{
	if (path[0] != '/')
		return false;
	while (*path == '/') {
		size_t len = strcspn(++path, "/");

		if (len == 0 || (len == 1 && path[0] == '.') ||
		    (len == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += len;
	}
	return true;
}

/* Is @path, or a directory above it, on a network? */
static bool is_remote(const struct mountinfo *m, const char *path)
{
	const struct mountinfo_entry *e;
	char prefix[PATH_MAX];
	size_t len = 0;

	while (path[len] == '/') {
		len += 1 + strcspn(path + len + 1, "/");
		if (len >= sizeof(prefix))
			return true;
		memcpy(prefix, path, len);
		prefix[len] = '\0';
		e = mountinfo_covering(m, prefix);
		if (e && mountinfo_is_remote(e->fstype))
			return true;
	}
	return false;
}

/*
 * Open the directory @path one component at a time, so that no symbolic link is
 * followed anywhere in it (openat2(2) would do, but is younger than Linux 5.4).
 * Missing ones are made if @make.  Returns a descriptor, or -1 and errno; ELOOP or
 * ENOTDIR for a link.
 */
static int open_directory(const char *path, bool make)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int dir = open("/", flags);
	char name[NAME_MAX + 1];

	while (dir >= 0 && *path == '/') {
		size_t len = strcspn(++path, "/");
		int next = -1;

		if (len > NAME_MAX) {
			errno = ENAMETOOLONG;
		} else {
			memcpy(name, path, len);
			name[len] = '\0';
			if (!make || mkdirat(dir, name, PARENT_MODE) == 0 ||
			    errno == EEXIST)
				next = openat(dir, name, flags);
		}
		fd_close(&dir);
		dir = next;
		path += len;
	}
	return dir;
}

/* Does a symbolic link stand in the way of @path? */
static bool has_symlink(const char *path)
{
	char prefix[PATH_MAX];
	struct stat st;
	size_t len = 0;

	while (path[len] == '/') {
		len += 1 + strcspn(path + len + 1, "/");
		if (len >= sizeof(prefix))
			return false;
		memcpy(prefix, path, len);
		prefix[len] = '\0';
		if (lstat(prefix, &st) < 0)
			return false;
		if (S_ISLNK(st.st_mode))
			return true;
	}
	return false;
}

static int find_entry(int fd, struct mountpoint_facts *facts)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *d;

	if (!dir) {
		if (copy >= 0)
			(void)close(copy);
		return -1;
	}
	facts->empty = true;
	errno = 0;
	while (facts->empty && (d = readdir(dir))) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		facts->empty = false;
		(void)snprintf(facts->first_entry, sizeof(facts->first_entry), "%.*s",
			       (int)sizeof(facts->first_entry) - 1, d->d_name);
	}
	if (facts->empty && errno != 0) {
		(void)closedir(dir);
		return -1;
	}
	(void)closedir(dir);
	return 0;
}

static enum mountpoint_flag immutable_flag(int fd)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return MOUNTPOINT_FLAG_UNSUPPORTED;
	return flags & FS_IMMUTABLE_FL ? MOUNTPOINT_FLAG_SET : MOUNTPOINT_FLAG_CLEAR;
}

int mountpoint_inspect(const char *path, const struct mountinfo *m,
		       struct mountpoint_facts *ret, struct error *err)
{
	struct mountpoint_facts f = { .well_formed = is_well_formed(path) };
	cleanup_fd int fd = -1;
	struct stat st;

	f.mounted = f.well_formed && mountinfo_count_at(m, path) > 0;
	f.remote = f.well_formed && !f.mounted && is_remote(m, path);
	if (!f.well_formed || f.mounted || f.remote) {
		*ret = f;
		return 0;
	}
	fd = open_directory(path, false);
	if (fd < 0) {
		if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
			return error_sys(err, "%s", path);
		f.exists = errno != ENOENT;
		f.symlink = has_symlink(path);
		*ret = f;
		return 0;
	}
	f.exists = f.directory = true;
	if (fstat(fd, &st) < 0 || find_entry(fd, &f) < 0)
		return error_sys(err, "%s", path);
	f.uid = st.st_uid;
	f.mode = st.st_mode & 07777;
	f.immutable = immutable_flag(fd);
	*ret = f;
	return 0;
}

enum mountpoint_verdict
mountpoint_judge(const char *path, const struct mountpoint_facts *f, struct error *why)
{
	enum mountpoint_verdict verdict = MOUNTPOINT_SAFE;

#define REFUSE(v, ...) (verdict = (v), error_set(why, ERROR_UNSAFE, 0, __VA_ARGS__))
	if (!f->well_formed)
		REFUSE(MOUNTPOINT_BAD_PATH,
		       "%s: a mountpoint is an absolute path without '//', '.' and '..'",
		       path);
	else if (f->mounted)
		REFUSE(MOUNTPOINT_MOUNTED, "%s: something is mounted there already",
		       path);
	else if (f->remote)
		REFUSE(MOUNTPOINT_REMOTE,
		       "%s: it is on a network file system: choose a local directory",
		       path);
	else if (f->symlink)
		REFUSE(MOUNTPOINT_BAD_PATH,
		       "%s: there is a symbolic link in it: write the real path", path);
	else if (!f->exists)
		REFUSE(MOUNTPOINT_MISSING, "%s: does not exist: run nfsafe init", path);
	else if (!f->directory)
		REFUSE(MOUNTPOINT_NOT_A_DIRECTORY, "%s: not a directory", path);
	else if (!f->empty)
		REFUSE(MOUNTPOINT_NOT_EMPTY,
		       "%s: there is something in it (%s): look at it, move it away",
		       path, f->first_entry);
	else if (f->uid != 0)
		REFUSE(MOUNTPOINT_UNSAFE,
		       "%s: belongs to uid %u, not to root: run nfsafe init", path,
		       (unsigned)f->uid);
	else if (f->mode & 0222)
		REFUSE(MOUNTPOINT_UNSAFE,
		       "%s: can be written to (mode %04o, not 0555): run nfsafe init",
		       path, (unsigned)f->mode);
#undef REFUSE
	return verdict;
}

int mountpoint_check(const char *path, struct error *err)
{
	struct mountpoint_facts facts;
	struct mountinfo m;
	int r;

	r = mountinfo_read(&m, err);
	if (r < 0)
		return r;
	r = mountpoint_inspect(path, &m, &facts, err);
	mountinfo_done(&m);
	return r < 0 ? r : (int)mountpoint_judge(path, &facts, err);
}

static bool set_immutable(int fd, bool on)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return false;
	flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
}

static int make_safe(const char *path, enum mountpoint_flag *ret_immutable,
		     struct error *err)
{
	cleanup_fd int fd = open_directory(path, true);

	if (fd < 0)
		return error_errno(err, ERROR_CREATE, "%s", path);
	/* While it is immutable not even root can change its owner and mode. */
	if (immutable_flag(fd) == MOUNTPOINT_FLAG_SET && !set_immutable(fd, false))
		return error_errno(err, ERROR_CREATE, "%s: clear the immutable flag",
				   path);
	if (fchown(fd, 0, 0) < 0)
		return error_errno(err, ERROR_CREATE, "%s: give it to root", path);
	if (fchmod(fd, SAFE_MODE) < 0)
		return error_errno(err, ERROR_CREATE, "%s: mode 0555", path);
	if (set_immutable(fd, true))
		*ret_immutable = MOUNTPOINT_FLAG_SET;
	else
		*ret_immutable = MOUNTPOINT_FLAG_UNSUPPORTED;
	return MOUNTPOINT_SAFE;
}

int mountpoint_prepare(const char *path, enum mountpoint_flag *ret_immutable,
		       struct error *err)
{
	int r = mountpoint_check(path, err);

	/* These two are what it is for. */
	if (r != MOUNTPOINT_SAFE && r != MOUNTPOINT_MISSING && r != MOUNTPOINT_UNSAFE)
		return r;
	r = make_safe(path, ret_immutable, err);
	return r < 0 ? r : mountpoint_check(path, err);
}
