/* SPDX-License-Identifier: MIT */
#include "lib/conf/explain.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/json.h"
#include "lib/base/strbuf.h"
#include "lib/conf/nearest.h"
#include "lib/conf/paragraph.h"
#include "lib/conf/value.h"

/* "[destination NAME]" */
static const char *heading(enum section section, char *buf, size_t size)
{
	(void)snprintf(buf, size, "[%s%s]", section_table[section].name,
		       section == SECTION_DESTINATION ? " NAME" : "");
	return buf;
}

/* "max_stall" of "backup.max_stall" is in another section, or in none. */
static int not_in_section(enum section section, const char *name, struct error *err)
{
	char where[80], hint[80];

	return error_set(err, ERROR_USAGE, 0, "there is no key '%s' in %s%s", name,
			 heading(section, where, sizeof(where)),
			 key_hint(section, name, hint, sizeof(hint)));
}

int explain_find(const char *name, const struct key **ret, struct error *err)
{
	const char *dot = strchr(name, '.');
	struct nearest nearest = NEAREST_INIT(name);
	char hint[80];

	for (enum section s = 0; s < SECTION_COUNT; s++) {
		const char *section = section_table[s].name;
		bool meant = dot && strlen(section) == (size_t)(dot - name) &&
			     strncmp(section, name, strlen(section)) == 0;
		const struct key *key = key_find(s, meant ? dot + 1 : name);

		if (key) {
			*ret = key;
			return 0;
		}
		if (meant)
			return not_in_section(s, dot + 1, err);
	}
	for (const struct key *key = key_table; key->name; key++)
		nearest_offer(&nearest, key->name);
	return error_set(err, ERROR_USAGE, 0, "there is no key '%s'%s", name,
			 nearest_hint(&nearest, hint, sizeof(hint)));
}

void explain_text(const struct key *key, struct strbuf *out)
{
	char buf[80];

	strbuf_printf(out, "%s, in %s: %s\n\n", key->name,
		      heading(key->section, buf, sizeof(buf)), key->help);
	paragraph_wrap(out, "  ", key->text);
	strbuf_printf(out, "\n  value    %s\n", value_describe(key, buf, sizeof(buf)));
	if (key->required)
		strbuf_printf(out, "  default  none; required by %s\n", key->required);
	else
		strbuf_printf(out, "  default  %s\n",
			      key->fallback[0] ? key->fallback : "empty");
	strbuf_printf(out, "  example  %s = %s\n", key->name, key->example);
}

void explain_json(const struct key *key, struct json *out)
{
	char buf[80];

	json_object_begin(out, NULL);
	json_string(out, "section", section_table[key->section].name);
	json_string(out, "key", key->name);
	json_string(out, "help", key->help);
	json_string(out, "text", key->text);
	json_string(out, "value", value_describe(key, buf, sizeof(buf)));
	json_string(out, "default", key->required ? NULL : key->fallback);
	json_string(out, "required_by", key->required);
	json_string(out, "example", key->example);
	json_object_end(out);
}

void explain_list(struct strbuf *out)
{
	char buf[80];

	for (enum section s = 0; s < SECTION_COUNT; s++) {
		strbuf_printf(out, "%s%s\n", s > 0 ? "\n" : "",
			      heading(s, buf, sizeof(buf)));
		for (const struct key *key = key_first(s); key; key = key_next(key))
			strbuf_printf(out, "  %-20s %s\n", key->name, key->help);
	}
}

/* ---- mdoc(7) ---- */

/* @len bytes at @p with what mdoc(7) would take for its own escaped. */
static void mdoc_escape(struct strbuf *out, const char *p, size_t len)
{
	bool start = true;

	for (size_t i = 0; i < len; i++) {
		/* Wherever a line may be broken. */
		if (start && (p[i] == '.' || p[i] == '\''))
			strbuf_puts(out, "\\&");
		if (p[i] == '\\')
			strbuf_puts(out, "\\e");
		else
			strbuf_putc(out, p[i]);
		start = p[i] == ' ';
	}
}

/* Each sentence on lines of its own, as mdoc(7) wants it. */
static void mdoc_text(struct strbuf *out, const char *text)
{
	while (*text) {
		const char *stop = strstr(text, ". "), *end = strstr(text, "\n\n");
		struct strbuf sentence = STRBUF_INIT;
		size_t len = strlen(text);

		if (end)
			len = (size_t)(end - text);
		if (stop && (size_t)(stop - text) < len)
			len = (size_t)(stop + 1 - text);
		mdoc_escape(&sentence, text, len);
		paragraph_wrap(out, "", strbuf_str(&sentence));
		out->failed |= sentence.failed;
		strbuf_done(&sentence);
		text += len;
		if (text == end)
			strbuf_puts(out, ".Pp\n");
		text += strspn(text, " \n");
	}
}

static void mdoc_key(struct strbuf *out, const struct key *key)
{
	char buf[80];

	strbuf_printf(out, ".It Ic %s No = Ar value\n", key->name);
	strbuf_printf(out, "%c%s.\n", toupper((unsigned char)key->help[0]),
		      key->help + 1);
	mdoc_text(out, key->text);
	strbuf_printf(out, ".Pp\nValue: %s.\n", value_describe(key, buf, sizeof(buf)));
	if (key->required)
		strbuf_printf(out, "Required by %s.\n", key->required);
	else if (key->fallback[0])
		strbuf_printf(out, "Default:\n.Ql %s .\n", key->fallback);
	else
		strbuf_puts(out, "Default: empty.\n");
}

void explain_mdoc(struct strbuf *out)
{
	for (enum section s = 0; s < SECTION_COUNT; s++) {
		strbuf_printf(out, ".Ss Section %s%s\n", section_table[s].name,
			      s == SECTION_DESTINATION ? " NAME" : "");
		mdoc_text(out, section_table[s].text);
		strbuf_puts(out, ".Bl -tag -width Ds\n");
		for (const struct key *key = key_first(s); key; key = key_next(key))
			mdoc_key(out, key);
		strbuf_puts(out, ".El\n");
	}
}
