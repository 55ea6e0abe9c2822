/* SPDX-License-Identifier: MIT */
/*
 * victim: processes that touch a mount, and how long each of their calls held them.
 *
 *	victim watch BOARD NAME=PATH...   one process each, until SIGTERM; NAME says what
 *	                                  it does: reader, writer, df, ls, sync
 *	victim backup BOARD STEP FILE SIZE  writes SIZE bytes into FILE as a backup does,
 *	                                  and lingers in STEP: plain, start, dirty, fsync,
 *	                                  close, idle
 *	victim verify FILE SIZE           FILE is what a backup writes
 *	victim blocked                    who is blocked in NFS or RPC now
 *
 * BOARD is a file that all of them map, so that one who never comes back from a call,
 * or is killed in it, is still timed.  What the others must know is told by files beside
 * it: BOARD.fault exists from the instant of the fault on (only then sync begins, lest
 * it write back what is to be dirty); BOARD.at is made by the backup when it has come to
 * STEP; BOARD.done when it has made all of the file.
 *
 * watch prints, at SIGTERM, in milliseconds of the wall clock:
 *	call NAME OP START END            over 200 ms; END is "never" if it goes on
 *	blocked PID COMM START END FUNCTION  any process in state D in NFS or RPC
 * It waits for nobody, so it never hangs itself.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/base/macro.h"
#include "tests/lab/board.h"

#define PAUSE_MS 100
#define SCAN_MS 200
/* Workers of the kernel are remembered: each system call is dear in the lab. */
#define PIDS 32768
#define PF_KTHREAD 0x200000
#define DATA_SIZE 65536

/* A process seen in state D, time and again. */
struct block {
	pid_t pid;
	char comm[20];
	char where[48];
	int64_t from_ms;
	int64_t to_ms;
};

struct watch {
	struct board *board;
	const char *path; /* of the board */
	int pidfds[BOARD_SLOTS];
	struct block blocks[64];
	size_t n_blocks;
	bool is_worker[PIDS];
	bool fault;
};

/*
 * What a mail server's thread reads: each open() asks the server, each statfs() too.  Its
 * own file: two who open one over 4.1 wait for each other's stateid, 5 s and more, while
 * the server is well.
 */
static void read_round(struct board *b, struct slot *s, const char *dir)
{
	char path[BOARD_PATH_SIZE], buf[4096];
	struct statfs fs;
	struct stat st;
	DIR *d;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/victim-reads", dir);
	(void)TIMED(b, s, "stat", stat(path, &st));
	fd = (int)TIMED(b, s, "open", open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0666));
	if (fd >= 0) {
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		(void)TIMED(b, s, "read", pread(fd, buf, sizeof(buf), 0));
		(void)TIMED(b, s, "close", close(fd));
	}
	(void)TIMED(b, s, "statfs", statfs(dir, &fs));
	board_begin(b, s, "opendir");
	d = opendir(dir);
	(void)board_end(b, s, 0);
	if (d) {
		board_begin(b, s, "readdir");
		(void)readdir(d);
		(void)board_end(b, s, 0);
		(void)TIMED(b, s, "closedir", closedir(d));
	}
}

static void write_round(struct board *b, struct slot *s, const char *dir)
{
	static const char data[DATA_SIZE];
	char path[BOARD_PATH_SIZE];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/victim-writes", dir);
	fd = (int)TIMED(b, s, "create", open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
	if (fd < 0)
		return;
	(void)TIMED(b, s, "write", pwrite(fd, data, sizeof(data), 0));
	(void)TIMED(b, s, "fsync", fsync(fd));
	(void)TIMED(b, s, "close", close(fd));
}

/* df(1): the file system of each mountpoint. */
static void df_round(struct board *b, struct slot *s, const char *path)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[1024], point[BOARD_PATH_SIZE];
	struct statfs fs;

	(void)path;
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %*s %*s %*s %511s", point) == 1)
			(void)TIMED(b, s, "statfs", statfs(point, &fs));
	}
	(void)fclose(f);
}

