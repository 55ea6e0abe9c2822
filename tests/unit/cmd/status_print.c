/* SPDX-License-Identifier: MIT */
/* What people and programs get to see of each state: golden, in a zone with an offset. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/status.h"
#include "lib/conf/conf.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
/* Sat 2026-11-28 22:00 UTC */
#define NOW INT64_C(1795903200000)

static void setup(void)
{
	(void)setenv("TZ", "Europe/Berlin", 1);
	tzset();
	cr_redirect_stdout();
}

TestSuite(status_print, .init = setup);

/* The configuration owns its strings, so they are not const; nothing changes them. */
#define TEXT(s) ((char *)(uintptr_t)(s))

static const struct conf_destination nas1 = { .name = TEXT("nas1"),
					      .source = TEXT("nas1:/export/zimbra"),
					      .mountpoint = TEXT("/srv/nfsafe/nas1") };
static const struct conf_destination nas2 = { .quarantine_probes = 3,
					      .quarantine_time_ms = 15 * MINUTE,
					      .name = TEXT("nas2"),
					      .source = TEXT("[2001:db8::2]:/backup"),
					      .mountpoint = TEXT("/srv/nfsafe/nas2") };

static struct status_run run_of(enum level level, enum record_outcome outcome,
				int64_t started_ms, const char *reason)
{
	struct status_run r = { .found = true };

	r.run = (struct record_run){ .id = 17,
				     .level = level,
				     .outcome = outcome,
				     .exit_code = outcome == RECORD_GOOD ? 0 : 2,
				     .started_ms = started_ms,
				     .ended_ms =
					     started_ms + 3 * HOUR + 2 * MINUTE + 5000,
				     .bytes = INT64_C(13207024435),
				     .worst_stall_ms = 12,
				     .pid = 4711 };
	(void)snprintf(r.run.destination, sizeof(r.run.destination), "%s", "nas1");
	(void)snprintf(r.run.requested_by, sizeof(r.run.requested_by), "%s",
		       "root without a terminal");
	(void)snprintf(r.run.reason, sizeof(r.run.reason), "%s", reason);
	if (level != LEVEL_NONE)
		label_format(level, started_ms, r.run.label);
	return r;
}

static void print(const struct status *s, const char *want)
{
	status_print(s);
	(void)fflush(stdout);
	cr_assert_stdout_eq_str(want);
}

Test(status_print, nothing_yet)
{
	struct status_destination d[] = { { .conf = &nas1 } };
	struct status s = { .now_ms = NOW,
			    .state_dir = "/var/lib/nfsafe",
			    .destinations = d,
			    .n_destinations = 1 };

	print(&s,
	      "running           nothing\n"
	      "record            none yet in /var/lib/nfsafe: nothing was ever run\n"
	      "next              nothing: the configuration has no [backup]\n"
	      "nas1              nas1:/export/zimbra\n"
	      "                  not probed by a run yet, not initialised: nfsafe init "
	      "nas1\n");
}

static void put_in_quarantine(struct status_destination *d)
{
	d->in_quarantine = true;
	d->quarantine = (struct record_quarantine){ .run = 17,
						    .since_ms = NOW - DAY,
						    .healthy = 1,
						    .first_healthy_ms = NOW - HOUR,
						    .reason = "it died" };
}

/* A quiet week. */
static struct status healthy(struct status_destination d[2])
{
	struct status s = {
		.now_ms = NOW,
		.has_record = true,
		.last = run_of(LEVEL_INCREMENTAL, RECORD_GOOD, NOW - DAY, ""),
		.fulls = { run_of(LEVEL_FULL, RECORD_GOOD, NOW - 7 * DAY + 4000, ""),
			   run_of(LEVEL_FULL, RECORD_GOOD, NOW - 7 * DAY + 4000, "") },
		.incrementals = { run_of(LEVEL_INCREMENTAL, RECORD_GOOD, NOW - DAY, ""),
				  run_of(LEVEL_INCREMENTAL, RECORD_GOOD, NOW - DAY, "") },
		.scheduled = true,
		.next = { .due = SCHEDULE_NOTHING,
			  .level = LEVEL_FULL,
			  .next_ms = NOW + 2 * HOUR + MINUTE,
			  .reason = "nothing is due" },
		.destinations = d,
		.n_destinations = 2,
	};

