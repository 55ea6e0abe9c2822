/* SPDX-License-Identifier: MIT */
/*
 * fill TEMPLATE: print a manual page with what the program's own tables say in the
 * place of the lines `.\" @KEYS@` and `.\" @EXITS@`.  Run by the build, so that a page
 * cannot miss a key or an exit code.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cmd/exit.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/macro.h"
#include "lib/base/strbuf.h"
#include "lib/conf/explain.h"

#define TEMPLATE_MAX (1024 * 1024)

/* The table of --help, "  69  the destination ...", as a list's items. */
static void exits_mdoc(struct strbuf *out)
{
	cleanup_free char *table = NULL;
	size_t size;
	FILE *f = open_memstream(&table, &size);

	if (!f) {
		out->failed = true;
		return;
	}
	exit_print_table(f);
	out->failed |= fclose(f) != 0;
	for (char *line = table; line && *line;) {
		char *end = line + strcspn(line, "\n");
		char *code = line + strspn(line, " ");
		char *text = code + strspn(code, "0123456789");

		text += strspn(text, " ");
		strbuf_printf(out, ".It %.*s\n%c%.*s.\n", (int)strcspn(code, " "), code,
			      toupper((unsigned char)*text), (int)(end - text - 1),
			      text + 1);
		line = *end ? end + 1 : end;
	}
}

static const struct {
	const char *mark;
	void (*print)(struct strbuf *out);
} marks[] = {
	{ ".\\\" @KEYS@\n", explain_mdoc },
	{ ".\\\" @EXITS@\n", exits_mdoc },
};

int main(int argc, char **argv)
{
	cleanup_free char *template = NULL;
	struct strbuf out = STRBUF_INIT;
	const char *rest;
	struct error err;
	size_t len;

	if (argc != 2 || fd_read_file(argv[1], TEMPLATE_MAX, &template, &len, &err) < 0) {
		(void)fprintf(stderr, "fill: %s\n", argc == 2 ? err.msg : "one TEMPLATE");
		return 1;
	}
	rest = template;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		const char *at = strstr(rest, marks[i].mark);

		if (!at)
			continue;
		strbuf_add(&out, rest, (size_t)(at - rest));
		marks[i].print(&out);
		rest = at + strlen(marks[i].mark);
	}
	strbuf_puts(&out, rest);
	if (!out.failed)
		(void)fputs(out.text, stdout);
	len = out.failed;
	strbuf_done(&out);
	return len == 0 && fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
