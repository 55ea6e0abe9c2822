/* SPDX-License-Identifier: MIT */
#include "lib/mnt/holders.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/strbuf.h"
#include "lib/mnt/mount.h"
#include "lib/mnt/mountinfo.h"

/* A mount that every host has, and of which Criterion itself holds nothing. */
#define PLACE "/proc"

static struct mount_identity identity_of_place(void)
{
	struct mount_identity id = { 0 };
	const struct mountinfo_entry *e;
	struct mountinfo m;
	struct error err;

	cr_assert_eq(mountinfo_read(&m, &err), 0, "%s", err.msg);
	e = mountinfo_covering(&m, PLACE);
	cr_assert_not_null(e);
	id.id = e->id;
	id.major = e->major;
	id.minor = e->minor;
	(void)snprintf(id.mountpoint, sizeof(id.mountpoint), "%s", e->mountpoint);
	mountinfo_done(&m);
	return id;
}

static const struct holder *find(const struct holders *h, pid_t pid)
{
	for (size_t i = 0; i < h->count; i++) {
		if (h->list[i].pid == pid)
			return &h->list[i];
	}
	return NULL;
}

/* The kernel's own tmpfs, which nobody has mounted: only mappings tell of it. */
static struct mount_identity identity_of_memory(void)
{
	struct mount_identity id = { .mountpoint = "/no/such" };
	int fd = memfd_create("nfsafe", MFD_CLOEXEC);
	struct stat st;

	cr_assert_eq(fstat(fd, &st), 0);
	id.major = major(st.st_dev);
	id.minor = minor(st.st_dev);
	(void)close(fd);
	return id;
}

static bool hold_file(void)
{
	return open(PLACE "/version", O_RDONLY | O_CLOEXEC) >= 0;
}

static bool hold_mapping(void)
{
	int fd = memfd_create("nfsafe", MFD_CLOEXEC);
	bool done = ftruncate(fd, 4096) == 0 &&
		    mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED;

	(void)close(fd);
	return done;
}

static bool hold_directory(void)
{
	return chdir(PLACE) == 0;
}

static bool main_thread_lives(void)
{
	char text[512];
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	(void)close(fd);
	text[n > 0 ? n : 0] = '\0';
	return !strstr(text, ") Z ");
}

static void *outlive_main(void *arg)
{
	while (main_thread_lives())
		(void)usleep(1000);
	(void)!write(STDOUT_FILENO, "x", 1);
	/* Should the test fail. */
	(void)sleep(60);
	_exit(0);
	return arg;
}

/* A file, by a process whose main thread has ended: "Zl" in ps(1). */
static bool hold_headless(void)
{
	pthread_t thread;

	if (hold_file() && pthread_create(&thread, NULL, outlive_main, NULL) == 0)
		(void)syscall(SYS_exit, 0);
	return false;
}

static bool hold_nothing(void)
{
	return true;
}

/* A process that does @hold, and has no descriptor but 0 to 2. */
static pid_t start(bool (*hold)(void))
{
	int fds[2];
	char byte;
	pid_t pid;

	cr_assert_eq(pipe(fds), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		if (dup2(fds[1], STDOUT_FILENO) < 0)
			_exit(1);
		for (int fd = STDERR_FILENO + 1; fd < 1024; fd++)
			(void)close(fd);
		if (!hold() || write(STDOUT_FILENO, "x", 1) != 1)
			_exit(1);
		(void)close(STDOUT_FILENO);
		for (;;)
			(void)pause();
	}
	(void)close(fds[1]);
	cr_assert_eq(read(fds[0], &byte, 1), 1);
	(void)close(fds[0]);
	return pid;
}

/* What is said of a process that does @hold; "" if it is not found. */
static void expect_held(bool (*hold)(void), struct mount_identity id, const char *what)
{
	pid_t pid = start(hold);
	const struct holder *found;
	struct holders h;
	struct error err;

	cr_assert_eq(holders_find(&id, NULL, deadline_after(10000), &h, &err), 0, "%s",
		     err.msg);
	cr_expect_not(h.incomplete);
	found = find(&h, pid);
	cr_expect_str_eq(found ? found->what : "", what);
	if (found)
		cr_expect_str_eq(found->wait.comm, "unit-mnt-holder");
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

Test(holders, what_holds_a_mount_is_found, .timeout = 60)
{
	expect_held(hold_file, identity_of_place(), "fd 3");
	expect_held(hold_headless, identity_of_place(), "fd 3");
	expect_held(hold_directory, identity_of_place(), "cwd");
	expect_held(hold_nothing, identity_of_place(), "");
	expect_held(hold_mapping, identity_of_memory(), "map");
	expect_held(hold_nothing, identity_of_memory(), "");
}

Test(holders, in_what_a_process_waits)
{
	struct holders_wait wait;
	siginfo_t status;
	pid_t pid;

	holders_wait_of(getpid(), &wait);
	cr_expect_str_eq(wait.comm, "unit-mnt-holder", "the kernel cuts names");
	cr_expect_eq(wait.state, 'R');
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0)
		_exit(0);
	cr_assert_eq(waitid(P_PID, (id_t)pid, &status, WEXITED | WNOWAIT), 0);
	holders_wait_of(pid, &wait);
	cr_expect_eq(wait.state, 'Z');
	cr_assert_eq(waitid(P_PID, (id_t)pid, &status, WEXITED), 0);
	holders_wait_of(pid, &wait);
	cr_expect_eq(wait.state, '?');
	cr_expect_str_eq(wait.comm, "");
}

Test(holders, they_are_told_in_one_line)
{
	struct holders h = {
		.list = {
			{ 1234, "fd 17", { 'D', "rpc_wait_bit_killable", "java" } },
			{ 0, "mounted below: /srv/nas1/x", { 0 } },
			{ 99, "cwd", { 'S', "do_wait", "ba)sh" } },
		},
		.count = 3,
		.total = 5,
	};
	struct strbuf text = STRBUF_INIT;

	holders_format(&h, &text);
	cr_expect_str_eq(strbuf_str(&text),
			 "1234 java (fd 17, blocked in rpc_wait_bit_killable), "
			 "mounted below: /srv/nas1/x, 99 ba)sh (cwd) and 2 more");
	strbuf_done(&text);
	h = (struct holders){ 0 };
	holders_format(&h, &text);
	cr_expect_str_eq(strbuf_str(&text), "no process");
	strbuf_done(&text);
}
