/* SPDX-License-Identifier: MIT */
/*
 * On a tmpfs in a mount namespace of the test's own: what a handle is for cannot be seen
 * there (tests/lab/49-keeper.sh has a server), but what it does to the mounts can.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/mnt/handle.h"
#include "lib/mnt/mountinfo.h"

struct place {
	char dir[32], scratch[48], mnt[48];
	struct mount_identity id;
};

static void identify(struct place *p)
{
	const struct mountinfo_entry *e;
	struct mountinfo m;
	struct error err;

	cr_assert_eq(mountinfo_read(&m, &err), 0);
	e = mountinfo_at(&m, p->mnt);
	cr_assert_not_null(e);
	p->id = (struct mount_identity){ .id = e->id,
					 .major = e->major,
					 .minor = e->minor };
	(void)snprintf(p->id.mountpoint, sizeof(p->id.mountpoint), "%s", p->mnt);
	(void)snprintf(p->id.source, sizeof(p->id.source), "%s", e->source);
	(void)snprintf(p->id.fstype, sizeof(p->id.fstype), "%s", e->fstype);
	mountinfo_done(&m);
}

static void set_up(struct place *p)
{
	if (geteuid() != 0)
		cr_skip("mounting needs root");
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/nfsafe-handle-XXXXXX");
	cr_assert_not_null(mkdtemp(p->dir));
	(void)snprintf(p->scratch, sizeof(p->scratch), "%s/scratch", p->dir);
	(void)snprintf(p->mnt, sizeof(p->mnt), "%s/m t", p->dir);
	cr_assert_eq(mkdir(p->scratch, 0700), 0);
	cr_assert_eq(mkdir(p->mnt, 0700), 0);
	cr_assert_eq(unshare(CLONE_NEWNS), 0);
	/* As systemd has it: shared. */
	cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL), 0);
	cr_assert_eq(mount("the tmpfs", p->mnt, "tmpfs", 0, "size=64k"), 0);
	identify(p);
}

static void tear_down(struct place *p)
{
	(void)umount2(p->mnt, MNT_DETACH);
	(void)rmdir(p->mnt);
	(void)rmdir(p->scratch);
	(void)rmdir(p->dir);
}

/* Runs @fn in a process of its own, as the keeper is one; its failures are ours. */
static void in_child(void (*fn)(struct place *), struct place *p)
{
	int status;
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		fn(p);
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "line %d failed",
		  WIFEXITED(status) ? WEXITSTATUS(status) + 256 : -1);
}

/* In the child: the exit code tells the line, less 256 of them. */
#define MUST(what)                                                                       \
	do {                                                                             \
		if (!(what))                                                             \
			_exit((__LINE__ - 1) % 255 + 1);                                 \
	} while (0)

static bool is_mounted(const struct place *p)
{
	struct error err;

	return mount_look(&p->id, &err) != MOUNT_LOOK_GONE;
}

static void place_clone(struct handle *h, struct place *p)
{
	struct error err;
	int clone = handle_clone(p->mnt);

	MUST(clone >= 0);
	MUST(handle_enter(h, p->scratch, &err) == 0);
	MUST(handle_place(h, clone, &err) == 0);
}

static void detach_and_let_go(struct place *p)
{
	struct handle h;

	place_clone(&h, p);
	/* Nothing else is there. */
	MUST(access("/etc", F_OK) < 0 && access("/proc/self", F_OK) == 0);
	/* A force does not take away what is busy. */
	handle_force(&h);
	MUST(access("/clone/here", F_OK) == 0);
	MUST(handle_detach_public(&h, &p->id) == MOUNT_LOOK_OURS);
	MUST(handle_detach_public(&h, &p->id) == MOUNT_LOOK_GONE);
	MUST(access("/clone/here", F_OK) == 0);
	MUST(handle_let_go() == EBUSY);
	MUST(handle_is_placed(&h));
	handle_idle(&h);
	MUST(handle_let_go() == 0);
	MUST(!handle_is_placed(&h));
	MUST(access("/clone/here", F_OK) < 0);
	handle_done(&h);
}

Test(handle, the_public_path_goes_and_the_superblock_stays_until_it_is_let_go)
{
	struct place p;
	char file[64];
	int fd;

	set_up(&p);
	(void)snprintf(file, sizeof(file), "%s/here", p.mnt);
	fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	fd_close(&fd);
	in_child(detach_and_let_go, &p);
	cr_expect(!is_mounted(&p));
	tear_down(&p);
}