	d[0] = (struct status_destination){
		.conf = &nas1,
		.pinned = true,
		.pin = { .since_ms = NOW - 30 * DAY },
		.probed = true,
		.verdict = { .at_ms = NOW - DAY,
			     .elapsed_ms = 12,
			     .total_bytes = INT64_C(1) << 40,
			     .free_bytes = INT64_C(120) << 30,
			     .verdict = "ok" },
	};
	d[1] = (struct status_destination){
		.conf = &nas2,
		.probed = true,
		.verdict = { .at_ms = NOW - 8 * DAY,
			     .elapsed_ms = 5000,
			     .total_bytes = -1,
			     .free_bytes = -1,
			     .verdict = "frozen",
			     .layer = "nfsd",
			     .detail = "NULL: no answer within 5s" },
	};
	return s;
}

Test(status_print, a_quiet_week)
{
	struct status_destination d[2];
	struct status s = healthy(d);

	print(&s, "running           nothing\n"
		  "full              good, begun Sat 2026-11-21 23:00 CET (22:00 UTC), "
		  "6d23h ago, "
		  "on nas1, took 3h2m, 12.3 GiB written\n"
		  "incremental       good, begun Fri 2026-11-27 23:00 CET (22:00 UTC), "
		  "1d ago, on "
		  "nas1, took 3h2m, 12.3 GiB written\n"
		  "next              full, from Sun 2026-11-29 01:01 CET (00:01 UTC), in "
		  "2h1m\n"
		  "nas1              nas1:/export/zimbra\n"
		  "                  ok 1d ago, 120.0 GiB free of 1.0 TiB, initialised\n"
		  "nas2              [2001:db8::2]:/backup\n"
		  "                  frozen 8d ago (NULL: no answer within 5s), not "
		  "initialised: "
		  "nfsafe init nas2\n");
}

Test(status_print, a_bad_night)
{
	struct status_destination d[2];
	struct status s = healthy(d);

	s.n_destinations = 0;
	s.fulls[STATUS_LAST] = run_of(LEVEL_FULL, RECORD_FAILED, NOW - 30000,
				      "/usr/local/bin/b ended with status 3");
	s.fulls[STATUS_LAST].run.bytes = -1;
	s.fulls[STATUS_LAST].run.ended_ms = NOW - 20000;
	s.fulls[STATUS_GOOD].found = false;
	s.incrementals[STATUS_LAST] = run_of(LEVEL_INCREMENTAL, RECORD_ABORTED, NOW - DAY,
					     "nas1 gave no answer for 58s");
	s.incrementals[STATUS_LAST].run.worst_stall_ms = 58200;
	s.incrementals[STATUS_GOOD].run.started_ms = NOW - 2 * DAY;
	s.incrementals[STATUS_GOOD].run.ended_ms = NOW - 2 * DAY + 100;
	s.last = run_of(LEVEL_NONE, RECORD_SKIPPED, NOW - 1000,
			"nas1 (nas1:/export) is frozen");
	s.last.run.id = 18;
	s.last.run.bytes = -1;
	s.last.run.destination[0] = '\0';
	s.left_behind = run_of(LEVEL_FULL, RECORD_RUNNING, NOW - HOUR, "");
	s.on_hold = true;
	s.hold = (struct record_hold){ .until_ms = NOW + HOUR, .by = "root" };
	(void)snprintf(s.hold.reason, sizeof(s.hold.reason), "%s", "new disks");
	s.next = (struct schedule_decision){ .due = SCHEDULE_WAIT,
					     .level = LEVEL_FULL,
					     .next_ms = NOW + DAY };
	print(&s, "running           nothing\n"
		  "left behind       died: nfsafe run, pid 4711, begun Sat 2026-11-28 "
		  "22:00 CET "
		  "(21:00 UTC), 1h ago; nfsafe recover, or the next run, clears it\n"
		  "on hold           until Sun 2026-11-29 00:00 CET (Sat 23:00 UTC), in "
		  "1h: new "
		  "disks (root)\n"
		  "full              failed, begun Sat 2026-11-28 22:59 CET (21:59 UTC), "
		  "30s ago, "
		  "on nas1, took 10s\n"
		  "                  /usr/local/bin/b ended with status 3\n"
		  "  the last good   never\n"
		  "incremental       aborted, begun Fri 2026-11-27 23:00 CET (22:00 "
		  "UTC), 1d ago, "
		  "on nas1, took 3h2m, 12.3 GiB written, no answer for 58s\n"
		  "                  nas1 gave no answer for 58s\n"
		  "  the last good   good, begun Thu 2026-11-26 23:00 CET (22:00 UTC), "
		  "2d ago, on "
		  "nas1, took 0s, 12.3 GiB written\n"
		  "last run          skipped, begun Sat 2026-11-28 22:59 CET (21:59 "
		  "UTC), 1s ago\n"
		  "                  nas1 (nas1:/export) is frozen\n"
		  "next              overdue, full, when the window opens: Sun "
		  "2026-11-29 23:00 "
		  "CET (22:00 UTC), in 1d\n");
}

