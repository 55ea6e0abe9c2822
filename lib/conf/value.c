/* SPDX-License-Identifier: MIT */
#include "lib/conf/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/macro.h"
#include "lib/base/parse.h"
#include "lib/base/source.h"
#include "lib/base/strbuf.h"
#include "lib/conf/argv.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define PATH_MAX_LEN 1000
#define USER_MAX_LEN 63
#define MINUTES_A_DAY 1440

/* A type of value; @field is where the key's value is. */
struct value_type {
	const char *what; /* "an absolute path" */
	int (*parse)(const struct key *key, const char *text, void *field,
		     struct error *err);
	void (*format)(const void *field, struct strbuf *out);
	void (*done)(void *field); /* NULL: owns nothing */
};

/* ---- strings ---- */

static int take_string(char *text, char **field, struct error *err)
{
	if (!text)
		return error_oom(err);
	free(*field);
	*field = text;
	return 0;
}

static void format_string(const void *field, struct strbuf *out)
{
	strbuf_puts(out, *(char *const *)field);
}

static void done_string(void *field)
{
	free(*(char **)field);
	*(char **)field = NULL;
}

/* Paths are compared as text (below, equal): they have to have one form. */
static int parse_path(const struct key *key, const char *text, void *field,
		      struct error *err)
{
	struct strbuf path = STRBUF_INIT;
	const char *p = text;

	(void)key;
	if (*text != '/')
		return error_set(err, ERROR_USAGE, 0, "'%s' is not an absolute path",
				 text);
	if (strlen(text) > PATH_MAX_LEN)
		return error_set(err, ERROR_USAGE, 0, "'%.60s...' is too long", text);
	if (strstr(text, " #") || strstr(text, "\t#"))
		return error_set(err, ERROR_USAGE, 0,
				 "'%s': a comment after a value begins with ';'", text);
	while (*(p += strspn(p, "/"))) {
		size_t len = strcspn(p, "/");

		if ((len == 1 && *p == '.') || (len == 2 && memcmp(p, "..", 2) == 0)) {
			strbuf_done(&path);
			return error_set(err, ERROR_USAGE, 0,
					 "'%s': write the path without '.' and '..'",
					 text);
		}
		strbuf_putc(&path, '/');
		strbuf_add(&path, p, len);
		p += len;
	}
	if (path.len == 0)
		strbuf_putc(&path, '/');
	return take_string(strbuf_steal(&path), field, err);
}

static int parse_source(const struct key *key, const char *text, void *field,
			struct error *err)
{
	struct source source;
	int r = source_parse(text, &source, err);

	(void)key;
	return r < 0 ? r : take_string(strdup(text), field, err);
}

/* What options there are is lib/mnt/options.h. */
static int parse_options(const struct key *key, const char *text, void *field,
			 struct error *err)
{
	(void)key;
	return take_string(strdup(text), field, err);
}

static int parse_user(const struct key *key, const char *text, void *field,
		      struct error *err)
{
	(void)key;
	if (*text == '-' || text[strspn(text, LETTERS "._-$")] != '\0' ||
	    text[strspn(text, "0123456789")] == '\0' || strlen(text) > USER_MAX_LEN)
		return error_set(err, ERROR_USAGE, 0, "'%s' is not the name of a user",
				 text);
	return take_string(strdup(text), field, err);
}

/* ---- numbers ---- */

static int parse_duration_value(const struct key *key, const char *text, void *field,
				struct error *err)
{
	char min[32], max[32];
	int64_t ms;
	int r = parse_duration(text, &ms, err);

	if (r < 0)
		return r;
	format_duration(key->min, min, sizeof(min));
	format_duration(key->max, max, sizeof(max));
	if (ms < key->min)
		return error_set(err, ERROR_USAGE, 0, "%s is less than %s", text, min);
	if (ms > key->max)
		return error_set(err, ERROR_USAGE, 0, "%s is more than %s", text, max);
	*(int64_t *)field = ms;
	return 0;
}

static void format_duration_value(const void *field, struct strbuf *out)
{
	char text[64];

	format_duration(*(const int64_t *)field, text, sizeof(text));
	strbuf_puts(out, text);
}

static int parse_port(const struct key *key, const char *text, void *field,
		      struct error *err)
{
	(void)key;
	return parse_uint(text, 0, 65535, field, err);
}

static int parse_count(const struct key *key, const char *text, void *field,
		       struct error *err)
{
	(void)key;
	return parse_uint(text, 1, 100, field, err);
}

static void format_number(const void *field, struct strbuf *out)
{
	strbuf_printf(out, "%" PRIu64, *(const uint64_t *)field);
}

static int parse_space(const struct key *key, const char *text, void *field,
		       struct error *err)
{
	struct conf_space space = { 0 };
	char number[24];
	size_t len = strlen(text);
	int r;

	(void)key;
	if (len > 0 && len <= sizeof(number) && text[len - 1] == '%') {
		memcpy(number, text, len - 1);
		number[len - 1] = '\0';
		space.is_percent = true;
		r = parse_uint(number, 0, 99, &space.value, err);
	} else {
		r = parse_size(text, &space.value, err);
	}
	if (r < 0)
		return error_set(err, ERROR_USAGE, 0,
				 "'%s' is neither a size like 50GiB nor a percentage "
				 "from 0%% to 99%%",
				 text);
	*(struct conf_space *)field = space;
	return 0;
}

