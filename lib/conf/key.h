/* SPDX-License-Identifier: MIT */
#ifndef LIB_CONF_KEY_H
#define LIB_CONF_KEY_H

/*
 * Every key of the configuration, once: the reader, `nfsafe config`, and
 * nfsafe.conf(5) all go by this table, so none of them can know a key that the
 * others do not.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/conf/conf.h"

enum section {
	SECTION_NFSAFE = 0,
	SECTION_DESTINATION, /* takes a name, and may be there several times */
	SECTION_BACKUP,
	SECTION_SCHEDULE,
	SECTION_COUNT,
};

struct section_info {
	const char *name;
	size_t origins;   /* offset of that field in the section's struct */
	const char *text; /* a paragraph */
};

/* How a value is written, and the C type that it becomes. */
enum key_type {
	KEY_PATH = 0, /* char *: absolute, without "." and "..", no slash too many */
	KEY_SOURCE,   /* char * */
	KEY_OPTIONS,  /* char * */
	KEY_USER,     /* char * */
	KEY_DURATION, /* int64_t, milliseconds */
	KEY_PORT,     /* uint64_t */
	KEY_COUNT,    /* uint64_t, from 1 to 100 */
	KEY_SPACE,    /* struct conf_space */
	KEY_VERS,     /* enum conf_vers */
	KEY_DRIVER,   /* enum conf_driver */
	KEY_NAMES,    /* char **, ended by NULL */
	KEY_COMMAND,  /* char **, ended by NULL */
	KEY_DAYS,     /* unsigned, CONF_DAY() bits */
	KEY_WINDOW,   /* struct conf_window */
};

struct key {
	enum section section;
	const char *name;
	enum key_type type;
	size_t offset; /* of the value in the section's struct, lib/conf/conf.h */
	/*
	 * The default as it would be written; "NAME" stands for the destination's
	 * name.  "": empty, and the key may be written so.  NULL: there is none.
	 */
	const char *fallback;
	const char *required; /* by whom: "nfsafe run"; NULL: it can be left out */
	int64_t min, max;     /* of a duration, milliseconds; 0: no limit */
	const char *help;     /* one line, no full stop */
	const char *text;     /* what a person has to know; paragraphs by "\n\n" */
	const char *example;  /* a value */
};

/* Ended by one without a name; the keys of a section stand together. */
extern const struct key key_table[];

extern const struct section_info section_table[SECTION_COUNT];

/* The first key of @section. */
const struct key *key_first(enum section section);

/* The next one of the same section, or NULL. */
const struct key *key_next(const struct key *key) __attribute__((nonnull));

/*
 * The structs that @section has in @conf, one by one: @index 0, 1, …; NULL after the
 * last.  Only a destination can be there more or less often than once.
 */
void *key_base(const struct conf *conf, enum section section, size_t index)
	__attribute__((nonnull));

/* Where the value of @key in @base (from key_base()) comes from. */
struct conf_origin *key_origin(const struct key *key, const void *base)
	__attribute__((nonnull));

/* NULL if @section has no key of that name. */
const struct key *key_find(enum section section, const char *name)
	__attribute__((nonnull));

/*
 * What to say after "unknown key 'NAME'": the section where it would be right, or
 * the nearest name in @section, or nothing.  Returns @buf.
 */
const char *key_hint(enum section section, const char *name, char *buf, size_t size)
	__attribute__((nonnull));

#endif
