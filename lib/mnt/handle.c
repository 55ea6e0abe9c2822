/* SPDX-License-Identifier: MIT */
#include "lib/mnt/handle.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/mnt/span.h"

/* In the keeper's namespace. */
#define CLONE_PATH "/clone"
#define OLD_ROOT "/old"

/* Longer than any line: two paths and the options of a mount, all of them escaped. */
#define LOOK_BUFFER 32768

/* No wrappers before glibc 2.36, and its <sys/mount.h> is at odds with the kernel's. */
#define TREE_CLONE 1u          /* OPEN_TREE_CLONE */
#define TREE_CLOEXEC O_CLOEXEC /* OPEN_TREE_CLOEXEC */
#define MOVE_FROM_FD 4u        /* MOVE_MOUNT_F_EMPTY_PATH */

int handle_clone(const char *mountpoint)
{
	return (int)syscall(SYS_open_tree, AT_FDCWD, mountpoint,
			    TREE_CLONE | TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW |
				    AT_NO_AUTOMOUNT);
}

/* ---- namespace ---- */

static int open_fds(struct handle *h, struct error *err)
{
	h->host_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (h->host_fd < 0)
		return error_sys(err, "/proc/self/ns/mnt");
	h->sys_fd = open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return 0;
}

/* An empty root with /proc, on top of @scratch. */
static int build_root(const char *scratch, struct error *err)
{
	if (mount("nfsafe", scratch, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "mode=0700,size=64k") < 0)
		return error_sys(err, "keeper: tmpfs on %s", scratch);
	if (chdir(scratch) < 0 || mkdir("proc", 0700) < 0 || mkdir("clone", 0700) < 0 ||
	    mkdir("old", 0700) < 0)
		return error_sys(err, "keeper: directories in %s", scratch);
	if (mount("/proc", "proc", NULL, MS_BIND, NULL) < 0)
		return error_sys(err, "keeper: bind /proc");
	return 0;
}

static int change_root(struct error *err)
{
	if (syscall(SYS_pivot_root, ".", "old") < 0)
		return error_sys(err, "keeper: pivot_root (not possible in a chroot)");
	if (chdir("/") < 0)
		return error_sys(err, "keeper: chdir");
	/* Copies: what the host has mounted stays mounted there, and is not asked. */
	if (umount2(OLD_ROOT, MNT_DETACH) < 0)
		return error_sys(err, "keeper: detach the old root");
	return 0;
}

static int open_own(struct handle *h, struct error *err)
{
	h->own_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	return h->own_fd < 0 ? error_sys(err, "/proc/self/ns/mnt") : 0;
}

