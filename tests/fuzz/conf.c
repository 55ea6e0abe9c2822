/* SPDX-License-Identifier: MIT */
/*
 * The configuration from any bytes: no crash, no leak; and what is accepted and shown
 * is accepted again and shown the same.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/strbuf.h"
#include "lib/conf/check.h"
#include "lib/conf/conf.h"
#include "lib/conf/load.h"
#include "lib/conf/problems.h"
#include "lib/conf/show.h"

/* What libinih takes, wherever it was built. */
#define LINE_MAX_LEN 190

/* The values of @text as `config show` has them, or nothing if there is an error. */
static void read_and_show(const char *text, size_t len, struct strbuf *out)
{
	struct problems problems = PROBLEMS_INIT;
	struct conf conf = { 0 };
	struct error err;

	if (load_text("f", text, len, &conf, &problems, &err) == 0) {
		check_conf(&conf, &problems);
		problems_sort(&problems);
		if (problems_to_error(&problems, &err) == 0)
			show_text(&conf, out);
	}
	problems_done(&problems);
	conf_done(&conf);
}

/* Cut off where the values come from; false if a line is too long for a file. */
static bool cut_origins(struct strbuf *s)
{
	size_t to = 0, line = 0;

	for (size_t from = 0; from < s->len; from++) {
		if (strncmp(s->text + from, " ; ", 3) == 0)
			from += strcspn(s->text + from, "\n");
		s->text[to++] = s->text[from];
		if (s->text[from] != '\n')
			continue;
		if (to - line > LINE_MAX_LEN)
			return false;
		line = to;
	}
	s->text[to] = '\0';
	s->len = to;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf once = STRBUF_INIT, again = STRBUF_INIT;

	read_and_show((const char *)data, size, &once);
	if (once.len > 0 && cut_origins(&once)) {
		read_and_show(once.text, once.len, &again);
		assert(again.len > 0 && cut_origins(&again));
		assert(strcmp(once.text, again.text) == 0);
	}
	strbuf_done(&once);
	strbuf_done(&again);
	return 0;
}
