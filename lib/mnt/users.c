/* SPDX-License-Identifier: MIT */
#include "lib/mnt/users.h"

#include <dirent.h>
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

static bool uses(int proc_fd, const struct device *device, char what[16])
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
	DIR *proc = opendir("/proc");

	*ret = (struct users){ 0 };
	if (!proc)
		return -1;
	for (struct dirent *entry; (entry = readdir(proc));) {
		pid_t pid = (pid_t)atoi(entry->d_name);
		char what[16] = "";
		cleanup_fd int fd = -1;

		if (pid <= 0 || is_spared(pid, spare, n_spare))
			continue;
		fd = openat(dirfd(proc), entry->d_name,
			    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || !uses(fd, &device, what) || ret->count++ > 0)
			continue;
		ret->pid = pid;
		memcpy(ret->what, what, sizeof(what));
	}
	(void)closedir(proc);
	return 0;
}
