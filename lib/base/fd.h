/* SPDX-License-Identifier: MIT */
#ifndef LIB_BASE_FD_H
#define LIB_BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/base/deadline.h"

struct error;

/* Returns 1 once @fd can be read, 0 when @d passes first, or a negative error. */
int fd_wait_readable(int fd, struct deadline d, struct error *err);

/*
 * Read the file at @path, at most @max bytes, into memory.  For local files and
 * /proc only: may block as long as the disk does.
 * @ret_text: owned by the caller, NUL-terminated after @ret_len bytes.
 * Returns 0 or a negative error (ERROR_IO); more than @max bytes is an error.
 */
int fd_read_file(const char *path, size_t max, char **ret_text, size_t *ret_len,
		 struct error *err) __attribute__((warn_unused_result, nonnull));

/* The same for a descriptor that is open already; @name is for messages. */
int fd_read_all(int fd, const char *name, size_t max, char **ret_text, size_t *ret_len,
		struct error *err) __attribute__((warn_unused_result, nonnull));

/* Write all of @len bytes to a local file or pipe.  Returns 0 or a negative error. */
int fd_write_all(int fd, const void *data, size_t len, struct error *err)
	__attribute__((warn_unused_result));

/* Make @fd non-blocking.  Returns 0 or a negative error. */
int fd_set_nonblock(int fd, struct error *err);

/*
 * Open /dev/null for each of 0, 1 and 2 that is closed: else the next file to be opened
 * becomes somebody's standard output.  Not for writing: what cannot be said stays an
 * error.
 */
void fd_ensure_standard(void);

/*
 * Another descriptor, which never blocks, of the terminal, pipe or FIFO that @fd writes
 * to: Ctrl-S may stop a terminal in the middle of a write, and what another one writes
 * into a pipe may take the room that poll(2) told of.  O_NONBLOCK on @fd itself would be
 * everybody's.
 * Returns a new descriptor, or -1 if @fd is none of these or cannot be had again.
 */
int fd_reopen_nonblock(int fd);

/*
 * Write what can be written at once.  Does not block on a socket, on a descriptor that
 * does not block, nor on one that only we write to, if @len is at most PIPE_BUF; files
 * take as long as their disk.
 * Returns how much, or -1 with errno; EAGAIN if it is nothing at this moment.
 */
ssize_t fd_write_now(int fd, const void *data, size_t len) __attribute__((nonnull));

/*
 * Send one byte over the Unix socket @sock, and with it @fd (-1: none).  Does not block.
 * Returns 0 or -1 with errno.
 */
int fd_send(int sock, int fd);

/*
 * Take one such message off @sock.  Does not block.
 * @ret_fd: owned by the caller, or -1.
 * Returns 1, 0 when the other side has gone, or -1 with errno (EAGAIN: nothing there).
 */
int fd_receive(int sock, int *ret_fd) __attribute__((nonnull));

/* Close *@fd unless it is -1, and make it -1.  Preserves errno. */
void fd_close(int *fd);

#endif
