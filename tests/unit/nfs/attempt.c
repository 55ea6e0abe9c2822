/* SPDX-License-Identifier: MIT */
#include "lib/nfs/attempt.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/macro.h"
#include "tests/unit/nfs/stage.h"

static struct probe_request request(enum nfs_vers vers, bool write)
{
	return (struct probe_request){
		.source = { "nas", "/export" },
		.vers = vers,
		.timeout_ms = 5000,
		.write = write,
	};
}

static const struct {
	enum nfs_vers vers;
	bool write;
	unsigned rounds;
} costs[] = {
	{ NFS_VERS_3, false, 5 },   { NFS_VERS_3, true, 9 },
	{ NFS_VERS_4_0, false, 2 }, { NFS_VERS_4_0, true, 7 },
	{ NFS_VERS_4_1, false, 5 }, { NFS_VERS_4_1, true, 9 },
	{ NFS_VERS_4_2, false, 5 }, { NFS_VERS_4_2, true, 9 },
};

/* The promise: 6 round trips, 11 with the canary; connect is one. */
Test(attempt, a_healthy_server_costs_so_many_round_trips)
{
	for (size_t i = 0; i < ARRAY_SIZE(costs); i++) {
		struct probe_request r = request(costs[i].vers, costs[i].write);
		const struct probe_report *report;
		struct stage stage;

		stage_open(&stage, &r);
		stage_run(&stage);
		cr_expect(attempt_is_over(stage.attempt));
		report = stage_report(&stage);
		cr_expect_eq(report->verdict, VERDICT_OK, "%s: %s %s",
			     nfs_vers_text(costs[i].vers),
			     probe_verdict_name(report->verdict), report->detail);
		cr_expect_eq(stage.rounds, costs[i].rounds, "%s: %u rounds",
			     nfs_vers_text(costs[i].vers), stage.rounds);
		cr_expect_leq(stage.rounds, costs[i].write ? 11 : 6);
		cr_expect_not(stage.exists, "the canary is left");
		cr_expect_eq(report->free_bytes, 500000);
		cr_expect_eq(report->free_files, 500);
		cr_expect(report->has_handle);
		cr_expect_eq(report->fsid[0], 0xf51d);
		cr_expect_eq(report->fileid, 0xf11e);
		stage_close(&stage);
	}
}

Test(attempt, what_mnt_has_done_umnt_undoes)
{
	struct probe_request r = request(NFS_VERS_3, false);
	struct stage stage;

	stage_open(&stage, &r);
	stage_run(&stage);
	cr_expect_eq(stage_count(&stage, "MNT"), 1);
	cr_expect_eq(stage_count(&stage, "UMNT"), 1);
	stage_close(&stage);

	r = request(NFS_VERS_4_1, false);
	stage_open(&stage, &r);
	stage_run(&stage);
	cr_expect_eq(stage_count(&stage, "EXCHANGE_ID"), 1);
	cr_expect_eq(stage_count(&stage, "DESTROY_SESSION"), 1);
	cr_expect_eq(stage_count(&stage, "DESTROY_CLIENTID"), 1);
	stage_close(&stage);
}

Test(attempt, with_pinned_ports_rpcbind_is_not_asked)
{
	struct probe_request r = request(NFS_VERS_3, false);
	struct stage stage;

	r.mountport = 635;
	r.port = 2050;
	stage_open(&stage, &r);
	stage_run(&stage);
	cr_expect_eq(stage_report(&stage)->verdict, VERDICT_OK);
	cr_expect_eq(stage.rounds, 3);
	cr_expect_eq(stage_count(&stage, "GETPORT"), 0);
	cr_expect_eq(stage.attempt->conns[CONN_NFSD].port, 2050);
	cr_expect_eq(stage.attempt->conns[CONN_MOUNTD].port, 635);
	cr_expect_eq(stage.attempt->report.layers[PROBE_RPCBIND].result, RESULT_SKIPPED);
	stage_close(&stage);
}

/* 2049 answers too, but rpcbind has the last word. */
Test(attempt, nfsd_is_looked_for_where_rpcbind_says)
{
	struct probe_request r = request(NFS_VERS_3, false);
	struct stage stage;

	stage_open(&stage, &r);
	stage.nfs_port = 32049;
	stage_run(&stage);
	cr_expect_eq(stage_report(&stage)->verdict, VERDICT_OK);
	cr_expect_eq(stage.attempt->report.port, 32049);
	cr_expect_leq(stage.rounds, 6);
	stage_close(&stage);
}

Test(attempt, one_that_does_not_register_but_answers_at_2049_is_good)
{
	struct probe_request r = request(NFS_VERS_3, false);
	struct stage stage;

	stage_open(&stage, &r);
	stage.nfs_port = 0;
	stage_run(&stage);
	cr_expect_eq(stage_report(&stage)->verdict, VERDICT_OK);
	stage_close(&stage);
}

/* --- the canary is taken away --- */

static enum stage_act fail_one(struct stage *stage, const struct peer_call *call,
			       struct peer_body *body)
{
	(void)body;
	return stage_is(call, stage->faulty) ? stage->act : STAGE_ANSWER;
}

/* An I/O error. */
static enum stage_act fail_status(struct stage *stage, const struct peer_call *call,
				  struct peer_body *body)
{
	if (stage_is(call, stage->faulty))
		stage_status(body, 5);
	return STAGE_ANSWER;
}

