/* SPDX-License-Identifier: MIT */
#include "lib/backup/job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/backup/destination.h"
#include "lib/backup/quiesce.h"
#include "lib/backup/supervise.h"
#include "lib/backup/teardown.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

#define OUTPUT_STALL_MS 60000

/* Without a time-out of its own a command may take as long as the server lives. */
static struct deadline command_deadline(const struct job_candidate *c)
{
	/* Bounded all the same: the watch trips when the server stops answering. */
	return c->timeout_ms > 0 ? deadline_after(c->timeout_ms) : DEADLINE_NEVER;
}

static void choose(struct session *s, const struct job_candidate *c, char *label)
{
	label[0] = '\0';
	if (c->level != LEVEL_NONE)
		label_format(c->level, clock_now_ms(), label);
	session_choose(s, &(struct record_choice){ .level = c->level,
						   .destination = c->destination->name,
						   .label = label[0] ? label : NULL });
}

/* ---- the command ---- */

static void judge(struct session *s, struct destination *dest, struct command_run *run,
		  int outcome, struct ending *ending)
{
	char signal_name[32], reason[WATCHER_REASON_SIZE];
	int code;

	switch (outcome) {
	case SUPERVISE_ENDED:
		code = command_exit_code(run);
		if (code == 0)
			return;
		(void)snprintf(signal_name, sizeof(signal_name), " (signal %d)",
			       code - 128);
		ending_worsen_f(ending, ENDING_FAILED, "the command ended with %d%s",
				code, code > 128 ? signal_name : "");
		ending->status = code;
		return;
	case SUPERVISE_TIMED_OUT:
		ending_worsen_f(ending, ENDING_STOPPED,
				"the command did not end by its deadline");
		return;
	case SUPERVISE_SIGNALLED:
		ending_worsen_f(ending, ENDING_SIGNALLED, "a signal came (%s)",
				strsignal(signals_peek(&s->signals)));
		ending->status = signals_peek(&s->signals);
		return;
	case SUPERVISE_TRIPPED:
		dest->dead = true;
		watcher_reason(&dest->watcher, reason);
		ending_worsen_f(ending, ENDING_TRIPPED, "%s (%s) died: %s",
				dest->conf->name, dest->conf->source, reason);
		return;
	default:
		return;
	}
}

static void end_phase(struct session *s, const struct ending *ending)
{
	static const enum record_phase_outcome outcomes[] = {
		[ENDING_GOOD] = RECORD_PHASE_OK,
		[ENDING_SUSPECT] = RECORD_PHASE_FAILED,
		[ENDING_REFUSED] = RECORD_PHASE_FAILED,
		[ENDING_FAILED] = RECORD_PHASE_FAILED,
		[ENDING_SIGNALLED] = RECORD_PHASE_ABORTED,
		[ENDING_STOPPED] = RECORD_PHASE_TIMED_OUT,
		[ENDING_TRIPPED] = RECORD_PHASE_ABORTED,
		[ENDING_ERROR] = RECORD_PHASE_FAILED,
	};

	session_phase_end(s, outcomes[ending->kind], "%s",
			  ending->kind == ENDING_GOOD ? "" : ending->why.msg);
}

/* Both streams in one: first what it wrote, then what it complained of. */
static char *join_output(const struct command_run *run)
{
	char *out = run->out.kept ? output_tail(&run->out) : NULL;
	char *messages = run->err.kept ? output_tail(&run->err) : NULL;
	char *both = NULL;

	if (!out || !messages) {
		both = out ? out : messages;
		return both;
	}
	both = malloc(strlen(out) + strlen(messages) + 1);
	if (both) {
		memcpy(both, out, strlen(out));
		memcpy(both + strlen(out), messages, strlen(messages) + 1);
	}
	free(out);
	free(messages);
	return both;
}

/* Once the mount is gone: a slow reader of the output must not prolong it. */
static void finish_output(const struct session *s, struct command_run *run,
			  struct ending *ending)
{
	struct error err;
	/* Of a run that was stopped nobody waits for the rest. */
	int stall_ms = ending->kind > ENDING_FAILED ? 0 : OUTPUT_STALL_MS;
	int lost = output_finish(&run->out, stall_ms, s->signals.fd);

	if (lost == 0)
		lost = output_finish(&run->err, stall_ms, s->signals.fd);
	/* Of a backup it is only shown, and kept for the record anyway. */
	if (lost == 0 || !run->out.must_pass || ending->kind > ENDING_FAILED)
		return;
	(void)error_set(
		&err, ERROR_IO, lost,
		"the command's output could not be passed on, its end is lost: %s",
		strerror(lost));
	ending_worsen(ending, ENDING_ERROR, &err);
}

