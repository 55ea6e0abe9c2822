/* SPDX-License-Identifier: MIT */
#include "lib/mnt/mountstats.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/macro.h"

#define HEADER "device nas:/b mounted on /mnt/b with fstype nfs statvers=1.1\n"
#define EVENTS "\tevents:\t0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 22 23 24 0 0 \n"

static const struct mountstats_key key = { "nas:/b", "/mnt/b" };

static struct mountstats parse(const char *text)
{
	struct mountstats s;
	struct error err;

	cr_assert_eq(mountstats_parse(text, strlen(text), &key, &s, &err),
		     MOUNTSTATS_FOUND, "%s", err.msg);
	return s;
}

static struct mountstats parse_corpus(const char *source, const char *mountpoint)
{
	struct mountstats_key k = { source, mountpoint };
	struct mountstats s;
	struct error err;
	char *text;
	size_t len;

	cr_assert_eq(fd_read_file(CORPUS "/mountstats/lab-6.1", 65536, &text, &len, &err),
		     0, "%s", err.msg);
	cr_assert_eq(mountstats_parse(text, len, &k, &s, &err), MOUNTSTATS_FOUND, "%s",
		     err.msg);
	free(text);
	return s;
}

Test(mountstats, version_3_as_the_lab_printed_it)
{
	struct mountstats s = parse_corpus("nas:/srv/nas/", "/mnt/b");
	const struct mountstats_op *write = mountstats_op(&s, "WRITE");
	struct mountstats_summary sum;

	cr_expect_eq(s.op_count, 22);
	cr_expect_eq(s.bytes_written, 2097152);
	cr_expect_eq(s.transport.connections, 2);
	cr_expect_eq(s.transport.connects, 4);
	cr_expect_eq(s.transport.sends, 15);
	cr_expect_eq(s.transport.receives, 15);
	cr_assert_not_null(write);
	cr_expect_eq(write->calls, 2);
	cr_expect_eq(write->bytes_sent, 2097392);
	cr_expect_eq(write->queue_ms, 7);
	cr_expect_eq(write->rtt_ms, 47);
	cr_expect_eq(write->execute_ms, 55);
	mountstats_summarize(&s, &sum);
	cr_expect_eq(sum.calls, 13);
	cr_expect_eq(sum.retransmissions, 0);
	cr_expect_eq(sum.errors, 2, "two LOOKUPs found nothing");
	cr_expect_eq(sum.write_errors, 0);
}

Test(mountstats, version_4_as_the_lab_printed_it)
{
	struct mountstats s = parse_corpus("nas:/backup", "/mnt/c d");

	cr_expect_eq(s.op_count, 69);
	cr_expect_eq(mountstats_op(&s, "EXCHANGE_ID")->calls, 2);
	cr_expect_eq(mountstats_op(&s, "BIND_CONN_TO_SESSION")->calls, 0);
	cr_expect_null(mountstats_op(&s, "READDIRPLUS"));
}

Test(mountstats, other_mounts_are_not_ours)
{
	static const char *const others[] = {
		"device nas:/b mounted on /mnt/bb with fstype nfs statvers=1.1\n",
		"device nas2:/b mounted on /mnt/b with fstype nfs statvers=1.1\n",
		"device nas:/b mounted on /mnt/b with fstype tmpfs\n",
		"no device mounted on /mnt/b with fstype nfs\n",
		"device nas:/b mounted on /mnt/b with fstype nfs_not statvers=1.1\n",
		"",
	};
	struct mountstats s;
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		cr_expect_eq(
			mountstats_parse(others[i], strlen(others[i]), &key, &s, &err),
			MOUNTSTATS_ABSENT, "%s", others[i]);
}

Test(mountstats, of_a_stack_the_last_one_counts_and_parts_end_at_the_next)
{
	struct mountstats s =
		parse(HEADER "\tage:\t11\n" HEADER "\tage:\t22\n"
			     "no device mounted on / with fstype rootfs\n"
			     "device b mounted on /b with fstype ext4\n\tage:\tx\n");

	cr_expect_eq(s.age_s, 22);
	cr_expect_eq(s.op_count, 0);
}

Test(mountstats, older_kernels_do_not_count_errors)
{
	struct mountstats s =
		parse(HEADER "\tper-op statistics\n\tWRITE: 1 3 2 4 5 6 7 8\n");
	struct mountstats_summary sum;

	cr_expect_eq(mountstats_op(&s, "WRITE")->errors, 0);
	mountstats_summarize(&s, &sum);
	cr_expect_eq(sum.retransmissions, 2);
	cr_expect_eq(sum.major_timeouts, 2);
}

Test(mountstats, events_are_found_by_their_place)
{
	struct mountstats s = parse(HEADER EVENTS);

	cr_expect_eq(s.short_reads, 22);
	cr_expect_eq(s.short_writes, 23);
	cr_expect_eq(s.delays, 24);
}

