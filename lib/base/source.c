/* SPDX-License-Identifier: MIT */
#include "lib/base/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "lib/base/error.h"

/* What a name, an address, or a zone ("fe80::1%eth0") is made of. */
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
#define ADDRESS_CHARS NAME_CHARS ":%"

/*
 * Where the server is in @text, and what comes after it; NULL if there is none.
 */
static const char *find_server(const char *text, size_t *ret_len, const char **ret_rest)
{
	bool bracket = *text == '[';
	const char *server = bracket ? text + 1 : text;

	*ret_len = strspn(server, bracket ? ADDRESS_CHARS : NAME_CHARS);
	*ret_rest = server + *ret_len;
	if (bracket && *(*ret_rest)++ != ']')
		return NULL;
	return *ret_len > 0 ? server : NULL;
}

static bool has_control_character(const char *p)
{
	for (; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return true;
	}
	return false;
}

int source_parse(const char *text, struct source *ret, struct error *err)
{
	const char *rest, *server;
	size_t len;

	/* First, and not quoted: a message is one line. */
	if (has_control_character(text))
		return error_set(err, ERROR_USAGE, 0,
				 "a control character in the source");
	server = find_server(text, &len, &rest);
	if (server && rest[0] == ':' && rest[1] != '/' && strstr(rest, ":/"))
		return error_set(err, ERROR_USAGE, 0,
				 "'%s': put the address in brackets, as in "
				 "[2001:db8::1]:/export",
				 text);
	if (!server || rest[0] != ':' || rest[1] != '/')
		return error_set(err, ERROR_USAGE, 0,
				 "'%s' is not a source like SERVER:/EXPORT", text);
	rest++;
	if (len >= sizeof(ret->server) || strlen(rest) >= sizeof(ret->export))
		return error_set(err, ERROR_USAGE, 0,
				 "'%.60s...': server or export is too long", text);
	*ret = (struct source){ 0 };
	memcpy(ret->server, server, len);
	memcpy(ret->export, rest, strlen(rest));
	return 0;
}
