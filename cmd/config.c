/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cmd/commands.h"
#include "cmd/exit.h"
#include "lib/backup/budget.h"
#include "lib/base/json.h"
#include "lib/base/parse.h"
#include "lib/base/strbuf.h"
#include "lib/conf/conf.h"
#include "lib/conf/example.h"
#include "lib/conf/explain.h"
#include "lib/conf/host.h"
#include "lib/conf/problems.h"
#include "lib/conf/show.h"

/* For the user database and the commands' paths: a person waits. */
#define HOST_CHECK_MS 15000

static int no_operands(struct context *ctx, const struct cli_args *args)
{
	struct error err;

	if (args->n_operands == 0)
		return EXIT_GOOD;
	(void)error_set(&err, ERROR_USAGE, 0, "config %s takes no operand: '%s'",
			args->command->name, args->operands[0]);
	return context_fail(ctx, &err);
}

/* Print @out, and free it. */
static int print(const struct context *ctx, struct strbuf *out, int code)
{
	struct error err;

	if (out->failed) {
		(void)error_oom(&err);
		code = context_fail(ctx, &err);
	} else {
		(void)fputs(strbuf_str(out), stdout);
	}
	strbuf_done(out);
	return code;
}

/* ---- check ---- */

/* What a file without it is good for nothing, or not for what it wants to do. */
static void check_complete(const struct conf *conf, struct problems *problems)
{
	const struct place nowhere = { NULL, 0 };
	struct error err;

	if (conf->n_files > 0 && conf->n_destinations == 0)
		problems_error(problems, nowhere,
			       "there is no [destination NAME]: nothing to back up to");
	if (conf->backup.present && conf_require_backup(conf, &err) < 0)
		problems_error(problems, nowhere, "%s", err.msg);
}

static void text_check(const struct context *ctx, const struct conf *conf,
		       const struct problems *problems, struct strbuf *out)
{
	for (size_t i = 0; i < problems->n; i++) {
		char line[1024];

		problem_format(&problems->items[i], line, sizeof(line));
		strbuf_printf(out, "%s\n", line);
	}
	if (problems->n_errors > 0 || ctx->quiet)
		return;
	for (size_t i = 0; i < conf->n_destinations; i++) {
		const struct conf_destination *d = &conf->destinations[i];
		struct budget budget;
		char text[200];

		budget_make(d, &budget);
		format_duration(d->max_stall_ms, text, sizeof(text));
		strbuf_printf(out, "%s: max_stall %s holds: ", d->name, text);
		for (size_t j = 0; j < BUDGET_STEPS; j++) {
			budget_format(&budget.steps[j], text, sizeof(text));
			strbuf_printf(out, "%s%s", j > 0 ? ", " : "", text);
		}
		format_duration(budget.soft_timeout_ms, text, sizeof(text));
		strbuf_printf(out, "; the mount itself %s%s\n",
			      budget.soft_timeout_ms < 0 ? "never gives up (hard)"
							 : "gives up after ",
			      budget.soft_timeout_ms < 0 ? "" : text);
	}
	strbuf_printf(out, "%s: good\n", ctx->config);
}

static void json_budget(struct json *json, const struct conf *conf)
{
	json_array_begin(json, "destinations");
	for (size_t i = 0; i < conf->n_destinations; i++) {
		struct budget budget;

		budget_make(&conf->destinations[i], &budget);
		json_object_begin(json, NULL);
		json_string(json, "name", conf->destinations[i].name);
		json_int(json, "max_stall_ms", budget.max_stall_ms);
		if (budget.soft_timeout_ms < 0)
			json_null(json, "soft_timeout_ms");
		else
			json_int(json, "soft_timeout_ms", budget.soft_timeout_ms);
		json_array_begin(json, "steps");
		for (size_t j = 0; j < BUDGET_STEPS; j++) {
			json_object_begin(json, NULL);
			json_string(json, "step", budget.steps[j].name);
			json_int(json, "ms", budget.steps[j].sum_ms);
			json_object_end(json);
		}
		json_array_end(json);
		json_object_end(json);
	}
	json_array_end(json);
}

static void json_check(const struct conf *conf, const struct problems *problems,
		       struct strbuf *out)
{
	struct json json = JSON_INIT(out);