Test(mountstats, what_is_not_understood_is_an_error)
{
	static const char *const bad[] = {
		"\tage:\tx\n",
		"\tage:\n",
		"\tevents:\t1 2 3\n",
		"\tbytes:\t1 2 3 4 5\n",
		"\txprt:\ttcp 1 2 3\n",
		"\txprt:\n",
		"\tper-op statistics\n\tWRITE: 1 2 3\n",
		"\tper-op statistics\n\tWRITE: 1 2 3 4 5 6 7 -8\n",
		"\tper-op statistics\n\tWRITE 1 2 3 4 5 6 7 8\n",
		"\tper-op\n\tA: 1 2 3 4 5 6 7 8\n\tA: 1 2 3 4 5 6 7 8\n",
		("\tper-op statistics\n\tA_NAME_THAT_IS_LONGER_THAN_ANY_OPERATIONS: 1 2 "
		 "3 "
		 "4 5 6 7 8\n"),
	};
	char text[512];
	struct mountstats s;
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		(void)snprintf(text, sizeof(text), HEADER "%s", bad[i]);
		cr_expect_eq(mountstats_parse(text, strlen(text), &key, &s, &err),
			     -ERROR_IO, "%s", bad[i]);
	}
}

Test(mountstats, lines_and_transports_to_come_are_passed_over)
{
	struct mountstats s =
		parse(HEADER "\tnew: anything at all\n\tand more\n"
			     "\txprt:\trdma 1 2 3\n\txprt:\ttcp 1 2 3 4 5 6 7 8\n");

	cr_expect_eq(s.transport.connections, 2);
	cr_expect_eq(s.transport.sends, 6);
	cr_expect_eq(s.transport.receives, 7);
	cr_expect_eq(s.transport.bad_xids, 8);
}

Test(mountstats, more_operations_than_fit_are_an_error)
{
	char text[8192];
	int len = snprintf(text, sizeof(text), HEADER "\tper-op statistics\n");
	struct mountstats s;
	struct error err;

	for (int i = 0; i <= MOUNTSTATS_OPS_MAX; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len,
				"\tOP%d: 1 2 3 4 5 6 7 8\n", i);
	cr_expect_eq(mountstats_parse(text, (size_t)len, &key, &s, &err), -ERROR_IO);
}

Test(mountstats, the_difference_is_what_happened_in_between)
{
	struct mountstats a =
		parse(HEADER "\tage:\t10\n" EVENTS "\txprt:\ttcp 1 1 2 0 0 10 9 1\n"
			     "\tper-op statistics\n\tWRITE: 5 6 1 100 50 3 4 5 1\n");
	struct mountstats b =
		parse(HEADER "\tage:\t15\n" EVENTS "\txprt:\ttcp 1 1 3 0 0 20 18 1\n"
			     "\tper-op statistics\n\tCOMMIT: 1 1 0 1 1 1 1 1 1\n"
			     "\tWRITE: 9 12 2 200 70 6 8 10 3\n");
	struct mountstats d;
	struct mountstats_summary sum;

	cr_assert(mountstats_difference(&a, &b, &d));
	cr_expect_eq(d.age_s, 5);
	cr_expect_eq(d.delays, 0);
	cr_expect_eq(d.transport.connects, 1);
	cr_expect_eq(d.transport.receives, 9);
	cr_expect_eq(mountstats_op(&d, "WRITE")->calls, 4);
	cr_expect_eq(mountstats_op(&d, "WRITE")->transmissions, 6);
	cr_expect_eq(mountstats_op(&d, "COMMIT")->calls, 1,
		     "not there before: all of it is new");
	mountstats_summarize(&d, &sum);
	cr_expect_eq(sum.major_timeouts, 1);
	cr_expect_eq(sum.retransmissions, 2);
	cr_expect_eq(sum.write_errors, 3, "WRITE and COMMIT");
	cr_expect(mountstats_progress(&a, &b));
	cr_expect_not(mountstats_progress(&b, &b));
}

Test(mountstats, a_counter_that_went_back_is_another_mount)
{
	struct mountstats a =
		parse(HEADER "\tage:\t10\n"
			     "\tper-op statistics\n\tWRITE: 5 5 0 1 1 1 1 1 0\n");
	struct mountstats younger = a, fewer = a, without = a, d;

	younger.age_s = 9;
	fewer.ops[0].calls = 4;
	without.op_count = 0;
	cr_expect_not(mountstats_difference(&a, &younger, &d));
	cr_expect_not(mountstats_difference(&a, &fewer, &d));
	cr_expect_not(mountstats_difference(&a, &without, &d));
	cr_expect(mountstats_difference(&a, &a, &d));
}
