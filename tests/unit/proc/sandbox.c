/* SPDX-License-Identifier: MIT */
#include "lib/proc/sandbox.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/macro.h"

/*
 * Each in a child of its own, which says how it went by its end: 0, or what the
 * deed returned; or SIGSYS.
 */
typedef int (*deed_fn)(void);

static int status_of(deed_fn deed, const struct sandbox_limits *limits)
{
	pid_t pid = fork();
	int status;

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		struct error err;

		if (sandbox_enter(limits, &err) < 0)
			_exit(99);
		_exit(deed());
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static void expect_killed(deed_fn deed, const char *what)
{
	struct sandbox_limits limits = { .files = 16 };
	int status = status_of(deed, &limits);

	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%s: status %x",
		  what, (unsigned)status);
}

static void expect_good(deed_fn deed, const char *what)
{
	struct sandbox_limits limits = { .files = 16 };
	int status = status_of(deed, &limits);

	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: status %x", what,
		  (unsigned)status);
}

static int do_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0;
}

static int do_connect(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET };

	return connect(0, (struct sockaddr *)&to, sizeof(to)) < 0;
}

static int do_bind(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET };

	return bind(0, (struct sockaddr *)&to, sizeof(to)) < 0;
}

static int do_open(void)
{
	return open("/etc/passwd", O_RDONLY) < 0;
}

static int do_exec(void)
{
	char *const argv[] = { (char *)"true", NULL };

	return execv("/bin/true", argv);
}

static int do_fork(void)
{
	return fork() < 0;
}

static int do_kill(void)
{
	return kill(getppid(), 0);
}

static int do_map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0) == MAP_FAILED;
}

static int do_make_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static int do_setsockopt(void)
{
	int on = 1;

	return setsockopt(0, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

Test(sandbox, what_reaches_beyond_the_cell_kills, .timeout = 20)
{
	expect_killed(do_socket, "socket");
	expect_killed(do_connect, "connect");
	expect_killed(do_bind, "bind");
	expect_killed(do_open, "open");
	expect_killed(do_exec, "execve");
	expect_killed(do_fork, "fork");
	expect_killed(do_kill, "kill");
	expect_killed(do_map_code, "mmap of code");
	expect_killed(do_make_code, "mprotect to code");
	expect_killed(do_setsockopt, "setsockopt");
}

static int do_work(void)
{
	static const char text[] = "x";
	struct epoll_event event = { .events = EPOLLIN };
	struct timespec ts;
	char buf[2];
	void *p;
	int fd = epoll_create1(0);

	/* Descriptor 9 is one end of a socketpair, 10 the other: see below. */
	if (fd < 0 || epoll_ctl(fd, EPOLL_CTL_ADD, 10, &event) < 0)
		return 1;
	if (send(9, text, 1, 0) != 1 || epoll_wait(fd, &event, 1, 1000) != 1)
		return 2;
	if (recv(10, buf, sizeof(buf), 0) != 1 || close(10) < 0)
		return 3;
	if (clock_gettime(CLOCK_MONOTONIC, &ts) < 0)
		return 4;
	p = malloc(3 * 1024 * 1024);
	if (!p)
		return 5;
	memset(p, 1, 3 * 1024 * 1024);
	p = realloc(p, 5 * 1024 * 1024);
	free(p);
	return p ? 0 : 6;
}

static int do_tcp_options(void)
{
	socklen_t len = sizeof(int);
	int value = 1;

	/* Not TCP, so refused; but asked. */
	(void)setsockopt(9, IPPROTO_TCP, TCP_QUICKACK, &value, sizeof(value));
	return getsockopt(9, SOL_SOCKET, SO_ERROR, &value, &len);
}

Test(sandbox, what_a_prober_does_is_allowed, .timeout = 20)
{
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	cr_assert_eq(dup2(pair[0], 9), 9);
	cr_assert_eq(dup2(pair[1], 10), 10);
	expect_good(do_work, "an event loop");
	expect_good(do_tcp_options, "options of TCP");
}

/* Not under the address sanitizer, whose shadow is most of the address space. */
/* The address sanitizer needs all the memory that it can get. */
#if !defined(__SANITIZE_ADDRESS__)
static int take_memory(void)
{
	void *p = malloc(64 * 1024 * 1024);

	if (!p)
		return 0;
	memset(p, 1, 64 * 1024 * 1024);
	return 7;
}

Test(sandbox, memory_is_limited, .timeout = 20)
{
	struct sandbox_limits limits = { .files = 16, .memory = 16 * 1024 * 1024 };
	int status = status_of(take_memory, &limits);

	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x",
		  (unsigned)status);
}
#endif

static int take_descriptors(void)
{
	int n = 0;

	while (epoll_create1(0) >= 0)
		n++;
	return n > 0 && n <= 16 ? 0 : n;
}

Test(sandbox, descriptors_are_limited, .timeout = 20)
{
	expect_good(take_descriptors, "no more than 16");
}

Test(sandbox, the_limit_of_descriptors_can_be_raised)
{
	struct rlimit rl;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &rl), 0);
	rl.rlim_cur = 64;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &rl), 0);
	cr_expect_eq(sandbox_files_allowed(128), 128);
	cr_expect_eq(sandbox_raise_files(128), 128);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &rl), 0);
	cr_expect_eq(rl.rlim_cur, 128);
	/* Fewer than there are: left alone. */
	cr_expect_eq(sandbox_raise_files(10), 10);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &rl), 0);
	cr_expect_eq(rl.rlim_cur, 128);
}
