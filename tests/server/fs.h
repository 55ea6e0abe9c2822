/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SERVER_FS_H
#define TESTS_SERVER_FS_H

/*
 * The exported file system: a small tree in memory.
 *
 * Functions that can fail return an nfsstat3 (RFC 1813, 2.6), 0 for success; the
 * same numbers mean the same in NFSv4.  Nothing here blocks.
 */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum fs_status {
	FS_OK = 0,
	FS_PERM = 1,
	FS_NOENT = 2,
	FS_ACCES = 13,
	FS_EXIST = 17,
	FS_NOTDIR = 20,
	FS_ISDIR = 21,
	FS_INVAL = 22,
	FS_FBIG = 27,
	FS_NOSPC = 28,
	FS_ROFS = 30,
	FS_NAMETOOLONG = 63,
	FS_NOTEMPTY = 66,
	FS_STALE = 70,
	FS_BADHANDLE = 10001,
	FS_NOTSUPP = 10004,
	FS_TOOSMALL = 10005,
	FS_SERVERFAULT = 10006,
};

#define FS_HANDLE_SIZE 16
#define FS_NAME_SIZE 256
#define FS_FSID 0x6e667361u

enum fs_type { FS_FILE = 1, FS_DIR = 2 }; /* as ftype3 and nfs_ftype4 */

struct fs_node {
	struct fs_node *next; /* in the order of creation */
	struct fs_node *parent;
	uint32_t id;
	enum fs_type type;
	uint32_t mode, uid, gid;
	char name[FS_NAME_SIZE];
	uint8_t *data;
	uint64_t size;
	uint64_t change;
	struct timespec atime, mtime, ctime;
	uint8_t createverf[8]; /* of the exclusive CREATE that made it */
};

struct fs {
	struct fs_node *nodes;
	struct fs_node *root;   /* "/": the pseudo root of NFSv4 */
	struct fs_node *export; /* what is exported */
	char path[1024];        /* its path */
	uint32_t next_id;
	uint64_t capacity, used; /* bytes */
	uint32_t max_nodes, n_nodes;
};

/* An empty tree with a directory at @path, exported and open to everybody. */
bool fs_init(struct fs *fs, const char *path, uint64_t capacity);
void fs_done(struct fs *fs);
/* Remove all that is in the export. */
void fs_empty(struct fs *fs);

void fs_handle(const struct fs_node *node, uint8_t handle[FS_HANDLE_SIZE]);
enum fs_status fs_by_handle(const struct fs *fs, const uint8_t *handle, uint32_t len,
			    struct fs_node **ret);
enum fs_status fs_lookup(const struct fs *fs, struct fs_node *dir, const char *name,
			 struct fs_node **ret);
/* By an absolute path, without "." and "..". */
enum fs_status fs_walk(const struct fs *fs, const char *path, struct fs_node **ret);

/* Is @uid, @gid allowed all of @bits (4 read, 2 write, 1 execute)?  Root is. */
bool fs_may(const struct fs_node *node, uint32_t uid, uint32_t gid, uint32_t bits);

enum fs_status fs_create(struct fs *fs, struct fs_node *dir, const char *name,
			 enum fs_type type, struct fs_node **ret);
enum fs_status fs_remove(struct fs *fs, struct fs_node *dir, const char *name);
enum fs_status fs_rename(struct fs *fs, struct fs_node *node, struct fs_node *dir,
			 const char *name);
enum fs_status fs_write(struct fs *fs, struct fs_node *node, uint64_t offset,
			const uint8_t *data, uint32_t len);
enum fs_status fs_truncate(struct fs *fs, struct fs_node *node, uint64_t size);

/* After a change of its data (@data) or attributes. */
void fs_touch(struct fs_node *node, bool data);

#endif
