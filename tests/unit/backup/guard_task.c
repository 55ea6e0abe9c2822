/* SPDX-License-Identifier: MIT */
#include "lib/backup/guard_task.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/backup/guard.h"
#include "lib/mnt/remote.h"

/* A directory of our own in place of the export. */
struct place {
	char dir[64];
	struct guard_task task;
	struct marker marker;
};

static struct remote *join(const struct place *p, const char *name)
{
	struct remote *r = NULL;
	struct error err;

	cr_assert_eq(remote_join(p->task.root, name, &r, &err), 0);
	return r;
}

static void begin(struct place *p)
{
	struct error err;

	*p = (struct place){ .dir = "/tmp/nfsafe-guard-XXXXXX" };
	p->marker = (struct marker){
		.host = "zm2",
		.machine = "0123456789abcdef0123456789abcdef",
		.destination = "nas1",
		.uuid = "01234567-89ab-4def-8123-456789abcdef",
	};
	cr_assert_not_null(mkdtemp(p->dir));
	cr_assert_eq(remote_new(p->dir, &p->task.root, &err), 0);
	p->task.marker = &p->marker;
}

/* All files must have been taken away by then. */
static void end(struct place *p)
{
	cr_expect_eq(rmdir(p->dir), 0, "something was left in %s", p->dir);
	remote_free(p->task.root);
	remote_free(p->task.file);
	remote_free(p->task.target);
}

static struct guard_facts run(int (*fn)(void *, void *, struct error *), struct place *p)
{
	struct guard_facts facts = { 0 };
	struct error err;

	cr_assert_eq(fn(&p->task, &facts, &err), 0);
	return facts;
}

static void put(const struct remote *file, const char *text)
{
	int fd = remote_open(file, O_CREAT | O_TRUNC | O_WRONLY, 0644);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
}

Test(guard_task, a_file_is_written_read_back_and_gone)
{
	struct guard_facts f;
	struct place p;

	begin(&p);
	p.task.file = join(&p, "x");
	f = run(guard_task_write, &p);
	cr_expect_eq(f.write.stage, GUARD_WRITE_DONE);
	cr_expect_geq(f.write.elapsed_ms, 0);
	end(&p);
}

/* It stays, and the beats have its beginning. */
Test(guard_task, the_file_for_the_beats_is_made_once)
{
	struct guard_facts f;
	struct place p;
	struct stat st;
	ino_t inode;

	begin(&p);
	p.task.file = join(&p, "x");
	p.task.target = join(&p, "beat");
	f = run(guard_task_write, &p);
	cr_expect_eq(f.write.stage, GUARD_WRITE_DONE);
	cr_expect_eq(f.beat.errnum, 0);
	cr_assert_eq(stat(remote_text(p.task.target), &st), 0);
	inode = st.st_ino;
	f = run(guard_task_write, &p);
	cr_expect_eq(f.write.stage, GUARD_WRITE_DONE);
	cr_expect_eq(f.beat.errnum, 0);
	cr_assert_eq(stat(remote_text(p.task.target), &st), 0);
	cr_expect_eq(st.st_ino, inode);
	cr_expect_eq(st.st_size, 4096 + 65536);
	cr_expect_eq(remote_unlink(p.task.target), 0);
	end(&p);
}

/* Told, and no reason to refuse the export: a directory, a FIFO, a link elsewhere. */
Test(guard_task, what_lies_in_place_of_the_file_for_the_beats, .timeout = 5)
{
	struct guard_facts f;
	struct remote *other;
	struct place p;
	struct stat st;
	char path[128];

	begin(&p);
	p.task.file = join(&p, "x");
	p.task.target = join(&p, "beat");
	(void)snprintf(path, sizeof(path), "%s/beat", p.dir);
	cr_assert_eq(mkdir(path, 0700), 0);
	f = run(guard_task_write, &p);
	cr_expect_eq(f.write.stage, GUARD_WRITE_DONE);
	cr_expect_eq(f.beat.errnum, EISDIR);
	cr_assert_eq(rmdir(path), 0);
	cr_assert_eq(mkfifo(path, 0600), 0);
	f = run(guard_task_write, &p);
	cr_expect_neq(f.beat.errnum, 0);
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(symlink("/dev/null", path), 0);
	f = run(guard_task_write, &p);
	cr_expect_eq(f.beat.errnum, ELOOP);
	cr_assert_eq(unlink(path), 0);
	/* Nor is a file emptied that has another name as well. */
	other = join(&p, "other");
	put(other, "somebody's");
	cr_assert_eq(link(remote_text(other), path), 0);
	f = run(guard_task_write, &p);
	cr_expect_eq(f.write.stage, GUARD_WRITE_DONE);
	cr_expect_eq(f.beat.errnum, EEXIST);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_size, 10);
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(remote_unlink(other), 0);
	remote_free(other);
	end(&p);
}

