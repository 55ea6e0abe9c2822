/* SPDX-License-Identifier: MIT */
/*
 * A path is resolved without touching what may hang.  What is remote is pretended in
 * the text of mountinfo; that it was not touched shows in what the disk has there.
 */
#include "lib/base/place.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/strbuf.h"

#define ROOT "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"

struct directory {
	char path[64];
};

static struct directory directory_make(void)
{
	struct directory d = { "/tmp/nfsafe-place-XXXXXX" };

	cr_assert_not_null(mkdtemp(d.path));
	return d;
}

static void directory_remove(const struct directory *d)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf -- '%s'", d->path);
	cr_assert_eq(system(command), 0);
}

#define DIRECTORY(name)                                                                  \
	__attribute__((cleanup(directory_remove))) struct directory name =               \
		directory_make()

static const char *directory_at(const struct directory *d, const char *name,
				char buf[PATH_MAX])
{
	(void)snprintf(buf, PATH_MAX, "%s/%s", d->path, name);
	return buf;
}

#define cr_assert_contains(text, part)                                                   \
	cr_assert(strstr((text), (part)), "'%s' does not say '%s'", (text), (part))

static int resolve(const char *path, const char *mountinfo, char ret[PATH_MAX],
		   struct error *err)
{
	*err = (struct error){ .msg = "" };
	ret[0] = '\0';
	return place_resolve(path, mountinfo, ret, err);
}

/* mountinfo with @fstype mounted at @directory/@name. */
static char *with_mount(const struct directory *d, const char *name, const char *fstype)
{
	struct strbuf s = STRBUF_INIT;

	strbuf_printf(&s, ROOT "30 27 0:9 / %s/%s rw shared:1 - %s server:/x rw\n",
		      d->path, name, fstype);
	return strbuf_steal(&s);
}

Test(place, tells_what_may_hang)
{
	static const char *const remote[] = { "nfs",    "nfs4",           "cifs",
					      "smb3",   "ceph",           "fuse.sshfs",
					      "fuse",   "fuse.glusterfs", "9p",
					      "autofs", "fuse.s3fs",      "lustre" };
	static const char *const local[] = { "ext4",  "xfs",     "btrfs",
					     "tmpfs", "overlay", "fuseblk",
					     "zfs",   "vfat",    "fuse.fuse-overlayfs",
					     "nfsd",  "",        "ext2" };

	for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++)
		cr_expect(place_is_remote(remote[i]), "%s", remote[i]);
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		cr_expect_not(place_is_remote(local[i]), "%s", local[i]);
}

Test(place, resolves_as_the_kernel_does)
{
	DIRECTORY(d);
	char path[PATH_MAX], got[PATH_MAX], real[PATH_MAX];
	struct error err;

	cr_assert_eq(mkdir(directory_at(&d, "a", path), 0755), 0);
	cr_assert_eq(mkdir(directory_at(&d, "a/b", path), 0755), 0);
	cr_assert_eq(symlink("b", directory_at(&d, "a/relative", path)), 0);
	cr_assert_eq(symlink("../a/./relative", directory_at(&d, "a/up", path)), 0);
	cr_assert_eq(symlink(d.path, directory_at(&d, "a/b/absolute", path)), 0);
	(void)directory_at(&d, "a//up/../b/./absolute/a/up/", path);
	cr_assert_eq(resolve(path, ROOT, got, &err), 0, "%s", err.msg);
	cr_assert_not_null(realpath(path, real));
	cr_assert_str_eq(got, real);
	cr_assert_eq(resolve("/", ROOT, got, &err), 0);
	cr_assert_str_eq(got, "/");
	cr_assert_eq(resolve("/../..//.", ROOT, got, &err), 0);
	cr_assert_str_eq(got, "/");
}

Test(place, keeps_what_does_not_exist)
{
	DIRECTORY(d);
	char path[PATH_MAX], got[PATH_MAX];
	struct error err;

	cr_assert_eq(resolve(directory_at(&d, "none/such", path), ROOT, got, &err), 0);
	cr_assert_str_eq(got, path);
}

/* Behind the pretended mount lies a file; touching it gives ENOTDIR, not this. */
Test(place, refuses_a_remote_one_before_touching_it)
{
	DIRECTORY(d);
	char *mountinfo = with_mount(&d, "remote", "nfs4");
	char path[PATH_MAX], got[PATH_MAX];
	struct error err;

	cr_assert_geq(creat(directory_at(&d, "remote", path), 0644), 0);
	cr_assert_eq(
		resolve(directory_at(&d, "remote/state", path), mountinfo, got, &err),
		-ERROR_CONFIG);
	cr_assert_contains(err.msg, "/remote (nfs4), which may hang");
	cr_assert_contains(err.msg, "put it on a local disk");
	cr_assert_eq(resolve(directory_at(&d, "remote", path), mountinfo, got, &err),
		     -ERROR_CONFIG);
	/* As a part of a name it is another one. */
	cr_assert_eq(resolve(directory_at(&d, "remote2", path), mountinfo, got, &err), 0);
	free(mountinfo);
}

Test(place, refuses_a_link_to_a_remote_one)
{
	DIRECTORY(d);
	char *mountinfo = with_mount(&d, "remote", "fuse.sshfs");
	char path[PATH_MAX], got[PATH_MAX];
	struct error err;

	cr_assert_geq(creat(directory_at(&d, "remote", path), 0644), 0);
	cr_assert_eq(symlink("remote/x/../y", directory_at(&d, "link", path)), 0);
	cr_assert_eq(resolve(directory_at(&d, "link/z", path), mountinfo, got, &err),
		     -ERROR_CONFIG);
	cr_assert_contains(err.msg, "/remote (fuse.sshfs)");
	free(mountinfo);
}

