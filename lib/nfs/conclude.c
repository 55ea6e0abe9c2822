/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/deadline.h"
#include "lib/base/parse.h"
#include "lib/nfs/attempt.h"
#include "lib/nfs/finding.h"
#include "lib/nfs/steps.h"

/* How an attempt becomes a report. */

static bool is_bad(uint32_t result)
{
	return result > RESULT_SLOW;
}

static bool is_good(uint32_t result)
{
	return result == RESULT_OK || result == RESULT_SLOW;
}

/*
 * How long an answer was waited for, as a person would say it: the time-out, unless
 * others had used up the most of it.
 */
static int64_t waited_ms(const struct attempt *a, size_t i)
{
	int64_t timeout_ms = a->request->timeout_ms;
	int64_t ms = (deadline_now_ns() - a->runs[i].started_ns) / 1000000;

	return ms * 2 > timeout_ms ? timeout_ms : (ms + 50) / 100 * 100;
}

/* What is still under way was not answered. */
static void end_unanswered(struct attempt *a)
{
	for (size_t i = 0; i < a->machine->n; i++) {
		char text[32];

		if (a->runs[i].state != STEP_RUNNING)
			continue;
		format_duration(waited_ms(a, i), text, sizeof(text));
		finding_why(a, "no answer within %s", text);
		steps_end(a, i,
			  a->machine->steps[i].proc ? RESULT_SILENT : RESULT_UNREACHABLE);
	}
}

/* The first bad result of a layer stands; failing that, slow, good, skipped. */
static void fold(struct probe_layer_report *layer, enum probe_result result)
{
	if (is_bad(layer->result))
		return;
	if (is_bad(result) || result > layer->result)
		layer->result = result;
}

static enum probe_result outcome(const struct step_run *run)
{
	switch (run->state) {
	case STEP_GOOD:
	case STEP_BAD:
		return run->result;
	case STEP_UNWANTED:
		return RESULT_SKIPPED;
	default:
		return RESULT_NONE;
	}
}

static void fold_steps(struct attempt *a, bool *ret_blocked)
{
	*ret_blocked = false;
	for (size_t i = 0; i < a->machine->n; i++) {
		const struct step *step = &a->machine->steps[i];
		enum probe_result result = outcome(&a->runs[i]);

		if (step->flags & STEP_COURTESY)
			continue;
		if (result == RESULT_NONE)
			*ret_blocked = true;
		/* A connection that is up is the connect layer's, see below. */
		if (!step->proc && is_good(result))
			continue;
		fold(&a->report.layers[step->layer], result);
		for (unsigned l = 0; l < PROBE_LAYERS; l++) {
			if ((step->also & 1U << l) && is_good(result))
				fold(&a->report.layers[l], result);
		}
	}
}

/* A layer takes from the start of its first step to the end of its last one. */
static void measure_layers(struct attempt *a)
{
	for (unsigned l = 0; l < PROBE_LAYERS; l++) {
		int64_t first = INT64_MAX, last = 0;

		for (size_t i = 0; i < a->machine->n; i++) {
			const struct step *step = &a->machine->steps[i];
			const struct step_run *run = &a->runs[i];

			if ((step->layer != l && !(step->also & 1U << l)) ||
			    (step->flags & STEP_COURTESY) || run->ended_ns == 0)
				continue;
			if (run->started_ns < first)
				first = run->started_ns;
			if (run->ended_ns > last)
				last = run->ended_ns;
		}
		if (last > 0)
			a->report.layers[l].us = (last - first) / 1000;
	}
}

/*
 * The host is there if any port of it is; only then is a port that is not there the
 * fault of its service.
 */
static void judge_connect(struct attempt *a)
{
	struct probe_layer_report *layers = a->report.layers;

	if (attempt_is_connected(a)) {
		layers[PROBE_CONNECT].us = a->connect_us;
		layers[PROBE_CONNECT].result = RESULT_OK;
		if (verdict_is_slow(a->connect_us, 0)) {
			layers[PROBE_CONNECT].result = RESULT_SLOW;
			(void)snprintf(a->whys[PROBE_CONNECT], WHY_SIZE, "took %.1f s",
				       (double)a->connect_us / 1e6);
		}
	} else {
		layers[PROBE_CONNECT] = layers[PROBE_NFSD];
		memcpy(a->whys[PROBE_CONNECT], a->whys[PROBE_NFSD], WHY_SIZE);
		for (unsigned l = PROBE_RPCBIND; l <= PROBE_NFSD; l++)
			layers[l] = (struct probe_layer_report){ .us = -1 };
	}
	if (a->nfs_unregistered && (layers[PROBE_NFSD].result == RESULT_REFUSED ||
				    layers[PROBE_NFSD].result == RESULT_UNREACHABLE)) {
		layers[PROBE_NFSD].result = RESULT_UNREGISTERED;
		(void)snprintf(a->whys[PROBE_NFSD], WHY_SIZE,
			       "not registered with rpcbind, and not at port %u",
			       a->conns[CONN_NFSD].port);
	}
}