Test(guard_task, what_is_there_is_not_written_to)
{
	struct guard_facts f;
	struct place p;
	struct stat st;

	begin(&p);
	p.task.file = join(&p, "x");
	put(p.task.file, "theirs");
	f = run(guard_task_write, &p);
	cr_expect_eq(f.write.stage, GUARD_WRITE_CREATE);
	cr_expect_eq(f.write.errnum, EEXIST);
	cr_assert_eq(stat(remote_text(p.task.file), &st), 0);
	cr_expect_eq(st.st_size, 6);
	cr_expect_eq(remote_unlink(p.task.file), 0);
	end(&p);
}

Test(guard_task, a_write_that_fails_leaves_nothing)
{
	const struct rlimit limit = { 1000, 1000 };
	struct guard_facts f;
	struct place p;

	begin(&p);
	p.task.file = join(&p, "x");
	(void)signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	f = run(guard_task_write, &p);
	cr_expect_eq(f.write.stage, GUARD_WRITE_WRITE);
	cr_expect_eq(f.write.errnum, EFBIG);
	end(&p);
}

Test(guard_task, the_marker_is_installed_whole_and_never_in_place_of_another)
{
	struct guard_facts f;
	struct place p;
	struct stat st;

	begin(&p);
	p.task.file = join(&p, "tmp");
	p.task.target = join(&p, MARKER_FILE_NAME);
	(void)umask(077);
	f = run(guard_task_install, &p);
	cr_expect_eq(f.write.stage, GUARD_WRITE_DONE);
	cr_assert_eq(stat(remote_text(p.task.target), &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0444);
	cr_expect_eq(st.st_nlink, 1);
	p.marker.uuid[0] = 'f';
	f = run(guard_task_install, &p);
	cr_expect_eq(f.write.stage, GUARD_WRITE_DONE, "must be read to see whose it is");
	remote_free(p.task.file);
	p.task.file = join(&p, MARKER_FILE_NAME);
	f = run(guard_task_read_marker, &p);
	cr_assert(f.marker.valid);
	cr_expect_str_eq(f.marker.found.uuid, "01234567-89ab-4def-8123-456789abcdef");
	cr_expect_eq(remote_unlink(p.task.target), 0);
	end(&p);
}

Test(guard_task, a_marker_that_cannot_be_written_leaves_nothing)
{
	const struct rlimit limit = { 100, 100 };
	struct guard_facts f;
	struct place p;

	begin(&p);
	p.task.file = join(&p, "tmp");
	p.task.target = join(&p, MARKER_FILE_NAME);
	(void)signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	f = run(guard_task_install, &p);
	cr_expect_eq(f.write.stage, GUARD_WRITE_CREATE);
	cr_expect_eq(f.write.errnum, EFBIG);
	end(&p);
}

Test(guard_task, what_lies_in_place_of_a_marker, .timeout = 5)
{
	struct guard_facts f;
	struct place p;

	begin(&p);
	p.task.file = join(&p, MARKER_FILE_NAME);
	f = run(guard_task_read_marker, &p);
	cr_expect_eq(f.marker.errnum, ENOENT);
	put(p.task.file, "hello\n");
	f = run(guard_task_read_marker, &p);
	cr_expect_eq(f.marker.errnum, 0);
	cr_expect_not(f.marker.valid);
	cr_expect(strstr(f.marker.parse.msg, "line 1"), "%s", f.marker.parse.msg);
	cr_assert_eq(remote_unlink(p.task.file), 0);
	cr_assert_eq(symlink("/etc/machine-id", remote_text(p.task.file)), 0);
	f = run(guard_task_read_marker, &p);
	cr_expect_eq(f.marker.errnum, ELOOP, "links are not followed");
	cr_assert_eq(remote_unlink(p.task.file), 0);
	/* A FIFO without a writer must not block. */
	cr_assert_eq(mkfifo(remote_text(p.task.file), 0644), 0);
	f = run(guard_task_read_marker, &p);
	cr_expect_eq(f.marker.errnum, 0);
	cr_expect_not(f.marker.valid);
	cr_assert_eq(remote_unlink(p.task.file), 0);
	end(&p);
}

Test(guard_task, space_is_told)
{
	struct guard_facts f;
	struct place p;

	begin(&p);
	f = run(guard_task_read_space, &p);
	cr_expect_eq(f.space.errnum, 0);
	cr_expect_gt(f.space.space.total_bytes, 0);
	end(&p);
}
