/* SPDX-License-Identifier: MIT */
#include "lib/base/json.h"

#include <criterion/criterion.h>
#include <math.h>

#include "lib/base/strbuf.h"

/* What json_string() makes of @text, compared with @expected. */
static void expect_string(const char *text, const char *expected)
{
	struct strbuf out = STRBUF_INIT;
	struct json j = JSON_INIT(&out);

	json_string(&j, NULL, text);
	cr_expect_str_eq(strbuf_str(&out), expected);
	strbuf_done(&out);
}

Test(json, commas_stand_between_and_nowhere_else)
{
	struct strbuf out = STRBUF_INIT;
	struct json j = JSON_INIT(&out);

	json_object_begin(&j, NULL);
	json_int(&j, "a", 1);
	json_array_begin(&j, "b");
	json_object_begin(&j, NULL);
	json_object_end(&j);
	json_array_begin(&j, NULL);
	json_array_end(&j);
	json_bool(&j, NULL, true);
	json_array_end(&j);
	json_object_begin(&j, "c");
	json_null(&j, "d");
	json_string(&j, "e", "f");
	json_object_end(&j);
	json_uint(&j, "g", 2);
	json_object_end(&j);
	cr_assert_str_eq(strbuf_str(&out), "{\"a\":1,\"b\":[{},[],true],"
					   "\"c\":{\"d\":null,\"e\":\"f\"},\"g\":2}");
	strbuf_done(&out);
}

Test(json, numbers_at_their_ends)
{
	struct strbuf out = STRBUF_INIT;
	struct json j = JSON_INIT(&out);

	json_array_begin(&j, NULL);
	json_int(&j, NULL, INT64_MIN);
	json_int(&j, NULL, INT64_MAX);
	json_uint(&j, NULL, UINT64_MAX);
	json_decimal(&j, NULL, 0.0005);
	json_decimal(&j, NULL, -1.5);
	json_decimal(&j, NULL, NAN);
	json_decimal(&j, NULL, INFINITY);
	json_array_end(&j);
	cr_assert_str_eq(strbuf_str(&out),
			 "[-9223372036854775808,9223372036854775807,"
			 "18446744073709551615,0.001,-1.500,null,null]");
	strbuf_done(&out);
}

Test(json, escapes)
{
	expect_string("", "\"\"");
	expect_string("\"\\/", "\"\\\"\\\\/\"");
	expect_string("\n\t\r\b\x01\x1f\x7f", "\"\\n\\t\\u000d\\u0008\\u0001\\u001f"
					      "\\u007f\"");
	expect_string(NULL, "null");
}

Test(json, keys_are_quoted_like_strings)
{
	struct strbuf out = STRBUF_INIT;
	struct json j = JSON_INIT(&out);

	json_object_begin(&j, NULL);
	json_int(&j, "a\"b", 1);
	json_object_end(&j);
	cr_assert_str_eq(strbuf_str(&out), "{\"a\\\"b\":1}");
	strbuf_done(&out);
}

Test(json, valid_utf8_passes)
{
	expect_string("\xc3\xa4", "\"\xc3\xa4\"");                 /* U+00E4 */
	expect_string("\xe2\x82\xac", "\"\xe2\x82\xac\"");         /* U+20AC */
	expect_string("\xed\x9f\xbf", "\"\xed\x9f\xbf\"");         /* U+D7FF */
	expect_string("\xf0\x90\x80\x80", "\"\xf0\x90\x80\x80\""); /* U+10000 */
	expect_string("\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""); /* U+10FFFF */
}

/* Each bad byte becomes U+FFFD, and what follows is not swallowed. */
Test(json, bad_utf8_is_replaced)
{
	expect_string("a\xff"
		      "b",
		      "\"a\\ufffdb\"");
	expect_string("\x80", "\"\\ufffd\"");
	expect_string("\xc3", "\"\\ufffd\"");
	expect_string("\xc3\"", "\"\\ufffd\\\"\"");
	expect_string("\xe2\x82", "\"\\ufffd\\ufffd\"");
	expect_string("\xf0\x90\x80", "\"\\ufffd\\ufffd\\ufffd\"");
	expect_string("\xc0\x80", "\"\\ufffd\\ufffd\"");            /* overlong NUL */
	expect_string("\xe0\x80\x80", "\"\\ufffd\\ufffd\\ufffd\""); /* overlong */
	expect_string("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""); /* surrogate */
	expect_string("\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
	expect_string("\xf5", "\"\\ufffd\"");
}
