/* SPDX-License-Identifier: MIT */
#ifndef LIB_BASE_LOG_H
#define LIB_BASE_LOG_H

/*
 * The log is an object that is handed to who may speak.  One line a call, to a
 * descriptor, in one write(2), prefixed with "nfsafe: "; a pipe and a terminal
 * get the same.  Who does not read is waited for a quarter of a second, then the line is
 * lost: nothing here may block.  Results go to standard output by stdio, not through
 * here.
 */

enum log_level {
	LOG_LEVEL_ERROR = 0, /* why the exit code is not 0 */
	LOG_LEVEL_WARNING,   /* goes well, but somebody should look */
	LOG_LEVEL_NOTICE,    /* what a person at a terminal wants to see (-v) */
	LOG_LEVEL_DEBUG,     /* what a developer wants to see (-v -v) */
};

struct log {
	int fd;               /* borrowed; -1: nothing is written */
	enum log_level level; /* the most talkative level that is written */
};

void log_write(const struct log *log, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), nonnull));

#define log_error(log, ...) log_write((log), LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(log, ...) log_write((log), LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(log, ...) log_write((log), LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_debug(log, ...) log_write((log), LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