Test(attempt, the_canary_is_removed_after_any_failed_step)
{
	static const char *const steps3[] = { "WRITE", "COMMIT", "READ" };

	for (size_t i = 0; i < ARRAY_SIZE(steps3); i++) {
		struct probe_request r = request(NFS_VERS_3, true);
		struct stage stage;

		stage_open(&stage, &r);
		stage.faulty = steps3[i];
		stage.fn = fail_status;
		stage_run(&stage);
		cr_expect_not(stage.exists, "%s", stage.faulty);
		cr_expect_eq(stage_report(&stage)->verdict, VERDICT_CORRUPT);
		cr_expect_not(strstr(stage.attempt->report.detail, "left behind"));
		stage_close(&stage);
	}
}

Test(attempt, the_canary_is_removed_over_another_connection_if_need_be)
{
	static const struct {
		enum nfs_vers vers;
		const char *step;
	} cases[] = {
		{ NFS_VERS_3, "WRITE" },    { NFS_VERS_3, "CREATE" },
		{ NFS_VERS_4_0, "WRITE" },  { NFS_VERS_4_0, "OPEN" },
		{ NFS_VERS_4_1, "COMMIT" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct probe_request r = request(cases[i].vers, true);
		const struct probe_report *report;
		struct stage stage;

		stage_open(&stage, &r);
		stage.faulty = cases[i].step;
		stage.act = STAGE_CLOSE;
		stage.fn = fail_one;
		stage_run(&stage);
		cr_expect_not(stage.exists, "%s %s", nfs_vers_text(cases[i].vers),
			      stage.faulty);
		report = stage_report(&stage);
		cr_expect_eq(report->verdict, VERDICT_REFUSED);
		cr_expect_not(strstr(report->detail, "left behind"), "%s",
			      report->detail);
		stage_close(&stage);
	}
}

/* A WRITE that takes for ever: the last part of the time is for the REMOVE. */
Test(attempt, in_a_hurry_the_canary_is_removed_out_of_turn)
{
	static const enum nfs_vers versions[] = { NFS_VERS_3, NFS_VERS_4_0,
						  NFS_VERS_4_1 };
	static const char *const steps[] = { "WRITE", "COMMIT", "READ" };

	for (size_t i = 0; i < ARRAY_SIZE(versions) * ARRAY_SIZE(steps); i++) {
		struct probe_request r = request(versions[i / 3], true);
		const struct probe_report *report;
		struct stage stage;

		stage_open(&stage, &r);
		stage.faulty = steps[i % 3];
		stage.act = STAGE_SILENT;
		stage.fn = fail_one;
		stage_run(&stage);
		cr_expect(stage.exists);
		cr_expect_not(attempt_is_over(stage.attempt));
		attempt_hurry(stage.attempt);
		stage_run(&stage);
		cr_expect_not(stage.exists, "%s %s", nfs_vers_text(versions[i / 3]),
			      stage.faulty);
		report = stage_report(&stage);
		cr_expect_eq(report->verdict, VERDICT_FROZEN);
		cr_expect_eq(report->layer, PROBE_CANARY);
		cr_expect_not(strstr(report->detail, "left behind"));
		stage_close(&stage);
	}
}

Test(attempt, what_is_left_is_named)
{
	struct probe_request r = request(NFS_VERS_3, true);
	struct stage stage;

	stage_open(&stage, &r);
	stage.faulty = "REMOVE";
	stage.fn = fail_status;
	stage_run(&stage);
	cr_expect(strstr(stage_report(&stage)->detail, "may be left behind: .nfsafe-"),
		  "%s", stage.attempt->report.detail);
	stage_close(&stage);
}

Test(attempt, a_create_that_was_refused_has_left_nothing)
{
	struct probe_request r = request(NFS_VERS_3, true);
	struct stage stage;

	stage_open(&stage, &r);
	stage.faulty = "CREATE";
	stage.act = STAGE_UNAVAILABLE;
	stage.fn = fail_one;
	stage_run(&stage);
	cr_expect_eq(stage_count(&stage, "REMOVE"), 0);
	cr_expect_eq(stage_report(&stage)->verdict, VERDICT_VERSION);
	cr_expect_not(strstr(stage.attempt->report.detail, "left"));
	stage_close(&stage);
}

Test(attempt, without_write_nothing_is_written)
{
	for (size_t i = 0; i < ARRAY_SIZE(costs); i++) {
		struct probe_request r = request(costs[i].vers, false);
		struct stage stage;

		stage_open(&stage, &r);
		stage_run(&stage);
		cr_expect_eq(stage_count(&stage, "CREATE") + stage_count(&stage, "OPEN") +
				     stage_count(&stage, "WRITE") +
				     stage_count(&stage, "REMOVE") +
				     stage_count(&stage, "SETCLIENTID"),
			     0);
		stage_close(&stage);
	}
}

Test(attempt, a_lost_connection_is_not_taken_for_good)
{
	struct probe_request r = request(NFS_VERS_3, false);
	struct stage stage;

	/* It answers NULL and hangs up, while mountd is being asked. */
	stage_open(&stage, &r);
	stage.hang = 1U << CONN_MOUNTD;
	stage_run(&stage);
	cr_assert_eq(stage.attempt->conns[CONN_NFSD].state, CONN_UP);
	(void)close(stage.peers[CONN_NFSD]);
	stage.peers[CONN_NFSD] = -1;
	attempt_ready(stage.attempt, CONN_NFSD, 1);
	stage.hang = 0;
	stage_run(&stage);
	cr_expect_eq(stage_report(&stage)->verdict, VERDICT_REFUSED);
	cr_expect_eq(stage.attempt->report.layer, PROBE_HANDLE);
	stage_close(&stage);
}
