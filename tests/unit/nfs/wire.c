/* SPDX-License-Identifier: MIT */
#include "lib/nfs/wire.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define N_SOURCES 3

static struct wire_report report(void)
{
	struct wire_report msg = { .type = WIRE_REPORT, .source = 1, .address = 0 };

	probe_report_init(&msg.report, NFS_VERS_3);
	msg.report.layers[PROBE_NFSD].result = RESULT_SILENT;
	return msg;
}

static bool take_report(const struct wire_report *msg, struct wire_report *ret)
{
	return wire_take_report(msg, sizeof(*msg), N_SOURCES, ret);
}

Test(wire, a_sound_report_is_taken_and_judged_anew)
{
	struct wire_report msg = report(), got;

	/* Whatever the prober says of it: the layers are what counts. */
	msg.report.verdict = VERDICT_OK;
	msg.report.layer = 4711;
	msg.report.elapsed_us = 1;
	(void)snprintf(msg.report.address, sizeof(msg.report.address), "evil");
	cr_assert(take_report(&msg, &got));
	cr_expect_eq(got.report.verdict, VERDICT_FROZEN);
	cr_expect_eq(got.report.layer, PROBE_NFSD);
	cr_expect_eq(got.report.elapsed_us, 0);
	cr_expect_str_eq(got.report.address, "");
}

Test(wire, texts_end_and_have_no_control_characters)
{
	struct wire_report msg = report(), got;

	memset(msg.report.detail, 'x', sizeof(msg.report.detail));
	memcpy(msg.report.detail, "\033[2J\n\xff", 6);
	cr_assert(take_report(&msg, &got));
	cr_expect_eq(strlen(got.report.detail), sizeof(got.report.detail) - 1);
	cr_expect_arr_eq(got.report.detail, "?[2J??xx", 8);
}

Test(wire, a_report_of_another_size_type_or_source_is_refused)
{
	struct wire_report msg = report(), got;

	cr_expect_not(wire_take_report(&msg, sizeof(msg) - 1, N_SOURCES, &got));
	cr_expect_not(wire_take_report(&msg, 3, N_SOURCES, &got));
	cr_expect_not(wire_take_report(&msg, 0, N_SOURCES, &got));
	msg.type = WIRE_BEAT;
	cr_expect_not(take_report(&msg, &got));
	msg = report();
	msg.source = N_SOURCES;
	cr_expect_not(take_report(&msg, &got));
	msg = report();
	msg.address = WIRE_ADDRESSES_MAX;
	cr_expect_not(take_report(&msg, &got));
	msg.address = WIRE_NO_ADDRESS;
	cr_expect(take_report(&msg, &got));
}

Test(wire, numbers_out_of_range_are_refused)
{
	struct wire_report msg = report(), got;

	msg.report.layers[PROBE_CANARY].result = RESULT_COUNT;
	cr_expect_not(take_report(&msg, &got));
	msg = report();
	msg.report.layers[PROBE_CANARY].us = -2;
	cr_expect_not(take_report(&msg, &got));
	msg = report();
	msg.report.connect_us = INT64_MAX;
	cr_expect_not(take_report(&msg, &got));
	msg = report();
	/* A bool that is neither is undefined to read. */
	memset(&msg.report.has_space, 2, 1);
	cr_expect_not(take_report(&msg, &got));
}

Test(wire, a_connect_names_a_source_an_address_and_a_port)
{
	struct wire_connect good = {
		.type = WIRE_CONNECT, .source = 2, .address = 7, .port = 65535
	};
	struct wire_connect msg = good, got;

	cr_expect(wire_take_connect(&msg, sizeof(msg), N_SOURCES, &got));
	msg.port = 0;
	cr_expect_not(wire_take_connect(&msg, sizeof(msg), N_SOURCES, &got));
	msg.port = 65536;
	cr_expect_not(wire_take_connect(&msg, sizeof(msg), N_SOURCES, &got));
	msg = good;
	msg.source = N_SOURCES;
	cr_expect_not(wire_take_connect(&msg, sizeof(msg), N_SOURCES, &got));
	msg = good;
	msg.address = WIRE_ADDRESSES_MAX;
	cr_expect_not(wire_take_connect(&msg, sizeof(msg), N_SOURCES, &got));
	msg = good;
	msg.reserved = 2;
	cr_expect_not(wire_take_connect(&msg, sizeof(msg), N_SOURCES, &got));
}

Test(wire, a_beat_names_a_source_and_a_result)
{
	struct wire_beat good = { .type = WIRE_BEAT,
				  .beat = { .source = 2, .result = BEAT_COUNT - 1 } };
	struct wire_beat msg = good, got;

	cr_expect(wire_take_beat(&msg, sizeof(msg), N_SOURCES, &got));
	msg.beat.result = BEAT_COUNT;
	cr_expect_not(wire_take_beat(&msg, sizeof(msg), N_SOURCES, &got));
	msg = good;
	msg.beat.source = N_SOURCES;
	cr_expect_not(wire_take_beat(&msg, sizeof(msg), N_SOURCES, &got));
	msg = good;
	msg.beat.rtt_us = -7;
	cr_expect_not(wire_take_beat(&msg, sizeof(msg), N_SOURCES, &got));
	msg = good;
	msg.beat.sent_ns = -1;
	cr_expect_not(wire_take_beat(&msg, sizeof(msg), N_SOURCES, &got));
}

Test(wire, a_failure_has_a_kind_and_a_text)
{
	struct wire_failed msg = { .type = WIRE_FAILED }, got;

	cr_expect_not(wire_take_failed(&msg, sizeof(msg), &got));
	(void)error_set(&msg.err, ERROR_SYSTEM, 1, "seccomp: no\n");
	cr_assert(wire_take_failed(&msg, sizeof(msg), &got));
	cr_expect_str_eq(got.err.msg, "seccomp: no?");
	msg.err.kind = (enum error_kind)77;
	cr_expect_not(wire_take_failed(&msg, sizeof(msg), &got));
}
