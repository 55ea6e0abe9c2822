/* SPDX-License-Identifier: MIT */
#include "lib/base/fd.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"

static void on_signal(int number)
{
	(void)number;
}

/* A signal each @ms milliseconds, whose handler interrupts system calls. */
static void interrupt_every(int ms)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct itimerval timer = { .it_interval.tv_usec = ms * 1000,
				   .it_value.tv_usec = ms * 1000 };

	cr_assert_eq(sigaction(SIGALRM, &action, NULL), 0);
	cr_assert_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void make_pipe(int fds[2])
{
	cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
}

/* A file with @len times 'a', open for reading and writing; its name in @path. */
static int make_file(char *path, size_t len)
{
	char *data = malloc(len + 1);
	struct error err;
	int fd;

	strcpy(path, "/tmp/nfsafe-unit-XXXXXX");
	fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	cr_assert_not_null(data);
	memset(data, 'a', len);
	cr_assert_eq(fd_write_all(fd, data, len, &err), 0);
	free(data);
	return fd;
}

Test(fd, wait_sees_data)
{
	struct error err;
	int fds[2];

	make_pipe(fds);
	cr_assert_eq(fd_wait_readable(fds[0], deadline_after(0), &err), 0);
	cr_assert_eq(write(fds[1], "x", 1), 1);
	cr_assert_eq(fd_wait_readable(fds[0], deadline_after(0), &err), 1);
}

/* End of file and errors are readable too: who waits must learn of them. */
Test(fd, wait_sees_the_end)
{
	struct error err;
	int fds[2];

	make_pipe(fds);
	fd_close(&fds[1]);
	cr_assert_eq(fd_wait_readable(fds[0], deadline_after(1000), &err), 1);
}

Test(fd, wait_ends_at_the_deadline, .timeout = 5)
{
	struct deadline d = deadline_after(30);
	struct error err;
	int fds[2];

	make_pipe(fds);
	cr_assert_eq(fd_wait_readable(fds[0], d, &err), 0);
	cr_assert(deadline_expired(d));
	cr_assert_lt(deadline_now_ns() - d.at_ns, INT64_C(1000000000));
}

/* Each signal restarts the wait, never its time. */
Test(fd, wait_under_signals_keeps_its_deadline, .timeout = 5)
{
	struct deadline d = deadline_after(50);
	struct error err;
	int fds[2];

	make_pipe(fds);
	interrupt_every(5);
	cr_assert_eq(fd_wait_readable(fds[0], d, &err), 0);
	cr_assert(deadline_expired(d));
}

Test(fd, read_file_gives_all_and_terminates)
{
	/* Around the sizes at which the buffer grows. */
	static const size_t sizes[] = { 0, 1, 4094, 4095, 4096, 4097, 8190, 8192, 65537 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		cleanup_free char *text = NULL;
		struct error err;
		char path[64];
		size_t len = 77;
		int fd = make_file(path, sizes[i]);

		cr_expect_eq(fd_read_file(path, 1 << 20, &text, &len, &err), 0);
		cr_expect_eq(len, sizes[i]);
		cr_expect_eq(strlen(text), sizes[i]);
		fd_close(&fd);
		(void)unlink(path);
	}
}

Test(fd, read_file_limit_is_exact)
{
	char *text = NULL, path[64];
	size_t len = 77;
	struct error err;
	int fd = make_file(path, 5000);

	cr_assert_eq(fd_read_file(path, 4999, &text, &len, &err), -ERROR_IO);
	cr_assert_eq(err.errnum, EFBIG);
	cr_assert_null(text, "outputs are untouched on failure");
	cr_assert_eq(len, 77);
	cr_assert_eq(fd_read_file(path, 5000, &text, &len, &err), 0);
	cr_assert_eq(len, 5000);
	free(text);
	fd_close(&fd);
	(void)unlink(path);
}

/* Files of /proc say that they have no size. */
Test(fd, read_file_of_unknown_size)
{
	cleanup_free char *text = NULL;
	struct error err;
	size_t len;

	cr_assert_eq(fd_read_file("/proc/self/mountinfo", 1 << 20, &text, &len, &err), 0);
	cr_assert_gt(len, 0);
}

Test(fd, read_file_names_what_it_could_not_read)
{
	char *text = NULL;
	struct error err;
	size_t len;

	cr_assert_eq(fd_read_file("/nonexistent/x", 10, &text, &len, &err), -ERROR_IO);
	cr_assert_eq(err.errnum, ENOENT);
	cr_assert_str_eq(err.msg, "/nonexistent/x: No such file or directory");
	cr_assert_eq(fd_read_file("/", 10, &text, &len, &err), -ERROR_IO);
	cr_assert_eq(err.errnum, EISDIR);
}

/* A reader that empties a full pipe slowly, while signals cut the writes short. */
Test(fd, write_all_continues_after_short_writes, .timeout = 10)
{
	enum { TOTAL = 1 << 20 };
	struct error err;
	char *data;
	int fds[2];
	pid_t reader;

	make_pipe(fds);
	reader = fork();
	cr_assert_geq(reader, 0);
	if (reader == 0) {
		char buf[4096];
		size_t sum = 0;
		ssize_t n;

		fd_close(&fds[1]);
		/* Long enough for signals to find the pipe full: EINTR. */
		(void)usleep(20 * 1000);
		while ((n = read(fds[0], buf, sizeof(buf))) > 0) {
			sum += (size_t)n;
			(void)usleep(100);
		}
		_exit(sum == TOTAL ? 0 : 1);
	}
	fd_close(&fds[0]);
	data = calloc(1, TOTAL);
	interrupt_every(1);
	cr_assert_eq(fd_write_all(fds[1], data, TOTAL, &err), 0);
	free(data);
	fd_close(&fds[1]);
	for (;;) {
		int status;

		if (waitpid(reader, &status, 0) == reader) {
			cr_assert_eq(status, 0);
			break;
		}
		cr_assert_eq(errno, EINTR);
	}
}