	json_object_begin(&json, NULL);
	json_bool(&json, "good", problems->n_errors == 0);
	json_array_begin(&json, "problems");
	for (size_t i = 0; i < problems->n; i++) {
		const struct problem *p = &problems->items[i];

		json_object_begin(&json, NULL);
		json_string(&json, "severity",
			    p->severity == SEVERITY_ERROR ? "error" : "warning");
		json_string(&json, "file", p->file);
		if (p->line > 0)
			json_uint(&json, "line", p->line);
		else
			json_null(&json, "line");
		json_string(&json, "text", p->text);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_budget(&json, conf);
	json_object_end(&json);
	strbuf_putc(out, '\n');
}

static int run_check(struct context *ctx, const struct cli_args *args)
{
	struct problems problems = PROBLEMS_INIT;
	struct conf conf = { 0 };
	struct strbuf out = STRBUF_INIT;
	struct error err;
	int code = no_operands(ctx, args);
	int r;

	if (code != EXIT_GOOD)
		return code;
	r = conf_examine(ctx->config, true, &conf, &problems, &err);
	if (r < 0)
		return context_fail(ctx, &err);
	check_complete(&conf, &problems);
	budget_check(&conf, &problems);
	host_check(&conf, deadline_after(HOST_CHECK_MS), &problems);
	problems_sort(&problems);
	if (ctx->json)
		json_check(&conf, &problems, &out);
	else
		text_check(ctx, &conf, &problems, &out);
	r = problems_to_error(&problems, &err);
	code = print(ctx, &out, r < 0 ? exit_from_error(err.kind) : EXIT_GOOD);
	problems_done(&problems);
	conf_done(&conf);
	return code;
}

/* ---- show, example, explain ---- */

static int run_show(struct context *ctx, const struct cli_args *args)
{
	struct strbuf out = STRBUF_INIT;
	struct json json = JSON_INIT(&out);
	struct conf conf;
	struct error err;
	int code = no_operands(ctx, args);

	if (code != EXIT_GOOD)
		return code;
	if (conf_load(ctx->config, ctx->config_given, &conf, NULL, &err) < 0)
		return context_fail(ctx, &err);
	if (ctx->json) {
		show_json(&conf, &json);
		strbuf_putc(&out, '\n');
	} else {
		show_text(&conf, &out);
	}
	conf_done(&conf);
	return print(ctx, &out, EXIT_GOOD);
}

static int run_example(struct context *ctx, const struct cli_args *args)
{
	struct strbuf out = STRBUF_INIT;
	int code = no_operands(ctx, args);

	if (code != EXIT_GOOD)
		return code;
	example_write(&out);
	return print(ctx, &out, EXIT_GOOD);
}

static void explain_all_json(struct json *json)
{
	json_array_begin(json, NULL);
	for (const struct key *key = key_table; key->name; key++)
		explain_json(key, json);
	json_array_end(json);
}

static int run_explain(struct context *ctx, const struct cli_args *args)
{
	struct strbuf out = STRBUF_INIT;
	struct json json = JSON_INIT(&out);
	const struct key *key = NULL;
	struct error err;

	if (args->n_operands > 1) {
		(void)error_set(&err, ERROR_USAGE, 0, "config explain takes one KEY");
		return context_fail(ctx, &err);
	}
	if (args->n_operands == 1 && explain_find(args->operands[0], &key, &err) < 0)
		return context_fail(ctx, &err);
	if (ctx->json && key)
		explain_json(key, &json);
	else if (ctx->json)
		explain_all_json(&json);
	else if (key)
		explain_text(key, &out);
	else
		explain_list(&out);
	if (ctx->json)
		strbuf_putc(&out, '\n');
	return print(ctx, &out, EXIT_GOOD);
}

static const struct command subcommands[] = {
	{
		.name = "check",
		.summary = "Say everything that is wrong with the configuration",
		.details =
			"Prints FILE:LINE: what is wrong, for all of it at once, and how "
			"max_stall is kept.\nExits 0 if it is good (there may be "
			"warnings), 78 if it is not, 77 if a file may\nnot be read or "
			"trusted.",
		.run = run_check,
	},
	{
		.name = "show",
		.summary = "Show every value and where it comes from",
		.run = run_show,
	},
	{
		.name = "example",
		.summary = "Print a complete configuration with comments",
		.run = run_example,
	},
	{
		.name = "explain",
		.operands = "[KEY]",
		.summary = "Explain a key, as max_stall or backup.user, or list all",
		.run = run_explain,
	},
	{ .name = NULL },
};

const struct command command_config = {
	.name = "config",
	.operands = "check|show|example|explain",
	.summary = "Check, show, explain the configuration",
	.subcommands = subcommands,
};
