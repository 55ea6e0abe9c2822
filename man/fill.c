/* SPDX-License-Identifier: MIT */
/*
 * fill TEMPLATE: print a manual page with the table of keys in the place of its line
 * `.\" @KEYS@`.  Run by the build, so that nfsafe.conf(5) cannot miss a key.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/strbuf.h"
#include "lib/conf/explain.h"

#define MARK ".\\\" @KEYS@\n"
#define TEMPLATE_MAX (1024 * 1024)

int main(int argc, char **argv)
{
	cleanup_free char *template = NULL;
	struct strbuf keys = STRBUF_INIT;
	struct error err;
	size_t len;
	char *mark;

	if (argc != 2 || fd_read_file(argv[1], TEMPLATE_MAX, &template, &len, &err) < 0) {
		(void)fprintf(stderr, "fill: %s\n", argc == 2 ? err.msg : "one TEMPLATE");
		return 1;
	}
	mark = strstr(template, MARK);
	explain_mdoc(&keys);
	if (!mark || keys.failed) {
		(void)fprintf(stderr, "fill: %s: no line " MARK, argv[1]);
		return 1;
	}
	*mark = '\0';
	(void)printf("%s%s%s", template, strbuf_str(&keys), mark + strlen(MARK));
	strbuf_done(&keys);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