Test(fd, write_all_of_nothing_does_not_touch_the_descriptor)
{
	struct error err;

	cr_assert_eq(fd_write_all(-1, "", 0, &err), 0);
}

Test(fd, write_all_reports_a_full_disk)
{
	struct error err;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	cr_assert_eq(fd_write_all(fd, "x", 1, &err), -ERROR_IO);
	cr_assert_eq(err.errnum, ENOSPC);
	fd_close(&fd);
}

Test(fd, nonblock_keeps_the_other_flags)
{
	struct error err;
	int fd = open("/dev/null", O_WRONLY | O_APPEND | O_CLOEXEC);

	cr_assert_eq(fd_set_nonblock(fd, &err), 0);
	cr_assert_eq(fcntl(fd, F_GETFL) & (O_NONBLOCK | O_APPEND | O_ACCMODE),
		     O_NONBLOCK | O_APPEND | O_WRONLY);
	fd_close(&fd);
	cr_assert_eq(fd_set_nonblock(-1, &err), -ERROR_SYSTEM);
	cr_assert_eq(err.errnum, EBADF);
}

/* What is there, until there is nothing more; then full again. */
static void fill(int fd)
{
	static const char page[4096];
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };

	while (poll(&pfd, 1, 0) > 0)
		cr_assert_gt(write(fd, page, sizeof(page)), 0);
}

Test(fd, reopened_pipe_does_not_block_and_the_first_one_still_does, .timeout = 5)
{
	int fds[2], again;

	make_pipe(fds);
	again = fd_reopen_nonblock(fds[1]);
	cr_assert_geq(again, 0);
	cr_expect_eq(fcntl(again, F_GETFL) & (O_NONBLOCK | O_ACCMODE),
		     O_NONBLOCK | O_WRONLY);
	cr_expect_eq(fcntl(again, F_GETFD), FD_CLOEXEC);
	cr_expect_eq(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
	fill(fds[1]);
	cr_expect_eq(write(again, "x", 1), -1);
	cr_expect_eq(errno, EAGAIN);
}

Test(fd, only_what_waits_for_a_reader_is_reopened, .timeout = 5)
{
	char path[64];
	int fds[2], pair[2];
	int fd = make_file(path, 1);

	make_pipe(fds);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	cr_expect_eq(fd_reopen_nonblock(fd), -1, "a file");
	cr_expect_eq(fd_reopen_nonblock(pair[0]), -1, "a socket");
	cr_expect_eq(fd_reopen_nonblock(fds[0]), -1, "the end for reading");
	cr_expect_eq(fd_reopen_nonblock(-1), -1, "nothing");
	(void)unlink(path);
}

/* A pipe that could not be had again, and a socket, both as blocking as they come. */
Test(fd, write_now_never_waits, .timeout = 5)
{
	static const char page[4096];
	int pair[2], fds[2];
	int ends[2];

	make_pipe(fds);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	ends[0] = fds[1];
	ends[1] = pair[1];
	for (int i = 0; i < 2; i++) {
		size_t total = 0;
		ssize_t n;

		while ((n = fd_write_now(ends[i], page, sizeof(page))) > 0)
			total += (size_t)n;
		cr_expect_eq(n, -1);
		cr_expect_eq(errno, EAGAIN);
		cr_expect_gt(total, 4096);
	}
}

Test(fd, write_now_says_that_nobody_reads, .timeout = 5)
{
	int pair[2], fds[2];

	(void)signal(SIGPIPE, SIG_IGN);
	make_pipe(fds);
	fd_close(&fds[0]);
	cr_expect_eq(fd_write_now(fds[1], "x", 1), -1);
	cr_expect_eq(errno, EPIPE);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	fd_close(&pair[0]);
	cr_expect_eq(fd_write_now(pair[1], "x", 1), -1);
	cr_expect_eq(errno, EPIPE);
}

Test(fd, close_twice_is_harmless_and_keeps_errno)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int number = fd;

	errno = EXDEV;
	fd_close(&fd);
	cr_assert_eq(fd, -1);
	cr_assert_eq(fcntl(number, F_GETFD), -1);
	errno = EXDEV;
	fd_close(&fd);
	cr_assert_eq(errno, EXDEV);
}

Test(fd, a_descriptor_is_sent_and_received)
{
	int pair[2], pipe_fds[2], got = -1;
	char byte;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	cr_assert_eq(pipe(pipe_fds), 0);
	cr_assert_eq(fd_receive(pair[1], &got), -1);
	cr_assert(errno == EAGAIN || errno == EWOULDBLOCK);
	cr_assert_eq(fd_send(pair[0], pipe_fds[0]), 0);
	cr_assert_eq(fd_receive(pair[1], &got), 1);
	cr_assert_geq(got, 0);
	cr_assert_eq(write(pipe_fds[1], "x", 1), 1);
	cr_assert_eq(read(got, &byte, 1), 1);
	cr_assert_eq(fcntl(got, F_GETFD), FD_CLOEXEC);

	cr_assert_eq(fd_send(pair[0], -1), 0);
	cr_assert_eq(fd_receive(pair[1], &got), 1);
	cr_assert_eq(got, -1);
	(void)close(pair[0]);
	cr_assert_eq(fd_receive(pair[1], &got), 0);
}
