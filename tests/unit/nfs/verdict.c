/* SPDX-License-Identifier: MIT */
#include "lib/nfs/verdict.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/macro.h"
#include "lib/nfs/report.h"

/* A server that is fit for use, with the canary. */
static struct probe_report good(void)
{
	struct probe_report report;

	probe_report_init(&report, NFS_VERS_3);
	for (unsigned i = 0; i < PROBE_LAYERS; i++)
		report.layers[i].result = RESULT_OK;
	return report;
}

static bool is_bad(unsigned result)
{
	return result > RESULT_SLOW;
}

/* What each result of each layer means when all else is good: every row. */
static const struct {
	enum probe_layer layer;
	enum probe_result result;
	enum probe_verdict verdict;
} rows[] = {
	{ PROBE_RESOLVE, RESULT_UNRESOLVED, VERDICT_UNRESOLVED },
	{ PROBE_RESOLVE, RESULT_SILENT, VERDICT_UNRESOLVED },
	{ PROBE_RESOLVE, RESULT_SLOW, VERDICT_SLOW },
	{ PROBE_CONNECT, RESULT_REFUSED, VERDICT_REFUSED },
	{ PROBE_CONNECT, RESULT_CLOSED, VERDICT_REFUSED },
	{ PROBE_CONNECT, RESULT_UNREACHABLE, VERDICT_UNREACHABLE },
	{ PROBE_CONNECT, RESULT_SILENT, VERDICT_UNREACHABLE },
	{ PROBE_CONNECT, RESULT_SLOW, VERDICT_SLOW },
	{ PROBE_RPCBIND, RESULT_REFUSED, VERDICT_RPCBIND_DEAD },
	{ PROBE_RPCBIND, RESULT_UNREACHABLE, VERDICT_RPCBIND_DEAD },
	{ PROBE_RPCBIND, RESULT_SILENT, VERDICT_RPCBIND_DEAD },
	{ PROBE_RPCBIND, RESULT_CLOSED, VERDICT_RPCBIND_DEAD },
	{ PROBE_RPCBIND, RESULT_BUSY, VERDICT_RPCBIND_DEAD },
	{ PROBE_RPCBIND, RESULT_VERSION, VERDICT_RPCBIND_DEAD },
	{ PROBE_RPCBIND, RESULT_REJECTED, VERDICT_RPCBIND_DEAD },
	{ PROBE_RPCBIND, RESULT_UNREGISTERED, VERDICT_NOT_REGISTERED },
	{ PROBE_RPCBIND, RESULT_GARBAGE, VERDICT_GARBAGE },
	{ PROBE_RPCBIND, RESULT_SLOW, VERDICT_SLOW },
	{ PROBE_MOUNTD, RESULT_REFUSED, VERDICT_MOUNTD_DEAD },
	{ PROBE_MOUNTD, RESULT_UNREACHABLE, VERDICT_MOUNTD_DEAD },
	{ PROBE_MOUNTD, RESULT_SILENT, VERDICT_MOUNTD_DEAD },
	{ PROBE_MOUNTD, RESULT_CLOSED, VERDICT_MOUNTD_DEAD },
	{ PROBE_MOUNTD, RESULT_BUSY, VERDICT_MOUNTD_DEAD },
	{ PROBE_MOUNTD, RESULT_DENIED, VERDICT_EXPORT_DENIED },
	{ PROBE_MOUNTD, RESULT_MISSING, VERDICT_EXPORT_MISSING },
	{ PROBE_MOUNTD, RESULT_VERSION, VERDICT_VERSION },
	{ PROBE_MOUNTD, RESULT_REJECTED, VERDICT_DENIED },
	{ PROBE_MOUNTD, RESULT_CORRUPT, VERDICT_CORRUPT },
	{ PROBE_MOUNTD, RESULT_GARBAGE, VERDICT_GARBAGE },
	{ PROBE_NFSD, RESULT_SILENT, VERDICT_FROZEN },
	{ PROBE_NFSD, RESULT_BUSY, VERDICT_FROZEN },
	{ PROBE_NFSD, RESULT_REFUSED, VERDICT_REFUSED },
	{ PROBE_NFSD, RESULT_CLOSED, VERDICT_REFUSED },
	{ PROBE_NFSD, RESULT_UNREACHABLE, VERDICT_UNREACHABLE },
	{ PROBE_NFSD, RESULT_UNREGISTERED, VERDICT_NOT_REGISTERED },
	{ PROBE_NFSD, RESULT_VERSION, VERDICT_VERSION },
	{ PROBE_NFSD, RESULT_REJECTED, VERDICT_DENIED },
	{ PROBE_NFSD, RESULT_GARBAGE, VERDICT_GARBAGE },
	{ PROBE_NFSD, RESULT_SLOW, VERDICT_SLOW },
	{ PROBE_HANDLE, RESULT_SILENT, VERDICT_FROZEN },
	{ PROBE_HANDLE, RESULT_BUSY, VERDICT_FROZEN },
	{ PROBE_HANDLE, RESULT_STALE, VERDICT_STALE },
	{ PROBE_HANDLE, RESULT_MISSING, VERDICT_EXPORT_MISSING },
	{ PROBE_HANDLE, RESULT_DENIED, VERDICT_EXPORT_DENIED },
	{ PROBE_HANDLE, RESULT_REJECTED, VERDICT_DENIED },
	{ PROBE_HANDLE, RESULT_CORRUPT, VERDICT_CORRUPT },
	{ PROBE_SPACE, RESULT_SILENT, VERDICT_FROZEN },
	{ PROBE_SPACE, RESULT_NO_SPACE, VERDICT_NO_SPACE },
	{ PROBE_SPACE, RESULT_MISSING, VERDICT_STALE },
	{ PROBE_ACCESS, RESULT_SILENT, VERDICT_FROZEN },
	{ PROBE_ACCESS, RESULT_READ_ONLY, VERDICT_READ_ONLY },
	{ PROBE_ACCESS, RESULT_SQUASHED, VERDICT_SQUASHED },
	{ PROBE_ACCESS, RESULT_DENIED, VERDICT_DENIED },
	{ PROBE_CANARY, RESULT_SILENT, VERDICT_FROZEN },
	{ PROBE_CANARY, RESULT_BUSY, VERDICT_FROZEN },
	{ PROBE_CANARY, RESULT_CLOSED, VERDICT_REFUSED },
	{ PROBE_CANARY, RESULT_READ_ONLY, VERDICT_READ_ONLY },
	{ PROBE_CANARY, RESULT_NO_SPACE, VERDICT_NO_SPACE },
	{ PROBE_CANARY, RESULT_SQUASHED, VERDICT_SQUASHED },
	{ PROBE_CANARY, RESULT_CORRUPT, VERDICT_CORRUPT },
	{ PROBE_CANARY, RESULT_DENIED, VERDICT_DENIED },
	{ PROBE_CANARY, RESULT_STALE, VERDICT_STALE },
	{ PROBE_CANARY, RESULT_VERSION, VERDICT_VERSION },
	{ PROBE_CANARY, RESULT_GARBAGE, VERDICT_GARBAGE },
	{ PROBE_CANARY, RESULT_SLOW, VERDICT_SLOW },
};

