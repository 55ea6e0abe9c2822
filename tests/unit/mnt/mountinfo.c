/* SPDX-License-Identifier: MIT */
#include "lib/mnt/mountinfo.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/macro.h"

static struct mountinfo parse(const char *text)
{
	struct mountinfo m;
	struct error err;

	cr_assert_eq(mountinfo_parse(text, strlen(text), &m, &err), 0, "%s", err.msg);
	return m;
}

Test(mountinfo, every_field_is_there)
{
	struct mountinfo m = parse(
		"36 35 98:7 /sub\\040dir /mnt\\0112 rw,noatime master:1 propagate_from:2 "
		"- nfs4 nas:/x\\134y rw,vers=4.1,addr=10.0.0.1\n");
	const struct mountinfo_entry *e = &m.entries[0];

	cr_assert_eq(m.count, 1);
	cr_expect_eq(e->id, 36);
	cr_expect_eq(e->parent_id, 35);
	cr_expect_eq(e->major, 98);
	cr_expect_eq(e->minor, 7);
	cr_expect_str_eq(e->root, "/sub dir");
	cr_expect_str_eq(e->mountpoint, "/mnt\t2");
	cr_expect_str_eq(e->options, "rw,noatime");
	cr_expect(e->slave && !e->shared);
	cr_expect_str_eq(e->fstype, "nfs4");
	cr_expect_str_eq(e->source, "nas:/x\\y");
	cr_expect_str_eq(e->super_options, "rw,vers=4.1,addr=10.0.0.1");
	mountinfo_done(&m);
	mountinfo_done(&m);
}

Test(mountinfo, odd_lines_that_the_kernel_prints)
{
	/* No optional field; an empty source; options with a space; no newline at the
	 * end. */
	struct mountinfo m =
		parse("1 1 0:1 / / rw - rootfs  rw\n"
		      "2 1 0:4 net:[4026532107] /run/netns/x rw shared:2 - nsfs nsfs rw\n"
		      "3 1 0:5 / /y rw - fuse.x y rw, a b");

	cr_assert_eq(m.count, 3);
	cr_expect_str_eq(m.entries[0].source, "");
	cr_expect_str_eq(m.entries[1].root, "net:[4026532107]");
	cr_expect(m.entries[1].shared && !m.entries[1].slave);
	cr_expect_str_eq(m.entries[2].super_options, "rw, a b");
	mountinfo_done(&m);
	m = parse("");
	cr_expect_eq(m.count, 0);
	cr_expect_null(mountinfo_covering(&m, "/"));
	mountinfo_done(&m);
}

Test(mountinfo, a_line_that_is_not_understood_fails_the_whole)
{
	static const char *const bad[] = {
		"x 35 98:0 / /m rw - ext4 s rw",
		"36 35 98 / /m rw - ext4 s rw",
		"36 35 98:0 / /m rw ext4 s rw",
		"36 35 98:0 / /m rw - ext4 s",
		"36 35 98:0 / /m rw -",
		"36 35 98:0 / /m",
		"36",
	};
	char text[256];
	struct mountinfo m;
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		(void)snprintf(text, sizeof(text), "1 1 0:1 / / rw - a b rw\n%s\n",
			       bad[i]);
		cr_expect_eq(mountinfo_parse(text, strlen(text), &m, &err), -ERROR_IO,
			     "%s", bad[i]);
		cr_expect(strstr(err.msg, "line 2"), "%s", err.msg);
	}
	cr_expect_eq(mountinfo_parse("1 1 0:1 / / rw - a b rw\n\n", 25, &m, &err),
		     -ERROR_IO);
	cr_expect_eq(mountinfo_parse("1 1 0:1 / / rw - a\0b rw", 23, &m, &err),
		     -ERROR_IO);
}

Test(mountinfo, a_line_may_be_of_any_length)
{
	static char text[300000];
	struct mountinfo m;
	size_t len;

	len = (size_t)snprintf(text, sizeof(text),
			       "7 1 0:1 / / rw - overlay o lowerdir=");
	memset(text + len, 'x', sizeof(text) - len - 1);
	m = parse(text);
	cr_expect_eq(strlen(m.entries[0].super_options), sizeof(text) - 1 - len + 9);
	mountinfo_done(&m);
}

Test(mountinfo, the_top_of_a_stack_counts)
{
	struct mountinfo m = parse("1 0 0:1 / / rw - ext4 root rw\n"
				   "5 1 0:5 / /srv/nas1 rw - nfs nas:/x rw\n"
				   "6 5 0:6 / /srv/nas1 rw - tmpfs over rw\n");

	cr_expect_eq(mountinfo_at(&m, "/srv/nas1")->id, 6);
	cr_expect_eq(mountinfo_count_at(&m, "/srv/nas1"), 2);
	cr_expect_null(mountinfo_at(&m, "/srv"));
	cr_expect_null(mountinfo_at(&m, "/srv/nas"));
	cr_expect_null(mountinfo_at(&m, "/srv/nas11"));
	cr_expect_eq(mountinfo_covering(&m, "/srv/nas1/a/b")->id, 6);
	cr_expect_eq(mountinfo_covering(&m, "/srv/nas11")->id, 1);
	cr_expect_eq(mountinfo_covering(&m, "/")->id, 1);
	cr_expect_eq(mountinfo_by_id(&m, 5)->minor, 5);
	cr_expect_null(mountinfo_by_id(&m, 7));
	mountinfo_done(&m);
}

