/* SPDX-License-Identifier: MIT */
#include "cmd/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/exit.h"
#include "lib/base/json.h"
#include "lib/base/macro.h"
#include "lib/base/parse.h"
#include "lib/base/strbuf.h"
#include "lib/conf/conf.h"
#include "lib/proc/signals.h"

#define TIMEOUT_MS 5000
#define TIMEOUT_MIN_MS 10
#define INTERVAL_MS 1000
#define INTERVAL_MIN_MS 10
#define BEAT_TIMEOUT_MS 1000
#define DURATION_MAX_MS (INT64_C(3600) * 1000)
/* For the user database: a person waits. */
#define LOOKUP_MS 5000

/* A number that an option gives, or does not. */
struct given {
	bool has;
	uint64_t value;
};

struct options {
	struct given port, mountport, uid, gid, count;
	bool has_vers, has_timeout;
	enum nfs_vers vers;
	int64_t timeout_ms, interval_ms;
};

int probe_cannot_ask(const struct context *ctx, const struct error *err)
{
	log_error(&ctx->log, "%s", err->msg);
	return EXIT_UNKNOWN;
}

const char *probe_colour(int exit_code)
{
	if (!isatty(STDOUT_FILENO) || getenv("NO_COLOR"))
		return "";
	switch (exit_code) {
	case EXIT_GOOD:
		return "\033[32m";
	case EXIT_PARTIAL:
		return "\033[33m";
	default:
		return "\033[31m";
	}
}

