/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cmd/commands.h"
#include "cmd/exit.h"
#include "lib/backup/recover.h"
#include "lib/backup/session.h"
#include "lib/base/clock.h"
#include "lib/base/json.h"
#include "lib/base/strbuf.h"
#include "lib/conf/conf.h"

static int exit_code(const struct recover_report *report)
{
	if (report->still_mounted)
		return EXIT_FAILED;
	return report->left > 0 ? EXIT_PARTIAL : EXIT_GOOD;
}

static void print_json(const struct recover_report *report,
		       const struct lock_holder *running, int code)
{
	struct strbuf text = STRBUF_INIT;
	struct json j = JSON_INIT(&text);

	json_object_begin(&j, NULL);
	if (running) {
		json_object_begin(&j, "running");
		json_string(&j, "command", running->command);
		json_int(&j, "pid", running->pid);
		json_int(&j, "run", running->run_id);
		json_object_end(&j);
	} else {
		json_null(&j, "running");
	}
	json_array_begin(&j, "found");
	for (size_t i = 0; i < report->n; i++) {
		json_object_begin(&j, NULL);
		json_string(&j, "what", recover_what_name(report->items[i].what));
		json_bool(&j, "cleared", report->items[i].cleared);
		json_string(&j, "text", report->items[i].text);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_uint(&j, "left", report->left);
	json_bool(&j, "still_mounted", report->still_mounted);
	json_int(&j, "exit_code", code);
	json_object_end(&j);
	(void)puts(strbuf_str(&text));
	strbuf_done(&text);
}

/* A living run is nobody's left-over. */
static void tell_running(const struct context *ctx, const struct lock_holder *h)
{
	static const struct recover_report nothing;
	char since[CLOCK_TEXT_SIZE];

	clock_format_local(h->since_ms, since);
	if (ctx->json)
		print_json(&nothing, h, EXIT_GOOD);
	else if (!ctx->quiet)
		(void)printf("nothing to do: nfsafe %s (pid %d, since %s) lives\n",
			     h->command, (int)h->pid, since);
}

static void tell(const struct context *ctx, const struct recover_report *report)
{
	for (size_t i = 0; i < report->n; i++) {
		const struct recover_item *item = &report->items[i];

		if (!item->cleared)
			log_error(&ctx->log, "%s", item->text);
		else if (!ctx->json && !ctx->quiet)
			(void)printf("%s\n", item->text);
	}
	if (ctx->json)
		print_json(report, NULL, exit_code(report));
	else if (report->n == 0 && !ctx->quiet)
		(void)puts("nothing was left behind");
}

static int recover(const struct context *ctx, const struct conf *conf)
{
	struct session session = { 0 };
	struct recover_report report;
	struct lock_holder holder;
	struct error err;
	int r;

	r = lock_peek(conf->nfsafe.run_dir, LOCK_RUN, &holder, &err);
	if (r == LOCK_PEEK_HELD) {
		tell_running(ctx, &holder);
		return EXIT_GOOD;
	}
	if (r == LOCK_PEEK_FREE)
		r = session_recover(&session, conf, &ctx->log, &report, &err);
	if (r < 0)
		return context_fail(ctx, &err);
	session_close(&session);
	tell(ctx, &report);
	return exit_code(&report);
}

static int run(struct context *ctx, const struct cli_args *args)
{
	struct conf conf = { 0 };
	struct error err;
	int r;

	if (args->n_operands > 0) {
		(void)error_set(&err, ERROR_USAGE, 0, "recover takes no operand: '%s'",
				args->operands[0]);
		return context_fail(ctx, &err);
	}
	r = conf_load(ctx->config, true, &conf, NULL, &err);
	r = r == 0 ? recover(ctx, &conf) : context_fail(ctx, &err);
	conf_done(&conf);
	return r;
}

const struct command command_recover = {
	.name = "recover",
	.summary = "Clear what an nfsafe that was killed has left behind",
	.details =
		"Waits for its keeper, ends what is left of its command, unmounts what "
		"it had\n"
		"mounted (by force if the server is dead), and puts it into the record; "
		"never\n"
		"touches another's mount.  Each run does this first.  Can be repeated; "
		"beside a\n"
		"living run there is nothing to do.\n"
		"\n"
		"Exit code: 0 nothing is left, 1 something is, 2 a mount of nfsafe's is.",
	.run = run,
};
