/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/macro.h"
#include "lib/nfs/attempt.h"
#include "tests/unit/nfs/stage.h"

static struct probe_request request(enum nfs_vers vers, bool write)
{
	return (struct probe_request){
		.source = { "nas", "/export" },
		.vers = vers,
		.timeout_ms = 5000,
		.write = write,
		.uid = 1000,
		.gid = 1000,
	};
}

static void expect(struct stage *stage, enum probe_verdict verdict,
		   enum probe_layer layer, const char *words)
{
	const struct probe_report *report;

	stage_run(stage);
	report = stage_report(stage);
	cr_expect_eq(report->verdict, (uint32_t)verdict, "%s, not %s (%s)",
		     probe_verdict_name(report->verdict), probe_verdict_name(verdict),
		     report->detail);
	cr_expect_eq(report->layer, (uint32_t)layer, "%s: %s",
		     probe_layer_name(report->layer), report->detail);
	cr_expect(strstr(report->detail, words), "'%s' is not in '%s'", words,
		  report->detail);
	stage_close(stage);
}

/* --- which port is dead --- */

static void expect_refused(unsigned refuse, enum probe_verdict verdict,
			   enum probe_layer layer, const char *words)
{
	struct probe_request r = request(NFS_VERS_3, false);
	struct stage stage;

	stage_open(&stage, &r);
	stage.refuse = refuse;
	expect(&stage, verdict, layer, words);
}

Test(conclude, a_refused_port_is_its_services_fault_if_another_is_up)
{
	const unsigned rpcbind = 1U << CONN_RPCBIND, mountd = 1U << CONN_MOUNTD,
		       nfsd = 1U << CONN_NFSD;

	expect_refused(rpcbind, VERDICT_RPCBIND_DEAD, PROBE_RPCBIND, "port 111");
	expect_refused(mountd, VERDICT_MOUNTD_DEAD, PROBE_MOUNTD, "port 20048");
	expect_refused(nfsd, VERDICT_REFUSED, PROBE_NFSD, "port 2049");
	expect_refused(rpcbind | nfsd, VERDICT_REFUSED, PROBE_CONNECT, "port 2049");
}

static void expect_hung(unsigned hang, enum probe_verdict verdict, enum probe_layer layer)
{
	struct probe_request r = request(NFS_VERS_3, false);
	struct stage stage;

	stage_open(&stage, &r);
	stage.hang = hang;
	expect(&stage, verdict, layer, "no answer within ");
}

Test(conclude, a_port_that_does_not_answer_is_not_a_frozen_server)
{
	const unsigned all = (1U << CONN_COUNT) - 1;

	expect_hung(all, VERDICT_UNREACHABLE, PROBE_CONNECT);
	expect_hung(1U << CONN_RPCBIND, VERDICT_RPCBIND_DEAD, PROBE_RPCBIND);
	expect_hung(1U << CONN_MOUNTD, VERDICT_MOUNTD_DEAD, PROBE_MOUNTD);
	expect_hung(1U << CONN_NFSD, VERDICT_UNREACHABLE, PROBE_NFSD);
}

/* --- the incident --- */

static enum stage_act all_silent(struct stage *stage, const struct peer_call *call,
				 struct peer_body *body)
{
	(void)stage;
	(void)call;
	(void)body;
	return STAGE_SILENT;
}

static enum stage_act only_rpcbind_answers(struct stage *stage,
					   const struct peer_call *call,
					   struct peer_body *body)
{
	(void)stage;
	(void)body;
	return call->prog == RPC_PORTMAP ? STAGE_ANSWER : STAGE_SILENT;
}

Test(conclude, connected_and_silent_is_frozen)
{
	static const enum nfs_vers versions[] = { NFS_VERS_3, NFS_VERS_4_0, NFS_VERS_4_1,
						  NFS_VERS_4_2 };

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct probe_request r = request(versions[i], true);
		struct stage stage;

		stage_open(&stage, &r);
		stage.fn = all_silent;
		expect(&stage, VERDICT_FROZEN, PROBE_NFSD, "NULL: no answer within ");
		stage_open(&stage, &r);
		stage.fn = only_rpcbind_answers;
		expect(&stage, VERDICT_FROZEN, PROBE_NFSD, "NULL: no answer within ");
	}
}

/* --- rpcbind's map --- */

Test(conclude, not_registered)
{
	struct probe_request r = request(NFS_VERS_3, false);
	struct stage stage;

	stage_open(&stage, &r);
	stage.mountd_port = 0;
	expect(&stage, VERDICT_NOT_REGISTERED, PROBE_RPCBIND, "mountd is not registered");
	stage_open(&stage, &r);
	stage.nfs_port = 0;
	stage.refuse = 1U << CONN_NFSD;
	expect(&stage, VERDICT_NOT_REGISTERED, PROBE_NFSD, "not at port 2049");
}

/* --- space --- */

Test(conclude, nothing_free_is_no_space)
{
	static const enum nfs_vers versions[] = { NFS_VERS_3, NFS_VERS_4_0,
						  NFS_VERS_4_1 };

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct probe_request r = request(versions[i], false);
		struct stage stage;

		stage_open(&stage, &r);
		stage.free_bytes = 0;
		expect(&stage, VERDICT_NO_SPACE, PROBE_SPACE, "0 bytes");
		stage_open(&stage, &r);
		stage.free_files = 0;
		expect(&stage, VERDICT_NO_SPACE, PROBE_SPACE, "0 inodes");
	}
}