Test(place, sees_the_mount_on_top)
{
	DIRECTORY(d);
	struct strbuf s = STRBUF_INIT;
	char path[PATH_MAX], got[PATH_MAX];
	struct error err;

	strbuf_printf(&s, ROOT "30 27 0:9 / %s/m rw - nfs a:/x rw\n", d.path);
	strbuf_printf(&s, "31 30 0:10 / %s/m rw master:1 - ext4 /dev/vdb rw\n", d.path);
	(void)directory_at(&d, "m/state", path);
	cr_assert_eq(resolve(path, strbuf_str(&s), got, &err), 0, "%s", err.msg);
	strbuf_printf(&s, "32 31 0:11 / %s/m rw - nfs a:/x rw", d.path);
	cr_assert_eq(resolve(path, strbuf_str(&s), got, &err), -ERROR_CONFIG);
	strbuf_done(&s);
}

Test(place, reads_escaped_mountpoints)
{
	DIRECTORY(d);
	char *mountinfo = with_mount(&d, "with\\040space\\134", "nfs");
	char path[PATH_MAX], got[PATH_MAX];
	struct error err;

	cr_assert_eq(
		resolve(directory_at(&d, "with space\\/x", path), mountinfo, got, &err),
		-ERROR_CONFIG);
	cr_assert_eq(resolve(directory_at(&d, "with space", path), mountinfo, got, &err),
		     0);
	free(mountinfo);
}

Test(place, refuses_a_root_on_nfs)
{
	char got[PATH_MAX];
	struct error err;

	cr_assert_eq(resolve("/var/lib/nfsafe", "1 1 0:9 / / rw - nfs a:/root rw\n", got,
			     &err),
		     -ERROR_CONFIG);
}

Test(place, refuses_what_is_no_path)
{
	DIRECTORY(d);
	char path[PATH_MAX], got[PATH_MAX];
	char *long_path = malloc(3 * PATH_MAX);
	struct error err;

	cr_assert_eq(resolve("var/lib", ROOT, got, &err), -ERROR_CONFIG);
	cr_assert_contains(err.msg, "not an absolute path");
	cr_assert_eq(resolve("", ROOT, got, &err), -ERROR_CONFIG);
	cr_assert_eq(symlink("loop", directory_at(&d, "loop", path)), 0);
	cr_assert_eq(resolve(path, ROOT, got, &err), -ERROR_CONFIG);
	cr_assert_contains(err.msg, "too many symbolic links");
	memset(long_path, 'x', 3 * PATH_MAX);
	for (size_t i = 0; i < 3 * PATH_MAX; i += 100)
		long_path[i] = '/';
	long_path[3 * PATH_MAX - 1] = '\0';
	cr_assert_eq(resolve(long_path, ROOT, got, &err), -ERROR_CONFIG);
	long_path[PATH_MAX - 1] = '\0';
	cr_assert_eq(resolve(long_path, ROOT, got, &err), 0, "%s", err.msg);
	cr_assert_eq(strlen(got), PATH_MAX - 1);
	free(long_path);
}

Test(place, survives_any_text)
{
	static const char *const texts[] = { "",
					     "\n\n\n",
					     "a b c d",
					     "1 2 3 4 / x - ",
					     "1 2 3 4 /\\0",
					     "1 2 3 4 / - nfs",
					     "- - - - - - nfs",
					     "1 2 3 4 /\n - nfs x y" };
	char got[PATH_MAX];
	struct error err;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		(void)resolve("/dev/../tmp", texts[i], got, &err);
}

Test(place, looks_at_the_mounts_there_are)
{
	char got[PATH_MAX];
	struct error err;

	cr_assert_eq(place_find("/proc/../proc/self", got, &err), 0);
	cr_assert(strncmp(got, "/proc/", 6) == 0, "%s", got);
	cr_assert_eq(place_find("run", got, &err), -ERROR_CONFIG);
}

/* Where a descriptor writes to: by its mount, whatever is called so now. */
Test(place, refuses_a_descriptor_on_a_remote_one)
{
	static const char mountinfo[] =
		ROOT "40 27 0:40 / /home rw - nfs4 nas:/home rw\n"
		     "41 27 0:41 / /tmp rw shared:5 - tmpfs nfs4 rw\n";
	struct error err;

	cr_expect_eq(place_judge_fd("pos:\t0\nflags:\t02\nmnt_id:\t40\nino:\t1\n",
				    mountinfo, "standard output", &err),
		     -ERROR_USAGE);
	cr_assert_contains(err.msg, "standard output is a file on /home (nfs4)");
	cr_expect_eq(place_judge_fd("mnt_id:\t41\n", mountinfo, "x", &err), 0);
	cr_expect_eq(place_judge_fd("mnt_id:\t27\n", mountinfo, "x", &err), 0);
	cr_expect_eq(place_judge_fd("mnt_id:\t4\n", mountinfo, "x", &err), 0, "a pipe");
	cr_expect_eq(place_judge_fd("pos:\t0\n", mountinfo, "x", &err), 0);
	cr_expect_eq(place_judge_fd("mnt_id:\t40\n", "40 27 x", "x", &err), 0);
	cr_expect_eq(place_judge_fd("", "", "x", &err), 0);
}

Test(place, takes_files_and_pipes_of_this_host)
{
	int fds[2], file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	struct error err;

	cr_assert_eq(pipe(fds), 0);
	cr_expect_eq(place_refuse_remote_fd(fds[1], "x", &err), 0);
	cr_expect_eq(place_refuse_remote_fd(file, "x", &err), 0);
	cr_expect_eq(place_refuse_remote_fd(12345, "x", &err), -ERROR_IO);
}
