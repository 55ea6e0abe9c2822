/* SPDX-License-Identifier: MIT */
/* A whole note is understood, whatever else is in it; one that was cut off is none. */
#include "lib/backup/note.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char whole[] = "run=17\n"
			    "destination=nas1\n"
			    "mountpoint=/srv/nfsafe/nas1\n"
			    "at_ms=1795903200000\n"
			    "tripped=1\n"
			    "stall_ms=8000\n"
			    "ended=1\n"
			    "forces=12\n"
			    "detached=1\n"
			    "drained=1\n"
			    "released=0\n"
			    "weather=fine\n"
			    "text=the server died = really\n";

Test(note, whole)
{
	struct note n;
	char text[512];

	cr_assert_eq(note_parse(whole, strlen(whole), &n), 1);
	cr_assert_eq(n.run, 17);
	cr_assert_str_eq(n.destination, "nas1");
	cr_assert_str_eq(n.mountpoint, "/srv/nfsafe/nas1");
	cr_assert_eq(n.at_ms, INT64_C(1795903200000));
	cr_assert_eq(n.stall_ms, 8000);
	cr_assert_eq(n.forces, 12);
	cr_assert(n.tripped && n.ended && n.detached && n.drained && !n.released);
	cr_assert_str_eq(n.text, "the server died = really");
	note_describe(&n, text, sizeof(text));
	cr_assert_str_eq(text,
			 "the server died = really; its mount was detached, forced 12 "
			 "times, and is not used by anybody; the command has ended");
}

Test(note, cut_off_anywhere)
{
	struct note n;

	for (size_t len = 0; len < strlen(whole); len++)
		cr_assert_eq(note_parse(whole, len, &n), 0, "after %zu bytes", len);
}

Test(note, garbage)
{
	static const char *const bad[] = {
		"run=17\nno line\n",
		"run=-1\n",
		"run=\n",
		"run=99999999999999999999\n",
		"tripped=2\n",
		"destination=a\tb\n",
		"destination="
		"0123456789012345678901234567890123456789012345678901234567890"
		"123456789\n",
	};
	char text[512];
	struct note n;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s%s", whole, bad[i]);
		cr_assert_eq(note_parse(text, strlen(text), &n), 0, "%s", bad[i]);
	}
	(void)snprintf(text, sizeof(text), "%srun=0\n", whole);
	cr_assert_eq(note_parse(text, strlen(text), &n), 0);
	cr_assert_eq(note_parse("\0\0\0\n", 4, &n), 0);
	cr_assert_eq(note_parse("text=x\n", 7, &n), 0, "nothing that is needed");
}