/* --- access --- */

#define READ_ACCESS (PROBE_ACCESS_READ | PROBE_ACCESS_LOOKUP)

static enum stage_act rofs(struct stage *stage, const struct peer_call *call,
			   struct peer_body *body)
{
	(void)stage;
	if (stage_is(call, "REMOVE") || stage_is(call, "CREATE"))
		stage_status(body, 30);
	if (call->vers == 4 && (stage_is(call, "REMOVE") || stage_is(call, "OPEN"))) {
		body->len = 0;
		peer_words(body, 3, 30U, 0U, 2U);
		peer_words(body, 4, 22U, 0U, stage_is(call, "OPEN") ? 18U : 28U, 30U);
	}
	return STAGE_ANSWER;
}

Test(conclude, why_access_says_no)
{
	static const enum nfs_vers versions[] = { NFS_VERS_3, NFS_VERS_4_0 };

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct probe_request r = request(versions[i], false);
		struct stage stage;

		stage_open(&stage, &r);
		stage.access = READ_ACCESS;
		expect(&stage, VERDICT_DENIED, PROBE_ACCESS,
		       "uid 1000 may not write (mode 755, owner 0:0)");
		stage_open(&stage, &r);
		stage.access = READ_ACCESS;
		stage.fn = rofs;
		expect(&stage, VERDICT_READ_ONLY, PROBE_ACCESS, "ROFS");
		r.uid = 0;
		stage_open(&stage, &r);
		stage.access = READ_ACCESS;
		expect(&stage, VERDICT_SQUASHED, PROBE_ACCESS, "uid 0 may not write");
	}
}

Test(conclude, the_canary_knows_better_than_access)
{
	struct probe_request r = request(NFS_VERS_3, true);
	struct stage stage;

	stage_open(&stage, &r);
	stage.owner_of_new = 1000;
	stage.access = READ_ACCESS;
	expect(&stage, VERDICT_OK, PROBE_CANARY, "");
	stage_open(&stage, &r);
	stage.fn = rofs;
	expect(&stage, VERDICT_READ_ONLY, PROBE_CANARY, "CREATE: ROFS");
}

Test(conclude, a_canary_that_is_somebody_elses_is_squashed)
{
	static const enum nfs_vers versions[] = { NFS_VERS_3, NFS_VERS_4_0,
						  NFS_VERS_4_1 };

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct probe_request r = request(versions[i], true);
		struct stage stage;

		stage_open(&stage, &r);
		stage.owner_of_new = 65534;
		expect(&stage, VERDICT_SQUASHED, PROBE_CANARY,
		       "belongs to somebody else");
	}
}

/* --- the canary's data --- */

static enum stage_act other_data(struct stage *stage, const struct peer_call *call,
				 struct peer_body *body)
{
	(void)stage;
	if (stage_is(call, "READ"))
		body->data[body->len - 1] ^= 1;
	return STAGE_ANSWER;
}

static enum stage_act other_verifier(struct stage *stage, const struct peer_call *call,
				     struct peer_body *body)
{
	(void)stage;
	if (stage_is(call, "COMMIT"))
		body->data[body->len - 1] ^= 1;
	return STAGE_ANSWER;
}

Test(conclude, data_and_verifier_are_compared)
{
	static const enum nfs_vers versions[] = { NFS_VERS_3, NFS_VERS_4_0,
						  NFS_VERS_4_1 };

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct probe_request r = request(versions[i], true);
		struct stage stage;

		stage_open(&stage, &r);
		stage.owner_of_new = 1000;
		stage.fn = other_data;
		expect(&stage, VERDICT_CORRUPT, PROBE_CANARY, "other data");
		stage_open(&stage, &r);
		stage.owner_of_new = 1000;
		stage.fn = other_verifier;
		expect(&stage, VERDICT_CORRUPT, PROBE_CANARY, "another verifier");
	}
}

/* --- garbage --- */

static enum stage_act nfsd_is_a_web_server(struct stage *stage,
					   const struct peer_call *call,
					   struct peer_body *body)
{
	(void)stage;
	(void)body;
	return call->prog == RPC_NFS ? STAGE_GARBAGE : STAGE_ANSWER;
}

Test(conclude, a_web_server_is_garbage)
{
	struct probe_request r = request(NFS_VERS_3, false);
	struct stage stage;

	stage_open(&stage, &r);
	stage.fn = nfsd_is_a_web_server;
	expect(&stage, VERDICT_GARBAGE, PROBE_NFSD, "no answer to a call of ours");
}

/* The digest is the same for the same root, and another for another. */
static enum stage_act other_root(struct stage *stage, const struct peer_call *call,
				 struct peer_body *body)
{
	(void)stage;
	if (stage_is(call, "MNT"))
		body->data[8] ^= 1;
	return STAGE_ANSWER;
}

Test(conclude, the_root_has_a_digest)
{
	struct probe_request r = request(NFS_VERS_3, false);
	uint64_t digests[3];

	for (size_t i = 0; i < 3; i++) {
		struct stage stage;

		stage_open(&stage, &r);
		stage.fn = i == 2 ? other_root : NULL;
		stage_run(&stage);
		digests[i] = stage_report(&stage)->handle_digest;
		stage_close(&stage);
	}
	cr_expect_eq(digests[0], digests[1]);
	cr_expect_neq(digests[0], digests[2]);
}
