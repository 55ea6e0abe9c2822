/* SPDX-License-Identifier: MIT */
#include "lib/conf/paragraph.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/strbuf.h"

#define COLUMNS 78

static void empty_line(struct strbuf *out, const char *prefix)
{
	size_t len = strlen(prefix);

	while (len > 0 && prefix[len - 1] == ' ')
		len--;
	strbuf_add(out, prefix, len);
	strbuf_putc(out, '\n');
}

void paragraph_wrap(struct strbuf *out, const char *prefix, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, " \n");

		if (column > 0 && column + 1 + len > COLUMNS) {
			strbuf_putc(out, '\n');
			column = 0;
		}
		strbuf_puts(out, column > 0 ? " " : prefix);
		column += column > 0 ? 1 : strlen(prefix);
		strbuf_add(out, text, len);
		column += len;
		text += len;
		if (text[0] == '\n' && text[1] == '\n') {
			strbuf_putc(out, '\n');
			empty_line(out, prefix);
			column = 0;
		}
		text += strspn(text, " \n");
	}
	if (column > 0)
		strbuf_putc(out, '\n');
}
