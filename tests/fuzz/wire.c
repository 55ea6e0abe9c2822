/* SPDX-License-Identifier: MIT */
/*
 * What a prober that was taken over may say to its broker: whatever is taken must
 * be fit for use, whatever is not must be refused.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/strbuf.h"
#include "lib/nfs/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define N_SOURCES 3

static void use_report(const struct probe_report *report)
{
	struct strbuf text = STRBUF_INIT;
	struct json json = JSON_INIT(&text);
	const char *meaning, *advice;

	assert(report->verdict < VERDICT_COUNT && report->layer < PROBE_LAYERS);
	assert(memchr(report->detail, '\0', sizeof(report->detail)));
	verdict_explain(report, &meaning, &advice);
	probe_report_json(report, "fuzz", &json);
	strbuf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_connect connect;
	struct wire_report report;
	struct wire_failed failed;
	struct wire_beat beat;

	if (wire_take_report(data, size, N_SOURCES, &report)) {
		assert(report.source < N_SOURCES);
		use_report(&report.report);
	}
	if (wire_take_connect(data, size, N_SOURCES, &connect))
		assert(connect.source < N_SOURCES && connect.port <= UINT16_MAX &&
		       connect.address < WIRE_ADDRESSES_MAX);
	if (wire_take_beat(data, size, N_SOURCES, &beat))
		assert(beat.beat.source < N_SOURCES && beat.beat.result < BEAT_COUNT);
	if (wire_take_failed(data, size, &failed))
		assert(memchr(failed.err.msg, '\0', sizeof(failed.err.msg)));
	return 0;
}
