/* SPDX-License-Identifier: MIT */
/*
 * The keeper as a process, on a tmpfs in a mount namespace of the test's own: orders,
 * silence, orphans, replacement.  What it does for those who are blocked on a server is
 * proved by tests/lab/49-keeper.sh.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/backup/keeper.h"
#include "lib/backup/watch.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/mnt/handle.h"
#include "lib/mnt/mountinfo.h"

/* Silence of 100 ms is the watch's, of 600 ms the keeper's. */
#define SHORT_MS (WATCH_RELEASE_MS + 100)
/* Longer than the time between two calls of its own. */
#define ASKING_MS (WATCH_RELEASE_MS + 3000)
#define LONG_MS 60000

struct site {
	char dir[40], run_dir[64], state_dir[64], mnt[64], note[80];
	struct mount_identity id;
	struct log log;
	struct keeper keeper;
	struct error err;
};

static void identify(struct site *s)
{
	const struct mountinfo_entry *e;
	struct mountinfo m;

	cr_assert_eq(mountinfo_read(&m, &s->err), 0);
	e = mountinfo_at(&m, s->mnt);
	cr_assert_not_null(e);
	s->id = (struct mount_identity){ .id = e->id,
					 .major = e->major,
					 .minor = e->minor };
	(void)snprintf(s->id.mountpoint, sizeof(s->id.mountpoint), "%s", s->mnt);
	(void)snprintf(s->id.source, sizeof(s->id.source), "%s", e->source);
	(void)snprintf(s->id.fstype, sizeof(s->id.fstype), "%s", e->fstype);
	mountinfo_done(&m);
}

static void set_up(struct site *s)
{
	if (geteuid() != 0)
		cr_skip("mounting needs root");
	memset(s, 0, sizeof(*s));
	s->keeper = KEEPER_NONE;
	(void)snprintf(s->dir, sizeof(s->dir), "/tmp/nfsafe-keeper-XXXXXX");
	cr_assert_not_null(mkdtemp(s->dir));
	(void)snprintf(s->run_dir, sizeof(s->run_dir), "%s/run", s->dir);
	(void)snprintf(s->state_dir, sizeof(s->state_dir), "%s/state", s->dir);
	(void)snprintf(s->mnt, sizeof(s->mnt), "%s/mnt", s->dir);
	(void)snprintf(s->note, sizeof(s->note), "%s/keeper.note", s->state_dir);
	cr_assert_eq(mkdir(s->run_dir, 0700), 0);
	cr_assert_eq(mkdir(s->state_dir, 0700), 0);
	cr_assert_eq(mkdir(s->mnt, 0700), 0);
	cr_assert_eq(unshare(CLONE_NEWNS), 0);
	cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	cr_assert_eq(mount("the-share", s->mnt, "tmpfs", 0, "size=64k"), 0);
	identify(s);
}

static int start(struct site *s, int64_t max_stall_ms)
{
	struct keeper_spec spec = {
		.run_dir = s->run_dir,
		.state_dir = s->state_dir,
		.destination = "nas1",
		.source = s->id.source,
		.mountpoint = s->mnt,
		.run = 17,
		.max_stall_ms = max_stall_ms,
		.log = &s->log,
	};

	return keeper_start(&s->keeper, &spec, &s->err);
}

/* What the mount task does, then the supervisor. */
static int hand_over(struct site *s)
{
	int clone = handle_clone(s->mnt), r;

	if (clone < 0 || fd_send(keeper_clone_sock(&s->keeper), clone) < 0)
		return -1;
	(void)close(clone);
	r = keeper_watch(&s->keeper, &s->id, deadline_after(5000), &s->err);
	return r;
}

static bool is_mounted(struct site *s)
{
	return mount_look(&s->id, &s->err) != MOUNT_LOOK_GONE;
}

static bool wait_until(struct site *s, bool (*done)(struct site *), int ms)
{
	struct deadline d = deadline_after(ms);

	while (!done(s)) {
		if (deadline_expired(d))
			return false;
		(void)poll(NULL, 0, 5);
	}
	return true;
}

static bool is_tripped(struct site *s)
{
	return keeper_look(&s->keeper) == KEEPER_LOOK_TRIPPED;
}

static bool is_dead(struct site *s)
{
	return keeper_look(&s->keeper) == KEEPER_LOOK_DEAD;
}

static bool is_released(struct site *s)
{
	return access(s->note, F_OK) == 0;
}