/* It did not die: its record was full. */
Test(status_print, an_end_that_was_not_recorded)
{
	struct status s = {
		.now_ms = NOW,
		.has_record = true,
		.left_behind = run_of(LEVEL_FULL, RECORD_RUNNING, NOW - HOUR,
				      "it ended, but nobody knows how"),
	};

	print(&s, "running           nothing\n"
		  "left behind       not recorded: nfsafe run, pid 4711, begun Sat "
		  "2026-11-28 22:00 CET (21:00 UTC), 1h ago: it ended, but nobody knows "
		  "how; nfsafe recover, or the next run, clears it\n"
		  "full              never\n"
		  "incremental       never\n"
		  "next              nothing: the configuration has no [backup]\n");
}

static struct status running(void)
{
	struct status s = {
		.now_ms = NOW,
		.has_record = true,
		.running = true,
		.holder = { .pid = 815,
			    .since_ms = NOW - 14 * MINUTE,
			    .phase_since_ms = NOW - 13 * MINUTE - 3000,
			    .run_id = 19,
			    .command = "run",
			    .phase = "backup",
			    .destination = "nas1" },
		.on_hold = true,
		.hold = { .until_ms = RECORD_HOLD_FOREVER, .by = "root" },
		.scheduled = true,
		.next = { .due = SCHEDULE_NOW,
			  .level = LEVEL_FULL,
			  .next_ms = NOW,
			  .reason = "full: there is no good full yet" },
	};

	return s;
}

Test(status_print, while_it_runs)
{
	struct status s = running();

	print(&s, "running           backup on nas1 for 13m3s: nfsafe run, pid 815, "
		  "since Sat "
		  "2026-11-28 22:46 CET (21:46 UTC), 14m ago\n"
		  "on hold           until released (root)\n"
		  "full              never\n"
		  "incremental       never\n"
		  "next              due now, full: there is no good full yet\n");
}

Test(status_print, older_run_without_a_level_is_no_news)
{
	struct status_destination d[2];
	struct status s = healthy(d);

	s.last = run_of(LEVEL_NONE, RECORD_SKIPPED, NOW - 2 * DAY, "frozen");
	s.last.run.id = 16;
	s.n_destinations = 0;
	s.incrementals[0].found = s.fulls[0].found = true;
	print(&s, "running           nothing\n"
		  "full              good, begun Sat 2026-11-21 23:00 CET (22:00 UTC), "
		  "6d23h ago, "
		  "on nas1, took 3h2m, 12.3 GiB written\n"
		  "incremental       good, begun Fri 2026-11-27 23:00 CET (22:00 UTC), "
		  "1d ago, on "
		  "nas1, took 3h2m, 12.3 GiB written\n"
		  "next              full, from Sun 2026-11-29 01:01 CET (00:01 UTC), in "
		  "2h1m\n");
}

#define RUN(level, label, started, ended)                                                \
	"{\"run\":17,\"kind\":\"run\",\"level\":\"" level "\",\"label\":\"" label        \
	"\",\"destination\":\"nas1\",\"outcome\":\"good\",\"exit_code\":0,\"started\":"  \
	"\"" started "\",\"ended\":\"" ended "\",\"bytes_written\":13207024435,\"worst_" \
	"stall_ms\":12,\"requested_by\":\"root "                                         \
	"without a terminal\",\"reason\":null},"
#define FULL                                                                             \
	RUN("full", "full-20261121.220004.000", "2026-11-21T22:00:04Z",                  \
	    "2026-11-22T01:02:09Z")
