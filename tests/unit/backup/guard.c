/* SPDX-License-Identifier: MIT */
#include "lib/backup/guard.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/macro.h"
#include "lib/proc/privilege.h"

#define GIB (UINT64_C(1) << 30)

static const struct mount_identity mount = { .source = "nas:/export",
					     .mountpoint = "/srv/nas1" };
static const struct identity user = { .uid = 987, .name = "zimbra" };
static const struct marker host = {
	.host = "zm2",
	.machine = "0123456789abcdef0123456789abcdef",
	.destination = "nas1",
	.uuid = "01234567-89ab-4def-8123-456789abcdef",
};

static struct guard_request request(void)
{
	return (struct guard_request){
		.mount = &mount,
		.user = &user,
		.destination = "nas1",
	};
}

static void expect(enum guard_step step, const struct guard_request *req,
		   const struct guard_facts *facts, enum guard_reason reason,
		   const char *words)
{
	struct error why = { .msg = "" };

	cr_expect_eq(guard_judge(step, req, &host, facts, &why), reason, "%s: %s", words,
		     why.msg);
	cr_expect(strstr(why.msg, words), "'%s' is not in '%s'", words, why.msg);
	if (reason != GUARD_PASSED)
		cr_expect(strstr(why.msg, "nas:/export"), "names the export: %s",
			  why.msg);
}

Test(guard, the_marker_must_be_there_and_ours)
{
	struct guard_request req = request();
	struct guard_facts f = { .marker = { .valid = true, .found = host } };

	expect(GUARD_STEP_MARKER, &req, &f, GUARD_PASSED, "");
	req.pinned_uuid = "";
	expect(GUARD_STEP_MARKER, &req, &f, GUARD_PASSED, "");
	req.pinned_uuid = "99999999-89ab-4def-8123-456789abcdef";
	expect(GUARD_STEP_MARKER, &req, &f, GUARD_MARKER_CHANGED, "not the one");
	f.marker.found.destination[3] = '2';
	expect(GUARD_STEP_MARKER, &req, &f, GUARD_MARKER_FOREIGN, "'nas2'");
	f.marker.found = host;
	f.marker.found.host[2] = '3';
	expect(GUARD_STEP_MARKER, &req, &f, GUARD_MARKER_FOREIGN, "clone");
	f.marker.found.machine[2] = 'f';
	expect(GUARD_STEP_MARKER, &req, &f, GUARD_MARKER_FOREIGN, "another host, zm3");
	f.marker.valid = false;
	(void)error_set(&f.marker.parse, ERROR_UNSAFE, 0, "line 3 is odd");
	expect(GUARD_STEP_MARKER, &req, &f, GUARD_MARKER_DAMAGED, "line 3 is odd");
	f.marker.errnum = EACCES;
	expect(GUARD_STEP_MARKER, &req, &f, GUARD_MARKER_DAMAGED, "Permission denied");
	f.marker.errnum = ENOENT;
	expect(GUARD_STEP_MARKER, &req, &f, GUARD_MARKER_MISSING, "run nfsafe init nas1");
}

Test(guard, the_file_system_must_be_the_pinned_one)
{
	struct guard_request req = request();
	struct guard_facts f = { .fsid = "1b9e:0" };

	expect(GUARD_STEP_FSID, &req, &f, GUARD_PASSED, "");
	req.pinned_fsid = "1b9e:0";
	expect(GUARD_STEP_FSID, &req, &f, GUARD_PASSED, "");
	req.pinned_fsid = "1b9e:1";
	expect(GUARD_STEP_FSID, &req, &f, GUARD_FSID_CHANGED, "id 1b9e:0, not 1b9e:1");
	f.fsid[0] = '\0';
	expect(GUARD_STEP_FSID, &req, &f, GUARD_FSID_CHANGED, "does not tell");
	req.pinned_fsid = "";
	expect(GUARD_STEP_FSID, &req, &f, GUARD_PASSED, "");
}

