/* SPDX-License-Identifier: MIT */
#include "lib/base/log.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct capture {
	int fds[2];
	char text[4096];
};

static struct log capture_begin(struct capture *c, enum log_level level)
{
	cr_assert_eq(pipe2(c->fds, O_CLOEXEC | O_NONBLOCK), 0);
	return (struct log){ .fd = c->fds[1], .level = level };
}

/* What was written since, "" if nothing. */
static const char *capture_end(struct capture *c)
{
	ssize_t n = read(c->fds[0], c->text, sizeof(c->text) - 1);

	c->text[n > 0 ? n : 0] = '\0';
	return c->text;
}

Test(log, prefix_says_who_and_how_bad)
{
	struct capture c;
	struct log log = capture_begin(&c, LOG_LEVEL_DEBUG);

	log_error(&log, "a %d", 1);
	cr_expect_str_eq(capture_end(&c), "nfsafe: a 1\n");
	log_warning(&log, "b");
	cr_expect_str_eq(capture_end(&c), "nfsafe: warning: b\n");
	log_notice(&log, "c");
	cr_expect_str_eq(capture_end(&c), "nfsafe: c\n");
	log_debug(&log, "d");
	cr_expect_str_eq(capture_end(&c), "nfsafe: debug: d\n");
}

Test(log, level_is_a_limit)
{
	struct capture c;
	struct log log = capture_begin(&c, LOG_LEVEL_WARNING);

	log_notice(&log, "hidden");
	log_debug(&log, "hidden");
	cr_expect_str_eq(capture_end(&c), "");
	log_warning(&log, "shown");
	cr_expect_str_eq(capture_end(&c), "nfsafe: warning: shown\n");
}

Test(log, without_descriptor_it_is_silent)
{
	struct log log = { .fd = -1, .level = LOG_LEVEL_DEBUG };

	errno = 0;
	log_error(&log, "x");
	cr_assert_eq(errno, 0);
}

/* What a server or a file name puts into a message cannot fake a line of ours. */
Test(log, one_call_is_one_line)
{
	struct capture c;
	struct log log = capture_begin(&c, LOG_LEVEL_ERROR);

	log_error(&log, "%s", "x\nnfsafe: all is well\r\x1b[2K");
	cr_expect_str_eq(capture_end(&c), "nfsafe: x nfsafe: all is well  [2K\n");
}

Test(log, long_line_is_cut_and_ended)
{
	struct capture c;
	struct log log = capture_begin(&c, LOG_LEVEL_ERROR);
	char text[3000];
	const char *got;

	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_error(&log, "%s", text);
	got = capture_end(&c);
	cr_assert_lt(strlen(got), sizeof(text));
	cr_assert_eq(got[strlen(got) - 1], '\n');
	cr_assert_null(memchr(got, '\n', strlen(got) - 1));
}

Test(log, is_not_held_up_by_who_does_not_read, .timeout = 20)
{
	struct log log = { .level = LOG_LEVEL_DEBUG };
	int fds[2];

	cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
	cr_assert_eq(fcntl(fds[1], F_SETPIPE_SZ, 4096), 4096);
	log.fd = fds[1];
	/* More than the pipe holds: blocks for good, if at all. */
	for (int i = 0; i < 8; i++)
		log_error(&log, "%0900d", i);
	(void)close(fds[0]);
	(void)close(fds[1]);
}
