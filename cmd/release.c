/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/exit.h"
#include "lib/backup/session.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/json.h"
#include "lib/base/strbuf.h"
#include "lib/conf/conf.h"
#include "lib/record/quarantine.h"
#include "lib/record/record.h"

/* Returns 1, 0 if it was in none, or a negative error. */
static int release(const struct conf *conf, const char *name, struct record_quarantine *q,
		   struct error *err)
{
	CLEANUP(record_closep) struct record *record = NULL;
	char by[SESSION_REQUESTER_SIZE];
	int r = record_open(conf->nfsafe.state_dir, RECORD_WRITE, &record, err);

	if (r == RECORD_OPENED)
		r = record_quarantine_get(record, name, q, err);
	if (r != 1)
		return r;
	session_requester(by, sizeof(by));
	return record_quarantine_end(record, name, clock_now_ms(), by, err);
}

static void tell(const struct context *ctx, const char *name,
		 const struct record_quarantine *q, bool released)
{
	struct strbuf text = STRBUF_INIT;
	struct json j = JSON_INIT(&text);
	char since[CLOCK_TEXT_SIZE];

	if (ctx->json) {
		clock_format_utc(released ? q->since_ms : -1, since);
		json_object_begin(&j, NULL);
		json_string(&j, "destination", name);
		json_bool(&j, "released", released);
		json_string(&j, "since", released ? since : NULL);
		json_string(&j, "reason", released ? q->reason : NULL);
		json_object_end(&j);
		(void)puts(strbuf_str(&text));
	} else if (!ctx->quiet && released) {
		clock_format_local(q->since_ms, since);
		(void)printf("%s is released: it was in quarantine since %s: %s\n", name,
			     since, q->reason);
	} else if (!ctx->quiet) {
		(void)printf("%s is not in quarantine\n", name);
	}
	strbuf_done(&text);
}

static int run(struct context *ctx, const struct cli_args *args)
{
	const struct conf_destination *destination;
	struct record_quarantine q = { 0 };
	struct conf conf = { 0 };
	struct error err;
	int r;

	if (args->n_operands != 1) {
		(void)error_set(&err, ERROR_USAGE, 0, "release needs one destination");
		return context_fail(ctx, &err);
	}
	r = conf_load(ctx->config, true, &conf, NULL, &err);
	if (r == 0 && geteuid() != 0)
		r = error_set(&err, ERROR_PERMISSION, 0,
			      "nfsafe release changes the record: run it as root");
	if (r == 0)
		r = conf_require_destination(&conf, args->operands[0], &destination,
					     &err);
	if (r == 0)
		r = release(&conf, destination->name, &q, &err);
	if (r < 0)
		(void)context_fail(ctx, &err);
	else
		tell(ctx, destination->name, &q, r == 1);
	conf_done(&conf);
	return r < 0 ? exit_from_error(err.kind) : EXIT_GOOD;
}

const struct command command_release = {
	.name = "release",
	.operands = "NAME",
	.summary = "End the quarantine of destination NAME by hand",
	.details = "A server that died under a run gets no new one until it has been "
		   "healthy for\n"
		   "some time (quarantine_probes, quarantine_time); this ends it at "
		   "once.  Nothing\n"
		   "is probed or mounted, and it does not wait for a run.  Not to be in "
		   "quarantine\n"
		   "is fine.",
	.run = run,
};
