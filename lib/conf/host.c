/* SPDX-License-Identifier: MIT */
#include "lib/conf/host.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/place.h"
#include "lib/conf/check.h"
#include "lib/conf/conf.h"
#include "lib/conf/key.h"
#include "lib/proc/privilege.h"
#include "lib/proc/task.h"

#define MOUNTINFO "/proc/self/mountinfo"
#define MOUNTINFO_MAX (16 * 1024 * 1024)
/* Ten times what a directory server in the same house needs. */
#define LOOKUP_MS 5000

struct host {
	const struct conf *conf;
	struct deadline d;
	char *mountinfo;
	bool known; /* @user is filled */
	struct identity user;
	struct problems *problems;
};

static struct place at(const struct host *h, enum section section, const char *name)
{
	return check_place(h->conf, key_find(section, name),
			   key_base(h->conf, section, 0));
}

/* ---- directories ---- */

/* It is made when it is missing, but not what is above it. */
static void check_parent(struct host *h, struct place place, const char *key, char *path)
{
	char *slash = strrchr(path, '/');
	struct stat st;

	if (!slash || slash == path)
		return;
	*slash = '\0';
	if (stat(path, &st) < 0)
		problems_error(h->problems, place, "%s: %s: %s", key, path,
			       strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		problems_error(h->problems, place, "%s: %s is no directory", key, path);
}

static void check_directory(struct host *h, const char *key, const char *path)
{
	struct place place = at(h, SECTION_NFSAFE, key);
	char real[PATH_MAX];
	struct error err;

	if (place_resolve(path, h->mountinfo, real, &err) < 0) {
		(void)error_prefix(&err, "%s", key);
		problems_take(h->problems, place, &err);
		return;
	}
	check_parent(h, place, key, real);
}

/* ---- the user ---- */

static void check_user(struct host *h)
{
	struct place place = at(h, SECTION_BACKUP, "user");
	struct error err;
	int r = identity_lookup(h->conf->backup.user, deadline_within(h->d, LOOKUP_MS),
				-1, &h->user, &err);

	h->known = r == 0;
	if (r == -ERROR_CONFIG)
		problems_error(h->problems, place, "user: %s", err.msg);
	else if (r < 0)
		problems_warning(h->problems, place, "user: %s", err.msg);
}

/* ---- commands ---- */

struct program {
	int errnum; /* why it cannot be run, or 0 */
	bool is_file;
	bool changeable; /* by others than root and the backup user */
};

struct look {
	char path[PATH_MAX];
	uid_t user;
};

/* In a task, as the backup user if we may. */
static int look(void *arg, void *result, struct error *err)
{
	const struct look *l = arg;
	struct program *p = result;
	struct stat st;

	(void)err;
	if (stat(l->path, &st) < 0) {
		p->errnum = errno;
		return 0;
	}
	p->is_file = S_ISREG(st.st_mode);
	p->changeable = (st.st_mode & (S_IWGRP | S_IWOTH)) ||
			(st.st_uid != 0 && st.st_uid != l->user);
	if (faccessat(AT_FDCWD, l->path, X_OK, AT_EACCESS) < 0)
		p->errnum = errno;
	return 0;
}

static void judge(struct host *h, struct place place, const char *key,
		  const struct look *l, const struct program *p)
{
	const char *user = h->conf->backup.user;

	if (p->errnum != 0 && h->known)
		problems_error(h->problems, place, "%s: user %s cannot run %s: %s", key,
			       user, l->path, strerror(p->errnum));
	else if (p->errnum != 0)
		problems_error(h->problems, place, "%s: %s cannot be run: %s", key,
			       l->path, strerror(p->errnum));
	else if (!p->is_file)
		problems_error(h->problems, place, "%s: %s is no file", key, l->path);
	else if (p->changeable)
		problems_warning(h->problems, place,
				 "%s: others than root and user %s can change %s", key,
				 user, l->path);
}

static void check_command(struct host *h, const char *key, char *const *argv)
{
	struct place place = at(h, SECTION_BACKUP, key);
	struct look l = { .user = h->known ? h->user.uid : geteuid() };
	struct program p = { 0 };
	struct task_spec spec = {
		.name = "look at the command",
		.fn = look,
		.arg = &l,
		.result = &p,
		.result_size = sizeof(p),
		.deadline = deadline_within(h->d, LOOKUP_MS),
		.cancel_fd = -1,
		.identity = h->known && geteuid() == 0 ? &h->user : NULL,
	};
	struct error err;
	int r;

	if (!argv[0])
		return;
	if (place_resolve(argv[0], h->mountinfo, l.path, &err) < 0) {
		problems_warning(h->problems, place, "%s: %s", key, err.msg);
		return;
	}
	r = task_run(&spec, NULL, &err);
	if (r == TASK_DONE)
		judge(h, place, key, &l, &p);
	else
		problems_warning(h->problems, place, "%s: %s could not be looked at: %s",
				 key, argv[0], r < 0 ? err.msg : task_outcome_text(r));
}

void host_check(const struct conf *conf, struct deadline d, struct problems *problems)
{
	cleanup_free char *mountinfo = NULL;
	struct host h = { .conf = conf, .d = d, .problems = problems };
	struct error err;
	size_t len;

	if (fd_read_file(MOUNTINFO, MOUNTINFO_MAX, &mountinfo, &len, &err) < 0) {
		problems_take(problems, (struct place){ NULL, 0 }, &err);
		return;
	}
	h.mountinfo = mountinfo;
	check_directory(&h, "state_dir", conf->nfsafe.state_dir);
	check_directory(&h, "run_dir", conf->nfsafe.run_dir);
	if (!conf->backup.present)
		return;
	check_user(&h);
	check_command(&h, "full", conf->backup.full);
	check_command(&h, "incremental", conf->backup.incremental);
}
