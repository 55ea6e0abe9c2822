/* SPDX-License-Identifier: MIT */
/*
 * A command line from any bytes: no crash, no leak; and its words, joined, are split
 * into the same words, with no " ;" that a configuration would cut off.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/strbuf.h"
#include "lib/conf/argv.h"

static void split_again(char *const *words)
{
	struct strbuf joined = STRBUF_INIT;
	struct error err;
	char **argv;
	size_t i = 0;

	argv_join(words, &joined);
	assert(!strstr(strbuf_str(&joined), " ;"));
	assert(argv_split(strbuf_str(&joined), &argv, &err) == 0);
	for (; words[i]; i++)
		assert(argv[i] && strcmp(argv[i], words[i]) == 0);
	assert(!argv[i]);
	argv_free(argv);
	strbuf_done(&joined);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct error err;
	char **argv;

	assert(text);
	if (argv_split(text, &argv, &err) == 0) {
		split_again(argv);
		argv_free(argv);
	} else {
		assert(err.msg[0] && !strchr(err.msg, '\n'));
	}
	free(text);
	return 0;
}
