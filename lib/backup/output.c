/* SPDX-License-Identifier: MIT */
#include "lib/backup/output.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"

int output_open(struct output *ret, int pass_fd, bool must_pass, int *ret_write_fd,
		struct error *err)
{
	struct output o = { .pass_fd = pass_fd, .reopened = -1, .must_pass = must_pass };
	int fds[2], r;

	o.kept = malloc(OUTPUT_KEEP);
	if (!o.kept)
		return error_oom(err);
	if (pipe2(fds, O_CLOEXEC) < 0) {
		r = error_sys(err, "pipe for the command's output");
		free(o.kept);
		return r;
	}
	o.fd = fds[0];
	r = fd_set_nonblock(o.fd, err);
	if (r < 0) {
		(void)close(fds[1]);
		output_done(&o);
		return r;
	}
	if (pass_fd >= 0)
		o.reopened = fd_reopen_nonblock(pass_fd);
	if (o.reopened >= 0)
		o.pass_fd = o.reopened;
	*ret = o;
	*ret_write_fd = fds[1];
	return 0;
}

struct pollfd output_poll(const struct output *o)
{
	if (o->n_pending > 0)
		return (struct pollfd){ .fd = o->pass_fd, .events = POLLOUT };
	return (struct pollfd){ .fd = o->fd, .events = POLLIN };
}

static void keep(struct output *o, const char *data, size_t len)
{
	while (len > 0) {
		size_t at = o->total % OUTPUT_KEEP;
		size_t n = OUTPUT_KEEP - at < len ? OUTPUT_KEEP - at : len;

		memcpy(o->kept + at, data, n);
		o->total += n;
		data += n;
		len -= n;
	}
}

/* Returns false when there is nothing to be had now. */
static bool take(struct output *o)
{
	ssize_t n = read(o->fd, o->pending, sizeof(o->pending));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		fd_close(&o->fd);
		return false;
	}
	keep(o, o->pending, (size_t)n);
	if (o->pass_fd >= 0)
		o->n_pending = (size_t)n;
	return true;
}

/* Returns false when nothing is taken now. */
static bool pass_on(struct output *o)
{
	ssize_t n = fd_write_now(o->pass_fd, o->pending, o->n_pending);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 0) {
		o->lost = errno;
		o->pass_fd = -1;
		o->n_pending = 0;
		if (o->must_pass)
			fd_close(&o->fd);
		return true;
	}
	o->n_pending -= (size_t)n;
	memmove(o->pending, o->pending + n, o->n_pending);
	return true;
}

void output_service(struct output *o, short revents)
{
	if (revents == 0)
		return;
	if (o->n_pending > 0)
		(void)pass_on(o);
	else if (o->fd >= 0)
		(void)take(o);
}

int output_finish(struct output *o, int stall_ms, int cancel_fd)
{
	struct deadline stall = deadline_after(stall_ms);

	while (o->fd >= 0 || o->n_pending > 0) {
		struct pollfd fds[2] = { [1] = { .fd = cancel_fd, .events = POLLIN } };

		if (o->n_pending == 0 && !take(o))
			break;
		if (o->n_pending == 0)
			continue;
		fds[0] = output_poll(o);
		if (poll(fds, 2, deadline_poll_ms(stall)) == 0)
			return ETIMEDOUT;
		if (fds[0].revents && pass_on(o))
			stall = deadline_after(stall_ms);
		else if (fds[1].revents)
			return EINTR;
		else if (deadline_expired(stall))
			return ETIMEDOUT;
	}
	return o->lost == EPIPE ? 0 : o->lost;
}

char *output_tail(const struct output *o)
{
	size_t len = o->total < OUTPUT_KEEP ? o->total : OUTPUT_KEEP;
	size_t start = o->total < OUTPUT_KEEP ? 0 : o->total % OUTPUT_KEEP;
	char *text = malloc(len + 1);

	if (!text)
		return NULL;
	for (size_t i = 0; i < len; i++)
		text[i] = o->kept[(start + i) % OUTPUT_KEEP];
	text[len] = '\0';
	return text;
}

void output_done(struct output *o)
{
	if (!o)
		return;
	fd_close(&o->fd);
	free(o->kept);
	fd_close(&o->reopened);
	*o = (struct output){ .fd = -1, .pass_fd = -1, .reopened = -1 };
}