const char *probe_colour_end(void)
{
	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR") ? "\033[0m" : "";
}

/* --- options --- */

struct limits {
	uint64_t min, max;
};

static int take_number(const struct cli_args *args, const char *name,
		       struct limits limits, struct given *ret, struct error *err)
{
	const char *text = cli_value(args, name);

	ret->has = text != NULL;
	if (text && parse_uint(text, limits.min, limits.max, &ret->value, err) < 0)
		return error_prefix(err, "--%s", name);
	return 0;
}

static int take_duration(const struct cli_args *args, const char *name, int64_t min_ms,
			 int64_t *ret_ms, struct error *err)
{
	const char *text = cli_value(args, name);
	char shortest[32];

	if (!text)
		return 0;
	if (parse_duration(text, ret_ms, err) < 0)
		return error_prefix(err, "--%s", name);
	if (*ret_ms >= min_ms && *ret_ms <= DURATION_MAX_MS)
		return 0;
	format_duration(min_ms, shortest, sizeof(shortest));
	return error_set(err, ERROR_USAGE, 0, "--%s: from %s to 1h", name, shortest);
}

static int take_numbers(const struct cli_args *args, struct options *o, struct error *err)
{
	static const struct limits port = { 1, UINT16_MAX };
	static const struct limits id = { 0, UINT32_MAX - 1 };
	static const struct limits count = { 1, UINT32_MAX };
	int r = take_number(args, "port", port, &o->port, err);

	if (r == 0)
		r = take_number(args, "mountport", port, &o->mountport, err);
	if (r == 0)
		r = take_number(args, "uid", id, &o->uid, err);
	if (r == 0)
		r = take_number(args, "gid", id, &o->gid, err);
	if (r == 0)
		r = take_number(args, "count", count, &o->count, err);
	return r;
}

static int take_options(const struct cli_args *args, struct options *o, struct error *err)
{
	const char *vers = cli_value(args, "vers");
	bool watch = cli_count(args, "watch") > 0;
	int r = take_numbers(args, o, err);

	o->timeout_ms = TIMEOUT_MS;
	o->interval_ms = INTERVAL_MS;
	o->has_timeout = cli_value(args, "timeout") != NULL;
	o->has_vers = vers != NULL;
	if (r == 0)
		r = take_duration(args, "timeout", TIMEOUT_MIN_MS, &o->timeout_ms, err);
	if (r == 0)
		r = take_duration(args, "interval", INTERVAL_MIN_MS, &o->interval_ms,
				  err);
	if (r == 0 && vers)
		r = nfs_vers_parse(vers, &o->vers, err) < 0 ? error_prefix(err, "--vers")
							    : 0;
	if (r < 0)
		return r;
	if (!watch && (o->count.has || cli_value(args, "interval")))
		return error_set(err, ERROR_USAGE, 0,
				 "--count and --interval go with --watch");
	if (watch && cli_count(args, "write") > 0)
		return error_set(err, ERROR_USAGE, 0, "--write does not go with --watch");
	return 0;
}

/* --- sources --- */

static void set_user(struct probe_request *request, const struct identity *user)
{
	request->uid = user->uid;
	request->gid = user->gid;
	for (size_t i = 0; i < user->n_groups && i < PROBE_GROUPS_MAX; i++)
		request->groups[request->n_groups++] = user->groups[i];
}

static void apply_options(const struct options *o, struct probe_request *request)
{
	if (o->has_vers)
		request->vers = o->vers;
	if (o->has_timeout)
		request->timeout_ms = o->timeout_ms;
	if (o->port.has)
		request->port = (uint16_t)o->port.value;
	if (o->mountport.has)
		request->mountport = (uint16_t)o->mountport.value;
	/* Another user's groups are not known. */
	if (o->uid.has || o->gid.has)
		request->n_groups = 0;
	if (o->uid.has)
		request->uid = (uint32_t)o->uid.value;
	if (o->gid.has)
		request->gid = (uint32_t)o->gid.value;
}

/* The configuration, read when the first name needs it, and whom it backs up as. */
struct names {
	struct conf conf;
	bool loaded;
	struct identity user;
};

static int load(const struct context *ctx, struct names *names, struct error *err)
{
	int r;

	if (names->loaded)
		return 0;
	r = conf_load(ctx->config, true, &names->conf, NULL, err);
	if (r < 0)
		return r;
	names->loaded = true;
	return identity_lookup(names->conf.backup.user, deadline_after(LOOKUP_MS), -1,
			       &names->user, err);
}

static int add_text(struct probe_plan *plan, const char *text, struct error *err)
{
	plan->sources[plan->n].text = strdup(text);
	if (!plan->sources[plan->n].text)
		return error_oom(err);
	plan->n++;
	return 0;
}

static int add_destination(struct probe_plan *plan, const struct names *names,
			   const struct conf_destination *d, struct error *err)
{
	struct probe_source *source = &plan->sources[plan->n];
	struct probe_request *request = &plan->requests[plan->n];

	*request = (struct probe_request){
		.vers = (enum nfs_vers)d->vers,
		.timeout_ms = d->probe_timeout_ms,
		.port = (uint16_t)d->port,
		.mountport = (uint16_t)d->mountport,
	};
	set_user(request, &names->user);
	if (d->min_free.is_percent)
		source->min_free_percent = (unsigned)d->min_free.value;
	else
		source->min_free_bytes = d->min_free.value;
	if (source_parse(d->source, &request->source, err) < 0)
		return error_prefix(err, "%s", d->name);
	return add_text(plan, d->name, err);
}

static int add_source(struct probe_plan *plan, const char *text, struct error *err)
{
	struct probe_request *request = &plan->requests[plan->n];
	struct identity self;

	*request = (struct probe_request){
		.vers = NFS_VERS_3,
		.timeout_ms = TIMEOUT_MS,
	};
	identity_self(&self);
	set_user(request, &self);
	if (source_parse(text, &request->source, err) < 0)
		return -(int)err->kind;
	return add_text(plan, text, err);
}

/* Names of destinations have neither of the two, sources have both. */
static int add_operand(const struct context *ctx, struct probe_plan *plan,
		       struct names *names, const char *text, struct error *err)
{
	const struct conf_destination *d;
	int r;

	if (strpbrk(text, "/:"))
		return add_source(plan, text, err);
	r = load(ctx, names, err);
	if (r == 0)
		r = conf_require_destination(&names->conf, text, &d, err);
	return r < 0 ? r : add_destination(plan, names, d, err);
}

static int add_all(const struct context *ctx, struct probe_plan *plan,
		   struct names *names, struct error *err)
{
	int r = load(ctx, names, err);

	for (size_t i = 0; r == 0 && i < names->conf.n_destinations; i++)
		r = add_destination(plan, names, &names->conf.destinations[i], err);
	if (r == 0 && plan->n == 0)
		return error_set(err, ERROR_USAGE, 0,
				 "nothing to probe: give SERVER:/EXPORT, or configure a "
				 "[destination NAME]");
	return r;
}

static int allocate(struct probe_plan *plan, size_t n, struct error *err)
{
	plan->sources = calloc(n, sizeof(*plan->sources));
	plan->requests = calloc(n, sizeof(*plan->requests));
	return plan->sources && plan->requests ? 0 : error_oom(err);
}

static void choose_identity(struct probe_plan *plan)
{
	identity_self(&plan->identity);
	if (plan->identity.uid == 0)
		identity_nobody(&plan->identity);
}

static int make_plan(const struct context *ctx, const struct cli_args *args,
		     struct probe_plan *plan, struct error *err)
{
	struct options o = { 0 };
	struct names names = { 0 };
	int r = take_options(args, &o, err);

	if (r == 0 && args->n_operands == 0)
		r = load(ctx, &names, err);
	if (r == 0)
		r = allocate(plan, args->n_operands + names.conf.n_destinations + 1, err);
	for (size_t i = 0; r == 0 && i < args->n_operands; i++)
		r = add_operand(ctx, plan, &names, args->operands[i], err);
	if (r == 0 && args->n_operands == 0)
		r = add_all(ctx, plan, &names, err);
	conf_done(&names.conf);
	if (r < 0)
		return r;
	for (size_t i = 0; i < plan->n; i++) {
		apply_options(&o, &plan->requests[i]);
		plan->requests[i].write = cli_count(args, "write") > 0;
	}
	choose_identity(plan);
	plan->watch = cli_count(args, "watch") > 0;
	plan->count = o.count.has ? o.count.value : 0;
	plan->interval_ms = o.interval_ms;
	plan->beat_timeout_ms = o.has_timeout                     ? o.timeout_ms
				: o.interval_ms > BEAT_TIMEOUT_MS ? o.interval_ms
								  : BEAT_TIMEOUT_MS;
	return 0;
}

static void plan_done(struct probe_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		free(plan->sources[i].text);
	free(plan->sources);
	free(plan->requests);
}

/* --- results --- */

struct printing {
	const struct context *ctx;
	const struct probe_plan *plan;
	int code; /* the worst so far */
};

static bool has_little_space(const struct probe_source *source,
			     const struct probe_report *report)
{
	double percent = report->total_bytes > 0 ? 100.0 * (double)report->free_bytes /
							   (double)report->total_bytes
						 : 100.0;

	return report->has_space && (report->free_bytes < source->min_free_bytes ||
				     percent < source->min_free_percent);
}

static int exit_code_of(const struct probe_source *source,
			const struct probe_report *report)
{
	switch (report->verdict) {
	case VERDICT_OK:
		return has_little_space(source, report) ? EXIT_PARTIAL : EXIT_GOOD;
	case VERDICT_SLOW:
		return EXIT_PARTIAL;
	default:
		return EXIT_FAILED;
	}
}

static void say_little_space(const struct probe_source *source,
			     struct probe_report *report)
{
	char left[32], wanted[32];

	format_size(report->free_bytes, left, sizeof(left));
	format_size(source->min_free_bytes, wanted, sizeof(wanted));
	if (source->min_free_percent > 0)
		(void)snprintf(wanted, sizeof(wanted), "%u%%", source->min_free_percent);
	(void)snprintf(report->detail, sizeof(report->detail),
		       "little space: %s free, less than min_free = %s", left, wanted);
}

static void print_json(const char *source, const struct probe_report *report)
{
	struct strbuf text = STRBUF_INIT;
	struct json json = JSON_INIT(&text);

	probe_report_json(report, source, &json);
	(void)puts(strbuf_str(&text));
	strbuf_done(&text);
}

static void print_server(const struct probe_report *report)
{
	char total[32], left[32];

	(void)printf("  %s port %u, NFS %s", report->address, report->port,
		     nfs_vers_text(report->vers));
	if (report->has_space) {
		format_size(report->total_bytes, total, sizeof(total));
		format_size(report->free_bytes, left, sizeof(left));
		(void)printf(", %s of %s free", left, total);
	}
	(void)putchar('\n');
}

static void print_layers(const struct probe_report *report)
{
	for (unsigned i = 0; i < PROBE_LAYERS; i++) {
		const struct probe_layer_report *layer = &report->layers[i];

		if (layer->result == RESULT_NONE || layer->result == RESULT_SKIPPED)
			continue;
		(void)printf("  %-8s %-12s", probe_layer_name(i),
			     probe_result_name(layer->result));
		if (layer->us >= 0)
			(void)printf(" %10.3f ms", (double)layer->us / 1000.0);
		(void)putchar('\n');
	}
}

static void print_text(const struct printing *p, const struct probe_source *source,
		       const struct probe_report *report, int code)
{
	const char *meaning, *advice;

	if (p->ctx->quiet && code == EXIT_GOOD)
		return;
	(void)printf("%s: %s%s%s", source->text, probe_colour(code),
		     probe_verdict_name(report->verdict), probe_colour_end());
	if (report->verdict != VERDICT_OK)
		(void)printf(" (%s)", probe_layer_name(report->layer));
	(void)printf(" after %.1f ms", (double)report->elapsed_us / 1000.0);
	(void)printf("%s%s\n", report->detail[0] ? ": " : "", report->detail);
	verdict_explain(report, &meaning, &advice);
	if (report->verdict != VERDICT_OK)
		(void)printf("  %s\n", meaning);
	if (advice[0])
		(void)printf("  %s\n", advice);
	if (report->address[0] && report->port)
		print_server(report);
	if (p->ctx->verbose > 0)
		print_layers(report);
}

static void on_report(void *data, size_t index, const struct probe_report *report)
{
	struct printing *p = data;
	const struct probe_source *source = &p->plan->sources[index];
	int code = exit_code_of(source, report);
	struct probe_report told = *report;

	if (code > p->code)
		p->code = code;
	if (code == EXIT_PARTIAL && report->verdict == VERDICT_OK)
		say_little_space(source, &told);
	if (p->ctx->json)
		print_json(source->text, &told);
	else
		print_text(p, source, &told, code);
	/* Each as it comes: the next one may take its whole time-out. */
	(void)fflush(stdout);
}

static int probe_once(const struct context *ctx, const struct probe_plan *plan)
{
	struct printing printing = { .ctx = ctx, .plan = plan };
	struct probe_job job = {
		.requests = plan->requests,
		.n = plan->n,
		.identity = &plan->identity,
		.on_report = on_report,
		.data = &printing,
	};
	struct signals signals;
	struct error err;
	int r = signals_init(&signals, &err);

	if (r < 0)
		return probe_cannot_ask(ctx, &err);
	job.cancel_fd = signals.fd;
	r = probe_run(&job, &err);
	if (r == PROBE_CANCELLED)
		r = EXIT_SIGNAL + signals_take(&signals);
	else
		r = r < 0 ? probe_cannot_ask(ctx, &err) : printing.code;
	signals_done(&signals);
	return r;
}

static int run(struct context *ctx, const struct cli_args *args)
{
	struct probe_plan plan = { 0 };
	struct error err;
	int code;

	if (make_plan(ctx, args, &plan, &err) < 0)
		code = probe_cannot_ask(ctx, &err);
	else
		code = plan.watch ? probe_watch(ctx, &plan) : probe_once(ctx, &plan);
	plan_done(&plan);
	return code;
}

static const struct cli_option options[] = {
	{ 0, "vers", "V", "version of NFS: 3, 4.0, 4.1, 4.2 (default 3)", false },
	{ 0, "timeout", "D", "a verdict within this time (default 5s)", false },
	{ 0, "port", "N", "port of nfsd (default: 2049; v3: what rpcbind says)", false },
	{ 0, "mountport", "N", "port of mountd; then rpcbind is not asked", false },
	{ 0, "uid", "N", "user id to ask as (default: the backup's, or yours)", false },
	{ 0, "gid", "N", "group id to ask as", false },
	{ 0, "write", NULL, "also create, write, commit, read and remove a file", false },
	{ 0, "watch", NULL, "go on with a NULL call an interval, a line each", false },
	{ 0, "count", "N", "with --watch: end after N calls", false },
	{ 0, "interval", "D", "with --watch: time between calls (default 1s)", false },
	{ 0 },
};

const struct command command_probe = {
	.name = "probe",
	.operands = "[NAME|SERVER:/EXPORT]...",
	.summary = "Ask NFS servers whether they are fit for use, without a mount",
	.details = "Goes through the layers that a mount needs, by real calls: resolve, "
		   "connect,\n"
		   "rpcbind, mountd, nfsd, handle, space, access, and with --write the "
		   "canary.\n"
		   "NAME is a destination of the configuration; without an operand, all "
		   "are\n"
		   "probed, at once.  SERVER:/EXPORT needs no configuration.  Root "
		   "probes from\n"
		   "ports below 1024, which most exports demand.\n\n"
		   "Exit code: 0 ok, 1 slow or little space, 2 any other verdict, 3 "
		   "could not ask.",
	.options = options,
	.error_code = EXIT_UNKNOWN,
	.run = run,
};
