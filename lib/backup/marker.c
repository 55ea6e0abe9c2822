/* SPDX-License-Identifier: MIT */
#include "lib/backup/marker.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/macro.h"
#include "lib/base/sha256.h"

#define MACHINE_ID_FILE "/etc/machine-id"
#define ID_SIZE 16
#define FORMAT "1"

#define HEADING                                                                          \
	"# nfsafe: this export is the backup destination of one host.  Do not copy or "  \
	"edit this file.\n"

/* ---- make ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 32 digits to 16 bytes; false if it is anything else. */
static bool parse_id(const char *text, size_t len, uint8_t ret[ID_SIZE])
{
	if (len != 2 * ID_SIZE)
		return false;
	for (size_t i = 0; i < ID_SIZE; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high * 16 + low);
	}
	return true;
}

/* RFC 9562, section 5.4. */
static void make_version_4(uint8_t id[ID_SIZE])
{
	id[6] = (id[6] & 0x0f) | 0x40;
	id[8] = (id[8] & 0x3f) | 0x80;
}

static void format_id(const uint8_t id[ID_SIZE], char ret[MARKER_MACHINE_SIZE])
{
	for (size_t i = 0; i < ID_SIZE; i++)
		(void)snprintf(ret + 2 * i, 3, "%02x", id[i]);
}

int marker_machine(const char *machine_id, size_t len, char ret[MARKER_MACHINE_SIZE],
		   struct error *err)
{
	uint8_t host[ID_SIZE], application[ID_SIZE] = { 0 }, digest[SHA256_SIZE];

	(void)parse_id(MARKER_APPLICATION, strlen(MARKER_APPLICATION), application);
	if (len > 0 && machine_id[len - 1] == '\n')
		len--;
	if (!parse_id(machine_id, len, host))
		return error_set(err, ERROR_SYSTEM, 0,
				 MACHINE_ID_FILE ": not 32 hexadecimal digits: run "
						 "systemd-machine-id-setup");
	sha256_hmac(host, sizeof(host), application, sizeof(application), digest);
	make_version_4(digest);
	format_id(digest, ret);
	return 0;
}

static int make_uuid(char ret[MARKER_UUID_SIZE], struct error *err)
{
	uint8_t id[ID_SIZE];
	char hex[MARKER_MACHINE_SIZE];

	/* Less than 256 bytes come whole; blocks only in the first seconds after boot. */
	if (getrandom(id, sizeof(id), 0) != (ssize_t)sizeof(id))
		return error_sys(err, "getrandom");
	make_version_4(id);
	format_id(id, hex);
	(void)snprintf(ret, MARKER_UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
		       hex + 12, hex + 16, hex + 20);
	return 0;
}

static int copy_text(char *dst, size_t size, const char *src, const char *what,
		     struct error *err)
{
	if (strlen(src) >= size)
		return error_set(err, ERROR_INTERNAL, 0, "%s is too long: %s", what, src);
	memcpy(dst, src, strlen(src) + 1);
	return 0;
}

int marker_new(const char *destination, struct marker *ret, struct error *err)
{
	cleanup_free char *id = NULL;
	struct marker m = { 0 };
	struct utsname host;
	size_t len;
	int r;

	if (uname(&host) < 0)
		return error_sys(err, "uname");
	r = copy_text(m.host, sizeof(m.host), host.nodename, "the host's name", err);
	if (r == 0)
		r = copy_text(m.destination, sizeof(m.destination), destination,
			      "the destination's name", err);
	if (r == 0)
		r = fd_read_file(MACHINE_ID_FILE, 256, &id, &len, err);
	if (r == 0)
		r = marker_machine(id, len, m.machine, err);
	if (r == 0)
		r = make_uuid(m.uuid, err);
	if (r == 0)
		*ret = m;
	return r;
}

/* ---- text ---- */

/* A value as it is in the file: nothing that could be taken for something else. */
static bool is_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return len > 0 && text[0] != ' ' && text[len - 1] != ' ';
}

static bool is_machine(const char *text, size_t len)
{
	uint8_t ignored[ID_SIZE];

	return parse_id(text, len, ignored);
}

static bool is_uuid(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : hex_digit(text[i]) < 0)
			return false;
	}
	return len == MARKER_UUID_SIZE - 1;
}

static bool is_format(const char *text, size_t len)
{
	return len == strlen(FORMAT) && memcmp(text, FORMAT, len) == 0;
}

