/* SPDX-License-Identifier: MIT */
#include "cmd/load.h"

#include "cmd/command.h"
#include "lib/backup/budget.h"
#include "lib/conf/conf.h"
#include "lib/conf/problems.h"

static void tell_warnings(const struct context *ctx, const struct problems *problems)
{
	for (size_t i = 0; i < problems->n; i++) {
		char line[1024];

		if (problems->items[i].severity != SEVERITY_WARNING)
			continue;
		problem_format(&problems->items[i], line, sizeof(line));
		log_notice(&ctx->log, "%s", line);
	}
}

int load_conf(const struct context *ctx, struct conf *ret, struct error *err)
{
	struct problems problems = PROBLEMS_INIT;
	struct conf conf = { 0 };
	int r;

	r = conf_load(ctx->config, true, &conf, &problems, err);
	if (r == 0) {
		budget_check(&conf, &problems);
		tell_warnings(ctx, &problems);
		r = problems_to_error(&problems, err);
	}
	problems_done(&problems);
	if (r < 0) {
		conf_done(&conf);
		return r;
	}
	*ret = conf;
	return 0;
}