/* MS_MOVE keeps a mount's place in the table, MOVE_MOUNT_BENEATH puts a later one below.
 */
Test(mountinfo, the_parent_tells_the_top_not_the_order_of_lines)
{
	struct mountinfo m = parse("6 5 0:6 / /srv/nas1 rw - tmpfs over rw\n"
				   "1 0 0:1 / / rw - ext4 root rw\n"
				   "5 1 0:5 / /srv/nas1 rw - nfs nas:/x rw\n");

	cr_expect_eq(mountinfo_at(&m, "/srv/nas1")->id, 6);
	mountinfo_done(&m);
}

Test(mountinfo, what_a_mount_above_hides_is_not_found)
{
	struct mountinfo m = parse("1 0 0:1 / / rw - ext4 root rw\n"
				   "5 1 0:5 / /srv/nas1 rw - nfs nas:/x rw\n"
				   "7 1 0:7 / /srv rw - tmpfs hides rw\n");

	cr_expect_null(mountinfo_at(&m, "/srv/nas1"));
	cr_expect_eq(mountinfo_covering(&m, "/srv/nas1")->id, 7);
	mountinfo_done(&m);
}

Test(mountinfo, in_a_chroot_the_root_may_be_missing)
{
	struct mountinfo m = parse("5 1 0:5 / /srv rw - ext4 a rw\n"
				   "6 5 0:6 / /srv/x rw - ext4 b rw\n");

	cr_expect_null(mountinfo_covering(&m, "/etc"));
	cr_expect_eq(mountinfo_at(&m, "/srv")->id, 5);
	cr_expect_eq(mountinfo_at(&m, "/srv/x")->id, 6);
	mountinfo_done(&m);
}

Test(mountinfo, a_circle_of_parents_ends, .timeout = 5)
{
	struct mountinfo m = parse("1 1 0:1 / / rw - a root rw\n"
				   "5 6 0:5 / / rw - a b rw\n"
				   "6 5 0:6 / / rw - a c rw\n"
				   "7 1 0:7 / / rw - a d rw\n"
				   "7 7 0:7 / / rw - a d rw\n");

	cr_expect_not_null(mountinfo_covering(&m, "/x"));
	mountinfo_done(&m);
}

Test(mountinfo, what_the_lab_printed_is_understood)
{
	struct mountinfo m;
	struct error err;
	size_t len;
	char *text;

	cr_assert_eq(fd_read_file(CORPUS "/mountinfo/lab-6.1", 65536, &text, &len, &err),
		     0, "%s", err.msg);
	m = parse(text);
	cr_expect_str_eq(mountinfo_at(&m, "/mnt/c d")->source, "nas:/backup");
	cr_expect_str_eq(mountinfo_at(&m, "/mnt/b")->fstype, "nfs");
	mountinfo_done(&m);
	free(text);
}

Test(mountinfo, this_host_has_a_root)
{
	struct mountinfo m;
	struct error err;

	cr_assert_eq(mountinfo_read(&m, &err), 0, "%s", err.msg);
	cr_expect_gt(m.count, 0);
	cr_expect_not_null(mountinfo_at(&m, "/proc"));
	mountinfo_done(&m);
}

Test(mountinfo, slashes_at_the_end_of_a_source_do_not_count)
{
	cr_expect(mountinfo_same_source("nas:/b", "nas:/b"));
	cr_expect(mountinfo_same_source("nas:/b//", "nas:/b"));
	cr_expect(mountinfo_same_source("nas:/", "nas://"));
	cr_expect_not(mountinfo_same_source("nas:/", "nas:"));
	cr_expect_not(mountinfo_same_source("nas:/b", "nas:/bb"));
	cr_expect_not(mountinfo_same_source("nas:/b", "nas2:/b"));
}

Test(mountinfo, kinds_of_filesystems)
{
	cr_expect(mountinfo_is_nfs("nfs") && mountinfo_is_nfs("nfs4"));
	cr_expect_not(mountinfo_is_nfs("nfsd") || mountinfo_is_nfs("tmpfs"));
	cr_expect(mountinfo_is_remote("nfs4") && mountinfo_is_remote("fuse.sshfs") &&
		  mountinfo_is_remote("autofs"));
	cr_expect_not(mountinfo_is_remote("ext4") || mountinfo_is_remote("fusectl") ||
		      mountinfo_is_remote("nfsd"));
}