/* What there is in a marker; format is not kept. */
struct field {
	const char *name;
	size_t offset; /* in struct marker */
	size_t size;   /* 0: not kept */
	bool (*is_valid)(const char *text, size_t len);
};

#define FIELD(f) offsetof(struct marker, f), sizeof(((struct marker *)NULL)->f)

static const struct field fields[] = {
	{ "format", 0, 0, is_format },
	{ "host", FIELD(host), is_printable },
	{ "machine", FIELD(machine), is_machine },
	{ "destination", FIELD(destination), is_printable },
	{ "uuid", FIELD(uuid), is_uuid },
};

int marker_format(const struct marker *m, char *buf, size_t size, struct error *err)
{
	int len =
		snprintf(buf, size,
			 HEADING "format = " FORMAT "\n"
				 "host = %s\nmachine = %s\ndestination = %s\nuuid = %s\n",
			 m->host, m->machine, m->destination, m->uuid);

	if (len < 0 || (size_t)len >= size)
		return error_set(err, ERROR_INTERNAL, 0, "the marker does not fit");
	return len;
}

static const struct field *find_field(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strlen(fields[i].name) == len &&
		    memcmp(fields[i].name, name, len) == 0)
			return &fields[i];
	}
	return NULL;
}

/* "name = value", with exactly those spaces. */
static bool parse_line(const char *line, size_t len, struct marker *m, unsigned *seen)
{
	const char *eq = memmem(line, len, " = ", 3);
	const struct field *field;
	const char *value;
	unsigned bit;

	if (!eq)
		return false;
	value = eq + 3;
	len -= (size_t)(value - line);
	field = find_field(line, (size_t)(eq - line));
	if (!field || !field->is_valid(value, len))
		return false;
	bit = 1U << (field - fields);
	if ((*seen & bit) || (field->size > 0 && len >= field->size))
		return false;
	*seen |= bit;
	if (field->size > 0) {
		char *dst = (char *)m + field->offset;

		memcpy(dst, value, len);
		dst[len] = '\0';
	}
	return true;
}

int marker_parse(const char *text, size_t len, struct marker *ret, struct error *err)
{
	const unsigned all = (1U << ARRAY_SIZE(fields)) - 1;
	const char *end = text + len;
	struct marker m = { 0 };
	unsigned seen = 0;

	if (len > MARKER_TEXT_MAX)
		return error_set(err, ERROR_UNSAFE, 0, "larger than any marker");
	for (int line = 1; text < end; line++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line_len = (size_t)((newline ? newline : end) - text);

		if (line_len > 0 && text[0] != '#' &&
		    !parse_line(text, line_len, &m, &seen))
			return error_set(err, ERROR_UNSAFE, 0,
					 "line %d is not what nfsafe writes", line);
		text += line_len + (newline != NULL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (seen != all && !(seen & 1U << i))
			return error_set(err, ERROR_UNSAFE, 0, "%s is missing",
					 fields[i].name);
	}
	*ret = m;
	return 0;
}

enum marker_verdict marker_compare(const struct marker *found, const struct marker *host,
				   const char *pinned_uuid, struct error *why)
{
	enum marker_verdict verdict = MARKER_OURS;

	if (strcmp(found->machine, host->machine) != 0) {
		verdict = MARKER_OTHER_HOST;
		(void)error_set(why, ERROR_UNSAFE, 0,
				"the export belongs to another host, %s (its destination "
				"'%s')",
				found->host, found->destination);
	} else if (strcmp(found->host, host->host) != 0) {
		verdict = MARKER_OTHER_NAME;
		(void)error_set(
			why, ERROR_UNSAFE, 0,
			"the export belongs to %s, and this host, with the same "
			"machine id, is called %s: a clone, or renamed; if renamed, "
			"remove the marker and run nfsafe init",
			found->host, host->host);
	} else if (strcmp(found->destination, host->destination) != 0) {
		verdict = MARKER_OTHER_DESTINATION;
		(void)error_set(why, ERROR_UNSAFE, 0,
				"the export is this host's destination '%s', not '%s'",
				found->destination, host->destination);
	} else if (pinned_uuid && strcmp(found->uuid, pinned_uuid) != 0) {
		verdict = MARKER_OTHER_UUID;
		(void)error_set(
			why, ERROR_UNSAFE, 0,
			"the marker is ours, but not the one that was pinned (%s, "
			"not %s): is it another export, or a copy?  If it is right, "
			"run nfsafe init",
			found->uuid, pinned_uuid);
	}
	return verdict;
}