Test(verdict, each_result_of_each_layer_has_its_verdict)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct probe_report report = good();

		report.layers[rows[i].layer].result = rows[i].result;
		verdict_decide(&report);
		cr_expect_eq(report.verdict, (uint32_t)rows[i].verdict, "%s %s is %s",
			     probe_layer_name(rows[i].layer),
			     probe_result_name(rows[i].result),
			     probe_verdict_name(report.verdict));
		cr_expect_eq(report.layer, (uint32_t)rows[i].layer);
	}
}

Test(verdict, every_verdict_can_come)
{
	bool seen[VERDICT_COUNT] = { [VERDICT_OK] = true };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		seen[rows[i].verdict] = true;
	for (unsigned v = 0; v < VERDICT_COUNT; v++)
		cr_expect(seen[v], "%s is in no row", probe_verdict_name(v));
}

Test(verdict, no_failure_is_ever_good)
{
	for (unsigned layer = 0; layer < PROBE_LAYERS; layer++) {
		for (unsigned result = 0; result < RESULT_COUNT; result++) {
			struct probe_report report = good();
			const char *meaning, *advice;

			report.layers[layer].result = result;
			verdict_decide(&report);
			if (is_bad(result))
				cr_expect_gt(report.verdict, VERDICT_SLOW, "%s %s",
					     probe_layer_name(layer),
					     probe_result_name(result));
			verdict_explain(&report, &meaning, &advice);
			cr_expect_gt(strlen(meaning), 10);
			if (is_bad(result) || result == RESULT_SLOW)
				cr_expect_gt(strlen(advice), 10);
		}
	}
}

