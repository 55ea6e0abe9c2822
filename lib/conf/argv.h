/* SPDX-License-Identifier: MIT */
#ifndef LIB_CONF_ARGV_H
#define LIB_CONF_ARGV_H

/*
 * A command line as words: split as a shell would, without a shell.
 *
 * Blanks separate words; '…', "…" and \ quote as POSIX says (Shell Command
 * Language, 2.2 Quoting).  Whatever a shell would do beyond that is refused: the
 * operators | & ; < > ( ), a $ or ` that would expand, the patterns * ? [, a ~ or
 * # that begins a word.  So a text that is accepted means the same here and in a
 * shell, and one that counts on a shell fails when it is read, not at night.
 */

struct error;
struct strbuf;

/*
 * Split @text.  @ret_argv: ended by NULL, owned by the caller, argv_free(); not
 * NULL, but empty, for a text without words.
 * Returns 0, or -ERROR_USAGE with what is wrong, or -ERROR_INTERNAL.
 */
int argv_split(const char *text, char ***ret_argv, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/*
 * The words of @argv as one line that argv_split() reads back the same.  No blank
 * comes before a bare ";": the line can stand in a configuration file.
 */
void argv_join(char *const *argv, struct strbuf *out) __attribute__((nonnull));

/* NULL is fine. */
void argv_free(char **argv);

#endif
