/* SPDX-License-Identifier: MIT */
#include "lib/nfs/report.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "lib/base/json.h"
#include "lib/base/strbuf.h"

static void expect_json(const struct probe_report *report, const char *source,
			const char *expected)
{
	struct strbuf text = STRBUF_INIT;
	struct json json = JSON_INIT(&text);

	probe_report_json(report, source, &json);
	cr_expect_str_eq(strbuf_str(&text), expected);
	strbuf_done(&text);
}

Test(report, json_has_exactly_the_keys_of_the_issue)
{
	struct probe_report report;

	probe_report_init(&report, NFS_VERS_3);
	report.layers[PROBE_RESOLVE] = (struct probe_layer_report){ RESULT_OK, 1500 };
	report.layers[PROBE_CONNECT] = (struct probe_layer_report){ RESULT_OK, 250 };
	report.layers[PROBE_RPCBIND] = (struct probe_layer_report){ RESULT_SKIPPED, -1 };
	report.layers[PROBE_NFSD] = (struct probe_layer_report){ RESULT_SILENT, 5000000 };
	(void)snprintf(report.detail, sizeof(report.detail), "NULL: \"none\"");
	(void)snprintf(report.address, sizeof(report.address), "10.0.0.2");
	report.port = 2049;
	report.elapsed_us = 5001234;
	report.has_space = true;
	report.total_bytes = UINT64_C(1) << 60;
	report.free_bytes = 4096;
	verdict_decide(&report);
	expect_json(&report, "nas:/x",
		    "{\"source\":\"nas:/x\",\"verdict\":\"frozen\",\"layer\":\"nfsd\","
		    "\"detail\":\"NULL: \\\"none\\\"\",\"elapsed_ms\":5001.234,"
		    "\"layers\":[{\"layer\":\"resolve\",\"result\":\"ok\",\"ms\":1.500},"
		    "{\"layer\":\"connect\",\"result\":\"ok\",\"ms\":0.250},"
		    "{\"layer\":\"rpcbind\",\"result\":\"skipped\",\"ms\":null},"
		    "{\"layer\":\"nfsd\",\"result\":\"silent\",\"ms\":5000.000}],"
		    "\"server\":{\"address\":\"10.0.0.2\",\"port\":2049,\"vers\":\"3\"},"
		    "\"space\":{\"total_bytes\":1152921504606846976,\"free_bytes\":4096,"
		    "\"free_files\":null}}");
}

Test(report, what_is_not_known_is_null)
{
	struct probe_report report;

	probe_report_init(&report, NFS_VERS_4_1);
	report.layers[PROBE_RESOLVE].result = RESULT_UNRESOLVED;
	verdict_decide(&report);
	expect_json(&report, "x",
		    "{\"source\":\"x\",\"verdict\":\"unresolved\",\"layer\":\"resolve\","
		    "\"detail\":\"\",\"elapsed_ms\":0.000,\"layers\":[{\"layer\":"
		    "\"resolve\",\"result\":\"unresolved\",\"ms\":null}],\"server\":{"
		    "\"address\":null,\"port\":null,\"vers\":\"4.1\"},\"space\":{"
		    "\"total_bytes\":null,\"free_bytes\":null,\"free_files\":null}}");
}
