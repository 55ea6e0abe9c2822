/* SPDX-License-Identifier: MIT */
#include "cmd/outcome.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/base/parse.h"
#include "lib/base/strbuf.h"
#include "lib/conf/conf.h"
#include "lib/proc/privilege.h"

#define LOOKUP_MS 5000

/* How much of a failed command's output goes into cron's mail. */
#define TAIL_LINES 20

static const char *chosen_name(const struct job_result *r)
{
	return r->chosen ? r->chosen->destination->name : NULL;
}

static void print_json(const struct job_result *r, int code)
{
	struct strbuf text = STRBUF_INIT;
	struct json j = JSON_INIT(&text);

	json_object_begin(&j, NULL);
	json_int(&j, "run", r->run);
	json_string(&j, "outcome", record_outcome_name(ending_outcome(&r->ending)));
	json_int(&j, "exit_code", code);
	json_string(&j, "level",
		    r->chosen && r->chosen->level != LEVEL_NONE
			    ? level_name(r->chosen->level)
			    : NULL);
	json_string(&j, "destination", chosen_name(r));
	json_string(&j, "label", r->label[0] && r->chosen ? r->label : NULL);
	json_string(&j, "reason",
		    r->ending.kind == ENDING_GOOD ? NULL : r->ending.why.msg);
	if (r->bytes_written >= 0)
		json_int(&j, "bytes_written", r->bytes_written);
	else
		json_null(&j, "bytes_written");
	json_int(&j, "worst_stall_ms", r->worst_stall_ms);
	json_object_end(&j);
	(void)puts(strbuf_str(&text));
	strbuf_done(&text);
}

static void print_tail(const char *output)
{
	const char *p = output + strlen(output);
	int lines = 0;

	while (p > output) {
		if (p[-1] == '\n' && p[0] != '\0' && ++lines == TAIL_LINES)
			break;
		p--;
	}
	(void)fprintf(stderr, "%s%s", p, *p && p[strlen(p) - 1] != '\n' ? "\n" : "");
}

static void print_summary(const struct job_result *r)
{
	char size[32];

	format_size(r->bytes_written > 0 ? (uint64_t)r->bytes_written : 0, size,
		    sizeof(size));
	(void)printf("%s on %s: good, %s written\n", r->label[0] ? r->label : "exec",
		     chosen_name(r), size);
}

static void tell(const struct context *ctx, const struct job_result *result, int code)
{
	bool shown = ctx->verbose > 0 || !result->output;

	/* A command of a person's own says itself why it failed. */
	if (result->ending.kind == ENDING_FAILED && !result->label[0])
		log_notice(&ctx->log, "%s", result->ending.why.msg);
	else if (result->ending.kind != ENDING_GOOD)
		log_error(&ctx->log, "%s%s%s", result->chosen ? result->label : "",
			  result->chosen && result->label[0] ? ": " : "",
			  result->ending.why.msg);
	if (result->ending.kind == ENDING_FAILED && result->label[0] && !shown)
		print_tail(result->output);
	if (ctx->json)
		print_json(result, code);
	else if (result->ending.kind == ENDING_GOOD && result->label[0] && !ctx->quiet &&
		 (ctx->verbose > 0 || isatty(STDOUT_FILENO)))
		print_summary(result);
}

int outcome_of_job(const struct context *ctx, struct session *s, const struct conf *conf,
		   struct job *job)
{
	struct job_result result;
	struct identity user;
	struct error err;
	int r;

	r = identity_lookup(conf->backup.user, deadline_after(LOOKUP_MS), s->signals.fd,
			    &user, &err);
	job->user = &user;
	if (r == 0)
		r = job_run(s, job, &result, &err);
	job->user = NULL;
	if (r < 0)
		return context_fail(ctx, &err);
	r = job->exit_code(&result.ending);
	/* A reader who is slow holds up neither the next run nor SIGTERM. */
	session_close(s);
	tell(ctx, &result, r);
	job_result_done(&result);
	return r;
}