Test(guard, enough_space_must_be_free)
{
	struct guard_request req = request();
	struct guard_facts f = { .space.space = { .total_bytes = 100 * GIB,
						  .free_bytes = 10 * GIB } };

	expect(GUARD_STEP_SPACE, &req, &f, GUARD_PASSED, "");
	req.min_free_percent = 10;
	expect(GUARD_STEP_SPACE, &req, &f, GUARD_PASSED, "");
	f.space.space.free_bytes--;
	expect(GUARD_STEP_SPACE, &req, &f, GUARD_LITTLE_SPACE, "min_free = 10%");
	req.min_free_percent = 0;
	req.min_free_bytes = 10 * GIB;
	expect(GUARD_STEP_SPACE, &req, &f, GUARD_LITTLE_SPACE, "min_free = 10.0 GiB");
	req.min_free_bytes--;
	expect(GUARD_STEP_SPACE, &req, &f, GUARD_PASSED, "");
	f.space.space.total_files = 1000;
	f.space.space.free_files = 1;
	expect(GUARD_STEP_SPACE, &req, &f, GUARD_PASSED, "");
	f.space.space.free_files = 0;
	expect(GUARD_STEP_SPACE, &req, &f, GUARD_LITTLE_SPACE, "no inode");
	f.space.errnum = ESTALE;
	expect(GUARD_STEP_SPACE, &req, &f, GUARD_LITTLE_SPACE, "cannot be told");
}

Test(guard, space_beyond_all_bounds_does_not_overflow)
{
	struct guard_request req = request();
	struct guard_facts f = { .space.space = { .total_bytes = UINT64_MAX,
						  .free_bytes = UINT64_MAX / 2 } };

	req.min_free_percent = 49;
	expect(GUARD_STEP_SPACE, &req, &f, GUARD_PASSED, "");
	req.min_free_percent = 51;
	expect(GUARD_STEP_SPACE, &req, &f, GUARD_LITTLE_SPACE, "51%");
	f.space.space = (struct remote_space){ 0 };
	expect(GUARD_STEP_SPACE, &req, &f, GUARD_LITTLE_SPACE, "0 B of 0 B");
	req.min_free_percent = 0;
	expect(GUARD_STEP_SPACE, &req, &f, GUARD_PASSED, "");
}

Test(guard, the_backup_user_must_be_able_to_write)
{
	static const struct {
		enum guard_write_stage stage;
		int errnum;
		enum guard_reason reason;
		const char *words;
	} cases[] = {
		{ GUARD_WRITE_CREATE, EACCES, GUARD_CANNOT_WRITE,
		  "zimbra (uid 987) cannot create a file: Permission denied: look at" },
		{ GUARD_WRITE_CREATE, EROFS, GUARD_CANNOT_WRITE, "Read-only" },
		{ GUARD_WRITE_WRITE, ENOSPC, GUARD_CANNOT_WRITE,
		  "cannot write: No space" },
		{ GUARD_WRITE_FSYNC, EIO, GUARD_CANNOT_WRITE, "cannot fsync" },
		{ GUARD_WRITE_CLOSE, EDQUOT, GUARD_CANNOT_WRITE, "cannot close" },
		{ GUARD_WRITE_READ, EIO, GUARD_CANNOT_WRITE, "cannot read back" },
		{ GUARD_WRITE_COMPARE, 0, GUARD_CORRUPT, "not what is read back" },
		{ GUARD_WRITE_REMOVE, EACCES, GUARD_CANNOT_WRITE, "cannot remove" },
		{ GUARD_WRITE_DONE, 0, GUARD_PASSED, "" },
	};
	struct guard_request req = request();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct guard_facts f = { .write = { .stage = cases[i].stage,
						    .errnum = cases[i].errnum } };

		expect(GUARD_STEP_WRITE, &req, &f, cases[i].reason, cases[i].words);
	}
}

Test(guard, every_reason_has_a_name_of_its_own)
{
	for (int i = GUARD_PASSED; i <= GUARD_MOUNT_LOST; i++) {
		cr_expect_str_neq(guard_reason_name((enum guard_reason)i), "unknown");
		for (int j = GUARD_PASSED; j < i; j++)
			cr_expect_str_neq(guard_reason_name((enum guard_reason)i),
					  guard_reason_name((enum guard_reason)j));
	}
	cr_expect_str_eq(guard_reason_name((enum guard_reason)99), "unknown");
}
