/* SPDX-License-Identifier: MIT */
#include "lib/proc/privilege.h"

#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/proc/task.h"

#define NOBODY 65534

static int copy_field(char *dst, size_t size, const char *src, const char *what,
		      struct error *err)
{
	if (strlen(src) >= size)
		return error_set(err, ERROR_CONFIG, 0, "%s of the user is too long: %s",
				 what, src);
	memcpy(dst, src, strlen(src) + 1);
	return 0;
}

static int fill(struct identity *id, const struct passwd *pw, struct error *err)
{
	int n = IDENTITY_GROUPS_MAX;
	int r;

	id->uid = pw->pw_uid;
	id->gid = pw->pw_gid;
	r = copy_field(id->name, sizeof(id->name), pw->pw_name, "the name", err);
	if (r == 0)
		r = copy_field(id->home, sizeof(id->home), pw->pw_dir, "the home", err);
	if (r == 0)
		r = copy_field(id->shell, sizeof(id->shell), pw->pw_shell, "the shell",
			       err);
	if (r < 0)
		return r;
	if (getgrouplist(pw->pw_name, pw->pw_gid, id->groups, &n) < 0)
		return error_set(err, ERROR_CONFIG, 0,
				 "user %s is in %d groups, more than the %d that fit",
				 pw->pw_name, n, IDENTITY_GROUPS_MAX);
	id->n_groups = (size_t)n;
	return 0;
}

static int lookup(void *arg, void *result, struct error *err)
{
	const size_t size = 64 * 1024;
	cleanup_free char *buf = malloc(size);
	const char *user = arg;
	struct passwd pw, *found = NULL;
	struct error ignored;
	uint64_t uid;
	int r;

	if (!buf)
		return error_oom(err);
	/* A number is a uid, as chown(1) takes it, unless it is somebody's name. */
	r = getpwnam_r(user, &pw, buf, size, &found);
	if (!found && parse_uint(user, 0, UINT32_MAX - 1, &uid, &ignored) == 0)
		r = getpwuid_r((uid_t)uid, &pw, buf, size, &found);
	if (!found)
		return error_set(err, ERROR_CONFIG, r, "there is no user '%s'%s%s", user,
				 r ? ": " : "", r ? strerror(r) : "");
	return fill(result, found, err);
}

int identity_lookup(const char *user, struct deadline d, int cancel_fd,
		    struct identity *ret, struct error *err)
{
	char name[256];
	struct identity id = { 0 };
	struct task_spec spec = {
		.name = "user lookup",
		.fn = lookup,
		.arg = name,
		.result = &id,
		.result_size = sizeof(id),
		.deadline = d,
		.cancel_fd = cancel_fd,
	};
	int r;

	(void)snprintf(name, sizeof(name), "%s", user);
	r = task_run(&spec, NULL, err);
	if (r < 0)
		return r;
	if (r != TASK_DONE)
		return error_set(err, ERROR_DEADLINE, 0,
				 "the user database did not answer for '%s': %s", user,
				 task_outcome_text(r));
	*ret = id;
	return 0;
}

void identity_self(struct identity *ret)
{
	struct identity id = { .uid = geteuid(), .gid = getegid() };
	int n = getgroups(IDENTITY_GROUPS_MAX, id.groups);

	id.n_groups = n > 0 ? (size_t)n : 0;
	(void)snprintf(id.name, sizeof(id.name), "uid %u", id.uid);
	(void)snprintf(id.home, sizeof(id.home), "/");
	(void)snprintf(id.shell, sizeof(id.shell), "/bin/sh");
	*ret = id;
}

void identity_nobody(struct identity *ret)
{
	*ret = (struct identity){
		.uid = NOBODY,
		.gid = NOBODY,
		.name = "nobody",
		.home = "/",
		.shell = "/bin/false",
	};
}

int privilege_drop(const struct identity *id, struct error *err)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	if (geteuid() == 0) {
		if (setgroups(id->n_groups, id->groups) < 0)
			return error_errno(err, ERROR_PERMISSION, "setgroups for %s",
					   id->name);
		if (setresgid(id->gid, id->gid, id->gid) < 0)
			return error_errno(err, ERROR_PERMISSION, "setresgid %u",
					   id->gid);
		if (setresuid(id->uid, id->uid, id->uid) < 0)
			return error_errno(err, ERROR_PERMISSION, "setresuid %u",
					   id->uid);
	}
	if (getresuid(&ruid, &euid, &suid) < 0 || getresgid(&rgid, &egid, &sgid) < 0)
		return error_sys(err, "getresuid");
	if (ruid != id->uid || euid != id->uid || suid != id->uid || rgid != id->gid ||
	    egid != id->gid || sgid != id->gid)
		return error_set(err, ERROR_PERMISSION, 0,
				 "cannot become %s (uid %u, gid %u): run nfsafe as root",
				 id->name, id->uid, id->gid);
	return 0;
}
