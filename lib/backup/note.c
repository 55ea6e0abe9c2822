/* SPDX-License-Identifier: MIT */
#include "lib/backup/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/macro.h"
#include "lib/base/parse.h"

enum type { NUMBER, YES_NO, TEXT };

struct key {
	const char *name;
	enum type type;
	size_t offset;
	size_t size; /* of a text */
	bool required;
};

#define AT(field) offsetof(struct note, field), sizeof(((struct note *)0)->field)

static const struct key keys[] = {
	{ "run", NUMBER, AT(run), true },
	{ "destination", TEXT, AT(destination), true },
	{ "mountpoint", TEXT, AT(mountpoint), false },
	{ "at_ms", NUMBER, AT(at_ms), true },
	{ "tripped", YES_NO, AT(tripped), true },
	{ "stall_ms", NUMBER, AT(stall_ms), false },
	{ "ended", YES_NO, AT(ended), false },
	{ "forces", NUMBER, AT(forces), false },
	{ "users", NUMBER, AT(users), false },
	{ "detached", YES_NO, AT(detached), false },
	{ "drained", YES_NO, AT(drained), false },
	{ "released", YES_NO, AT(released), false },
	/* Written last: with it the note is whole. */
	{ "text", TEXT, AT(text), true },
};

/* A control character in what is shown to people is none of the keeper's. */
static bool is_printable(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	}
	return true;
}

static bool take_value(const struct key *key, const char *value, struct note *note)
{
	char *field = (char *)note + key->offset;
	struct error ignored;
	uint64_t number;

	switch (key->type) {
	case NUMBER:
		if (parse_uint(value, 0, INT64_MAX, &number, &ignored) < 0)
			return false;
		*(int64_t *)field = (int64_t)number;
		return true;
	case YES_NO:
		if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
			return false;
		*(bool *)field = value[0] == '1';
		return true;
	case TEXT:
		if (!is_printable(value) || strlen(value) >= key->size)
			return false;
		memcpy(field, value, strlen(value) + 1);
		return true;
	}
	return false;
}

/* @seen: gets a bit for each key. */
static bool take_line(char *line, struct note *note, unsigned *seen)
{
	char *value = strchr(line, '=');

	if (!value)
		return false;
	*value++ = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(keys[i].name, line) != 0)
			continue;
		*seen |= 1U << i;
		return take_value(&keys[i], value, note);
	}
	return true;
}

int note_parse(const char *text, size_t len, struct note *ret)
{
	struct note note = { 0 };
	unsigned seen = 0;

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		char line[NOTE_PATH_SIZE + 64];
		size_t n = end ? (size_t)(end - text) : 0;

		if (!end || n >= sizeof(line) || memchr(text, '\0', n))
			return 0;
		memcpy(line, text, n);
		line[n] = '\0';
		if (!take_line(line, &note, &seen))
			return 0;
		text += n + 1;
		len -= n + 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].required && !(seen & 1U << i))
			return 0;
	}
	if (note.run == 0)
		return 0;
	*ret = note;
	return 1;
}

void note_describe(const struct note *note, char *buf, size_t size)
{
	char forced[40] = "", users[64] = "";

	if (note->forces > 0)
		(void)snprintf(forced, sizeof(forced), ", forced %" PRId64 " times",
			       note->forces);
	if (!note->drained && note->users > 0)
		(void)snprintf(users, sizeof(users), " by %" PRId64 " process%s",
			       note->users, note->users == 1 ? "" : "es");
	(void)snprintf(buf, size, "%s; its mount was %s%s, and is %s%s; the command %s",
		       note->text, note->detached ? "detached" : "not in its place",
		       forced,
		       note->released  ? "gone"
		       : note->drained ? "not used by anybody"
				       : "still used out of sight",
		       users, note->ended ? "has ended" : "has not ended");
}
