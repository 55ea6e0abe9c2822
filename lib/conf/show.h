/* SPDX-License-Identifier: MIT */
#ifndef LIB_CONF_SHOW_H
#define LIB_CONF_SHOW_H

struct conf;
struct json;
struct strbuf;

/*
 * Every value of @conf as it was understood, and where it comes from: as sections of
 * "key = value ; FILE:LINE" (or "; default"), and as JSON: {files: [...], values:
 * [{section, name, key, value, file, line}]}, where name is null but for a
 * destination, and file and line are null for a default.
 */
void show_text(const struct conf *conf, struct strbuf *out) __attribute__((nonnull));
void show_json(const struct conf *conf, struct json *out) __attribute__((nonnull));

#endif