Test(verdict, all_is_well_when_all_layers_are)
{
	struct probe_report report = good();

	verdict_decide(&report);
	cr_expect_eq(report.verdict, VERDICT_OK);
	cr_expect_eq(report.layer, PROBE_CANARY);
	report.layers[PROBE_CANARY].result = RESULT_SKIPPED;
	verdict_decide(&report);
	cr_expect_eq(report.verdict, VERDICT_OK);
	cr_expect_eq(report.layer, PROBE_ACCESS);
}

/* The incident: everything of the server hangs, and it is nfsd that matters. */
Test(verdict, a_frozen_nfsd_outranks_rpcbind_and_mountd)
{
	struct probe_report report = good();

	report.layers[PROBE_RPCBIND].result = RESULT_SILENT;
	report.layers[PROBE_MOUNTD].result = RESULT_SILENT;
	report.layers[PROBE_NFSD].result = RESULT_SILENT;
	verdict_decide(&report);
	cr_expect_eq(report.verdict, VERDICT_FROZEN);
	cr_expect_eq(report.layer, PROBE_NFSD);
}

Test(verdict, garbage_outranks_all_and_slow_nothing)
{
	struct probe_report report = good();

	report.layers[PROBE_NFSD].result = RESULT_SILENT;
	report.layers[PROBE_MOUNTD].result = RESULT_GARBAGE;
	verdict_decide(&report);
	cr_expect_eq(report.verdict, VERDICT_GARBAGE);
	cr_expect_eq(report.layer, PROBE_MOUNTD);

	report = good();
	report.layers[PROBE_RESOLVE].result = RESULT_SLOW;
	report.layers[PROBE_CANARY].result = RESULT_NO_SPACE;
	verdict_decide(&report);
	cr_expect_eq(report.verdict, VERDICT_NO_SPACE);
}

/* A fast NULL and a slow COMMIT: the words are about the disk. */
Test(verdict, a_slow_canary_is_a_slow_disk)
{
	struct probe_report report = good();
	const char *meaning, *advice;

	report.layers[PROBE_CANARY].result = RESULT_SLOW;
	verdict_decide(&report);
	cr_expect_eq(report.layer, PROBE_CANARY);
	verdict_explain(&report, &meaning, &advice);
	cr_expect(strstr(meaning, "disk"), "%s", meaning);
}

Test(verdict, slow_is_a_second_and_eight_round_trips)
{
	cr_expect_not(verdict_is_slow(SLOW_US, 100));
	cr_expect(verdict_is_slow(SLOW_US + 1, 100));
	cr_expect_not(verdict_is_slow(2000000, 300000), "far away is not slow");
	cr_expect(verdict_is_slow(2400001, 300000));
	cr_expect(verdict_is_slow(SLOW_US + 1, -1), "no round trip is known");
}

Test(verdict, names_are_those_of_the_issue_and_read_back)
{
	static const char *const names[] = {
		"ok",
		"slow",
		"unresolved",
		"unreachable",
		"refused",
		"rpcbind-dead",
		"not-registered",
		"mountd-dead",
		"export-denied",
		"export-missing",
		"frozen",
		"version",
		"stale",
		"read-only",
		"no-space",
		"squashed",
		"corrupt",
		"garbage",
		"denied",
	};
	enum probe_verdict verdict;

	cr_assert_eq(ARRAY_SIZE(names), VERDICT_COUNT);
	for (unsigned i = 0; i < VERDICT_COUNT; i++) {
		cr_expect_str_eq(probe_verdict_name(i), names[i]);
		cr_assert(probe_verdict_from_name(names[i], &verdict));
		cr_expect_eq(verdict, i);
	}
	cr_expect_not(probe_verdict_from_name("fine", &verdict));
	cr_expect_str_eq(probe_verdict_name(VERDICT_COUNT), "?");
	cr_expect_str_eq(probe_layer_name(PROBE_LAYERS), "?");
	cr_expect_str_eq(probe_result_name(RESULT_COUNT), "?");
}

/* Only where another address can change the answer is another one tried. */
Test(verdict, what_the_disk_says_is_the_same_at_every_address)
{
	cr_expect(verdict_is_of_address(VERDICT_UNREACHABLE));
	cr_expect(verdict_is_of_address(VERDICT_FROZEN));
	cr_expect(verdict_is_of_address(VERDICT_EXPORT_DENIED));
	cr_expect_not(verdict_is_of_address(VERDICT_OK));
	cr_expect_not(verdict_is_of_address(VERDICT_SLOW));
	cr_expect_not(verdict_is_of_address(VERDICT_NO_SPACE));
	cr_expect_not(verdict_is_of_address(VERDICT_CORRUPT));
}