static void format_space(const void *field, struct strbuf *out)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	const struct conf_space *space = field;
	uint64_t value = space->value;
	size_t i = 0;

	while (value >= 1024 && value % 1024 == 0 && i + 1 < ARRAY_SIZE(units)) {
		value /= 1024;
		i++;
	}
	if (space->is_percent)
		strbuf_printf(out, "%" PRIu64 "%%", space->value);
	else
		strbuf_printf(out, "%" PRIu64 "%s", value, units[i]);
}

/* ---- one of several words ---- */

static int parse_vers(const struct key *key, const char *text, void *field,
		      struct error *err)
{
	static const enum conf_vers all[] = {
		CONF_VERS_3,
		CONF_VERS_4_0,
		CONF_VERS_4_1,
		CONF_VERS_4_2,
	};

	(void)key;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (strcmp(conf_vers_text(all[i]), text) == 0) {
			*(enum conf_vers *)field = all[i];
			return 0;
		}
	}
	return error_set(err, ERROR_USAGE, 0, "'%s' is none of 3, 4.0, 4.1, 4.2", text);
}

static void format_vers(const void *field, struct strbuf *out)
{
	strbuf_puts(out, conf_vers_text(*(const enum conf_vers *)field));
}

static int parse_driver(const struct key *key, const char *text, void *field,
			struct error *err)
{
	(void)key;
	if (strcmp(text, "zimbra") == 0 || strcmp(text, "archive") == 0)
		return error_set(err, ERROR_USAGE, 0,
				 "'%s' comes in a later version; there is only command "
				 "so far",
				 text);
	if (strcmp(text, "command") != 0)
		return error_set(err, ERROR_USAGE, 0, "'%s' is not command", text);
	*(enum conf_driver *)field = CONF_DRIVER_COMMAND;
	return 0;
}

static void format_driver(const void *field, struct strbuf *out)
{
	(void)field;
	strbuf_puts(out, "command");
}

/* ---- lists of words ---- */

static void format_words(const void *field, struct strbuf *out)
{
	argv_join(*(char **const *)field, out);
}

static void done_words(void *field)
{
	argv_free(*(char ***)field);
	*(char ***)field = NULL;
}

static int parse_command(const struct key *key, const char *text, void *field,
			 struct error *err)
{
	char **argv;
	int r = argv_split(text, &argv, err);

	(void)key;
	if (r < 0)
		return r;
	if (argv[0] && argv[0][0] != '/') {
		(void)error_set(err, ERROR_USAGE, 0,
				"'%s' is not an absolute path: there is no search path",
				argv[0]);
		argv_free(argv);
		return -ERROR_USAGE;
	}
	done_words(field);
	*(char ***)field = argv;
	return 0;
}

int value_check_name(const char *name, struct error *err)
{
	size_t len = strlen(name);

	if (len > VALUE_NAME_MAX)
		return error_set(err, ERROR_USAGE, 0, "'%s' is longer than %d letters",
				 name, VALUE_NAME_MAX);
	if (len == 0 || strchr(".-_", name[0]) || name[strspn(name, LETTERS "._-")])
		return error_set(
			err, ERROR_USAGE, 0,
			"'%s' is not a name of letters, digits, '.', '_' and '-'", name);
	return 0;
}

static int check_names(char *const *names, struct error *err)
{
	for (size_t i = 0; names[i]; i++) {
		int r = value_check_name(names[i], err);

		if (r < 0)
			return r;
		for (size_t j = 0; j < i; j++) {
			if (strcmp(names[i], names[j]) == 0)
				return error_set(err, ERROR_USAGE, 0,
						 "'%s' is there twice", names[i]);
		}
	}
	return 0;
}

static int parse_names(const struct key *key, const char *text, void *field,
		       struct error *err)
{
	char **names;
	int r = argv_split(text, &names, err);

	(void)key;
	if (r < 0)
		return r;
	r = check_names(names, err);
	if (r < 0) {
		argv_free(names);
		return r;
	}
	done_words(field);
	*(char ***)field = names;
	return 0;
}

/* ---- the schedule ---- */

static const char *const day_names[] = {
	"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat",
};

static int add_day(const char *name, unsigned *days, struct error *err)
{
	for (unsigned i = 0; i < ARRAY_SIZE(day_names); i++) {
		if (strcasecmp(day_names[i], name) != 0)
			continue;
		if (*days & CONF_DAY(i))
			return error_set(err, ERROR_USAGE, 0, "'%s' is there twice",
					 name);
		*days |= CONF_DAY(i);
		return 0;
	}
	return error_set(err, ERROR_USAGE, 0,
			 "'%s' is none of Sun, Mon, Tue, Wed, Thu, Fri, Sat", name);
}

static int parse_days(const struct key *key, const char *text, void *field,
		      struct error *err)
{
	unsigned days = 0;
	char **names;
	int r = argv_split(text, &names, err);

