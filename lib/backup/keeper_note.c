/* SPDX-License-Identifier: MIT */
#include "lib/backup/keeper_note.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/backup/keeper_page.h"
#include "lib/base/clock.h"
#include "lib/base/deadline.h"

#define TEMPORARY_NAME KEEPER_NOTE_NAME ".new"
#define NSEC_PER_MSEC INT64_C(1000000)

static const char *sentence(int cause, int order)
{
	switch (cause) {
	case KEEPER_CAUSE_ORDER:
		return "the server died, and whoever used the mount has let go of it";
	case KEEPER_CAUSE_SILENCE:
		return order == KEEPER_ORDER_LINGER
			       ? "the server died, and whoever still used the mount was "
				 "freed"
			       : "the server died while nfsafe hung";
	case KEEPER_CAUSE_ORPHANED:
		return "nfsafe died; its keeper ended the command and unmounted";
	default:
		if (order == KEEPER_ORDER_LINGER)
			return "whoever still used the mount has let go of it";
		return "nfsafe died while it unmounted";
	}
}

static bool is_gone(int group)
{
	return group <= 0 || (kill(-group, 0) < 0 && errno == ESRCH);
}

static int format(const struct keeper_page *p, char *buf, size_t size)
{
	int cause = atomic_load(&p->cause);
	int64_t from = atomic_load(&p->life_ns);
	int64_t until = atomic_load(&p->break_ns);
	bool tripped = cause == KEEPER_CAUSE_ORDER || cause == KEEPER_CAUSE_SILENCE;

	return snprintf(
		buf, size,
		"run=%" PRId64 "\ndestination=%s\nmountpoint=%s\nat_ms=%" PRId64
		"\ntripped=%d\nstall_ms=%" PRId64 "\nended=%d\nforces=%u\n"
		"detached=%d\ndrained=%d\nreleased=%d\nusers=%u\ntext=%s\n",
		p->run, p->destination, p->mount.mountpoint, clock_now_ms(), tripped,
		tripped && until > from ? (until - from) / NSEC_PER_MSEC : 0,
		is_gone(atomic_load(&p->group)), atomic_load(&p->forces),
		atomic_load(&p->detached_ns) != 0, atomic_load(&p->drained_ns) != 0,
		atomic_load(&p->released_ns) != 0, atomic_load(&p->users),
		sentence(cause, atomic_load(&p->order)));
}

int keeper_note_write(int state_fd, const struct keeper_page *page)
{
	char text[MOUNT_PATH_SIZE + 1024];
	int n = format(page, text, sizeof(text)), fd, r = 0;

	fd = openat(state_fd, TEMPORARY_NAME,
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return errno;
	if (write(fd, text, (size_t)n) != n || fsync(fd) < 0)
		r = errno ? errno : ENOSPC;
	if (close(fd) < 0 && r == 0)
		r = errno;
	if (r == 0 && renameat(state_fd, TEMPORARY_NAME, state_fd, KEEPER_NOTE_NAME) < 0)
		r = errno;
	if (r == 0 && fsync(state_fd) < 0)
		r = errno;
	return r;
}