/* A command with a group of its own, which does not end by SIGTERM. */
static pid_t start_command(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)setpgid(0, 0);
		(void)signal(SIGTERM, SIG_IGN);
		for (;;)
			(void)pause();
	}
	(void)setpgid(pid, pid);
	return pid;
}

static void tear_down(struct site *s)
{
	char command[96];

	keeper_stop(&s->keeper);
	(void)umount2(s->mnt, MNT_DETACH);
	for (int i = 0; i < 2; i++) {
		(void)snprintf(command, sizeof(command), "%s/%s", s->run_dir,
			       i ? "keeper.lock" : "nfsafe.lock");
		(void)unlink(command);
	}
	(void)unlink(s->note);
	(void)rmdir(s->run_dir);
	(void)rmdir(s->state_dir);
	(void)rmdir(s->mnt);
	(void)rmdir(s->dir);
}

Test(keeper, lets_go_of_what_was_unmounted_in_the_ordinary_way)
{
	struct site s;

	set_up(&s);
	cr_assert_eq(start(&s, LONG_MS), 0, "%s", s.err.msg);
	cr_assert_eq(hand_over(&s), 0, "%s", s.err.msg);
	cr_expect_eq(keeper_look(&s.keeper), KEEPER_LOOK_WATCHING);
	cr_assert_eq(umount2(s.mnt, UMOUNT_NOFOLLOW), 0);
	keeper_release(&s.keeper);
	cr_expect(keeper_wait(&s.keeper, deadline_after(5000)));
	cr_expect_neq(atomic_load(&s.keeper.page->released_ns), 0);
	cr_expect_eq(atomic_load(&s.keeper.page->cause), KEEPER_CAUSE_NONE);
	cr_expect_eq(keeper_look(&s.keeper), KEEPER_LOOK_WATCHING);
	cr_expect_neq(access(s.note, F_OK), 0);
	tear_down(&s);
}

Test(keeper, breaks_when_told)
{
	const struct keeper_page *page;
	struct site s;
	int status;
	pid_t command;

	set_up(&s);
	cr_assert_eq(start(&s, LONG_MS), 0, "%s", s.err.msg);
	cr_assert_eq(hand_over(&s), 0, "%s", s.err.msg);
	command = start_command();
	atomic_store(keeper_group(&s.keeper), command);
	keeper_trip(&s.keeper);
	cr_assert(keeper_wait(&s.keeper, deadline_after(5000)));
	page = s.keeper.page;
	cr_expect(is_tripped(&s));
	cr_expect_eq(atomic_load(&page->cause), KEEPER_CAUSE_ORDER);
	cr_expect(!is_mounted(&s));
	cr_expect_geq(atomic_load(&page->forces), 5);
	cr_expect_leq(atomic_load(&page->break_ns), atomic_load(&page->detached_ns));
	cr_expect_leq(atomic_load(&page->detached_ns), atomic_load(&page->drained_ns));
	cr_expect_leq(atomic_load(&page->drained_ns), atomic_load(&page->released_ns));
	cr_expect_eq(waitpid(command, &status, 0), command);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	tear_down(&s);
}

