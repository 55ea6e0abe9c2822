/* SPDX-License-Identifier: MIT */
#include "lib/conf/example.h"

#include <string.h>

#include "lib/base/strbuf.h"
#include "lib/conf/key.h"
#include "lib/conf/paragraph.h"
#include "lib/conf/value.h"

static void write_key(struct strbuf *out, const struct key *key)
{
	const char *value = key->fallback;
	char what[80];

	strbuf_putc(out, '\n');
	paragraph_wrap(out, "; ", key->help);
	strbuf_printf(out, "; (%s", value_describe(key, what, sizeof(what)));
	if (key->required)
		strbuf_printf(out, "; required by %s)\n%s = %s\n", key->required,
			      key->name, key->example);
	else if (*value == '\0')
		strbuf_printf(out, "; empty by default)\n;%s = %s\n", key->name,
			      key->example);
	else
		strbuf_printf(out, ")\n;%s = %s\n", key->name,
			      strstr(value, "NAME") ? key->example : value);
}

void example_write(struct strbuf *out)
{
	strbuf_puts(out, "; Configuration of nfsafe: see nfsafe.conf(5), nfsafe(8).\n"
			 "; What is commented out stands for its default.  nfsafe config "
			 "explain KEY\n; says more about each key, nfsafe config check "
			 "whether all is well.\n");
	for (enum section s = 0; s < SECTION_COUNT; s++) {
		strbuf_puts(out, "\n\n");
		paragraph_wrap(out, "; ", section_table[s].text);
		strbuf_printf(out, "[%s%s]\n", section_table[s].name,
			      s == SECTION_DESTINATION ? " nas1" : "");
		for (const struct key *key = key_first(s); key; key = key_next(key))
			write_key(out, key);
	}
}
