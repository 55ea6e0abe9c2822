/* SPDX-License-Identifier: MIT */
#include "lib/backup/session.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/backup/recover.h"
#include "lib/backup/timeline.h"
#include "lib/base/clock.h"
#include "lib/base/deadline.h"
#include "lib/base/log.h"
#include "lib/base/place.h"
#include "lib/conf/conf.h"
#include "lib/mnt/mount.h"
#include "lib/proc/tree.h"
#include "lib/record/event.h"

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

/* @report: for `recover`; NULL: what was left is said, and cleared as far as needed. */
static int open_session(struct session *ret, const struct conf *conf, const char *command,
			const struct log *log, struct recover_report *report,
			struct error *err)
{
	struct session s = { .log = log,
			     .state_dir = conf->nfsafe.state_dir,
			     .run_dir = conf->nfsafe.run_dir,
			     .lock = LOCK_INIT,
			     .signals = { .fd = -1, .child_fd = -1 } };
	struct lock_holder holder;
	struct recover_report left;
	struct recover_request recover = {
		.conf = conf,
		.log = log,
		.previous = &holder,
		.thorough = report != NULL,
	};
	int r;

	if (geteuid() != 0)
		return error_set(err, ERROR_PERMISSION, 0, "nfsafe %s %s: run it as root",
				 command,
				 report ? "unmounts what was left behind"
					: "mounts a file system");
	/* Messages, and what is shown of the command, are written there by us. */
	r = place_refuse_remote_fd(STDOUT_FILENO, "standard output", err);
	if (r == 0)
		r = place_refuse_remote_fd(STDERR_FILENO, "standard error", err);
	if (r == 0)
		r = signals_init(&s.signals, err);
	if (r < 0)
		return r;
	r = lock_take(conf->nfsafe.run_dir, LOCK_RUN, command, &s.lock, &holder, err);
	if (r == LOCK_HELD)
		r = busy(&holder, err);
	if (r == 0)
		r = record_open(conf->nfsafe.state_dir, RECORD_WRITE, &s.record, err);
	if (r == 0)
		r = tree_adopt(err);
	if (r == 0) {
		recover.record = s.record;
		recover.lock = &s.lock;
		recover.cancel_fd = s.signals.fd;
		r = recover_all(&recover, report ? report : &left, err);
	}
	if (r < 0) {
		lock_abandon(&s.lock, &holder);
		session_close(&s);
		return r;
	}
	if (!report)
		recover_tell(&left, log);
	s.timeline = timeline_new();
	*ret = s;
	return 0;
}

int session_open(struct session *ret, const struct conf *conf, const char *command,
		 const struct log *log, struct error *err)
{
	return open_session(ret, conf, command, log, NULL, err);
}

int session_recover(struct session *ret, const struct conf *conf, const struct log *log,
		    struct recover_report *report, struct error *err)
{
	return open_session(ret, conf, "recover", log, report, err);
}

void session_close(struct session *s)
{
	if (!s || !s->log)
		return;
	timeline_freep(&s->timeline);
	record_close(s->record);
	s->record = NULL;
	lock_release(&s->lock);
	signals_done(&s->signals);
	s->log = NULL;
}

/* A person has a terminal, cron has none. */
void session_requester(char *buf, size_t size)
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
	char by[SESSION_REQUESTER_SIZE];
	struct record_begin begin = {
		.kind = kind,
		.requested_by = by,
		.started_ms = clock_now_ms(),
	};
	int r;

	session_requester(by, sizeof(by));
	r = record_run_begin(s->record, &begin, &s->run, err);
	if (r < 0)
		return r;
	lock_set_run(&s->lock, s->run);
	timeline_bind(s->timeline, s->record, s->run);
	return 0;
}

static void note_record(struct session *s, int r, const struct error *err)
{
	if (r >= 0 || s->record_failed)
		return;
	s->record_failed = true;
	s->record_error = *err;
}

void session_choose(struct session *s, const struct record_choice *choice)
{
	struct error err;

	note_record(s, record_run_choose(s->record, s->run, choice, &err), &err);
	lock_set_phase(&s->lock, NULL, choice->destination);
}

/* ---- what goes to the disk with a phase ---- */

static int write_mount(struct session *s, struct error *err)
{
	struct session_waiting *w = &s->waiting;
	int r = 0;

	if (w->mount_begins)
		r = record_mount_begin(s->record, &s->mount, clock_now_ms(), &s->mount.id,
				       err);
	if (r == 0 && w->mount_proved)
		r = record_mount_prove(s->record, &s->mount, err);
	if (r == 0 && w->mount_ended)
		r = record_mount_end(s->record, s->mount.id, clock_now_ms(),
				     w->mount_ended, err);
	if (w->mount_ended)
		s->mount.id = 0;
	return r;
}

