/* SPDX-License-Identifier: MIT */
#include "lib/backup/session.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/deadline.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/proc/tree.h"

#define NSEC_PER_MSEC 1000000

static int busy(const struct lock_holder *h, struct error *err)
{
	char since[CLOCK_TEXT_SIZE], phase_since[CLOCK_TEXT_SIZE];

	clock_format_local(h->since_ms, since);
	clock_format_local(h->phase_since_ms, phase_since);
	return error_set(err, ERROR_BUSY, 0,
			 "another nfsafe %s holds the lock: pid %d since %s, in phase "
			 "%s%s%s since %s",
			 h->command, (int)h->pid, since, h->phase,
			 h->destination[0] ? " on " : "", h->destination, phase_since);
}

int session_open(struct session *ret, const struct conf *conf, const char *command,
		 const struct log *log, struct error *err)
{
	struct session s = { .log = log, .lock = LOCK_INIT, .signals = { .fd = -1 } };
	struct lock_holder holder;
	int settled = 0, r;

	if (geteuid() != 0)
		return error_set(err, ERROR_PERMISSION, 0,
				 "nfsafe %s mounts a file system: run it as root",
				 command);
	r = signals_init(&s.signals, err);
	if (r < 0)
		return r;
	r = lock_take(conf->nfsafe.run_dir, LOCK_RUN, command, &s.lock, &holder, err);
	if (r == LOCK_HELD)
		r = busy(&holder, err);
	if (r == 0)
		r = record_open(conf->nfsafe.state_dir, RECORD_WRITE, &s.record, err);
	if (r == 0)
		r = record_settle_dead(s.record, &settled, err);
	if (r < 0) {
		session_close(&s);
		return r;
	}
	if (settled > 0)
		log_warning(log, "%d earlier run%s of nfsafe died; recorded as aborted",
			    settled, settled == 1 ? "" : "s");
	tree_adopt();
	*ret = s;
	return 0;
}

void session_close(struct session *s)
{
	if (!s || !s->log)
		return;
	record_close(s->record);
	s->record = NULL;
	lock_release(&s->lock);
	signals_done(&s->signals);
	s->log = NULL;
}

/* For "requested by": a person has a terminal, cron has none. */
static void requested_by(char *buf, size_t size)
{
	const char *who = getenv("SUDO_USER");
	const char *tty = isatty(STDIN_FILENO) ? ttyname(STDIN_FILENO) : NULL;

	if (tty)
		(void)snprintf(buf, size, "%s on %s", who ? who : "root", tty);
	else
		(void)snprintf(buf, size, "%s without a terminal", who ? who : "root");
}

int session_begin(struct session *s, enum record_kind kind, struct error *err)
{
	char by[128];
	struct record_begin begin = {
		.kind = kind,
		.requested_by = by,
		.started_ms = clock_now_ms(),
	};
	int r;

	requested_by(by, sizeof(by));
	r = record_run_begin(s->record, &begin, &s->run, err);
	if (r < 0)
		return r;
	lock_set_run(&s->lock, s->run);
	return 0;
}

static void note_record(struct session *s, int r, const struct error *err)
{
	if (r >= 0 || s->record_failed)
		return;
	s->record_failed = true;
	s->record_error = *err;
	log_warning(s->log, "%s", err->msg);
}

void session_choose(struct session *s, const struct record_choice *choice)
{
	struct error err;

	note_record(s, record_run_choose(s->record, s->run, choice, &err), &err);
	lock_set_phase(&s->lock, NULL, choice->destination);
}

static void write_phases(struct session *s, const char *next)
{
	struct error err;
	int r;

	if (!s->has_ended && !next)
		return;
	r = record_phase_change(s->record, s->run, s->has_ended ? &s->ended : NULL, next,
				clock_now_ms(), &err);
	note_record(s, r, &err);
	s->has_ended = false;
}

void session_phase(struct session *s, const char *phase)
{
	if (s->phase)
		session_phase_end(s, RECORD_PHASE_OK, "%s", "");
	log_debug(s->log, "phase %s", phase);
	write_phases(s, phase);
	lock_set_phase(&s->lock, phase, NULL);
	s->phase = phase;
	s->phase_started_ns = deadline_now_ns();
}

void session_phase_end(struct session *s, enum record_phase_outcome outcome,
		       const char *fmt, ...)
{
	va_list ap;

	if (!s->phase)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(s->ended_detail, sizeof(s->ended_detail), fmt, ap);
	va_end(ap);
	s->ended = (struct record_phase_end){
		.outcome = outcome,
		.duration_ms = (deadline_now_ns() - s->phase_started_ns) / NSEC_PER_MSEC,
		.detail = s->ended_detail[0] ? s->ended_detail : NULL,
	};
	log_debug(s->log, "phase %s: %s in %lld ms%s%s", s->phase,
		  record_phase_outcome_name(outcome), (long long)s->ended.duration_ms,
		  s->ended_detail[0] ? ": " : "", s->ended_detail);
	s->has_ended = true;
	s->phase = NULL;
}

void session_verdict(struct session *s, const struct record_verdict *verdict)
{
	struct error err;

	note_record(s, record_verdict(s->record, s->run, verdict, &err), &err);
}

/* What is not on the disk as good is not good; what is worse than that stays. */
static void unrecorded(struct ending *ending, const struct error *why)
{
	struct error err = *why;

	if (ending->kind > ENDING_SUSPECT)
		return;
	/* Not "busy": that is for runs that were not started. */
	if (err.kind == ERROR_BUSY)
		err.kind = ERROR_IO;
	ending_worsen(ending, ENDING_ERROR, &err);
}

void session_end(struct session *s, struct ending *ending, struct record_end *end,
		 int (*exit_code)(const struct ending *))
{
	struct error err;
	int r;

	write_phases(s, NULL);
	if (s->record_failed)
		unrecorded(ending, &s->record_error);
	end->outcome = ending_outcome(ending);
	end->exit_code = exit_code(ending);
	end->ended_ms = clock_now_ms();
	end->reason = ending->kind == ENDING_GOOD ? NULL : ending->why.msg;
	r = record_run_end(s->record, s->run, end, &err);
	if (r < 0) {
		log_error(s->log, "%s", err.msg);
		unrecorded(ending, &err);
	}
}
