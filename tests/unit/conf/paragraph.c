/* SPDX-License-Identifier: MIT */
#include "lib/conf/paragraph.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/strbuf.h"

static void expect(const char *prefix, const char *text, const char *expected)
{
	struct strbuf out = STRBUF_INIT;

	paragraph_wrap(&out, prefix, text);
	cr_expect_str_eq(strbuf_str(&out), expected);
	strbuf_done(&out);
}

Test(paragraph, short_text_is_one_line)
{
	expect("; ", "a b", "; a b\n");
	expect("", "", "");
}

Test(paragraph, paragraphs_are_parted_by_a_line_of_the_prefix)
{
	expect("; ", "a\n\nb", "; a\n;\n; b\n");
	expect("  ", "a\n\nb", "  a\n\n  b\n");
}

Test(paragraph, no_line_is_longer_than_78_and_none_breaks_too_early)
{
	char text[400] = "", line[100];
	struct strbuf out = STRBUF_INIT;
	const char *p;

	for (size_t i = 0; i < 99; i++)
		memcpy(text + i * 4, "abc ", 4);
	paragraph_wrap(&out, "; ", text);
	for (p = strbuf_str(&out); *p; p += strcspn(p, "\n") + 1) {
		size_t len = strcspn(p, "\n");

		cr_expect_leq(len, 78);
		cr_expect(len > 78 - 4 || p[len + 1] == '\0');
		memcpy(line, p, len);
		line[len] = '\0';
		cr_expect_eq(strncmp(line, "; ", 2), 0);
		cr_expect_neq(line[len - 1], ' ');
	}
	strbuf_done(&out);
}

Test(paragraph, a_word_that_is_too_long_stays_whole)
{
	char word[101];
	struct strbuf out = STRBUF_INIT;

	memset(word, 'x', 100);
	word[100] = '\0';
	paragraph_wrap(&out, "", "a");
	paragraph_wrap(&out, "", word);
	cr_expect_eq(out.len, 2 + 101);
	strbuf_done(&out);
}