#define INCREMENTAL                                                                      \
	RUN("incremental", "incr-20261127.220000.000", "2026-11-27T22:00:00Z",           \
	    "2026-11-28T01:02:05Z")

Test(status_print, quarantine)
{
	struct status_destination d[1] = { { .conf = &nas2, .pinned = true } };
	struct status s = { .now_ms = NOW,
			    .state_dir = "/var/lib/nfsafe",
			    .destinations = d,
			    .n_destinations = 1 };

	put_in_quarantine(&d[0]);
	print(&s,
	      "running           nothing\n"
	      "record            none yet in /var/lib/nfsafe: nothing was ever run\n"
	      "next              nothing: the configuration has no [backup]\n"
	      "nas2              [2001:db8::2]:/backup\n"
	      "                  not probed by a run yet, initialised\n"
	      "                  is in quarantine since 2026-11-27 23:00:00 +0100 (run "
	      "17): it died; 1 of 3 healthy probes over 15m so far; nfsafe release nas2 "
	      "ends it\n");
}

Test(status_print, json)
{
	struct status_destination d[2];
	struct status s = healthy(d), r = running();

	put_in_quarantine(&d[1]);
	status_print_json(&s);
	status_print_json(&r);
	(void)fflush(stdout);
	cr_assert_stdout_eq_str(
		"{\"now\":\"2026-11-28T22:00:00Z\",\"record\":true,\"running\":null,"
		"\"left_behind\":null,\"hold\":null,"
		"\"last\":" INCREMENTAL "\"last_full\":" FULL "\"last_good_full\":" FULL
		"\"last_incremental\":" INCREMENTAL
		"\"last_good_incremental\":" INCREMENTAL
		"\"next\":{\"due\":\"nothing\",\"level\":\"full\",\"at\":"
		"\"2026-11-29T00:01:00Z\",\"reason\":\"nothing is due\"},"
		"\"destinations\":[{\"name\":\"nas1\",\"source\":\"nas1:/export/zimbra\","
		"\"mountpoint\":\"/srv/nfsafe/nas1\",\"initialised\":"
		"\"2026-10-29T22:00:00Z\",\"last_verdict\":{\"verdict\":\"ok\",\"layer\":"
		"null,"
		"\"detail\":null,\"at\":\"2026-11-27T22:00:00Z\",\"elapsed_ms\":12,"
		"\"total_bytes\":1099511627776,\"free_bytes\":128849018880},"
		"\"quarantine\":null},"
		"{\"name\":\"nas2\",\"source\":\"[2001:db8::2]:/backup\",\"mountpoint\":"
		"\"/srv/nfsafe/nas2\",\"initialised\":null,\"last_verdict\":{\"verdict\":"
		"\"frozen\",\"layer\":\"nfsd\",\"detail\":\"NULL: no answer within 5s\","
		"\"at\":\"2026-11-20T22:00:00Z\",\"elapsed_ms\":5000,\"total_bytes\":"
		"null,"
		"\"free_bytes\":null},\"quarantine\":{\"since\":"
		"\"2026-11-27T22:00:00Z\",\"run\":17,\"reason\":\"it died\","
		"\"healthy_probes\":1,\"wanted_probes\":3,\"healthy_since\":"
		"\"2026-11-28T21:00:00Z\",\"wanted_time_ms\":900000}}]}\n"
		"{\"now\":\"2026-11-28T22:00:00Z\",\"record\":true,\"running\":{"
		"\"command\":"
		"\"run\",\"pid\":815,\"run\":19,\"since\":\"2026-11-28T21:46:00Z\","
		"\"phase\":"
		"\"backup\",\"phase_since\":\"2026-11-28T21:46:57Z\",\"destination\":"
		"\"nas1\"},\"left_behind\":null,\"hold\":{\"since\":\"1970-01-01T00:00:"
		"00Z\","
		"\"until\":null,\"reason\":null,\"by\":\"root\"},\"last\":null,\"last_"
		"full\":"
		"null,\"last_good_full\":null,\"last_incremental\":null,"
		"\"last_good_incremental\":null,\"next\":{\"due\":\"now\",\"level\":"
		"\"full\","
		"\"at\":\"2026-11-28T22:00:00Z\",\"reason\":\"full: there is no good "
		"full "
		"yet\"},\"destinations\":[]}\n");
}
