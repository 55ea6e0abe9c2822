/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/backup/keeper_note.h"
#include "lib/backup/keeper_page.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"

static void fill(struct keeper_page *page)
{
	memset(page, 0, sizeof(*page));
	page->run = 41;
	(void)snprintf(page->destination, sizeof(page->destination), "nas2");
	(void)snprintf(page->mount.mountpoint, sizeof(page->mount.mountpoint),
		       "/srv/nas2");
	atomic_store(&page->cause, (int)KEEPER_CAUSE_SILENCE);
	atomic_store(&page->life_ns, 1000000000);
	atomic_store(&page->break_ns, 9500000000);
	atomic_store(&page->forces, 12U);
	atomic_store(&page->detached_ns, 1);
}

Test(keeper_note, tells_what_was_done_in_place_of_an_older_one)
{
	char dir[] = "/tmp/nfsafe-note-XXXXXX", path[64];
	struct keeper_page page;
	struct error err;
	struct stat st;
	size_t len;
	char *text;
	int fd;

	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/keeper.note", dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fill(&page);
	cr_assert_eq(keeper_note_write(fd, &page), 0);
	page.run = 42;
	cr_assert_eq(keeper_note_write(fd, &page), 0);
	cr_assert_eq(fd_read_file(path, 4096, &text, &len, &err), 0);
	cr_expect(strstr(text, "run=42\ndestination=nas2\nmountpoint=/srv/nas2\nat_ms="));
	cr_expect(strstr(text, "\ntripped=1\nstall_ms=8500\nended=1\nforces=12\n"
			       "detached=1\ndrained=0\nreleased=0\nusers=0\ntext=the "));
	free(text);
	cr_expect_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0600);
	(void)unlink(path);
	fd_close(&fd);
	(void)rmdir(dir);
}

Test(keeper_note, that_cannot_be_written_is_an_error)
{
	struct keeper_page page;
	int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	fill(&page);
	cr_assert_neq(keeper_note_write(fd, &page), 0);
	fd_close(&fd);
	cr_assert_eq(keeper_note_write(-1, &page), EBADF);
}
