/* SPDX-License-Identifier: MIT */
#include "lib/conf/show.h"

#include <stddef.h>

#include "lib/base/json.h"
#include "lib/base/strbuf.h"
#include "lib/conf/conf.h"
#include "lib/conf/key.h"
#include "lib/conf/value.h"

/* Called for each value: @base is the struct that it is in. */
typedef void (*show_fn)(const struct conf *conf, const struct key *key, const void *base,
			void *out);

static void each_value(const struct conf *conf, show_fn show, void *out)
{
	for (enum section s = 0; s < SECTION_COUNT; s++) {
		const void *base;

		for (size_t i = 0; (base = key_base(conf, s, i)); i++) {
			for (const struct key *key = key_first(s); key;
			     key = key_next(key))
				show(conf, key, base, out);
		}
	}
}

static const char *destination_name(const struct key *key, const void *base)
{
	const struct conf_destination *d = base;

	return key->section == SECTION_DESTINATION ? d->name : NULL;
}

static void text_value(const struct conf *conf, const struct key *key, const void *base,
		       void *out)
{
	const struct conf_origin *o = key_origin(key, base);
	const char *name = destination_name(key, base);
	struct strbuf value = STRBUF_INIT;
	struct strbuf *text = out;

	if (key == key_first(key->section))
		strbuf_printf(text, "%s[%s%s%s]\n", text->len > 0 ? "\n" : "",
			      section_table[key->section].name, name ? " " : "",
			      name ? name : "");
	value_format(key, base, &value);
	strbuf_printf(text, "%-19s = %-30s ; ", key->name, strbuf_str(&value));
	if (o->file > 0)
		strbuf_printf(text, "%s:%u\n", conf->files[o->file - 1], o->line);
	else
		strbuf_puts(text, "default\n");
	text->failed |= value.failed;
	strbuf_done(&value);
}

void show_text(const struct conf *conf, struct strbuf *out)
{
	each_value(conf, text_value, out);
}

static void json_value(const struct conf *conf, const struct key *key, const void *base,
		       void *out)
{
	const struct conf_origin *o = key_origin(key, base);
	struct strbuf value = STRBUF_INIT;
	struct json *json = out;

	value_format(key, base, &value);
	json_object_begin(json, NULL);
	json_string(json, "section", section_table[key->section].name);
	json_string(json, "name", destination_name(key, base));
	json_string(json, "key", key->name);
	json_string(json, "value", strbuf_str(&value));
	json_string(json, "file", o->file ? conf->files[o->file - 1] : NULL);
	if (o->file)
		json_uint(json, "line", o->line);
	else
		json_null(json, "line");
	json_object_end(json);
	json->out->failed |= value.failed;
	strbuf_done(&value);
}

void show_json(const struct conf *conf, struct json *out)
{
	json_object_begin(out, NULL);
	json_array_begin(out, "files");
	for (size_t i = 0; i < conf->n_files; i++)
		json_string(out, NULL, conf->files[i]);
	json_array_end(out);
	json_array_begin(out, "values");
	each_value(conf, json_value, out);
	json_array_end(out);
	json_object_end(out);
}
