/* SPDX-License-Identifier: MIT */
/* What was mounted and is not known to be gone is found again, with whose it was. */
#include "lib/record/mounted.h"

#include "directory.h"

static int64_t mount(struct record *record, int64_t run, const char *name)
{
	struct record_mount m = { .run = run,
				  .source = "nas1:/export/",
				  .mountpoint = "/srv/nfsafe/nas1" };

	(void)snprintf(m.destination, sizeof(m.destination), "%s", name);
	must(record_mount_begin(record, &m, 1000, &m.id, &why));
	return m.id;
}

static size_t left(struct record *record, struct record_mount **ret)
{
	size_t n;

	must(record_mounts_left(record, ret, &n, &why));
	return n;
}

Test(mounted, is_left_until_it_is_told_that_it_is_gone)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t run = begin_run(record, RECORD_KIND_RUN, 1000);
	struct record_mount *m, proof = { .source = "nas1:/export",
					  .fstype = "nfs4",
					  .mount_id = 77,
					  .major = 0,
					  .minor = 45 };
	int64_t first, second;

	cr_assert_eq(left(record, &m), 0);
	cr_assert_null(m);
	first = mount(record, run, "nas1");
	second = mount(record, run, "nas2");
	proof.id = second;
	must(record_mount_prove(record, &proof, &why));
	cr_assert_eq(left(record, &m), 2);
	cr_assert_eq(m[0].id, second);
	cr_assert(m[0].proved && m[0].running && m[0].this_boot);
	cr_assert_eq(m[0].mount_id, 77);
	cr_assert_eq(m[0].major, 0);
	cr_assert_eq(m[0].minor, 45);
	cr_assert_str_eq(m[0].source, "nas1:/export");
	cr_assert_str_eq(m[0].fstype, "nfs4");
	cr_assert_eq(m[1].id, first);
	cr_assert_not(m[1].proved);
	cr_assert_str_eq(m[1].source, "nas1:/export/");
	cr_assert_str_eq(m[1].mountpoint, "/srv/nfsafe/nas1");
	cr_assert_str_eq(m[1].destination, "nas1");
	free(m);
	must(record_mount_end(record, second, 2000, "by force", &why));
	end_run(record, run, RECORD_ABORTED, 3000);
	cr_assert_eq(left(record, &m), 1);
	cr_assert_eq(m[0].id, first);
	cr_assert_not(m[0].running);
	free(m);
	must(record_mount_end(record, first, 2000, "was not mounted", &why));
	cr_assert_eq(left(record, &m), 0);
}

Test(mounted, of_another_boot_is_told_from_this_one)
{
	DIRECTORY(d);
	RECORD(record, d, RECORD_WRITE);
	int64_t run = begin_run(record, RECORD_KIND_RUN, 1000);
	struct record_mount *m;

	(void)mount(record, run, "nas1");
	must(sql_exec(&record->sql, "UPDATE run SET boot_id = 'before'", &why));
	cr_assert_eq(left(record, &m), 1);
	cr_assert_not(m[0].this_boot);
	free(m);
}