int handle_enter(struct handle *ret, const char *scratch, struct error *err)
{
	struct handle h = HANDLE_INIT;
	int r = open_fds(&h, err);

	if (r == 0 && unshare(CLONE_NEWNS) < 0)
		r = error_sys(err, "keeper: mount namespace");
	if (r == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		r = error_sys(err, "keeper: private mounts");
	if (r == 0)
		r = build_root(scratch, err);
	if (r == 0)
		r = change_root(err);
	if (r == 0)
		r = open_own(&h, err);
	if (r < 0) {
		handle_done(&h);
		return r;
	}
	*ret = h;
	return 0;
}

/* Nothing is asked of the server for it. */
static void know_device(struct handle *h)
{
	struct statx st;

	if (statx(h->tree_fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &st) < 0)
		return;
	h->major = st.stx_dev_major;
	h->minor = st.stx_dev_minor;
}

int handle_join(struct handle *ret, pid_t pid, struct error *err)
{
	struct handle h = HANDLE_INIT;
	char path[64];
	int r = open_fds(&h, err);

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	if (r == 0) {
		h.own_fd = open(path, O_RDONLY | O_CLOEXEC);
		if (h.own_fd < 0)
			r = error_sys(err, "%s", path);
	}
	if (r == 0 && setns(h.own_fd, CLONE_NEWNS) < 0)
		r = error_sys(err, "keeper: enter the namespace of %d", (int)pid);
	if (r == 0) {
		/* What O_PATH looks up is in the cache; nothing is asked of the server.
		 */
		h.tree_fd = open(CLONE_PATH, O_PATH | O_DIRECTORY | O_CLOEXEC);
		h.placed = h.tree_fd >= 0;
		if (h.placed)
			know_device(&h);
		else
			r = error_sys(err, "keeper: the clone");
	}
	if (r < 0) {
		handle_done(&h);
		return r;
	}
	*ret = h;
	return 0;
}

/* ---- the clone ---- */

void handle_identify(struct handle *h, const struct mount_identity *id)
{
	char path[64];

	if (h->sys_fd < 0 || h->knob_fd >= 0)
		return;
	(void)snprintf(path, sizeof(path), "fs/nfs/%u:%u/shutdown", id->major, id->minor);
	h->knob_fd = openat(h->sys_fd, path, O_WRONLY | O_CLOEXEC);
}

int handle_place(struct handle *h, int tree_fd, struct error *err)
{
	if (syscall(SYS_move_mount, tree_fd, "", AT_FDCWD, CLONE_PATH, MOVE_FROM_FD) <
	    0) {
		int r = error_sys(err, "keeper: place the clone");

		(void)close(tree_fd);
		return r;
	}
	/* A clone of a shared mount is its peer: nothing must reach it through that. */
	(void)mount(NULL, CLONE_PATH, NULL, MS_PRIVATE, NULL);
	h->tree_fd = tree_fd;
	h->placed = true;
	know_device(h);
	return 0;
}

/* ---- the public path ---- */

struct look {
	const struct mount_identity *id; /* wanted; or of which the next copy is wanted */
	uint64_t after;                  /* copies with a greater id only */
	uint64_t found;                  /* 0: not yet */
	bool copies, covered;
	char mountpoint[MOUNT_PATH_SIZE]; /* of a copy */
};

/* A line of proc_pid_mountinfo(5): "36 35 0:29 / /srv/nas1 rw …". */
struct line {
	uint64_t id, parent;
	unsigned major, minor;
	struct span mountpoint;
};

static bool parse_line(struct span text, struct line *ret)
{
	struct span id, parent, device, root;

	return span_next_word(&text, &id) && span_next_word(&text, &parent) &&
	       span_next_word(&text, &device) && span_next_word(&text, &root) &&
	       span_next_word(&text, &ret->mountpoint) && span_number(id, &ret->id) &&
	       span_number(parent, &ret->parent) &&
	       span_device(device, &ret->major, &ret->minor);
}

static void look_at_line(struct look *look, struct span text)
{
	const struct mount_identity *id = look->id;
	struct line l;
	bool same;

	if (!parse_line(text, &l))
		return;
	same = l.major == id->major && l.minor == id->minor;
	if (look->found == 0 && look->copies && same && l.id != id->id &&
	    l.id > look->after && l.mountpoint.len < sizeof(look->mountpoint)) {
		look->found = l.id;
		look->mountpoint[span_unescape(l.mountpoint, look->mountpoint)] = '\0';
	} else if (look->found == 0 && !look->copies && same &&
		   (id->id == 0 || l.id == id->id) &&
		   span_is_path(l.mountpoint, id->mountpoint)) {
		look->found = l.id;
	} else if (look->found != 0 && l.parent == look->found &&
		   span_is_path(l.mountpoint,
				look->copies ? look->mountpoint : id->mountpoint)) {
		look->covered = true;
	}
}

/* mount_look() without memory.  Returns an enum mount_look_outcome, or -1. */
static int look_for(struct look *look)
{
	char buf[LOOK_BUFFER];
	size_t len = 0;
	cleanup_fd int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	for (;;) {
		ssize_t n = read(fd, buf + len, sizeof(buf) - len);
		struct span text, line;
		char *last;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
		last = memrchr(buf, '\n', len);
		if (!last && len == sizeof(buf))
			return -1;
		if (!last)
			continue;
		text = (struct span){ buf, (size_t)(last + 1 - buf) };
		while (span_next_line(&text, &line))
			look_at_line(look, line);
		len -= (size_t)(last + 1 - buf);
		memmove(buf, last + 1, len);
	}
	if (look->found == 0)
		return MOUNT_LOOK_GONE;
	return look->covered ? MOUNT_LOOK_COVERED : MOUNT_LOOK_OURS;
}

/* What else of the superblock is mounted, wherever: each one once. */
static void detach_copies(const struct mount_identity *id)
{
	struct look look = { .id = id, .copies = true };
	int r;

	if (id->major == 0 && id->minor == 0)
		return;
	while ((r = look_for(&look)) == MOUNT_LOOK_OURS || r == MOUNT_LOOK_COVERED) {
		if (r == MOUNT_LOOK_OURS)
			(void)umount2(look.mountpoint, MNT_DETACH | UMOUNT_NOFOLLOW);
		look.after = look.found;
		look.found = 0;
		look.covered = false;
	}
}

static int detach_in_place(const struct handle *h, struct mount_identity *id)
{
	struct look look = { .id = id };
	int r;

	if (id->id == 0) {
		/* What nobody has told us of, and no clone of ours proves, is not ours.
		 */
		if (!h->placed)
			return MOUNT_LOOK_GONE;
		id->major = h->major;
		id->minor = h->minor;
	}
	r = look_for(&look);
	if (r == MOUNT_LOOK_OURS || r == MOUNT_LOOK_COVERED)
		id->id = look.found;
	if (r == MOUNT_LOOK_OURS &&
	    umount2(id->mountpoint, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		r = -1;
	detach_copies(id);
	return r;
}

int handle_detach_public(const struct handle *h, struct mount_identity *id)
{
	int r, errnum;

	if (setns(h->host_fd, CLONE_NEWNS) < 0)
		return -1;
	r = detach_in_place(h, id);
	errnum = errno;
	/* It worked once: the descriptor is of a namespace that we are the only one in.
	 */
	if (setns(h->own_fd, CLONE_NEWNS) < 0)
		r = -1;
	errno = errnum;
	return r;
}

/* ---- force, and let go ---- */

void handle_force(const struct handle *h)
{
	if (h->knob_fd >= 0)
		(void)!pwrite(h->knob_fd, "1", 1, 0);
	if (h->placed)
		(void)umount2(CLONE_PATH, MNT_FORCE | UMOUNT_NOFOLLOW);
}

int handle_open(void)
{
	return open(CLONE_PATH, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int handle_ask(void)
{
	struct statfs ignored;

	return statfs(CLONE_PATH, &ignored) < 0 ? errno : 0;
}

int handle_flush(int root_fd)
{
	return syncfs(root_fd) < 0 ? errno : 0;
}

int handle_let_go(void)
{
	/* What is still under way belongs to nobody any more. */
	return umount2(CLONE_PATH, MNT_FORCE | UMOUNT_NOFOLLOW) < 0 ? errno : 0;
}

bool handle_is_placed(const struct handle *h)
{
	struct mount_identity id = { .major = h->major,
				     .minor = h->minor,
				     .mountpoint = CLONE_PATH };
	struct look look = { .id = &id };

	return look_for(&look) != MOUNT_LOOK_GONE;
}

void handle_idle(struct handle *h)
{
	fd_close(&h->tree_fd);
}

void handle_done(struct handle *h)
{
	if (!h)
		return;
	fd_close(&h->tree_fd);
	fd_close(&h->knob_fd);
	fd_close(&h->sys_fd);
	fd_close(&h->own_fd);
	fd_close(&h->host_fd);
}

int handle_superblock_lives(const struct handle *h, unsigned major, unsigned minor)
{
	char path[64];
	struct stat st;

	if (h->sys_fd < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "class/bdi/%u:%u", major, minor);
	if (fstatat(h->sys_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : -1;
}
