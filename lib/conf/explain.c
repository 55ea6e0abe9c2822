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

int explain_find(const char *name, const struct key **ret, struct error *err)
{
	const char *dot = strrchr(name, '.');
	size_t len = dot ? (size_t)(dot - name) : 0;
	struct nearest nearest = NEAREST_INIT(dot ? dot + 1 : name);
	char hint[80];

	for (const struct key *key = key_table; key->name; key++) {
		const char *section = section_table[key->section].name;

		nearest_offer(&nearest, key->name);
		if (strcmp(key->name, nearest.word) != 0)
			continue;
		if (dot && (strlen(section) != len || strncmp(section, name, len) != 0))
			continue;
		*ret = key;
		return 0;
	}
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

/* A line of text: no macro at its beginning, no escape in it. */
static void mdoc_text(struct strbuf *out, const char *text)
{
	bool start = true;

	for (const char *p = text; *p; p++) {
		if (start && (*p == '.' || *p == '\''))
			strbuf_puts(out, "\\&");
		start = false;
		if (p[0] == '\n' && p[1] == '\n') {
			strbuf_puts(out, "\n.Pp\n");
			start = true;
			p++;
		} else if (p[0] == '.' && p[1] == ' ') {
			/* One sentence a line. */
			strbuf_puts(out, ".\n");
			start = true;
			p++;
		} else if (*p == '\\') {
			strbuf_puts(out, "\\e");
		} else {
			strbuf_putc(out, *p);
		}
	}
	strbuf_putc(out, '\n');
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
		strbuf_printf(out, "Required by\n.Ql %s .\n", key->required);
	else if (key->fallback[0])
		strbuf_printf(out, "Default:\n.Ql %s .\n", key->fallback);
	else
		strbuf_puts(out, "Default: empty.\n");
}

void explain_mdoc(struct strbuf *out)
{
	for (enum section s = 0; s < SECTION_COUNT; s++) {
		strbuf_printf(out, ".Ss [%s%s]\n", section_table[s].name,
			      s == SECTION_DESTINATION ? " NAME" : "");
		mdoc_text(out, section_table[s].text);
		strbuf_puts(out, ".Bl -tag -width Ds\n");
		for (const struct key *key = key_first(s); key; key = key_next(key))
			mdoc_key(out, key);
		strbuf_puts(out, ".El\n");
	}
}
