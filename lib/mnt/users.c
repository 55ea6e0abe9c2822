/* SPDX-License-Identifier: MIT */
#include "lib/mnt/users.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/macro.h"

struct device {
	unsigned major, minor;
};

/* Its device is all that is asked for: every file system has that at hand. */
static bool is_on(int dir_fd, const char *name, const struct device *device)
{
	struct statx st;

	return statx(dir_fd, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, 0, &st) == 0 &&
	       st.stx_dev_major == device->major && st.stx_dev_minor == device->minor;
}

static bool has_open(int proc_fd, const struct device *device, char what[16])
{
	int fd = openat(proc_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	bool found = false;

	if (!dir) {
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	for (struct dirent *entry; !found && (entry = readdir(dir));) {
		if (entry->d_name[0] == '.')
			continue;
		found = is_on(dirfd(dir), entry->d_name, device);
		if (found)
			(void)snprintf(what, 16, "fd %.8s", entry->d_name);
	}
	(void)closedir(dir);
	return found;
}

/* "7f…-7f… r--p 00000000 00:2b 1234 /path", proc_pid_maps(5). */
static bool has_mapped(int proc_fd, const struct device *device)
{
	int fd = openat(proc_fd, "maps", O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "re");
	cleanup_free char *line = NULL;
	bool found = false;
	size_t size = 0;
	unsigned major, minor;

	if (!f) {
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	while (!found && getline(&line, &size, f) > 0)
		found = sscanf(line, "%*s %*s %*s %x:%x", &major, &minor) == 2 &&
			major == device->major && minor == device->minor;
	(void)fclose(f);
	return found;
}

static bool has_any(int proc_fd, const struct device *device, char what[16])
{
	static const char *const links[] = { "cwd", "root", "exe" };

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		if (is_on(proc_fd, links[i], device)) {
			(void)snprintf(what, 16, "%s", links[i]);
			return true;
		}
	}
	if (has_open(proc_fd, device, what))
		return true;
	(void)snprintf(what, 16, "map");
	return has_mapped(proc_fd, device);
}

/* A process whose main thread has ended has what its threads have. */
static bool threads_have_any(int proc_fd, const struct device *device, char what[16])
{
	int fd = openat(proc_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	bool found = false;

	if (!dir) {
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	for (struct dirent *entry; !found && (entry = readdir(dir));) {
		cleanup_fd int task = -1;

		if (entry->d_name[0] == '.')
			continue;
		task = openat(dirfd(dir), entry->d_name,
			      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		found = task >= 0 && has_any(task, device, what);
	}
	(void)closedir(dir);
	return found;
}

/* Is its main thread a zombie?  Then there is no cwd to be read. */
static bool has_no_leader(int proc_fd)
{
	char ignored[1];

	return readlinkat(proc_fd, "cwd", ignored, sizeof(ignored)) < 0 &&
	       errno == ENOENT;
}

static bool uses(int proc_fd, const struct device *device, char what[16])
{
	return has_any(proc_fd, device, what) ||
	       (has_no_leader(proc_fd) && threads_have_any(proc_fd, device, what));
}

/* ---- mounts ---- */

/* "36 35 0:29 / /srv/nas1 …", proc_pid_mountinfo(5): one on the device? */
static bool has_mounted(int proc_fd, const struct device *device)
{
	int fd = openat(proc_fd, "mountinfo", O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "re");
	cleanup_free char *line = NULL;
	bool found = false;
	size_t size = 0;
	unsigned major, minor;

	if (!f) {
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	while (!found && getline(&line, &size, f) > 0)
		found = sscanf(line, "%*s %*s %u:%u", &major, &minor) == 2 &&
			major == device->major && minor == device->minor;
	(void)fclose(f);
	return found;
}

/* Of other namespaces than ours the ones that were looked at; of more each process. */
struct namespaces {
	ino_t seen[64];
	size_t n;
};

static bool is_new(struct namespaces *ns, int proc_fd)
{
	struct stat st;

	if (fstatat(proc_fd, "ns/mnt", &st, 0) < 0)
		return false;
	for (size_t i = 0; i < ns->n; i++) {
		if (ns->seen[i] == st.st_ino)
			return false;
	}
	if (ns->n < ARRAY_SIZE(ns->seen))
		ns->seen[ns->n++] = st.st_ino;
	return true;
}

static bool is_spared(pid_t pid, const pid_t *spare, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (spare[i] == pid)
			return true;
	}
	return false;
}

int users_find(unsigned major, unsigned minor, const pid_t *spare, size_t n_spare,
	       struct users *ret)
{
	const struct device device = { major, minor };
	struct namespaces ns = { 0 };
	DIR *proc = opendir("/proc");
	cleanup_fd int self = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*ret = (struct users){ 0 };
	if (!proc)
		return -1;
	(void)is_new(&ns, self);
	for (struct dirent *entry; (entry = readdir(proc));) {
		pid_t pid = (pid_t)atoi(entry->d_name);
		char what[16] = "";
		cleanup_fd int fd = -1;

		if (pid <= 0 || is_spared(pid, spare, n_spare))
			continue;
		fd = openat(dirfd(proc), entry->d_name,
			    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (is_new(&ns, fd) && has_mounted(fd, &device))
			(void)snprintf(what, sizeof(what), "mount");
		else if (!uses(fd, &device, what))
			continue;
		if (ret->count++ > 0)
			continue;
		ret->pid = pid;
		memcpy(ret->what, what, sizeof(what));
	}
	(void)closedir(proc);
	return 0;
}
