/* SPDX-License-Identifier: MIT */
#include "lib/mnt/mountinfo.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/macro.h"
#include "lib/mnt/span.h"

/* A host with thousands of containers has some megabytes of it. */
#define FILE_MAX ((size_t)64 << 20)

/*
 * The next field of the line at *@p, ended by a NUL in place.  Fields are separated
 * by exactly one space and may be empty: mount(2) takes "" for a source.
 */
static char *next_field(char **p)
{
	char *field = *p;
	char *end;

	if (!field)
		return NULL;
	end = strchr(field, ' ');
	if (end)
		*end = '\0';
	*p = end ? end + 1 : NULL;
	return field;
}

static struct span field_span(const char *field)
{
	return (struct span){ field, field ? strlen(field) : 0 };
}

/*
 * "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue":
 * any number of optional fields up to the lone "-".
 */
static bool parse_line(char *line, struct mountinfo_entry *e)
{
	const char *field;
	char *p = line, *texts[6];

	if (!span_number(field_span(next_field(&p)), &e->id) ||
	    !span_number(field_span(next_field(&p)), &e->parent_id) ||
	    !span_device(field_span(next_field(&p)), &e->major, &e->minor))
		return false;
	for (size_t i = 0; i < 3; i++)
		texts[i] = next_field(&p);
	while ((field = next_field(&p)) && strcmp(field, "-") != 0) {
		e->shared |= strncmp(field, "shared:", strlen("shared:")) == 0;
		e->slave |= strncmp(field, "master:", strlen("master:")) == 0;
	}
	texts[3] = next_field(&p);
	texts[4] = next_field(&p);
	/* The rest, spaces and all: a filesystem's own options are its own affair. */
	texts[5] = p;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (!texts[i])
			return false;
		texts[i][span_unescape(field_span(texts[i]), texts[i])] = '\0';
	}
	e->root = texts[0];
	e->mountpoint = texts[1];
	e->options = texts[2];
	e->fstype = texts[3];
	e->source = texts[4];
	e->super_options = texts[5];
	return true;
}

static size_t count_lines(const char *text, size_t len)
{
	size_t lines = 0;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	return lines + (len > 0 && text[len - 1] != '\n');
}

static int parse_lines(struct mountinfo *m, size_t lines, struct error *err)
{
	char *line = m->text;

	for (; m->count < lines; m->count++) {
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		if (!parse_line(line, &m->entries[m->count]))
			return error_set(err, ERROR_IO, 0,
					 "table of mounts: line %zu is not understood",
					 m->count + 1);
		line = end ? end + 1 : line + strlen(line);
	}
	return 0;
}

int mountinfo_parse(const char *text, size_t len, struct mountinfo *ret,
		    struct error *err)
{
	size_t lines = count_lines(text, len);
	struct mountinfo m = { 0 };
	int r;

	if (memchr(text, '\0', len))
		return error_set(err, ERROR_IO, 0, "table of mounts: a NUL byte in it");
	m.text = malloc(len + 1);
	m.entries = calloc(lines + 1, sizeof(*m.entries));
	if (!m.text || !m.entries) {
		r = error_oom(err);
	} else {
		memcpy(m.text, text, len);
		m.text[len] = '\0';
		r = parse_lines(&m, lines, err);
	}
	if (r < 0) {
		mountinfo_done(&m);
		return r;
	}
	*ret = m;
	return 0;
}

int mountinfo_read(struct mountinfo *ret, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len;
	int r;

	r = fd_read_file("/proc/self/mountinfo", FILE_MAX, &text, &len, err);
	if (r < 0)
		return r;
	return mountinfo_parse(text, len, ret, err);
}

void mountinfo_done(struct mountinfo *m)
{
	free(m->entries);
	free(m->text);
	*m = (struct mountinfo){ 0 };
}

/*
 * Mounted on @parent at the first @len bytes of @path; on something outside of the
 * table (above our chroot) when @parent is NULL.  The last one, should there be more.
 */
static const struct mountinfo_entry *child_at(const struct mountinfo *m,
					      const struct mountinfo_entry *parent,
					      const char *path, size_t len)
{
	for (size_t i = m->count; i > 0; i--) {
		const struct mountinfo_entry *e = &m->entries[i - 1];

		if (e == parent || strncmp(e->mountpoint, path, len) != 0 ||
		    e->mountpoint[len] != '\0')
			continue;
		if (parent ? e->parent_id == parent->id
			   : e->parent_id == e->id || !mountinfo_by_id(m, e->parent_id))
			return e;
	}
	return NULL;
}

/* From @at to the top of what is stacked on it at the first @len bytes of @path. */
static const struct mountinfo_entry *cross(const struct mountinfo *m,
					   const struct mountinfo_entry *at,
					   const char *path, size_t len)
{
	/* Bounded: a table in which mounts are each other's parents is not the kernel's.
	 */
	for (size_t i = 0; i < m->count; i++) {
		const struct mountinfo_entry *next = child_at(m, at, path, len);

		if (!next)
			break;
		at = next;
	}
	return at;
}

const struct mountinfo_entry *mountinfo_covering(const struct mountinfo *m,
						 const char *path)
{
	const struct mountinfo_entry *at = cross(m, NULL, "/", 1);
	size_t len = 0;

	while (path[len] == '/' && path[len + 1] != '\0') {
		len += 1 + strcspn(path + len + 1, "/");
		at = cross(m, at, path, len);
	}
	return at;
}

const struct mountinfo_entry *mountinfo_at(const struct mountinfo *m, const char *path)
{
	const struct mountinfo_entry *e = mountinfo_covering(m, path);

	return e && strcmp(e->mountpoint, path) == 0 ? e : NULL;
}

size_t mountinfo_count_at(const struct mountinfo *m, const char *path)
{
	size_t count = 0;

	for (size_t i = 0; i < m->count; i++)
		count += strcmp(m->entries[i].mountpoint, path) == 0;
	return count;
}

const struct mountinfo_entry *mountinfo_by_id(const struct mountinfo *m, uint64_t id)
{
	for (size_t i = 0; i < m->count; i++) {
		if (m->entries[i].id == id)
			return &m->entries[i];
	}
	return NULL;
}

bool mountinfo_is_remote(const char *fstype)
{
	/* autofs: walking over it mounts what is behind it.  fuse: anything may be. */
	static const char *const remote[] = {
		"nfs",  "nfs4", "cifs", "smb3",  "smbfs",  "ncpfs",  "afs",  "9p",
		"coda", "ceph", "gfs2", "ocfs2", "lustre", "autofs", "fuse",
	};

	if (strncmp(fstype, "fuse.", strlen("fuse.")) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(remote); i++) {
		if (strcmp(fstype, remote[i]) == 0)
			return true;
	}
	return false;
}

bool mountinfo_is_nfs(const char *fstype)
{
	return strcmp(fstype, "nfs") == 0 || strcmp(fstype, "nfs4") == 0;
}

static size_t source_len(const char *source)
{
	size_t len = strlen(source);

	while (len > 1 && source[len - 1] == '/' && source[len - 2] != ':')
		len--;
	return len;
}

bool mountinfo_same_source(const char *a, const char *b)
{
	size_t len = source_len(a);

	return len == source_len(b) && memcmp(a, b, len) == 0;
}
