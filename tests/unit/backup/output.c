/* SPDX-License-Identifier: MIT */
#include "lib/backup/output.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/fd.h"

static void pump(struct output *o)
{
	for (;;) {
		struct pollfd pfd = output_poll(o);

		if (pfd.fd < 0 || poll(&pfd, 1, 0) <= 0)
			return;
		output_service(o, pfd.revents);
	}
}

Test(output, keeps_what_was_written)
{
	struct output o;
	struct error err;
	int fd;
	char *tail;

	cr_assert_eq(output_open(&o, -1, false, &fd, &err), 0);
	cr_assert_eq(write(fd, "hello\n", 6), 6);
	pump(&o);
	(void)close(fd);
	pump(&o);
	cr_assert_eq(o.fd, -1, "the end is seen");
	tail = output_tail(&o);
	cr_assert_str_eq(tail, "hello\n");
	free(tail);
	output_done(&o);
	output_done(&o);
}

Test(output, keeps_the_last_64_kib)
{
	struct output o;
	struct error err;
	char line[100];
	char *tail;
	int fd;

	cr_assert_eq(output_open(&o, -1, false, &fd, &err), 0);
	for (int i = 0; i < 2000; i++) {
		int n = snprintf(line, sizeof(line), "line %08d %040d\n", i, i);

		cr_assert_eq(fd_write_all(fd, line, (size_t)n, &err), 0);
		pump(&o);
	}
	tail = output_tail(&o);
	cr_assert_eq(strlen(tail), OUTPUT_KEEP);
	cr_assert_str_eq(tail + OUTPUT_KEEP - strlen(line), line);
	free(tail);
	(void)close(fd);
	output_done(&o);
}

Test(output, passes_everything_on_in_order_to_a_slow_reader)
{
	struct output o;
	struct error err;
	static char sent[300000], got[300000];
	size_t n_sent = 0, n_got = 0;
	int fd, pass[2];

	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 7 + i / 251);
	cr_assert_eq(pipe(pass), 0);
	cr_assert_eq(output_open(&o, pass[1], false, &fd, &err), 0);
	cr_assert_eq(fd_set_nonblock(fd, &err), 0);
	cr_assert_eq(fd_set_nonblock(pass[0], &err), 0);
	while (n_got < sizeof(sent)) {
		ssize_t n;

		if (n_sent < sizeof(sent)) {
			n = write(fd, sent + n_sent, sizeof(sent) - n_sent);
			if (n > 0)
				n_sent += (size_t)n;
		}
		pump(&o);
		n = read(pass[0], got + n_got, 1000);
		if (n > 0)
			n_got += (size_t)n;
	}
	cr_assert_arr_eq(got, sent, sizeof(sent));
	(void)close(fd);
	output_done(&o);
}

Test(output, goes_on_keeping_when_the_reader_is_gone)
{
	struct output o;
	struct error err;
	int fd, pass[2];
	char *tail;

	(void)signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(pipe(pass), 0);
	cr_assert_eq(output_open(&o, pass[1], false, &fd, &err), 0);
	(void)close(pass[0]);
	cr_assert_eq(write(fd, "one", 3), 3);
	pump(&o);
	cr_assert_eq(write(fd, "two", 3), 3);
	pump(&o);
	tail = output_tail(&o);
	cr_assert_str_eq(tail, "onetwo");
	free(tail);
	(void)close(fd);
	output_done(&o);
}

Test(output, finish_passes_on_all_that_is_in_the_pipe_to_a_slow_reader)
{
	struct output o;
	struct error err;
	static char sent[60000], got[60000];
	size_t n_got = 0;
	int fd, pass[2];
	pid_t child;

	memset(sent, 'x', sizeof(sent));
	cr_assert_eq(pipe(pass), 0);
	cr_assert_eq(fcntl(pass[1], F_SETPIPE_SZ, 4096), 4096);
	cr_assert_eq(output_open(&o, pass[1], false, &fd, &err), 0);
	cr_assert_eq(fd_write_all(fd, sent, sizeof(sent), &err), 0);
	(void)close(fd);
	child = fork();
	if (child == 0) {
		(void)close(pass[0]);
		_exit(output_finish(&o, 5000, -1));
	}
	(void)close(pass[1]);
	output_done(&o);
	for (ssize_t n; (n = read(pass[0], got + n_got, 500)) > 0;)
		n_got += (size_t)n;
	cr_assert_eq(n_got, sizeof(sent));
}

