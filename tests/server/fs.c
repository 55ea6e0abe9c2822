/* SPDX-License-Identifier: MIT */
#include "tests/server/fs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SIZE_MAX (1ull << 30)

static struct fs_node *new_node(struct fs *fs, struct fs_node *parent, const char *name,
				enum fs_type type)
{
	struct fs_node *node = calloc(1, sizeof(*node));
	struct fs_node **last = &fs->nodes;

	if (!node)
		return NULL;
	node->parent = parent;
	node->id = fs->next_id++;
	node->type = type;
	node->mode = type == FS_DIR ? 0755 : 0644;
	(void)snprintf(node->name, sizeof(node->name), "%s", name);
	fs_touch(node, true);
	while (*last)
		last = &(*last)->next;
	*last = node;
	fs->n_nodes++;
	return node;
}

/* Directories for each component of @path; returns the last, NULL out of memory. */
static struct fs_node *make_path(struct fs *fs, const char *path)
{
	struct fs_node *dir = fs->root;

	while (dir && *path) {
		size_t len = strcspn(path, "/");
		char name[FS_NAME_SIZE];

		if (len >= sizeof(name))
			return NULL;
		(void)snprintf(name, sizeof(name), "%.*s", (int)len, path);
		if (len > 0)
			dir = new_node(fs, dir, name, FS_DIR);
		path += len + (path[len] == '/');
	}
	return dir;
}

bool fs_init(struct fs *fs, const char *path, uint64_t capacity)
{
	*fs = (struct fs){ .next_id = 1, .capacity = capacity, .max_nodes = 20000 };
	(void)snprintf(fs->path, sizeof(fs->path), "%s", path);
	fs->root = new_node(fs, NULL, "", FS_DIR);
	fs->export = fs->root ? make_path(fs, path) : NULL;
	if (fs->export)
		fs->export->mode = 0777;
	return fs->export;
}

void fs_done(struct fs *fs)
{
	while (fs->nodes) {
		struct fs_node *node = fs->nodes;

		fs->nodes = node->next;
		free(node->data);
		free(node);
	}
	*fs = (struct fs){ 0 };
}

static bool has_children(const struct fs *fs, const struct fs_node *dir)
{
	for (const struct fs_node *node = fs->nodes; node; node = node->next) {
		if (node->parent == dir)
			return true;
	}
	return false;
}

static enum fs_status remove_node(struct fs *fs, struct fs_node *node)
{
	struct fs_node **at = &fs->nodes;

	if (node == fs->root || node == fs->export)
		return FS_PERM;
	if (has_children(fs, node))
		return FS_NOTEMPTY;
	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	fs_touch(node->parent, true);
	fs->used -= node->size;
	fs->n_nodes--;
	free(node->data);
	free(node);
	return FS_OK;
}

void fs_empty(struct fs *fs)
{
	struct fs_node *node = fs->nodes;

	/* A directory can go once its children have: from the start again. */
	while (node) {
		struct fs_node *next = node->next;
		bool inside = node->id > fs->export->id;

		node = inside && remove_node(fs, node) == FS_OK ? fs->nodes : next;
	}
}

void fs_touch(struct fs_node *node, bool data)
{
	(void)clock_gettime(CLOCK_REALTIME, &node->ctime);
	if (data)
		node->mtime = node->ctime;
	if (node->atime.tv_sec == 0)
		node->atime = node->ctime;
	node->change++;
}

void fs_handle(const struct fs_node *node, uint8_t handle[FS_HANDLE_SIZE])
{
	char text[FS_HANDLE_SIZE + 1];

	(void)snprintf(text, sizeof(text), "nfsafe%010u", node->id);
	memcpy(handle, text, FS_HANDLE_SIZE);
}

enum fs_status fs_by_handle(const struct fs *fs, const uint8_t *handle, uint32_t len,
			    struct fs_node **ret)
{
	char text[FS_HANDLE_SIZE + 1] = "";
	unsigned id;

	if (len == FS_HANDLE_SIZE)
		memcpy(text, handle, len);
	if (sscanf(text, "nfsafe%10u", &id) != 1)
		return FS_BADHANDLE;
	for (struct fs_node *node = fs->nodes; node; node = node->next) {
		if (node->id == id) {
			*ret = node;
			return FS_OK;
		}
	}
	return FS_STALE;
}

