/* SPDX-License-Identifier: MIT */
#include "lib/proc/privilege.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/error.h"

Test(privilege, finds_a_user_by_name_and_by_number, .timeout = 10)
{
	struct deadline d = deadline_after(5000);
	struct identity name, number;
	struct error err;

	cr_assert_eq(identity_lookup("root", d, -1, &name, &err), 0);
	cr_assert_eq(name.uid, 0);
	cr_assert_eq(name.gid, 0);
	cr_assert_str_eq(name.name, "root");
	cr_assert_str_eq(name.home, "/root");
	cr_assert_geq(name.n_groups, 1);
	cr_assert_eq(identity_lookup("0", d, -1, &number, &err), 0);
	cr_assert_str_eq(number.name, "root");
}

Test(privilege, does_not_invent_users, .timeout = 10)
{
	/* The last is -1, which chown(2) takes for "leave as it is". */
	static const char *const unknown[] = { "no such user", "",    "-1",
					       "+0",           "0x0", "4294967294999",
					       "4294967295" };

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		struct identity id = { .uid = 77 };
		struct error err;

		cr_expect_eq(
			identity_lookup(unknown[i], deadline_after(5000), -1, &id, &err),
			-ERROR_CONFIG, "'%s' was found", unknown[i]);
		cr_expect_eq(id.uid, 77, "untouched on failure");
	}
}

Test(privilege, says_who_is_missing, .timeout = 10)
{
	struct identity id;
	struct error err;

	(void)!identity_lookup("zimbro", deadline_after(5000), -1, &id, &err);
	cr_assert_str_eq(err.msg, "there is no user 'zimbro'");
}

/* The database may be a server that hangs; the deadline is then all there is. */
Test(privilege, does_not_outwait_its_deadline, .timeout = 10)
{
	int64_t start = deadline_now_ns();
	struct identity id;
	struct error err;
	int r = identity_lookup("root", deadline_after(0), -1, &id, &err);

	cr_assert(r == 0 || r == -ERROR_DEADLINE);
	cr_assert_lt(deadline_now_ns() - start, INT64_C(2000000000));
}

Test(privilege, self_is_who_we_are)
{
	struct identity id;

	identity_self(&id);
	cr_assert_eq(id.uid, geteuid());
	cr_assert_eq(id.gid, getegid());
	cr_assert_eq(id.n_groups, (size_t)getgroups(0, NULL));
}

/* Runs @fn in a process of its own, since it changes ids; its exit code. */
static int in_child(int (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(fn());
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int drop_to_nobody(void)
{
	struct identity nobody;
	struct error err;
	uid_t r, e, s;

	identity_nobody(&nobody);
	if (privilege_drop(&nobody, &err) != 0)
		return 1;
	if (getresuid(&r, &e, &s) < 0 || r != 65534 || e != 65534 || s != 65534)
		return 2;
	if (getgroups(0, NULL) != 0)
		return 3;
	/* No way back. */
	return setuid(0) < 0 && setgid(0) < 0 && seteuid(0) < 0 ? 0 : 4;
}

static int drop_with_groups(void)
{
	struct identity id = {
		.uid = 1234, .gid = 2345, .groups = { 2345, 3456 }, .n_groups = 2
	};
	gid_t groups[8];
	struct error err;

	if (privilege_drop(&id, &err) != 0)
		return 1;
	return getgroups(8, groups) == 2 && groups[1] == 3456 && getegid() == 2345 ? 0
										   : 2;
}

static int drop_as_somebody_else(void)
{
	struct identity other = { .uid = 1234, .gid = 1234, .name = "other" }, self;
	struct error err;

	if (geteuid() == 0 &&
	    (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
		return 1;
	if (privilege_drop(&other, &err) != -ERROR_PERMISSION)
		return 2;
	if (!strstr(err.msg, "other") || !strstr(err.msg, "root"))
		return 3;
	identity_self(&self);
	return privilege_drop(&self, &err) == 0 ? 0 : 4;
}

/* The effective id alone is not enough: the saved one would be a way back. */
static int drop_with_a_saved_id_left(void)
{
	struct identity id = { .uid = 65534, .gid = 65534 };
	struct error err;

	if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 0) < 0)
		return 1;
	return privilege_drop(&id, &err) == -ERROR_PERMISSION ? 0 : 2;
}

Test(privilege, drop_is_for_good)
{
	if (geteuid() != 0)
		cr_skip("needs root");
	cr_assert_eq(in_child(drop_to_nobody), 0);
	cr_assert_eq(in_child(drop_with_groups), 0);
	cr_assert_eq(in_child(drop_with_a_saved_id_left), 0);
}

Test(privilege, without_root_only_what_we_are)
{
	cr_assert_eq(in_child(drop_as_somebody_else), 0);
}
