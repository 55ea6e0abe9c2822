/* SPDX-License-Identifier: MIT */
/*
 * Mount options from any bytes: no crash; and what is accepted never lets the soft
 * time-out beat the breaker, fits, has none of the words that would undo ours, and is
 * accepted again.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/mnt/options.h"

#define MAX_STALL_MS 60000

static void check(const struct options *o)
{
	static const struct options_server server = { 30, "10.0.0.1", 2049, 20048 };
	static const char *const never[] = { "sharecache", "suid", "exec",  "addr=",
					     "softerr",    "lock", "port=", "\\" };
	char text[OPTIONS_TEXT_SIZE];
	struct options again;
	struct error err;

	assert(o->hard || options_major_timeout_ms(o) >= INT64_C(3) * MAX_STALL_MS);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		assert(!strstr(o->extra, never[i]));
	assert(options_format(o, &server, text, &err) == 0);
	assert(options_parse(o->extra, MAX_STALL_MS, &again, &err) == 0);
	assert(strcmp(again.extra, o->extra) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct options o;
	struct error err;

	assert(text);
	if (options_parse(text, MAX_STALL_MS, &o, &err) == 0)
		check(&o);
	else
		assert(strncmp(err.msg, "options: ", 9) == 0);
	free(text);
	return 0;
}