static void judge_space(struct attempt *a)
{
	struct probe_layer_report *layer = &a->report.layers[PROBE_SPACE];

	if (!a->has_space || !is_good(layer->result))
		return;
	if (a->space.free_bytes == 0)
		(void)snprintf(a->whys[PROBE_SPACE], WHY_SIZE, "0 bytes are free");
	else if (a->space.total_files > 0 && a->space.free_files == 0)
		(void)snprintf(a->whys[PROBE_SPACE], WHY_SIZE, "0 inodes are free");
	else
		return;
	layer->result = RESULT_NO_SPACE;
}

static struct access_facts gather_facts(const struct attempt *a)
{
	return (struct access_facts){
		.granted = a->access,
		.uid = a->request->uid,
		.gid = a->request->gid,
		.groups = a->request->groups,
		.n_groups = a->request->n_groups,
		.has_mode = a->has_attr && a->has_owner,
		.mode = a->attr.mode,
		.owner = a->attr.uid,
		.group = a->attr.gid,
		.read_only = a->read_only,
	};
}

static void say_access(struct attempt *a, enum probe_layer layer,
		       const struct access_facts *facts)
{
	if (facts->read_only)
		(void)snprintf(a->whys[layer], WHY_SIZE,
			       "a REMOVE (of nothing) is answered with ROFS");
	else if (facts->has_mode)
		(void)snprintf(a->whys[layer], WHY_SIZE,
			       "uid %" PRIu32 " may not write (mode %03" PRIo32
			       ", owner %" PRIu32 ":%" PRIu32 ")",
			       facts->uid, facts->mode & 07777, facts->owner,
			       facts->group);
	else
		(void)snprintf(a->whys[layer], WHY_SIZE, "uid %" PRIu32 " may not write",
			       facts->uid);
}

/* Whoever wrote the canary may write, whatever ACCESS says. */
static void judge_access(struct attempt *a)
{
	struct probe_layer_report *access = &a->report.layers[PROBE_ACCESS];
	struct probe_layer_report *canary = &a->report.layers[PROBE_CANARY];
	struct access_facts facts = gather_facts(a);
	enum probe_result result;

	if (is_good(canary->result)) {
		if (a->squashed) {
			canary->result = RESULT_SQUASHED;
			(void)snprintf(a->whys[PROBE_CANARY], WHY_SIZE,
				       "what uid %" PRIu32
				       " creates belongs to somebody else",
				       a->request->uid);
		}
		return;
	}
	if (canary->result == RESULT_DENIED) {
		facts.granted = 0;
		canary->result = access_judge(&facts);
		say_access(a, PROBE_CANARY, &facts);
		return;
	}
	/* The canary met what counts more than what ACCESS guesses. */
	if (is_bad(canary->result) || !a->has_access || !is_good(access->result))
		return;
	result = access_judge(&facts);
	if (result != RESULT_OK) {
		access->result = result;
		say_access(a, PROBE_ACCESS, &facts);
	}
}

static uint64_t fnv1a(const char *data, size_t len)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++) {
		hash ^= (unsigned char)data[i];
		hash *= UINT64_C(0x100000001b3);
	}
	return hash;
}

static void fill_findings(struct attempt *a)
{
	struct probe_report *report = &a->report;

	report->connect_us = a->connect_us;
	report->port = a->conns[CONN_NFSD].port;
	report->mountport = a->mountport;
	if (a->has_root && a->has_attr) {
		report->has_handle = true;
		report->handle = a->root;
		report->handle_digest = fnv1a(a->root.data, a->root.len);
		report->fsid[0] = a->attr.fsid;
		report->fsid[1] = a->fsid_minor;
		report->fileid = a->attr.fileid;
	}
	report->has_access = a->has_access;
	report->access = a->access;
	report->has_space = a->has_space;
	report->total_bytes = a->space.total_bytes;
	report->free_bytes = a->space.free_bytes;
	report->has_files = a->has_space && a->space.total_files > 0;
	report->free_files = report->has_files ? a->space.free_files : 0;
}

void attempt_conclude(struct attempt *a)
{
	struct probe_report *report = &a->report;
	bool blocked;
	size_t len;

	end_unanswered(a);
	fold_steps(a, &blocked);
	measure_layers(a);
	judge_connect(a);
	judge_space(a);
	judge_access(a);
	fill_findings(a);
	verdict_decide(report);
	/* What could not be asked must not be taken for good. */
	assert(!blocked ||
	       (report->verdict != VERDICT_OK && report->verdict != VERDICT_SLOW));

	(void)snprintf(report->detail, sizeof(report->detail), "%s",
		       report->verdict == VERDICT_OK ? "" : a->whys[report->layer]);
	len = strlen(report->detail);
	if (finding_is_left(a))
		(void)snprintf(report->detail + len, sizeof(report->detail) - len,
			       "%smay be left behind: %s", len > 0 ? "; " : "", a->name);
}
