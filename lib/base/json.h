/* SPDX-License-Identifier: MIT */
#ifndef LIB_BASE_JSON_H
#define LIB_BASE_JSON_H

/*
 * JSON (RFC 8259) written into a strbuf, in the order of the calls; commas are
 * put by the writer.  Strings that are not valid UTF-8 get U+FFFD for each bad
 * byte, so that the output always parses.  @key is NULL inside an array and for
 * the outermost value.
 */

#include <stdbool.h>
#include <stdint.h>

struct strbuf;

struct json {
	struct strbuf *out;
	bool comma; /* the next value needs one before it */
};

#define JSON_INIT(buf) ((struct json){ .out = (buf) })

void json_object_begin(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array_begin(struct json *j, const char *key);
void json_array_end(struct json *j);
/* NULL is written as null. */
void json_string(struct json *j, const char *key, const char *value);
void json_int(struct json *j, const char *key, int64_t value);
void json_uint(struct json *j, const char *key, uint64_t value);
/* With three decimals: milliseconds to the microsecond. */
void json_decimal(struct json *j, const char *key, double value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

#endif