/* Without an id it is what the clone proves to be ours; without a clone nothing is. */
static void find_by_device(struct place *p)
{
	struct mount_identity unknown = p->id;
	struct handle h;

	unknown.id = unknown.major = unknown.minor = 0;
	place_clone(&h, p);
	MUST(handle_detach_public(&h, &unknown) == MOUNT_LOOK_OURS);
	MUST(unknown.id == p->id.id && unknown.minor == p->id.minor);
}

static void find_nothing(struct place *p)
{
	struct mount_identity unknown = p->id;
	struct handle h;
	struct error err;

	unknown.id = unknown.major = unknown.minor = 0;
	MUST(handle_enter(&h, p->scratch, &err) == 0);
	MUST(handle_detach_public(&h, &unknown) == MOUNT_LOOK_GONE);
}

Test(handle, a_mount_that_nobody_knows_is_told_by_the_clone)
{
	struct place p;

	set_up(&p);
	in_child(find_nothing, &p);
	cr_expect(is_mounted(&p));
	in_child(find_by_device, &p);
	cr_expect(!is_mounted(&p));
	tear_down(&p);
}

static void leave_covered(struct place *p)
{
	struct handle h;

	place_clone(&h, p);
	MUST(handle_detach_public(&h, &p->id) == MOUNT_LOOK_COVERED);
}

Test(handle, what_is_mounted_above_ours_is_left_alone)
{
	struct place p;

	set_up(&p);
	cr_assert_eq(mount("another", p.mnt, "tmpfs", 0, NULL), 0);
	in_child(leave_covered, &p);
	cr_expect(is_mounted(&p));
	cr_expect_eq(umount2(p.mnt, UMOUNT_NOFOLLOW), 0);
	cr_expect(is_mounted(&p));
	tear_down(&p);
}

/* A keeper that dies: its hand, in the same namespace, is where the next one goes. */
static void join_a_hand(struct place *p)
{
	int fds[2], r = EBUSY;
	struct handle h;
	struct error err;
	pid_t hand, keeper;

	MUST(pipe(fds) == 0);
	keeper = fork();
	if (keeper == 0) {
		place_clone(&h, p);
		hand = fork();
		if (hand == 0) {
			handle_done(&h);
			(void)pause();
			_exit(0);
		}
		MUST(handle_detach_public(&h, &p->id) == MOUNT_LOOK_OURS);
		MUST(write(fds[1], &hand, sizeof(hand)) == sizeof(hand));
		_exit(0);
	}
	MUST(read(fds[0], &hand, sizeof(hand)) == sizeof(hand));
	MUST(waitpid(keeper, NULL, 0) == keeper);
	MUST(handle_join(&h, hand, &err) == 0);
	MUST(kill(hand, SIGKILL) == 0);
	MUST(access("/clone/here", F_OK) == 0);
	handle_force(&h);
	MUST(access("/clone/here", F_OK) == 0);
	handle_idle(&h);
	/* Busy until the hand is gone. */
	for (int i = 0; i < 500 && (r = handle_let_go()) == EBUSY; i++)
		(void)poll(NULL, 0, 10);
	MUST(r == 0);
}

Test(handle, another_keeper_goes_on_in_the_namespace_of_a_hand)
{
	struct place p;
	char file[64];
	int fd;

	set_up(&p);
	(void)snprintf(file, sizeof(file), "%s/here", p.mnt);
	fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	fd_close(&fd);
	in_child(join_a_hand, &p);
	cr_expect(!is_mounted(&p));
	tear_down(&p);
}

Test(handle, a_directory_that_there_is_not_is_an_error)
{
	struct error err;
	struct handle h;

	if (geteuid() != 0)
		cr_skip("a mount namespace needs root");
	cr_assert_eq(handle_enter(&h, "/nowhere/at/all", &err), -ERROR_SYSTEM);
	cr_assert(strstr(err.msg, "/nowhere/at/all"));
	cr_assert_eq(handle_join(&h, 0x3fffff, &err), -ERROR_SYSTEM);
	errno = 0;
	cr_assert_eq(handle_clone("/nowhere/at/all"), -1);
	cr_assert_eq(errno, ENOENT);
}