	(void)key;
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && names[i]; i++)
		r = add_day(names[i], &days, err);
	argv_free(names);
	if (r == 0)
		*(unsigned *)field = days;
	return r;
}

static void format_days(const void *field, struct strbuf *out)
{
	const char *space = "";

	for (unsigned i = 0; i < ARRAY_SIZE(day_names); i++) {
		if (!(*(const unsigned *)field & CONF_DAY(i)))
			continue;
		strbuf_printf(out, "%s%s", space, day_names[i]);
		space = " ";
	}
}

/* "HH:MM" at @p, up to 24:00; -1 if it is none. */
static int scan_time(const char *p)
{
	int value[4];

	if (strnlen(p, 5) < 5 || p[2] != ':')
		return -1;
	for (size_t i = 0; i < 4; i++) {
		char c = p[i < 2 ? i : i + 1];

		if (c < '0' || c > '9')
			return -1;
		value[i] = c - '0';
	}
	if (value[2] > 5)
		return -1;
	return (value[0] * 10 + value[1]) * 60 + value[2] * 10 + value[3];
}

static int parse_window(const struct key *key, const char *text, void *field,
			struct error *err)
{
	struct conf_window window = { .always = *text == '\0' };

	(void)key;
	if (!window.always) {
		if (strlen(text) != strlen("HH:MM-HH:MM") || text[5] != '-')
			return error_set(err, ERROR_USAGE, 0,
					 "'%s' is not a window like 22:00-06:00", text);
		window.from_min = scan_time(text);
		window.to_min = scan_time(text + 6);
		if (window.from_min < 0 || window.from_min >= MINUTES_A_DAY ||
		    window.to_min < 0 || window.to_min > MINUTES_A_DAY)
			return error_set(
				err, ERROR_USAGE, 0,
				"'%s': a time is from 00:00 to 23:59, as the end "
				"of a window also 24:00",
				text);
		if (window.from_min == window.to_min)
			return error_set(err, ERROR_USAGE, 0,
					 "'%s' has no length: nothing could ever start",
					 text);
		window.to_min %= MINUTES_A_DAY;
	}
	*(struct conf_window *)field = window;
	return 0;
}

static void format_window(const void *field, struct strbuf *out)
{
	const struct conf_window *w = field;
	int to = w->to_min ? w->to_min : MINUTES_A_DAY;

	if (!w->always)
		strbuf_printf(out, "%02d:%02d-%02d:%02d", w->from_min / 60,
			      w->from_min % 60, to / 60, to % 60);
}

/* ---- all of them ---- */

static const struct value_type types[] = {
	[KEY_PATH] = { "an absolute path", parse_path, format_string, done_string },
	[KEY_SOURCE] = { "SERVER:/EXPORT", parse_source, format_string, done_string },
	[KEY_OPTIONS] = { "mount options, separated by commas", parse_options,
			  format_string, done_string },
	[KEY_USER] = { "the name of a user", parse_user, format_string, done_string },
	[KEY_DURATION] = { "a duration", parse_duration_value, format_duration_value,
			   NULL },
	[KEY_PORT] = { "a number from 0 to 65535", parse_port, format_number, NULL },
	[KEY_COUNT] = { "a number from 1 to 100", parse_count, format_number, NULL },
	[KEY_SPACE] = { "a size, or a percentage from 0% to 99%", parse_space,
			format_space, NULL },
	[KEY_VERS] = { "one of 3, 4.0, 4.1, 4.2", parse_vers, format_vers, NULL },
	[KEY_DRIVER] = { "command", parse_driver, format_driver, NULL },
	[KEY_NAMES] = { "names, separated by spaces", parse_names, format_words,
			done_words },
	[KEY_COMMAND] = { "an absolute path and arguments", parse_command, format_words,
			  done_words },
	[KEY_DAYS] = { "days of the week, separated by spaces", parse_days, format_days,
		       NULL },
	[KEY_WINDOW] = { "HH:MM-HH:MM", parse_window, format_window, NULL },
};

int value_parse(const struct key *key, const char *text, void *base, struct error *err)
{
	/* What may be empty has an empty default. */
	if (*text == '\0' && !(key->fallback && key->fallback[0] == '\0'))
		return error_set(err, ERROR_USAGE, 0, "no value: expected %s",
				 types[key->type].what);
	return types[key->type].parse(key, text, (char *)base + key->offset, err);
}

void value_format(const struct key *key, const void *base, struct strbuf *out)
{
	types[key->type].format((const char *)base + key->offset, out);
}

void value_done(const struct key *key, void *base)
{
	if (types[key->type].done)
		types[key->type].done((char *)base + key->offset);
}

const char *value_describe(const struct key *key, char *buf, size_t size)
{
	char min[32], max[32];

	if (key->max > 0) {
		format_duration(key->min, min, sizeof(min));
		format_duration(key->max, max, sizeof(max));
		(void)snprintf(buf, size, "%s from %s to %s", types[key->type].what, min,
			       max);
	} else {
		(void)snprintf(buf, size, "%s", types[key->type].what);
	}
	return buf;
}
