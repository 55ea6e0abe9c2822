/* SPDX-License-Identifier: MIT */
#include "lib/base/strbuf.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(strbuf, empty_is_a_text)
{
	struct strbuf s = STRBUF_INIT;

	cr_assert_str_eq(strbuf_str(&s), "");
	strbuf_add(&s, "", 0);
	cr_assert_str_eq(strbuf_str(&s), "");
	strbuf_done(&s);
	strbuf_done(&s);
}

/* Terminated at each length on the way, also where the buffer is just full. */
Test(strbuf, grows_byte_by_byte)
{
	struct strbuf s = STRBUF_INIT;

	for (size_t i = 0; i < 1000; i++) {
		strbuf_putc(&s, (char)('a' + i % 26));
		cr_assert_eq(s.len, i + 1);
		cr_assert_lt(s.len, s.size);
		cr_assert_eq(s.text[s.len], '\0');
	}
	cr_assert_eq(s.text[27], 'b');
	cr_assert(!s.failed);
	strbuf_done(&s);
}

Test(strbuf, bytes_may_contain_nul)
{
	struct strbuf s = STRBUF_INIT;

	strbuf_add(&s, "a\0b", 3);
	strbuf_puts(&s, "c");
	cr_assert_eq(s.len, 4);
	cr_assert_arr_eq(s.text, "a\0bc", 5);
	strbuf_done(&s);
}

Test(strbuf, printf_appends_whatever_fits_or_not)
{
	struct strbuf s = STRBUF_INIT;
	char text[500];

	memset(text, 'z', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	strbuf_printf(&s, "%s", "");
	cr_assert_eq(s.len, 0);
	strbuf_printf(&s, "%d-", 42);
	strbuf_printf(&s, "%s", text);
	cr_assert_eq(s.len, 3 + strlen(text));
	cr_assert_eq(strncmp(s.text, "42-zzz", 6), 0);
	cr_assert_eq(s.text[s.len], '\0');
	strbuf_done(&s);
}

/* The sizes at which a formatted text exactly fills the buffer. */
Test(strbuf, printf_at_the_edge)
{
	for (int width = 60; width < 70; width++) {
		struct strbuf s = STRBUF_INIT;

		strbuf_printf(&s, "%*d", width, 7);
		cr_assert_eq(s.len, (size_t)width);
		cr_assert_eq(s.text[width - 1], '7');
		cr_assert_eq(s.text[width], '\0');
		strbuf_done(&s);
	}
}

Test(strbuf, steal_hands_over)
{
	struct strbuf s = STRBUF_INIT;
	char *text;

	strbuf_puts(&s, "mine");
	text = strbuf_steal(&s);
	cr_assert_str_eq(text, "mine");
	cr_assert_null(s.text);
	cr_assert_eq(s.len, 0);
	free(text);
	text = strbuf_steal(&s);
	cr_assert_str_eq(text, "", "nothing was appended: that is a text, not NULL");
	free(text);
}

/* Memory that runs out is remembered, and nothing half is handed over. */
Test(strbuf, failure_sticks)
{
	struct strbuf s = STRBUF_INIT;

	strbuf_puts(&s, "before");
	s.failed = true;
	strbuf_puts(&s, "after");
	strbuf_printf(&s, "%d", 1);
	cr_assert_str_eq(strbuf_str(&s), "before");
	cr_assert_null(strbuf_steal(&s));
	cr_assert(!s.failed, "empty again");
}

Test(strbuf, absurd_length_fails_and_does_not_wrap)
{
	struct strbuf s = STRBUF_INIT;

	strbuf_puts(&s, "x");
	strbuf_add(&s, "y", (size_t)-1);
	cr_assert(s.failed);
	cr_assert_str_eq(strbuf_str(&s), "x");
	strbuf_done(&s);
}