/* ls -l of the folder that the mountpoint is in. */
static void ls_round(struct board *b, struct slot *s, const char *path)
{
	struct dirent *entry;
	struct stat st;
	DIR *d;

	board_begin(b, s, "opendir");
	d = opendir(path);
	(void)board_end(b, s, 0);
	if (!d)
		return;
	while ((entry = readdir(d)) != NULL)
		(void)TIMED(b, s, "lstat",
			    fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW));
	(void)closedir(d);
}

static void sync_round(struct board *b, struct slot *s, const char *path)
{
	if (!board_beside(path, "fault", false))
		return;
	board_begin(b, s, "sync");
	sync();
	(void)board_end(b, s, 0);
}

static const struct {
	const char *name;
	void (*round)(struct board *b, struct slot *s, const char *path);
} trades[] = {
	{ "reader", read_round }, { "writer", write_round }, { "df", df_round },
	{ "ls", ls_round },       { "sync", sync_round },
};

static int employ(struct board *b, const char *text)
{
	const char *path = strchr(text, '=');
	size_t len = path ? (size_t)(path - text) : 0;

	for (size_t i = 0; i < ARRAY_SIZE(trades); i++) {
		struct slot *s;
		pid_t pid;

		if (len == 0 || strlen(trades[i].name) != len ||
		    strncmp(trades[i].name, text, len) != 0)
			continue;
		pid = fork();
		if (pid != 0)
			return pid < 0 ? -1 : 0;
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		s = board_take(b, trades[i].name);
		for (;;) {
			trades[i].round(b, s, path + 1);
			board_nap(PAUSE_MS);
		}
	}
	errno = EINVAL;
	return -1;
}

static bool read_proc(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, buf, size - 1);
	(void)close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/*
 * A process (no worker of the kernel: PF_KTHREAD) that waits uninterruptibly, with the
 * modules of NFS or RPC in its stack.
 */