enum fs_status fs_lookup(const struct fs *fs, struct fs_node *dir, const char *name,
			 struct fs_node **ret)
{
	if (dir->type != FS_DIR)
		return FS_NOTDIR;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		*ret = name[1] && dir->parent ? dir->parent : dir;
		return FS_OK;
	}
	for (struct fs_node *node = fs->nodes; node; node = node->next) {
		if (node->parent == dir && strcmp(node->name, name) == 0) {
			*ret = node;
			return FS_OK;
		}
	}
	return FS_NOENT;
}

enum fs_status fs_walk(const struct fs *fs, const char *path, struct fs_node **ret)
{
	struct fs_node *node = fs->root;

	while (*path) {
		size_t len = strcspn(path, "/");
		char name[FS_NAME_SIZE];
		enum fs_status status = FS_OK;

		if (len >= sizeof(name))
			return FS_NAMETOOLONG;
		(void)snprintf(name, sizeof(name), "%.*s", (int)len, path);
		if (len > 0)
			status = fs_lookup(fs, node, name, &node);
		if (status)
			return status;
		path += len + (path[len] == '/');
	}
	*ret = node;
	return FS_OK;
}

bool fs_may(const struct fs_node *node, uint32_t uid, uint32_t gid, uint32_t bits)
{
	uint32_t mode = node->mode;

	if (uid == 0)
		return true;
	if (uid == node->uid)
		mode >>= 6;
	else if (gid == node->gid)
		mode >>= 3;
	return (mode & bits) == bits;
}

enum fs_status fs_create(struct fs *fs, struct fs_node *dir, const char *name,
			 enum fs_type type, struct fs_node **ret)
{
	struct fs_node *node;

	if (dir->type != FS_DIR)
		return FS_NOTDIR;
	if (!name[0] || strchr(name, '/'))
		return FS_INVAL;
	if (fs_lookup(fs, dir, name, &node) == FS_OK)
		return FS_EXIST;
	if (fs->n_nodes >= fs->max_nodes)
		return FS_NOSPC;
	node = new_node(fs, dir, name, type);
	if (!node)
		return FS_SERVERFAULT;
	fs_touch(dir, true);
	*ret = node;
	return FS_OK;
}

enum fs_status fs_remove(struct fs *fs, struct fs_node *dir, const char *name)
{
	struct fs_node *node;
	enum fs_status status = fs_lookup(fs, dir, name, &node);

	if (status)
		return status;
	if (node->parent != dir)
		return FS_INVAL; /* "." or ".." */
	return remove_node(fs, node);
}

enum fs_status fs_rename(struct fs *fs, struct fs_node *node, struct fs_node *dir,
			 const char *name)
{
	struct fs_node *old;
	enum fs_status status = FS_OK;

	if (!name[0] || strchr(name, '/'))
		return FS_INVAL;
	for (struct fs_node *up = dir; up; up = up->parent) {
		if (up == node)
			return FS_INVAL;
	}
	if (fs_lookup(fs, dir, name, &old) == FS_OK && old != node)
		status = remove_node(fs, old);
	if (status)
		return status;
	fs_touch(node->parent, true);
	node->parent = dir;
	(void)snprintf(node->name, sizeof(node->name), "%s", name);
	fs_touch(dir, true);
	return FS_OK;
}

enum fs_status fs_truncate(struct fs *fs, struct fs_node *node, uint64_t size)
{
	uint8_t *data;

	if (node->type != FS_FILE)
		return FS_ISDIR;
	if (size > FILE_SIZE_MAX)
		return FS_FBIG;
	if (size > node->size && size - node->size > fs->capacity - fs->used)
		return FS_NOSPC;
	data = realloc(node->data, size + 1);
	if (!data)
		return FS_NOSPC;
	if (size > node->size)
		memset(data + node->size, 0, size - node->size);
	fs->used = fs->used - node->size + size;
	node->data = data;
	node->size = size;
	fs_touch(node, true);
	return FS_OK;
}

enum fs_status fs_write(struct fs *fs, struct fs_node *node, uint64_t offset,
			const uint8_t *data, uint32_t len)
{
	enum fs_status status = FS_OK;

	if (offset > FILE_SIZE_MAX)
		return FS_FBIG;
	if (node->type != FS_FILE || offset + len > node->size)
		status = fs_truncate(fs, node, offset + len);
	if (status)
		return status;
	if (len > 0)
		memcpy(node->data + offset, data, len);
	fs_touch(node, true);
	return FS_OK;
}
