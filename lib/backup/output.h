/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_OUTPUT_H
#define LIB_BACKUP_OUTPUT_H

/*
 * What a command writes: its last bytes are kept for the record, and all of it is
 * passed on, if somebody wants it.  Never blocks: whoever is slow to read holds up
 * the command, as in a pipe, but not its supervisor.
 */

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

struct error;

#define OUTPUT_KEEP ((size_t)64 * 1024)
#define OUTPUT_CHUNK 4096 /* PIPE_BUF: what a writable pipe takes at once */

struct output {
	int fd;         /* owned; what the command writes; -1 once it has ended */
	int pass_fd;    /* borrowed, or @reopened; -1: not passed on */
	int reopened;   /* owned; -1: @pass_fd is what was given */
	bool must_pass; /* who cannot be passed on to ends what is read */
	int lost;       /* errno of why it could not be passed on; 0: it could */
	char *kept;     /* owned; a ring of OUTPUT_KEEP bytes */
	size_t total;   /* bytes seen so far */
	char pending[OUTPUT_CHUNK];
	size_t n_pending;
};

/* No output at all: nothing to poll, nothing to free. */
#define OUTPUT_NONE                                                                      \
	{                                                                                \
		.fd = -1, .pass_fd = -1, .reopened = -1                                  \
	}

/*
 * Make a pipe whose reading end is @ret's.
 * @must_pass: as without us in between, an error of @pass_fd is the command's: what it
 * writes next fails.  Else it goes on, and its output is only kept.
 * @ret_write_fd: owned by the caller, for the command.
 * Returns 0 or a negative error.
 */
int output_open(struct output *ret, int pass_fd, bool must_pass, int *ret_write_fd,
		struct error *err) __attribute__((nonnull, warn_unused_result));

/* What to wait for: reading, or that who gets it is ready.  fd -1: nothing more. */
struct pollfd output_poll(const struct output *o) __attribute__((nonnull));

/* Do what @revents of that pollfd allows, at most one chunk. */
void output_service(struct output *o, short revents) __attribute__((nonnull));

/*
 * The command has ended: take what is still in the pipe and pass it on.  Does not wait
 * for the pipe's end, since a process that the command left behind may hold it for ever.
 * Who gets the output is waited for, as long as he takes some of it every @stall_ms, and
 * nothing can be read from @cancel_fd (-1: none; then EINTR is returned).
 * Returns 0, or the errno of why not all of it went where it should: ETIMEDOUT, ENOSPC,
 * …; a reader that has gone (EPIPE) has what it wanted.
 */
int output_finish(struct output *o, int stall_ms, int cancel_fd) __attribute__((nonnull));

/* What was kept, oldest first.  Returns owned text, NULL if memory ran out. */
char *output_tail(const struct output *o) __attribute__((nonnull));

void output_done(struct output *o);

#endif