static bool is_blocked(pid_t pid, struct block *ret, bool *is_worker)
{
	static const char *const modules[] = { "[nfs]", "[nfsv3]", "[nfsv4]",
					       "[sunrpc]" };
	char buf[4096], state;
	unsigned flags;
	char *comm, *rest;

	if (!read_proc(pid, "stat", buf, sizeof(buf)))
		return false;
	comm = strchr(buf, '(');
	rest = strrchr(buf, ')');
	if (!comm || !rest ||
	    sscanf(rest, ") %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2)
		return false;
	*is_worker = flags & PF_KTHREAD;
	if (*is_worker || state != 'D')
		return false;
	*rest = '\0';
	(void)snprintf(ret->comm, sizeof(ret->comm), "%.16s", comm + 1);
	for (char *p = ret->comm; *p; p++) {
		if (*p == ' ')
			*p = '_';
	}
	if (!read_proc(pid, "stack", buf, sizeof(buf)))
		return false;
	for (char *line = strtok_r(buf, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
			if (strstr(line, modules[i]))
				return sscanf(line, "%*s %47[^+\n]", ret->where) == 1;
		}
	}
	return false;
}

static void note_block(struct watch *w, pid_t pid, const struct block *seen)
{
	int64_t now = board_now_ms(w->board);

	for (size_t i = w->n_blocks; i-- > 0;) {
		struct block *b = &w->blocks[i];

		if (b->pid == pid && now - b->to_ms < 4L * SCAN_MS) {
			b->to_ms = now;
			return;
		}
	}
	if (w->n_blocks < ARRAY_SIZE(w->blocks)) {
		w->blocks[w->n_blocks] = *seen;
		w->blocks[w->n_blocks].pid = pid;
		w->blocks[w->n_blocks].from_ms = w->blocks[w->n_blocks].to_ms = now;
		w->n_blocks++;
	}
}

static int each_blocked(struct watch *w)
{
	DIR *d = opendir("/proc");
	struct dirent *entry;
	int n = 0;

	while (d && (entry = readdir(d)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		struct block seen = { 0 };
		bool is_worker = w && pid > 0 && pid < PIDS && w->is_worker[pid];

		if (pid <= 0 || is_worker)
			continue;
		if (!is_blocked(pid, &seen, &is_worker)) {
			if (w && pid < PIDS)
				w->is_worker[pid] = is_worker;
			continue;
		}
		n++;
		if (w)
			note_block(w, pid, &seen);
		else
			(void)printf("%d %s %s\n", (int)pid, seen.comm, seen.where);
	}
	if (d)
		(void)closedir(d);
	return n;
}

/* Whose process has ended; those that came since are looked after from now on. */
static void look_at_slots(struct watch *w)
{
	for (unsigned i = 0; i < BOARD_SLOTS && i < w->board->used; i++) {
		struct slot *s = &w->board->slots[i];
		struct pollfd p = { .fd = w->pidfds[i], .events = POLLIN };

		if (s->pid == 0 || s->ended_ms != 0)
			continue;
		if (p.fd < 0) {
			w->pidfds[i] = (int)syscall(SYS_pidfd_open, s->pid, 0);
			p.fd = w->pidfds[i];
		}
		if (p.fd < 0 || poll(&p, 1, 0) == 1)
			s->ended_ms = board_now_ms(w->board);
	}
}

static void print_call(const struct slot *s, const struct call *c)
{
	(void)printf("call %s %s %" PRId64, s->name, c->op, c->start_ms);
	if (c->end_ms == 0)
		(void)printf(" never\n");
	else
		(void)printf(" %" PRId64 "\n", c->end_ms);
}

static void report(struct watch *w)
{
	look_at_slots(w);
	for (unsigned i = 0; i < BOARD_SLOTS && i < w->board->used; i++) {
		const struct slot *s = &w->board->slots[i];
		struct call open = { .start_ms = s->start_ms, .end_ms = s->ended_ms };

		for (unsigned k = 0; k < s->n_kept; k++)
			print_call(s, &s->kept[k]);
		(void)snprintf(open.op, sizeof(open.op), "%s", s->op);
		if (open.start_ms != 0 &&
		    board_now_ms(w->board) - open.start_ms >= BOARD_KEEP_MS)
			print_call(s, &open);
	}
	for (size_t i = 0; i < w->n_blocks; i++) {
		const struct block *b = &w->blocks[i];

		if (b->to_ms - b->from_ms >= BOARD_KEEP_MS)
			(void)printf("blocked %d %s %" PRId64 " %" PRId64 " %s\n",
				     (int)b->pid, b->comm, b->from_ms, b->to_ms,
				     b->where);
	}
	(void)fflush(stdout);
}

/* Until SIGTERM.  The board is looked at often enough to time who ends in a call. */
static void tend(struct watch *w, int signal_fd)
{
	struct pollfd p = { .fd = signal_fd, .events = POLLIN };

	do {
		look_at_slots(w);
		w->fault = w->fault || board_beside(w->path, "fault", false);
		if (w->fault)
			(void)each_blocked(w);
	} while (poll(&p, 1, SCAN_MS) == 0);
}

static int run_watch(int argc, char **argv)
{
	struct watch *w = calloc(1, sizeof(*w));
	sigset_t set;
	int fd;

	if (!w)
		return board_fail("memory");
	w->path = argv[0];
	w->board = board_map(argv[0], true);
	if (!w->board)
		return board_fail(argv[0]);
	for (size_t i = 0; i < BOARD_SLOTS; i++)
		w->pidfds[i] = -1;
	for (int i = 1; i < argc; i++) {
		if (employ(w->board, argv[i]) < 0)
			return board_fail(argv[i]);
	}
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		return board_fail("signalfd");
	tend(w, fd);
	report(w);
	return EXIT_SUCCESS;
}

static int run_blocked(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return each_blocked(NULL) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int operands;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{ "watch", 1, run_watch },
		{ "backup", 1, backup_run },
		{ "verify", 1, backup_verify },
		{ "blocked", 0, run_blocked },
	};

	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, argv[1]) == 0 &&
		    argc - 2 >= commands[i].operands)
			return commands[i].run(argc - 2, argv + 2);
	}
	(void)fprintf(stderr, "usage: victim watch|backup|verify|blocked ...\n");
	return 64;
}
