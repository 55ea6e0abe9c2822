/* SPDX-License-Identifier: MIT */
#include "lib/conf/trusted.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/conf/argv.h"

static int check(int fd, bool directory, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_errno(err, ERROR_IO, "fstat");
	if (directory ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode))
		return error_set(err, ERROR_CONFIG, 0, "this is no %s",
				 directory ? "directory" : "file");
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return error_set(err, ERROR_PERMISSION, 0,
				 "belongs to uid %u; it must belong to root or to you "
				 "(uid %u)",
				 st.st_uid, geteuid());
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return error_set(err, ERROR_PERMISSION, 0,
				 "%s may write to it (mode %04o); do: chmod go-w",
				 st.st_mode & S_IWOTH ? "others" : "its group",
				 st.st_mode & 07777);
	return 0;
}

/* Returns an outcome with @ret_fd open on TRUSTED_READ, or a negative error. */
static int open_checked(const char *path, int flags, int *ret_fd, struct error *err)
{
	/* Without O_NONBLOCK a FIFO would wait for somebody who writes to it. */
	int fd = open(path, flags | O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int r;

	if (fd < 0 && errno == ENOENT)
		return TRUSTED_MISSING;
	if (fd < 0)
		return error_set(err,
				 errno == EACCES || errno == EPERM ? ERROR_PERMISSION
								   : ERROR_IO,
				 errno, "%s", strerror(errno));
	r = check(fd, flags & O_DIRECTORY, err);
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	*ret_fd = fd;
	return TRUSTED_READ;
}

int trusted_read(const char *path, size_t max, char **ret_text, size_t *ret_len,
		 struct error *err)
{
	cleanup_fd int fd = -1;
	int r = open_checked(path, 0, &fd, err);

	if (r != TRUSTED_READ)
		return r;
	return fd_read_all(fd, "read", max, ret_text, ret_len, err);
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	return len > n && strcmp(name + len - n, suffix) == 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct list {
	char **names;
	size_t n;
};

static bool push(struct list *list, const char *name)
{
	char **names = realloc(list->names, (list->n + 2) * sizeof(*names));

	if (!names)
		return false;
	list->names = names;
	names[list->n] = name ? strdup(name) : NULL;
	if (!name)
		return true;
	names[++list->n] = NULL;
	return names[list->n - 1] != NULL;
}

static bool collect(DIR *dir, const char *suffix, struct list *list)
{
	const struct dirent *e;

	if (!push(list, NULL))
		return false;
	while ((e = readdir(dir))) {
		if (e->d_name[0] != '.' && ends_with(e->d_name, suffix) &&
		    !push(list, e->d_name))
			return false;
	}
	qsort(list->names, list->n, sizeof(*list->names), compare);
	return true;
}

int trusted_list(const char *path, const char *suffix, char ***ret_names,
		 struct error *err)
{
	struct list list = { 0 };
	int fd = -1;
	int r = open_checked(path, O_DIRECTORY, &fd, err);
	DIR *dir = NULL;
	bool ok;

	if (r < 0)
		return r;
	if (r == TRUSTED_READ) {
		dir = fdopendir(fd);
		if (!dir) {
			r = error_errno(err, ERROR_IO, "fdopendir");
			(void)close(fd);
			return r;
		}
	}
	ok = dir ? collect(dir, suffix, &list) : push(&list, NULL);
	if (dir)
		(void)closedir(dir);
	if (!ok) {
		argv_free(list.names);
		return error_oom(err);
	}
	*ret_names = list.names;
	return r;
}
