/* SPDX-License-Identifier: MIT */
#include "lib/proc/lock.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/error.h"

struct place {
	char dir[64]; /* exists */
	char run[96]; /* does not, yet */
	char file[128];
};

static struct place new_place(void)
{
	struct place p = { .dir = "/tmp/nfsafe-lock-XXXXXX" };

	cr_assert_not_null(mkdtemp(p.dir));
	(void)snprintf(p.run, sizeof(p.run), "%s/run", p.dir);
	(void)snprintf(p.file, sizeof(p.file), "%s/nfsafe.lock", p.run);
	return p;
}

static void remove_place(const struct place *p)
{
	(void)unlink(p->file);
	(void)rmdir(p->run);
	(void)rmdir(p->dir);
}

/* A process that takes the lock, says so on @ready, and keeps it until it is killed. */
static pid_t start_holder(const struct place *p, int ready[2])
{
	pid_t pid;

	cr_assert_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		struct lock lock = LOCK_INIT;
		struct lock_holder holder;
		struct error err;

		if (lock_take(p->run, LOCK_RUN, "run", &lock, &holder, &err) !=
		    LOCK_TAKEN)
			_exit(1);
		lock_set_run(&lock, 42);
		lock_set_phase(&lock, "backup", "nas1");
		(void)!write(ready[1], "x", 1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	cr_assert_eq(read(ready[0], &(char){ 0 }, 1), 1);
	return pid;
}

static void stop_holder(pid_t pid, int ready[2])
{
	cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	(void)close(ready[0]);
}

Test(lock, makes_its_folder_for_all_to_read)
{
	struct place p = new_place();
	struct lock lock = LOCK_INIT;
	struct lock_holder holder;
	struct error err;
	struct stat st;

	(void)umask(022);
	cr_assert_eq(lock_take(p.run, LOCK_RUN, "run", &lock, &holder, &err), LOCK_TAKEN);
	cr_assert_eq(stat(p.run, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0755);
	cr_assert_eq(stat(p.file, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0644);
	lock_release(&lock);
	lock_release(&lock);
	cr_assert_eq(stat(p.file, &st), 0,
		     "it is never removed: another may wait for it");
	remove_place(&p);
}

Test(lock, second_one_learns_who_is_first, .timeout = 10)
{
	struct place p = new_place();
	struct lock lock = LOCK_INIT;
	struct lock_holder holder;
	struct error err;
	int ready[2];
	int64_t before = clock_now_ms();
	pid_t pid = start_holder(&p, ready);

	cr_assert_eq(lock_take(p.run, LOCK_RUN, "exec", &lock, &holder, &err), LOCK_HELD);
	cr_expect_eq(lock.fd, -1);
	cr_expect_eq(holder.pid, pid);
	cr_expect_eq(holder.run_id, 42);
	cr_expect_str_eq(holder.command, "run");
	cr_expect_str_eq(holder.phase, "backup");
	cr_expect_str_eq(holder.destination, "nas1");
	cr_expect_geq(holder.since_ms, before);
	cr_expect_geq(holder.phase_since_ms, holder.since_ms);
	cr_expect_leq(holder.phase_since_ms, clock_now_ms());
	memset(&holder, 0, sizeof(holder));
	cr_assert_eq(lock_peek(p.run, LOCK_RUN, &holder, &err), LOCK_PEEK_HELD);
	cr_expect_eq(holder.pid, pid);
	cr_expect_str_eq(holder.phase, "backup");
	stop_holder(pid, ready);
	remove_place(&p);
}

/* However the holder dies: there is no stale lock. */
Test(lock, is_free_after_sigkill, .timeout = 10)
{
	struct place p = new_place();
	struct lock lock = LOCK_INIT;
	struct lock_holder holder;
	struct error err;
	int ready[2];
	pid_t pid = start_holder(&p, ready);

	stop_holder(pid, ready);
	cr_assert_eq(lock_peek(p.run, LOCK_RUN, &holder, &err), LOCK_PEEK_FREE);
	cr_expect_eq(holder.pid, pid, "the last one");
	cr_expect_eq(holder.run_id, 42);
	cr_assert_eq(lock_take(p.run, LOCK_RUN, "run", &lock, &holder, &err), LOCK_TAKEN);
	lock_release(&lock);
	remove_place(&p);
}

/* What the one before was doing is known to the one after, and to who comes after that.
 */
Test(lock, tells_who_had_it_before, .timeout = 10)
{
	struct place p = new_place();
	struct lock lock = LOCK_INIT;
	struct lock_holder before;
	struct error err;
	int ready[2];
	pid_t pid;

	cr_assert_eq(lock_take(p.run, LOCK_RUN, "run", &lock, &before, &err), LOCK_TAKEN);
	cr_expect_eq(before.pid, 0);
	cr_expect_eq(before.group, 0);
	lock_release(&lock);
	pid = start_holder(&p, ready);
	stop_holder(pid, ready);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(lock_take(p.run, LOCK_RUN, "run", &lock, &before, &err),
			     LOCK_TAKEN);
		cr_expect_eq(before.group, i == 0 ? 0 : getppid());
		if (i == 0) {
			cr_expect_eq(before.pid, pid);
			cr_expect_eq(before.run_id, 42);
			lock_set_group(&lock, getppid());
		}
		lock_release(&lock);
	}
	cr_expect_gt(before.group_started, 0);
	cr_assert_eq(lock_take(p.run, LOCK_RUN, "run", &lock, &before, &err), LOCK_TAKEN);
	cr_expect_eq(before.group, getppid(), "kept until it is said to be gone");
	lock_set_group(&lock, 0);
	lock_release(&lock);
	cr_assert_eq(lock_take(p.run, LOCK_RUN, "run", &lock, &before, &err), LOCK_TAKEN);
	cr_expect_eq(before.group, 0);
	lock_release(&lock);
	remove_place(&p);
}

/* Who could not start has not been there. */
Test(lock, abandoned_it_tells_what_it_told_before, .timeout = 10)
{
	struct place p = new_place();
	struct lock lock = LOCK_INIT;
	struct lock_holder before, after;
	struct error err;
	int ready[2];
	pid_t pid = start_holder(&p, ready);

	stop_holder(pid, ready);
	cr_assert_eq(lock_take(p.run, LOCK_RUN, "run", &lock, &before, &err), LOCK_TAKEN);
	lock_abandon(&lock, &before);
	lock_abandon(&lock, &before);
	cr_assert_eq(lock_peek(p.run, LOCK_RUN, &after, &err), LOCK_PEEK_FREE);
	cr_expect_eq(after.run_id, 42);
	cr_expect_eq(after.pid, before.pid);
	cr_expect_eq(after.since_ms, before.since_ms);
	cr_expect_eq(after.phase_since_ms, before.phase_since_ms);
	cr_expect_str_eq(after.phase, "backup");
	cr_expect_str_eq(after.destination, "nas1");
	remove_place(&p);
}

/* In place of the file: a FIFO would be waited for, for as long as nobody writes. */
Test(lock, what_is_no_file_is_refused, .timeout = 5)
{
	struct place p = new_place();
	struct lock lock = LOCK_INIT;
	struct lock_holder holder;
	struct error err;

	cr_assert_eq(mkdir(p.run, 0755), 0);
	cr_assert_eq(mkfifo(p.file, 0600), 0);
	cr_expect_eq(lock_peek(p.run, LOCK_RUN, &holder, &err), -ERROR_CONFIG);
	cr_expect_not_null(strstr(err.msg, "is not a file: remove it"), "%s", err.msg);
	cr_expect_eq(lock_take(p.run, LOCK_RUN, "run", &lock, &holder, &err),
		     -ERROR_CONFIG);
	cr_expect_eq(lock.fd, -1);
	remove_place(&p);
}

/* A child that is stuck in the share must not keep the host locked. */
Test(lock, does_not_belong_to_children, .timeout = 10)
{
	struct place p = new_place();
	struct lock lock = LOCK_INIT;
	struct lock_holder holder;
	struct error err;
	pid_t child;
	int status;

	cr_assert_eq(lock_take(p.run, LOCK_RUN, "run", &lock, &holder, &err), LOCK_TAKEN);
	child = fork();
	if (child == 0)
		_exit(lock_peek(p.run, LOCK_RUN, &holder, &err) == LOCK_PEEK_HELD ? 0
										  : 1);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert_eq(status, 0, "held by the parent, as the child sees it");
	child = fork();
	if (child == 0) {
		for (;;)
			(void)pause();
	}
	lock_release(&lock);
	cr_assert_eq(lock_peek(p.run, LOCK_RUN, &holder, &err), LOCK_PEEK_FREE);
	(void)kill(child, SIGKILL);
	cr_assert_eq(waitpid(child, NULL, 0), child);
	remove_place(&p);
}

Test(lock, nobody_there_is_free)
{
	struct place p = new_place();
	struct lock_holder holder;
	struct error err;

	cr_assert_eq(lock_peek(p.run, LOCK_RUN, &holder, &err), LOCK_PEEK_FREE);
	remove_place(&p);
}

/* What the file says is for people; the lock itself is in the kernel. */
Test(lock, garbage_in_the_file_harms_nobody, .timeout = 10)
{
	static const char garbage[] = " since=x phase= command=\xff\xfe destination";
	struct place p = new_place();
	struct lock lock = LOCK_INIT;
	struct lock_holder holder;
	struct error err;
	int ready[2], fd;
	pid_t pid = start_holder(&p, ready);

	fd = open(p.file, O_WRONLY | O_TRUNC | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, garbage, sizeof(garbage) - 1),
		     (ssize_t)sizeof(garbage) - 1);
	(void)close(fd);
	cr_assert_eq(lock_take(p.run, LOCK_RUN, "run", &lock, &holder, &err), LOCK_HELD);
	cr_expect_eq(holder.pid, pid);
	cr_expect_eq(holder.since_ms, 0);
	cr_expect_str_eq(holder.phase, "");
	cr_expect_str_eq(holder.destination, "");
	cr_assert_eq(truncate(p.file, 0), 0);
	cr_assert_eq(lock_peek(p.run, LOCK_RUN, &holder, &err), LOCK_PEEK_HELD);
	cr_expect_str_eq(holder.command, "");
	stop_holder(pid, ready);
	remove_place(&p);
}

/* The longest words are cut, and what comes after them is still found. */
Test(lock, long_words_are_cut, .timeout = 10)
{
	struct place p = new_place();
	struct lock lock = LOCK_INIT;
	struct lock_holder holder;
	struct error err;
	char word[300];
	pid_t child;
	int status;

	memset(word, 'w', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	cr_assert_eq(lock_take(p.run, LOCK_RUN, word, &lock, &holder, &err), LOCK_TAKEN);
	lock_set_phase(&lock, word, word);
	child = fork();
	if (child == 0) {
		if (lock_peek(p.run, LOCK_RUN, &holder, &err) != LOCK_PEEK_HELD)
			_exit(1);
		_exit(strlen(holder.command) == LOCK_TEXT_SIZE - 1 &&
				      strlen(holder.destination) == LOCK_TEXT_SIZE - 1
			      ? 0
			      : 2);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert_eq(status, 0);
	lock_release(&lock);
	remove_place(&p);
}

Test(lock, says_what_it_could_not_create)
{
	struct place p = new_place();
	char path[sizeof(p.dir) + 16];
	struct lock lock = LOCK_INIT;
	struct lock_holder holder;
	struct error err;

	(void)snprintf(path, sizeof(path), "%s/none/run", p.dir);
	cr_assert_eq(lock_take(path, LOCK_RUN, "run", &lock, &holder, &err),
		     -ERROR_CREATE);
	cr_assert_not_null(strstr(err.msg, path));
	remove_place(&p);
}

/* In a folder that others may write to, a link must not make us write elsewhere. */
Test(lock, follows_no_link)
{
	struct place p = new_place();
	struct lock lock = LOCK_INIT;
	struct lock_holder holder;
	struct error err;

	cr_assert_eq(mkdir(p.run, 0755), 0);
	cr_assert_eq(symlink("/etc/passwd", p.file), 0);
	cr_assert_eq(lock_take(p.run, LOCK_RUN, "run", &lock, &holder, &err),
		     -ERROR_CREATE);
	cr_assert_eq(err.errnum, ELOOP);
	remove_place(&p);
}

Test(lock, is_not_for_everybody_to_take_but_to_see, .timeout = 10)
{
	struct place p = new_place();
	int ready[2], status;
	pid_t pid, user;

	if (geteuid() != 0)
		cr_skip("needs root");
	pid = start_holder(&p, ready);
	cr_assert_eq(chmod(p.dir, 0755), 0);
	user = fork();
	if (user == 0) {
		struct lock lock = LOCK_INIT;
		struct lock_holder holder;
		struct error err;

		if (setuid(65534) < 0 || lock_take(p.run, LOCK_RUN, "run", &lock, &holder,
						   &err) != -ERROR_PERMISSION)
			_exit(1);
		_exit(lock_peek(p.run, LOCK_RUN, &holder, &err) == LOCK_PEEK_HELD &&
				      holder.pid == pid
			      ? 0
			      : 2);
	}
	cr_assert_eq(waitpid(user, &status, 0), user);
	cr_assert_eq(status, 0);
	stop_holder(pid, ready);
	remove_place(&p);
}