Test(keeper, stays_for_as_long_as_somebody_uses_the_mount_out_of_sight)
{
	struct site s;
	char file[80];
	int fd;

	set_up(&s);
	(void)snprintf(file, sizeof(file), "%s/x", s.mnt);
	cr_assert_eq(start(&s, LONG_MS), 0, "%s", s.err.msg);
	cr_assert_eq(hand_over(&s), 0, "%s", s.err.msg);
	fd = open(file, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	keeper_trip(&s.keeper);
	cr_expect(!keeper_wait(&s.keeper, deadline_after(1000)));
	cr_expect(!is_mounted(&s));
	cr_expect_eq(atomic_load(&s.keeper.page->user), getpid());
	fd_close(&fd);
	cr_expect(keeper_wait(&s.keeper, deadline_after(5000)));
	tear_down(&s);
}

Test(keeper, breaks_by_itself_when_nothing_is_answered)
{
	struct site s;

	set_up(&s);
	cr_assert_eq(start(&s, SHORT_MS), 0, "%s", s.err.msg);
	cr_assert_eq(hand_over(&s), 0, "%s", s.err.msg);
	/* Answers keep it from that, to whomever they were; one from the future does not.
	 */
	for (int i = 0; i < 20; i++) {
		if (i % 2)
			keeper_alive(&s.keeper, deadline_now_ns());
		else
			atomic_store(keeper_answered(&s.keeper), deadline_now_ns());
		(void)poll(NULL, 0, 50);
	}
	cr_expect_eq(keeper_look(&s.keeper), KEEPER_LOOK_WATCHING);
	atomic_store(keeper_answered(&s.keeper), INT64_MAX);
	cr_expect(wait_until(&s, is_tripped, 3000));
	cr_expect_eq(atomic_load(&s.keeper.page->cause), KEEPER_CAUSE_SILENCE);
	cr_expect(keeper_wait(&s.keeper, deadline_after(5000)));
	cr_expect(!is_mounted(&s));
	tear_down(&s);
}

Test(keeper, outlives_the_supervisor_and_leaves_a_note)
{
	struct site s;
	char *text;
	size_t len;
	int status;
	pid_t supervisor, command;

	set_up(&s);
	command = start_command();
	supervisor = fork();
	if (supervisor == 0) {
		if (start(&s, LONG_MS) < 0 || hand_over(&s) < 0)
			_exit(1);
		atomic_store(keeper_group(&s.keeper), command);
		(void)raise(SIGKILL);
	}
	cr_assert_eq(waitpid(supervisor, &status, 0), supervisor);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	cr_expect_eq(waitpid(command, &status, 0), command);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	cr_assert(wait_until(&s, is_released, 15000));
	cr_expect(!is_mounted(&s));
	cr_assert_eq(fd_read_file(s.note, 4096, &text, &len, &s.err), 0);
	cr_expect(strstr(text, "run=17\n"));
	cr_expect(strstr(text, "destination=nas1\n"));
	cr_expect(strstr(text, "tripped=0\n"));
	cr_expect(strstr(text, "ended=1\n"));
	cr_expect(strstr(text, "detached=1\ndrained=1\nreleased=1\n"));
	free(text);
	tear_down(&s);
}

Test(keeper, is_replaced_when_it_dies)
{
	struct site s;
	pid_t first;

	set_up(&s);
	cr_assert_eq(start(&s, LONG_MS), 0, "%s", s.err.msg);
	cr_assert_eq(hand_over(&s), 0, "%s", s.err.msg);
	first = s.keeper.child.pid;
	cr_assert_eq(kill(first, SIGKILL), 0);
	cr_assert(wait_until(&s, is_dead, 2000));
	cr_assert_eq(keeper_replace(&s.keeper, &s.err), 0, "%s", s.err.msg);
	cr_expect_neq(s.keeper.child.pid, first);
	cr_expect_eq(keeper_look(&s.keeper), KEEPER_LOOK_WATCHING);
	keeper_trip(&s.keeper);
	cr_expect(keeper_wait(&s.keeper, deadline_after(5000)));
	cr_expect(!is_mounted(&s));
	tear_down(&s);
}

/* The public path is gone by then: the clone is where its hand is. */
Test(keeper, is_replaced_when_it_dies_while_it_breaks)
{
	struct site s;
	char file[80];
	int fd;

	set_up(&s);
	(void)snprintf(file, sizeof(file), "%s/x", s.mnt);
	cr_assert_eq(start(&s, LONG_MS), 0, "%s", s.err.msg);
	cr_assert_eq(hand_over(&s), 0, "%s", s.err.msg);
	fd = open(file, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	keeper_trip(&s.keeper);
	cr_expect(!keeper_wait(&s.keeper, deadline_after(500)));
	cr_assert_eq(kill(s.keeper.child.pid, SIGKILL), 0);
	cr_expect(!keeper_wait(&s.keeper, deadline_after(1000)));
	cr_expect_eq(s.keeper.replaced, 1);
	fd_close(&fd);
	cr_expect(keeper_wait(&s.keeper, deadline_after(5000)));
	cr_expect_neq(atomic_load(&s.keeper.page->drained_ns), 0);
	tear_down(&s);
}

Test(keeper, says_that_it_has_no_handle)
{
	struct site s;

	set_up(&s);
	cr_assert_eq(start(&s, LONG_MS), 0, "%s", s.err.msg);
	cr_assert_eq(keeper_watch(&s.keeper, &s.id, deadline_after(300), &s.err),
		     -ERROR_SYSTEM);
	cr_assert(strstr(s.err.msg, "no handle"));
	tear_down(&s);
}

Test(keeper, watches_by_itself_over_who_uses_the_mount_after_the_run)
{
	struct site s;
	char file[80];
	int fd;
	pid_t pid;

	set_up(&s);
	(void)snprintf(file, sizeof(file), "%s/x", s.mnt);
	cr_assert_eq(start(&s, ASKING_MS), 0, "%s", s.err.msg);
	cr_assert_eq(hand_over(&s), 0, "%s", s.err.msg);
	fd = open(file, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	cr_assert_eq(umount2(s.mnt, MNT_DETACH), 0);
	pid = s.keeper.child.pid;
	keeper_linger(&s.keeper);
	/* Nobody beats, but it asks by itself: silence is not a trip. */
	cr_expect(!keeper_wait(&s.keeper, deadline_after(4000)));
	cr_expect_eq(keeper_look(&s.keeper), KEEPER_LOOK_WATCHING);
	keeper_stop(&s.keeper);
	cr_expect_eq(kill(pid, 0), 0);
	cr_expect_eq(waitpid(pid, NULL, WNOHANG), 0);
	fd_close(&fd);
	for (int i = 0; i < 1000 && waitpid(pid, NULL, WNOHANG) == 0; i++)
		(void)poll(NULL, 0, 10);
	cr_expect_neq(kill(pid, 0), 0);
	tear_down(&s);
}

Test(keeper, that_stays_makes_room_for_the_next_one)
{
	struct keeper first;
	struct site s;
	char file[80];
	int fd;

	set_up(&s);
	(void)snprintf(file, sizeof(file), "%s/x", s.mnt);
	cr_assert_eq(start(&s, LONG_MS), 0, "%s", s.err.msg);
	cr_assert_eq(hand_over(&s), 0, "%s", s.err.msg);
	fd = open(file, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	keeper_trip(&s.keeper);
	cr_expect(!keeper_wait(&s.keeper, deadline_after(500)));
	first = s.keeper;
	s.keeper = KEEPER_NONE;
	/* Its run is not over. */
	cr_expect_eq(start(&s, LONG_MS), -ERROR_BUSY, "%s", s.err.msg);
	keeper_stop(&first);
	for (int i = 0; i < 100 && start(&s, LONG_MS) < 0; i++)
		(void)poll(NULL, 0, 20);
	cr_expect_neq(keeper_fd(&s.keeper), -1, "%s", s.err.msg);
	cr_expect_eq(kill(first.child.pid, 0), 0, "it stays all the same");
	fd_close(&fd);
	tear_down(&s);
}

/* A bind that somebody made: it is taken away, and until then nobody is let alone. */
Test(keeper, takes_away_what_else_of_the_superblock_is_mounted)
{
	struct mountinfo m;
	struct site s;
	char bind[80];

	set_up(&s);
	(void)snprintf(bind, sizeof(bind), "%s/bind", s.dir);
	cr_assert_eq(mkdir(bind, 0700), 0);
	cr_assert_eq(start(&s, LONG_MS), 0, "%s", s.err.msg);
	cr_assert_eq(hand_over(&s), 0, "%s", s.err.msg);
	cr_assert_eq(mount(s.mnt, bind, NULL, MS_BIND, NULL), 0);
	keeper_trip(&s.keeper);
	cr_expect(keeper_wait(&s.keeper, deadline_after(5000)));
	cr_assert_eq(mountinfo_read(&m, &s.err), 0);
	cr_expect_eq(mountinfo_count_at(&m, bind), 0);
	cr_expect_eq(mountinfo_count_at(&m, s.mnt), 0);
	mountinfo_done(&m);
	(void)rmdir(bind);
	tear_down(&s);
}

/* A keeper that is stopped is no better than a dead one. */
Test(keeper, that_does_not_obey_is_replaced)
{
	struct site s;

	set_up(&s);
	cr_assert_eq(start(&s, LONG_MS), 0, "%s", s.err.msg);
	cr_assert_eq(hand_over(&s), 0, "%s", s.err.msg);
	cr_assert_eq(kill(s.keeper.child.pid, SIGSTOP), 0);
	keeper_trip(&s.keeper);
	cr_expect(keeper_wait(&s.keeper, deadline_after(5000)));
	cr_expect_eq(s.keeper.replaced, 1);
	cr_expect(!is_mounted(&s));
	tear_down(&s);
}

Test(keeper, needs_its_directories)
{
	struct site s;

	set_up(&s);
	(void)snprintf(s.state_dir, sizeof(s.state_dir), "/nowhere");
	cr_expect_eq(start(&s, LONG_MS), -ERROR_SYSTEM);
	cr_expect(strstr(s.err.msg, "/nowhere"), "%s", s.err.msg);
	tear_down(&s);
}
