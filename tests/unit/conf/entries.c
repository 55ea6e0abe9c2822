/* SPDX-License-Identifier: MIT */
#include "lib/conf/entries.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/strbuf.h"
#include "lib/conf/problems.h"

/*
 * What became of @text, one a line: "1 [section]", "2 section key=value", and after
 * them the problems, "! 3: …".
 */
static void expect_length(const char *text, size_t len, const char *expected)
{
	struct problems problems = PROBLEMS_INIT;
	struct strbuf out = STRBUF_INIT;
	struct entries entries;
	struct error err;

	cr_assert_eq(entries_read("f", text, len, &entries, &problems, &err), 0);
	for (size_t i = 0; i < entries.n; i++) {
		const struct entry *e = &entries.items[i];

		if (e->key)
			strbuf_printf(&out, "%u %s %s=%s\n", e->line, e->section, e->key,
				      e->value);
		else
			strbuf_printf(&out, "%u [%s]\n", e->line, e->section);
	}
	for (size_t i = 0; i < problems.n; i++)
		strbuf_printf(&out, "! %u: %s\n", problems.items[i].line,
			      problems.items[i].text);
	cr_expect_str_eq(strbuf_str(&out), expected);
	strbuf_done(&out);
	entries_done(&entries);
	problems_done(&problems);
}

static void expect(const char *text, const char *expected)
{
	expect_length(text, strlen(text), expected);
}

#define NEITHER "neither [section] nor key = value nor ; comment\n"

Test(entries, sections_keys_and_comments)
{
	expect("", "");
	expect("# x\n; y\n\n[a]\nk = v\n\n[b]\nk=w", "4 [a]\n5 a k=v\n7 [b]\n8 b k=w\n");
	expect("[a]\nk =   \nl = x ; c\nm = x;y\nn = ; c\n",
	       "1 [a]\n2 a k=\n3 a l=x\n4 a m=x;y\n5 a n=\n");
	expect("[a]\nk = a = b # c\n", "1 [a]\n2 a k=a = b # c\n");
}

Test(entries, sections_without_keys_are_told_and_blanks_in_them_do_not_count)
{
	expect("[a]\n[ b  c ] ; d\n\t[d]\n", "1 [a]\n2 [b c]\n3 [d]\n");
	expect("[]\nk=v\n", "1 []\n2  k=v\n");
}

Test(entries, indented_keys_are_keys)
{
	expect("[a]\n  k = v\n\tl = w\n", "1 [a]\n2 a k=v\n3 a l=w\n");
}

Test(entries, other_indented_lines_go_on_with_the_value)
{
	expect("[a]\nk = v\n  --w x\n\n ; c\n\ty ; d\nl =\n z\n",
	       "1 [a]\n2 a k=v --w x y\n7 a l=z\n");
	/* Upper case, a dash, a quote: no key of ours. */
	expect("[a]\nk = v\n  LEVEL=full\n  --l=f\n  'l=f'\n",
	       "1 [a]\n2 a k=v LEVEL=full --l=f 'l=f'\n");
	/* But not with a section, nor with nothing. */
	expect("[a]\n  w\n", "1 [a]\n! 2: " NEITHER);
	expect("[a]\nk = v\n[b]\n  w\n", "1 [a]\n2 a k=v\n3 [b]\n! 4: " NEITHER);
}

Test(entries, windows_and_byte_order_mark)
{
	expect("\xef\xbb\xbf[a]\r\nk = v\r\n", "1 [a]\n2 a k=v\n");
}

Test(entries, what_is_no_line_of_a_configuration_is_told)
{
	expect("[a]\nfoo\nk = v\nbar baz\n",
	       "1 [a]\n3 a k=v\n! 2: " NEITHER "! 4: " NEITHER);
	expect("k = v\n[a]\n", "2 [a]\n! 1: 'k' stands before the first [section]\n");
	expect("[a]\nk: v\nl : w = x\n", "1 [a]\n! 2: write 'key = value', with a '='\n"
					 "! 3: write 'key = value', with a '='\n");
	expect("[a]\n= v\n", "1 [a]\n! 2: no key before the '='\n");
}

Test(entries, below_a_section_that_cannot_be_read_nothing_counts)
{
	expect("[a\nk = v\n  w\nfoo\n[b] x\nk = v\n[c]\nl = w\n",
	       "7 [c]\n8 c l=w\n"
	       "! 1: write a section as [name], alone on its line\n"
	       "! 5: write a section as [name], alone on its line\n");
}

Test(entries, control_characters_are_refused)
{
	expect("[a]\nk = \001v\nl = w\n",
	       "1 [a]\n3 a l=w\n! 2: a control character: this is not a text file\n");
	expect("[a]\nk = v\rx\n",
	       "1 [a]\n! 2: a control character: this is not a text file\n");
	expect_length("[a]\nk = \0v\nl = w\n", 16,
		      "1 [a]\n3 a l=w\n! 2: a control character: this is not a text "
		      "file\n");
}

Test(entries, a_long_line_is_an_error_and_never_cut)
{
	char text[4096], expected[400];

	/* libinih's own limit decides; what is taken is whole, the rest is told. */
	for (size_t len = 150; len < 1000; len++) {
		struct problems problems = PROBLEMS_INIT;
		struct entries entries;
		struct error err;
		size_t n = (size_t)snprintf(text, sizeof(text), "[a]\nk = ");

		memset(text + n, 'x', len);
		memcpy(text + n + len, "\nl = w\n", 8);
		cr_assert_eq(
			entries_read("f", text, strlen(text), &entries, &problems, &err),
			0);
		if (problems.n == 0) {
			cr_assert_eq(entries.n, 3);
			cr_assert_eq(strlen(entries.items[1].value), len);
		} else {
			cr_assert_eq(problems.n, 1);
			cr_assert_eq(problems.items[0].line, 2);
			cr_assert_eq(entries.n, 2);
			cr_assert_str_eq(entries.items[1].key, "l");
		}
		entries_done(&entries);
		problems_done(&problems);
	}
	/* Of any length when it goes on in lines. */
	(void)snprintf(text, sizeof(text), "[a]\nk = %0100d\n %0100d\n %0100d\n", 1, 2,
		       3);
	(void)snprintf(expected, sizeof(expected), "1 [a]\n2 a k=%0100d %0100d %0100d\n",
		       1, 2, 3);
	expect(text, expected);
}

Test(entries, a_long_section_is_not_cut)
{
	char text[300], expected[300], name[101];

	/* libinih keeps 49 bytes of it. */
	memset(name, 'n', 100);
	name[100] = '\0';
	(void)snprintf(text, sizeof(text), "[%s]\nk=v\n", name);
	(void)snprintf(expected, sizeof(expected), "1 [%s]\n2 %s k=v\n", name, name);
	expect(text, expected);
	/* And so of a key. */
	(void)snprintf(text, sizeof(text), "[a]\n%s=v\n w\n", name);
	(void)snprintf(expected, sizeof(expected), "1 [a]\n2 a %s=v w\n", name);
	expect(text, expected);
}