Test(output, finish_gives_up_on_a_reader_who_takes_nothing)
{
	struct output o;
	struct error err;
	static char sent[20000];
	int fd, pass[2];

	cr_assert_eq(pipe(pass), 0);
	cr_assert_eq(fcntl(pass[1], F_SETPIPE_SZ, 4096), 4096);
	cr_assert_eq(output_open(&o, pass[1], false, &fd, &err), 0);
	cr_assert_eq(fd_write_all(fd, sent, sizeof(sent), &err), 0);
	(void)close(fd);
	cr_assert_eq(output_finish(&o, 50, -1), ETIMEDOUT);
	output_done(&o);
}

/*
 * Two streams that go to the same place, whose reader takes exactly a page and pauses:
 * poll(2) tells both of the room that only one of them can have.
 */
static void share(int pass_a, int pass_b, int reader, int pages)
{
	struct output o[2];
	struct error err;
	static char sent[OUTPUT_CHUNK], got[OUTPUT_CHUNK];
	struct pollfd pfd[2];
	int fd[2];

	memset(sent, 'x', sizeof(sent));
	cr_assert_eq(output_open(&o[0], pass_a, false, &fd[0], &err), 0);
	cr_assert_eq(output_open(&o[1], pass_b, false, &fd[1], &err), 0);
	/* Until nobody can write any more. */
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(fd_set_nonblock(fd[i], &err), 0);
		do {
			(void)!write(fd[i], sent, sizeof(sent));
			pump(&o[i]);
		} while (o[i].n_pending == 0);
	}
	for (int i = 0; i < pages; i++)
		cr_assert_eq(read(reader, got, sizeof(got)), (ssize_t)sizeof(got));
	for (int i = 0; i < 2; i++)
		pfd[i] = output_poll(&o[i]);
	cr_expect_eq(poll(pfd, 2, 0), 2, "both are told");
	for (int i = 0; i < 2; i++)
		output_service(&o[i], pfd[i].revents);
	for (int i = 0; i < 2; i++) {
		output_done(&o[i]);
		(void)close(fd[i]);
	}
}

Test(output, two_streams_share_a_pipe_without_blocking, .timeout = 10)
{
	int pass[2];

	cr_assert_eq(pipe(pass), 0);
	share(pass[1], pass[1], pass[0], 1);
}

Test(output, two_streams_share_a_fifo_without_blocking, .timeout = 10)
{
	char dir[] = "/tmp/nfsafe-unit-XXXXXX", path[64];
	int reader;

	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/fifo", dir);
	cr_assert_eq(mkfifo(path, 0600), 0);
	reader = open(path, O_RDWR);
	share(open(path, O_WRONLY), open(path, O_WRONLY), reader, 1);
	(void)unlink(path);
	(void)rmdir(dir);
}

Test(output, two_streams_share_a_socket_without_blocking, .timeout = 10)
{
	int pair[2], small = 1;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	cr_assert_eq(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)),
		     0);
	share(pair[0], pair[0], pair[1], 1);
}

Test(output, finish_does_not_wait_for_who_holds_the_pipe)
{
	struct output o;
	struct error err;
	char *tail;
	int fd;

	cr_assert_eq(output_open(&o, -1, false, &fd, &err), 0);
	cr_assert_eq(write(fd, "last words", 10), 10);
	cr_assert_eq(output_finish(&o, 5000, -1), 0);
	tail = output_tail(&o);
	cr_assert_str_eq(tail, "last words");
	free(tail);
	(void)close(fd);
	output_done(&o);
}
