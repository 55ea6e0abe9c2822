/* SPDX-License-Identifier: MIT */
#ifndef LIB_BACKUP_MARKER_H
#define LIB_BACKUP_MARKER_H

/*
 * The marker: a file at the root of an export that says whose destination it is.
 * Two hosts' backups in one place destroy one another, and an export that looks
 * right may be the wrong one; so no run starts without it.
 *
 *	# nfsafe: this export is the backup destination of one host.  …
 *	format = 1
 *	host = zm2.example.net
 *	machine = 1c7b2f0e…
 *	destination = nas1
 *	uuid = 5a3c…
 *
 * `machine` is not /etc/machine-id itself, which machine-id(5) asks to keep
 * confidential, but HMAC-SHA256 of nfsafe's application id with it, made the way
 * sd_id128_get_machine_app_specific(3) does: `systemd-id128 machine-id
 * --app-specific=` MARKER_APPLICATION prints the same.
 *
 * Pure, but for marker_new().  It knows nothing of where the file lies.
 */

#include <stdbool.h>
#include <stddef.h>

struct error;

#define MARKER_FILE_NAME ".nfsafe-destination"
#define MARKER_TEXT_MAX 4096
#define MARKER_APPLICATION "8b0d6cf2a6f04c53a6d87c1e4b0f9a35"

#define MARKER_HOST_SIZE 256
#define MARKER_MACHINE_SIZE 33
#define MARKER_DESTINATION_SIZE 128
#define MARKER_UUID_SIZE 37

struct marker {
	char host[MARKER_HOST_SIZE];       /* uname(2)'s node name */
	char machine[MARKER_MACHINE_SIZE]; /* 32 hexadecimal digits */
	char destination[MARKER_DESTINATION_SIZE];
	char uuid[MARKER_UUID_SIZE]; /* RFC 9562 version 4, in lower case */
};

/*
 * This host's marker for @destination, with a new UUID.  Reads /etc/machine-id.
 * Returns 0 or a negative error.
 */
int marker_new(const char *destination, struct marker *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * The `machine` of a host: @machine_id are the @len bytes of its /etc/machine-id.
 * Pure.  Returns 0, or -ERROR_SYSTEM if that is not an id.
 */
int marker_machine(const char *machine_id, size_t len, char ret[MARKER_MACHINE_SIZE],
		   struct error *err) __attribute__((nonnull, warn_unused_result));

/* Returns the length of the text (< @size), or -ERROR_INTERNAL if it does not fit. */
int marker_format(const struct marker *m, char *buf, size_t size, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * Strict: each key once, nothing unknown, no control characters; format 1 only.
 * Returns 0, or -ERROR_UNSAFE with the line that is wrong.
 */
int marker_parse(const char *text, size_t len, struct marker *ret, struct error *err)
	__attribute__((nonnull, warn_unused_result));

enum marker_verdict {
	MARKER_OURS = 0,
	MARKER_OTHER_HOST, /* another machine id */
	MARKER_OTHER_NAME, /* our machine id, another host name: clone or renamed */
	MARKER_OTHER_DESTINATION, /* ours, but for another destination of ours */
	MARKER_OTHER_UUID,        /* ours, but not the one that was pinned */
};

/*
 * Does @found belong to @host (from marker_new()) and is it the pinned one?
 * @pinned_uuid: NULL if none was pinned.
 * Sets @why (ERROR_UNSAFE) unless MARKER_OURS.
 */
enum marker_verdict marker_compare(const struct marker *found, const struct marker *host,
				   const char *pinned_uuid, struct error *why)
	__attribute__((nonnull(1, 2, 4)));

#endif