static int write_all(struct session *s, const char *next, struct error *err)
{
	int r = record_batch_begin(s->record, err);

	if (r < 0)
		return r;
	if (s->has_ended || next)
		r = record_phase_change(s->record, s->run,
					s->has_ended ? &s->ended : NULL, next,
					clock_now_ms(), err);
	if (r == 0)
		r = write_mount(s, err);
	if (r == 0 && s->waiting.quarantine_begins)
		r = record_quarantine_begin(s->record, &s->waiting.quarantine, err);
	if (r == 0)
		r = timeline_flush(s->timeline, err);
	return record_batch_end(s->record, r, err);
}

static void write_phases(struct session *s, const char *next)
{
	struct error err;

	note_record(s, write_all(s, next, &err), &err);
	s->has_ended = false;
	s->waiting = (struct session_waiting){ 0 };
}

void session_mounting(struct session *s, const struct conf_destination *conf)
{
	s->mount = (struct record_mount){ .run = s->run };
	(void)snprintf(s->mount.destination, sizeof(s->mount.destination), "%s",
		       conf->name);
	(void)snprintf(s->mount.source, sizeof(s->mount.source), "%s", conf->source);
	(void)snprintf(s->mount.mountpoint, sizeof(s->mount.mountpoint), "%s",
		       conf->mountpoint);
	s->waiting.mount_begins = true;
}

void session_mounted(struct session *s, const struct mount_identity *id)
{
	s->mount.mount_id = id->id;
	s->mount.major = id->major;
	s->mount.minor = id->minor;
	(void)snprintf(s->mount.source, sizeof(s->mount.source), "%s", id->source);
	(void)snprintf(s->mount.fstype, sizeof(s->mount.fstype), "%s", id->fstype);
	s->waiting.mount_proved = true;
}

void session_unmounted(struct session *s, const char *how)
{
	s->waiting.mount_ended = how;
}

void session_quarantine(struct session *s, const char *destination, const char *reason)
{
	struct record_quarantine *q = &s->waiting.quarantine;

	*q = (struct record_quarantine){ .run = s->run, .since_ms = clock_now_ms() };
	(void)snprintf(q->destination, sizeof(q->destination), "%s", destination);
	(void)snprintf(q->reason, sizeof(q->reason), "%s", reason);
	s->waiting.quarantine_begins = true;
}

void session_stuck(struct session *s, const struct mount_stuck *stuck)
{
	char who[EVENT_SUBJECT_SIZE];

	timeline_add(s->timeline, EVENT_BLOCKED,
		     timeline_process(who, (int)stuck->pid, stuck->wait.comm), -1,
		     "a process of nfsafe cannot be ended: %c in %s", stuck->wait.state,
		     stuck->wait.wchan);
}

/* ---- phases ---- */

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

/*
 * What is not on the disk as good is not good; what is worse than that keeps its reason,
 * and this one is said besides.
 */
static void judge_record(struct session *s, struct ending *ending)
{
	struct error err = s->record_error;

	if (!s->record_failed || s->record_told)
		return;
	s->record_told = true;
	/* Not "busy": that is for runs that were not started. */
	if (err.kind == ERROR_BUSY)
		err.kind = ERROR_IO;
	if (ending->kind > ENDING_SUSPECT)
		log_warning(s->log, "%s", err.msg);
	ending_worsen(ending, ENDING_ERROR, &err);
}

void session_end(struct session *s, struct ending *ending, struct record_end *end,
		 int (*exit_code)(const struct ending *))
{
	struct error err;
	int r;

	timeline_beats_end(s->timeline);
	write_phases(s, NULL);
	if (timeline_error(s->timeline, &err) < 0)
		note_record(s, -1, &err);
	judge_record(s, ending);
	if (event_prune(s->record, &err) < 0 && !s->record_failed)
		log_warning(s->log, "%s", err.msg);
	end->outcome = ending_outcome(ending);
	end->exit_code = exit_code(ending);
	end->ended_ms = clock_now_ms();
	end->reason = ending->kind == ENDING_GOOD ? NULL : ending->why.msg;
	r = record_run_end(s->record, s->run, end, &err);
	note_record(s, r, &err);
	judge_record(s, ending);
	/* Elsewhere, on memory mostly: what nobody ended else looks as if it had died. */
	if (r < 0)
		lock_set_phase(&s->lock, SESSION_UNRECORDED, NULL);
}