/* From the start of the command to the unmount. */
static void work(struct session *s, const struct job *job, struct destination *dest,
		 struct job_result *ret)
{
	const struct job_candidate *c = ret->chosen;
	struct deadline d = command_deadline(c);
	struct command_spec spec = {
		.argv = c->argv,
		.identity = job->user,
		.mountpoint = dest->conf->mountpoint,
		.destination = dest->conf->name,
		.level = c->level == LEVEL_NONE ? NULL : level_name(c->level),
		.label = ret->label[0] ? ret->label : NULL,
		.run = s->run,
		.stdio = job->stdio,
		.group = keeper_group(&dest->keeper),
	};
	struct command_run run;
	struct error err;
	int r;

	session_phase(s, job->kind == RECORD_KIND_EXEC ? "exec" : "backup");
	r = command_start(&spec, &run, &err);
	if (r < 0) {
		ending_worsen(&ret->ending, ENDING_ERROR, &err);
		end_phase(s, &ret->ending);
		teardown_run(s, dest, NULL, &ret->ending);
		return;
	}
	lock_set_group(&s->lock, run.child.pid);
	r = supervise(&run, &dest->watcher, &dest->keeper, &s->signals, d, &err);
	if (r < 0)
		ending_worsen(&ret->ending, ENDING_ERROR, &err);
	else
		judge(s, dest, &run, r, &ret->ending);
	if (r != SUPERVISE_TRIPPED) /* else it was noted with the trip */
		victims_note_stats(&dest->watcher.victims, deadline_now_ns());
	end_phase(s, &ret->ending);
	if (r == SUPERVISE_ENDED)
		quiesce_run(s, dest, d, &ret->ending);
	teardown_run(s, dest, &run, &ret->ending);
	if (run.ended)
		lock_set_group(&s->lock, 0);
	finish_output(s, &run, &ret->ending);
	ret->output = join_output(&run);
	command_done(&run);
	ret->bytes_written = dest->bytes_written;
	ret->worst_stall_ms = watcher_worst_ms(&dest->watcher);
}

/* ---- the choice ---- */

/* @n_quarantined: how many were refused for nothing else.  If all were, it is BUSY. */
static void refuse_all(const struct job *job, const struct error *last,
		       size_t n_quarantined, struct job_result *ret)
{
	struct error err = *last;

	if (job->n_candidates > 1)
		(void)error_set(&err,
				n_quarantined == job->n_candidates ? ERROR_BUSY
								   : ERROR_UNREACHABLE,
				0,
				"none of %zu destinations can be used; the last one: %s",
				job->n_candidates, last->msg);
	ending_worsen(&ret->ending, ENDING_REFUSED, &err);
}

static void try_candidates(struct session *s, const struct job *job,
			   struct job_result *ret)
{
	struct destination *dest = malloc(sizeof(*dest));
	size_t n_quarantined = 0;
	struct error err;

	if (!dest) {
		(void)error_oom(&err);
		ending_worsen(&ret->ending, ENDING_ERROR, &err);
		return;
	}
	for (size_t i = 0; i < job->n_candidates; i++) {
		const struct job_candidate *c = &job->candidates[i];
		int r;

		choose(s, c, ret->label);
		r = destination_open(s, c->destination, job->user, dest, &err);
		if (r == DESTINATION_READY) {
			if (i > 0)
				log_warning(s->log, "falling back to %s",
					    c->destination->name);
			ret->chosen = c;
			work(s, job, dest, ret);
			free(dest);
			return;
		}
		if (r == DESTINATION_SIGNALLED) {
			ending_worsen_f(&ret->ending, ENDING_SIGNALLED,
					"a signal came (%s)",
					strsignal(signals_peek(&s->signals)));
			ret->ending.status = signals_peek(&s->signals);
			break;
		}
		if (r < 0) {
			ending_worsen(&ret->ending, ENDING_ERROR, &err);
			break;
		}
		n_quarantined += r == DESTINATION_QUARANTINED;
		if (i + 1 < job->n_candidates)
			log_warning(s->log, "%s", err.msg);
		else
			refuse_all(job, &err, n_quarantined, ret);
	}
	free(dest);
}

int job_run(struct session *s, const struct job *job, struct job_result *ret,
	    struct error *err)
{
	struct record_end end = { 0 };
	int r;

	memset(ret, 0, sizeof(*ret));
	ret->bytes_written = -1;
	r = session_begin(s, job->kind, err);
	if (r < 0)
		return r;
	ret->run = s->run;
	try_candidates(s, job, ret);
	end.bytes = ret->bytes_written;
	end.worst_stall_ms = ret->worst_stall_ms;
	end.output = ret->output;
	end.output_len = ret->output ? strlen(ret->output) : 0;
	session_end(s, &ret->ending, &end, job->exit_code);
	return 0;
}

void job_result_done(struct job_result *r)
{
	if (!r)
		return;
	free(r->output);
	r->output = NULL;
}
