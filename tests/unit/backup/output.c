/* SPDX-License-Identifier: MIT */
#include "lib/backup/output.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
	for (ssize_t n; (n = read(pass[0], got + n_got, 500)) > 0;)
		n_got += (size_t)n;
	cr_assert_eq(n_got, sizeof(sent));
	output_done(&o);
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
