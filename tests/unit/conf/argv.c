/* SPDX-License-Identifier: MIT */
#include "lib/conf/argv.h"

#include <criterion/criterion.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/macro.h"
#include "lib/base/strbuf.h"

#define WORDS_MAX 6

static const struct {
	const char *text;
	const char *words[WORDS_MAX];
} accepted[] = {
	{ "", { NULL } },
	{ " \t ", { NULL } },
	{ "/bin/b --full", { "/bin/b", "--full" } },
	{ "  /bin/b \t x  ", { "/bin/b", "x" } },
	{ "b 'a b' \"c d\"", { "b", "a b", "c d" } },
	{ "b '' \"\"", { "b", "", "" } },
	{ "b x'y'\"z\"w", { "b", "xyzw" } },
	{ "b 'a\"b' \"a'b\"", { "b", "a\"b", "a'b" } },
	{ "b \"a\\\"b\" \"a\\\\b\" \"a\\$b\" \"a\\`b\"",
	  { "b", "a\"b", "a\\b", "a$b", "a`b" } },
	{ "b \"a\\nb\" '\\'", { "b", "a\\nb", "\\" } },
	{ "b a\\ b \\\\ \\'", { "b", "a b", "\\", "'" } },
	{ "b \\; \\| \\$x \\*", { "b", ";", "|", "$x", "*" } },
	{ "b '$x' '*' '>' 'a;b'", { "b", "$x", "*", ">", "a;b" } },
	{ "b \"*\" \">\" \"a;b\" \"#\"", { "b", "*", ">", "a;b", "#" } },
	{ "b a#b a~b \\#c \\~d", { "b", "a#b", "a~b", "#c", "~d" } },
	{ "b x=y %h ^ ! {a,b}", { "b", "x=y", "%h", "^", "!", "{a,b}" } },
	{ "b a]b --x=/y:z@w", { "b", "a]b", "--x=/y:z@w" } },
};

static const struct {
	const char *text;
	const char *says;
} refused[] = {
	{ "b 'a", "not closed" },
	{ "b \"a", "not closed" },
	{ "b \"a\\", "not closed" },
	{ "b a\\", "nothing to quote" },
	{ "b | c", "'|'" },
	{ "b >x", "'>'" },
	{ "b <x", "'<'" },
	{ "b 2>&1", "'>'" },
	{ "b &", "'&'" },
	{ "b;c", "';'" },
	{ "(b)", "'('" },
	{ "b )", "')'" },
	{ "b $x", "'$'" },
	{ "b \"$x\"", "'$'" },
	{ "b `x`", "'`'" },
	{ "b \"`x`\"", "'`'" },
	{ "b *.c", "'*'" },
	{ "b a?", "'?'" },
	{ "b [a]", "'['" },
	{ "b ~/x", "'~'" },
	{ "b #x", "'#'" },
	{ "b\nc", "line break" },
	{ "b \"a\\\nb\"", "line break" },
	{ "b a\\\nb", "nothing to quote" },
};

Test(argv, words_and_quotes)
{
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++) {
		char **argv;
		struct error err = { 0 };
		size_t n = 0;

		cr_assert_eq(argv_split(accepted[i].text, &argv, &err), 0, "%s: %s",
			     accepted[i].text, err.msg);
		for (; n < WORDS_MAX && accepted[i].words[n]; n++) {
			cr_assert_not_null(argv[n], "%s: word %zu", accepted[i].text, n);
			cr_expect_str_eq(argv[n], accepted[i].words[n]);
		}
		cr_expect_null(argv[n], "%s: one more: %s", accepted[i].text, argv[n]);
		argv_free(argv);
	}
}

Test(argv, what_would_need_a_shell_is_refused_and_named)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		char **argv = NULL;
		struct error err;

		cr_assert_eq(argv_split(refused[i].text, &argv, &err), -ERROR_USAGE, "%s",
			     refused[i].text);
		cr_expect_null(argv);
		cr_expect(strstr(err.msg, refused[i].says), "%s: %s", refused[i].text,
			  err.msg);
	}
}

/* What /bin/sh makes of "b WORDS…", one word a line. */
static void shell_words(const char *text, char *buf, size_t size)
{
	char *script;
	FILE *f;
	size_t n;
	int fds[2], status;
	pid_t pid;

	cr_assert(asprintf(&script, "printf '<%%s>\\n' %s", text) > 0);
	cr_assert_eq(pipe(fds), 0);
	pid = fork();
	cr_assert(pid >= 0);
	if (pid == 0) {
		(void)dup2(fds[1], STDOUT_FILENO);
		(void)execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	(void)close(fds[1]);
	f = fdopen(fds[0], "r");
	n = fread(buf, 1, size - 1, f);
	buf[n] = '\0';
	(void)fclose(f);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0, "%s", text);
	free(script);
}

Test(argv, a_shell_splits_what_is_accepted_into_the_same_words)
{
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++) {
		struct strbuf ours = STRBUF_INIT;
		char theirs[512];

		if (!accepted[i].words[0])
			continue;
		for (size_t n = 0; n < WORDS_MAX && accepted[i].words[n]; n++)
			strbuf_printf(&ours, "<%s>\n", accepted[i].words[n]);
		shell_words(accepted[i].text, theirs, sizeof(theirs));
		cr_expect_str_eq(strbuf_str(&ours), theirs);
		strbuf_done(&ours);
	}
}

Test(argv, what_is_joined_is_split_into_the_same)
{
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++) {
		struct strbuf once = STRBUF_INIT, again = STRBUF_INIT;
		char **argv;
		struct error err;

		cr_assert_eq(argv_split(accepted[i].text, &argv, &err), 0);
		argv_join(argv, &once);
		argv_free(argv);
		cr_assert_eq(argv_split(strbuf_str(&once), &argv, &err), 0, "%s: %s",
			     once.text, err.msg);
		for (size_t n = 0; n < WORDS_MAX && accepted[i].words[n]; n++)
			cr_expect_str_eq(argv[n], accepted[i].words[n]);
		argv_join(argv, &again);
		cr_expect_str_eq(strbuf_str(&once), strbuf_str(&again));
		argv_free(argv);
		strbuf_done(&once);
		strbuf_done(&again);
	}
}

Test(argv, a_joined_line_survives_the_comments_of_a_configuration)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)"a ; b ;c", NULL };
	struct strbuf out = STRBUF_INIT;

	argv_join(argv, &out);
	cr_expect_null(strstr(strbuf_str(&out), " ;"), "%s", strbuf_str(&out));
	cr_expect_str_eq(strbuf_str(&out), "sh -c 'a '\\;' b '\\;'c'");
	strbuf_done(&out);
}
