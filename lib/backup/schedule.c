/* SPDX-License-Identifier: MIT */
#include "lib/backup/schedule.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/backup/window.h"
#include "lib/base/macro.h"
#include "lib/base/parse.h"
#include "lib/base/strbuf.h"

#define ANY_DAY 0U
#define NEVER INT64_MAX

static int64_t slack(int64_t every_ms)
{
	int64_t part = every_ms / 16;

	return part < SCHEDULE_SLACK_MAX_MS ? part : SCHEDULE_SLACK_MAX_MS;
}

static struct window_spec spec_of(const struct schedule_policy *policy)
{
	if (!policy->has_window)
		return WINDOW_WHOLE_DAY;
	return (struct window_spec){ policy->window_from_min, policy->window_to_min };
}

static bool is_on(struct window w, unsigned int days)
{
	return days == ANY_DAY || (days >> window_weekday(w.day) & 1) != 0;
}

/*
 * From when a session may start that is due @every_ms after @last_ms: the first
 * instant of a window of one of @days.  With neither window nor days that is the
 * instant itself.
 */
static int64_t first_chance(const struct schedule_policy *policy, int64_t last_ms,
			    int64_t every_ms, unsigned int days)
{
	int64_t due = last_ms + every_ms - slack(every_ms);
	struct window w;

	if (!policy->has_window && days == ANY_DAY)
		return due;
	w = window_at(spec_of(policy), due);
	while (!is_on(w, days))
		w = window_after(spec_of(policy), w);
	/* Else the last one was not long ago: the same window, or just before it. */
	return w.from_ms >= last_ms + every_ms / 2 ? w.from_ms : due;
}

/* What is known about the sessions that one level's turn is counted from. */
struct turn {
	int64_t last_ms; /* -1: none */
	int64_t due_ms;  /* counted from it, without regard to windows and days */
	int64_t from_ms; /* when it may start; NEVER: this level is not scheduled */
	bool in_future;  /* @last_ms is not believed */
};

/* A turn that is due whenever it is asked: rules 5 and 6. */
static struct turn turn_at_once(int64_t last_ms, bool in_future)
{
	return (struct turn){
		.last_ms = last_ms,
		.due_ms = 0,
		.from_ms = 0,
		.in_future = in_future,
	};
}

static struct turn turn_of(const struct schedule_policy *policy, enum level level,
			   int64_t last_ms, int64_t now_ms)
{
	int64_t every = level == LEVEL_FULL ? policy->full_every_ms
					    : policy->incremental_every_ms;
	struct turn turn = { .last_ms = last_ms, .from_ms = NEVER, .due_ms = NEVER };
	int64_t latest;

	if (every <= 0)
		return turn;
	if (last_ms < 0)
		return turn_at_once(last_ms, false);
	if (last_ms > now_ms + slack(every))
		return turn_at_once(last_ms, true);
	turn.due_ms = last_ms + every;
	if (level != LEVEL_FULL) {
		turn.from_ms = first_chance(policy, last_ms, every, ANY_DAY);
		return turn;
	}
	turn.from_ms = first_chance(policy, last_ms, every, policy->full_on);
	latest = first_chance(policy, last_ms, 2 * every, ANY_DAY);
	if (latest < turn.from_ms)
		turn.from_ms = latest;
	return turn;
}

/* Everything that a decision looks at, worked out once. */
struct view {
	const struct schedule_policy *policy;
	const struct schedule_history *history;
	const char *destination;
	int64_t now_ms;
	struct turn full;        /* on any destination */
	struct turn full_here;   /* on this one */
	struct turn incremental; /* since the last session of either level */
	struct window window;    /* the one we are in, or the next */
	bool inside;
};

static struct view look(const struct schedule_policy *policy,
			const struct schedule_history *history, const char *destination,
			int64_t now_ms)
{
	struct view v = { .policy = policy,
			  .history = history,
			  .destination = destination ? destination : "this destination",
			  .now_ms = now_ms };

	assert(policy->full_every_ms > 0);
	v.full = turn_of(policy, LEVEL_FULL, history->last_full_ms, now_ms);
	v.full_here = turn_of(policy, LEVEL_FULL, history->last_full_here_ms, now_ms);
	v.incremental = turn_of(policy, LEVEL_INCREMENTAL, history->last_any_ms, now_ms);
	v.window = window_at(spec_of(policy), now_ms);
	v.inside = !policy->has_window || v.window.from_ms <= now_ms;
	return v;
}

static bool has_gap(const struct view *v)
{
	return v->policy->gap_needs_full &&
	       v->history->last_any_here_ms != v->history->last_any_ms;
}

/* Whether an incremental would have nothing to build on here. */
static bool lacks_chain(const struct view *v)
{
	return v->history->last_full_here_ms < 0 || has_gap(v);
}

/* What is due at @at_ms, which is now or later; LEVEL_NONE: nothing. */
static enum level level_at(const struct view *v, int64_t at_ms)
{
	if (v->full.from_ms <= at_ms)
		return LEVEL_FULL;
	if (v->incremental.from_ms > at_ms)
		return LEVEL_NONE;
	if (lacks_chain(v) || v->full_here.from_ms <= at_ms)
		return LEVEL_FULL;
	return LEVEL_INCREMENTAL;
}

/* When something is due for the first time; windows are in it already. */
static int64_t next_turn(const struct view *v)
{
	return v->full.from_ms < v->incremental.from_ms ? v->full.from_ms
							: v->incremental.from_ms;
}

struct sentence {
	char *text;
	size_t size;
	size_t len;
};

static void say(struct sentence *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct sentence *s, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(s->text + s->len, s->size - s->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		s->len += (size_t)n < s->size - s->len ? (size_t)n : s->size - s->len - 1;
}

void schedule_format_time(int64_t ms, char buf[SCHEDULE_TIME_SIZE])
{
	struct sentence s = { buf, SCHEDULE_TIME_SIZE, 0 };
	time_t t = (time_t)(ms / 1000);
	struct tm local, utc;
	char text[32];

	buf[0] = '\0';
	if (!localtime_r(&t, &local) || !gmtime_r(&t, &utc)) {
		say(&s, "-");
		return;
	}
	if (strftime(text, sizeof(text), "%a %Y-%m-%d %H:%M ", &local) > 0)
		say(&s, "%s%.8s", text, local.tm_zone);
	if (local.tm_gmtoff == 0)
		return;
	if (strftime(text, sizeof(text),
		     local.tm_mday == utc.tm_mday ? "%H:%M" : "%a %H:%M", &utc) > 0)
		say(&s, " (%s UTC)", text);
}

static void say_time(struct sentence *s, const char *before, int64_t ms)
{
	char text[SCHEDULE_TIME_SIZE];

	schedule_format_time(ms, text);
	say(s, "%s%s", before, text);
}

static void say_days(struct sentence *s, unsigned int days)
{
	static const char *const names[] = { "Sun", "Mon", "Tue", "Wed",
					     "Thu", "Fri", "Sat" };
	const char *comma = "";

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if ((days >> i & 1) == 0)
			continue;
		say(s, "%s%s", comma, names[i]);
		comma = ", ";
	}
}

/* "22:00 to 06:00" */
static void say_window(struct sentence *s, const struct schedule_policy *policy)
{
	say(s, "%02d:%02d to %02d:%02d", policy->window_from_min / 60,
	    policy->window_from_min % 60, policy->window_to_min / 60,
	    policy->window_to_min % 60);
}

static void say_turn(struct sentence *s, const struct turn *turn, const char *what)
{
	if (turn->in_future) {
		say(s, "the last good %s is dated in the future, ", what);
		say_time(s, "", turn->last_ms);
		say(s, ": the clock was set back, so it counts as due");
		return;
	}
	say(s, "the last good %s began ", what);
	say_time(s, "", turn->last_ms);
}

/* Why a full is due at @at_ms. */
static void explain_full(struct sentence *s, const struct view *v, int64_t at_ms)
{
	if (v->full.last_ms < 0) {
		say(s, "there is no good full yet");
	} else if (v->full.from_ms <= at_ms) {
		say_turn(s, &v->full, "full");
		if (!v->full.in_future)
			say_time(s, ": due since ", v->full.from_ms);
	} else if (v->full_here.last_ms < 0) {
		say(s, "there is no good full on %s yet", v->destination);
	} else if (has_gap(v)) {
		say(s,
		    "the last good session went elsewhere, which leaves a gap in the "
		    "chain on %s",
		    v->destination);
	} else {
		say(s, "on %s ", v->destination);
		say_turn(s, &v->full_here, "full");
		if (!v->full_here.in_future)
			say_time(s, ": due since ", v->full_here.from_ms);
	}
}

/* Why an incremental is due, and what becomes of a full that is waiting. */
static void explain_incremental(struct sentence *s, const struct view *v, int64_t at_ms)
{
	say_turn(s, &v->incremental, "session");
	if (!v->incremental.in_future)
		say_time(s, ": due since ", v->incremental.from_ms);
	if (v->full.due_ms <= at_ms && v->full.from_ms > at_ms) {
		say_time(s, "; the full, due since ", v->full.due_ms);
		say(s, ", waits for its day (");
		say_days(s, v->policy->full_on);
		say_time(s, ") until ", v->full.from_ms);
	}
}

static void explain_level(struct sentence *s, const struct view *v, enum level level,
			  int64_t at_ms)
{
	say(s, "%s: ", level_name(level));
	if (level == LEVEL_FULL)
		explain_full(s, v, at_ms);
	else
		explain_incremental(s, v, at_ms);
}

static struct schedule_decision decide_nothing(const struct view *v)
{
	struct schedule_decision d = { .due = SCHEDULE_NOTHING, .next_ms = next_turn(v) };
	struct sentence s = { d.reason, sizeof(d.reason), 0 };

	d.level = level_at(v, d.next_ms);
	say(&s, "nothing is due: ");
	say_turn(&s,
		 v->incremental.from_ms <= v->full.from_ms ? &v->incremental : &v->full,
		 v->incremental.from_ms <= v->full.from_ms ? "session" : "full");
	say(&s, "; next is %s", d.level == LEVEL_FULL ? "a full" : "an incremental");
	say_time(&s, " from ", d.next_ms);
	return d;
}

/* Nobody asked for anything in particular. */
static struct schedule_decision decide_auto(const struct view *v)
{
	int64_t at = v->inside ? v->now_ms : v->window.from_ms;
	struct schedule_decision d = { .due = SCHEDULE_NOW, .next_ms = at };
	struct sentence s = { d.reason, sizeof(d.reason), 0 };

	/* What is not overdue now is not waited for, but simply not due. */
	if (level_at(v, v->now_ms) == LEVEL_NONE)
		return decide_nothing(v);
	d.level = level_at(v, at);
	explain_level(&s, v, d.level, at);
	if (!v->inside) {
		d.due = SCHEDULE_WAIT;
		say(&s, "; it waits for the window, ");
		say_window(&s, v->policy);
		say_time(&s, ", that begins ", at);
	}
	return d;
}

/* What somebody who asks for @request gets, and why it is not what is due. */
static enum level choose_level(const struct view *v,
			       const struct schedule_request *request, struct sentence *s)
{
	enum level due = level_at(v, v->now_ms);
	enum level level = request->level;

	if (level == LEVEL_NONE && due != LEVEL_NONE)
		level = due;
	else if (level == LEVEL_NONE)
		level = v->policy->incremental_every_ms > 0 ? LEVEL_INCREMENTAL
							    : LEVEL_FULL;
	if (level == LEVEL_INCREMENTAL && lacks_chain(v)) {
		say(s, "%s: %s, but ", level_name(LEVEL_FULL),
		    request->level == LEVEL_NONE ? "forced"
						 : "an incremental was asked for");
		if (v->history->last_full_here_ms < 0)
			say(s, "there is no good full on %s to build on", v->destination);
		else
			say(s,
			    "the last good session went elsewhere, so the chain on %s "
			    "has "
			    "a gap",
			    v->destination);
		return LEVEL_FULL;
	}
	say(s, "%s: %s", level_name(level),
	    request->level == LEVEL_NONE ? "forced" : "asked for");
	if (due == LEVEL_NONE)
		say(s, ", although nothing is due");
	else if (due != level)
		say(s, ", although what is due is the %s", level_name(due));
	return level;
}

static struct schedule_decision decide_asked(const struct view *v,
					     const struct schedule_request *request)
{
	struct schedule_decision d = { .due = SCHEDULE_NOW,
				       .overridden = true,
				       .next_ms = v->now_ms };
	struct sentence s = { d.reason, sizeof(d.reason), 0 };

	d.level = choose_level(v, request, &s);
	if (v->inside)
		return d;
	if (request->force) {
		say(&s, ", and forced outside of the window, ");
		say_window(&s, v->policy);
		return d;
	}
	d.due = SCHEDULE_WAIT;
	d.next_ms = v->window.from_ms;
	say(&s, "; it waits for the window, ");
	say_window(&s, v->policy);
	say_time(&s, ", that begins ", d.next_ms);
	say(&s, " (--force starts it now)");
	return d;
}

struct schedule_decision schedule_decide(const struct schedule_policy *policy,
					 const struct schedule_history *history,
					 const struct schedule_request *request,
					 const char *destination, int64_t now_ms)
{
	struct view v = look(policy, history, destination, now_ms);
	struct schedule_decision d = decide_auto(&v);
	bool same = d.due == SCHEDULE_NOW &&
		    (request->level == LEVEL_NONE || request->level == d.level);

	if ((request->level == LEVEL_NONE && !request->force) || same)
		return d;
	return decide_asked(&v, request);
}

static void add_time(struct strbuf *out, int64_t ms)
{
	char text[SCHEDULE_TIME_SIZE];

	schedule_format_time(ms, text);
	strbuf_puts(out, text);
}

static void add_last(struct strbuf *out, const char *title, int64_t last_ms,
		     int64_t now_ms)
{
	char age[64];

	strbuf_printf(out, "%-26s", title);
	if (last_ms < 0) {
		strbuf_puts(out, "none\n");
		return;
	}
	add_time(out, last_ms);
	/* To the minute: nobody plans by milliseconds. */
	format_duration((last_ms < now_ms ? now_ms - last_ms : last_ms - now_ms) / 60000 *
				60000,
			age, sizeof(age));
	strbuf_printf(out,
		      last_ms <= now_ms ? ", %s ago\n"
					: ", in %s: the clock was set back\n",
		      age);
}

static void add_rule(struct strbuf *out, const char *title, int64_t every_ms,
		     unsigned int days, const struct turn *turn)
{
	char text[64];
	struct sentence s = { text, sizeof(text), 0 };

	strbuf_printf(out, "%-26s", title);
	if (every_ms <= 0) {
		strbuf_puts(out, "not scheduled\n");
		return;
	}
	format_duration(every_ms, text, sizeof(text));
	strbuf_printf(out, "every %s", text);
	if (days != ANY_DAY) {
		say_days(&s, days);
		strbuf_printf(out, " on %s", text);
	}
	if (turn->from_ms == 0) {
		strbuf_puts(out, ", due at once\n");
		return;
	}
	strbuf_puts(out, ", due from ");
	add_time(out, turn->from_ms);
	strbuf_putc(out, '\n');
}

static void add_window(struct strbuf *out, const struct view *v)
{
	char text[32];
	struct sentence s = { text, sizeof(text), 0 };

	strbuf_printf(out, "%-26s", "window");
	if (!v->policy->has_window) {
		strbuf_puts(out, "none: at any time\n");
		return;
	}
	say_window(&s, v->policy);
	strbuf_printf(out, "%s, %s ", text, v->inside ? "open since" : "opens");
	add_time(out, v->window.from_ms);
	strbuf_puts(out, " until ");
	add_time(out, v->window.to_ms);
	strbuf_putc(out, '\n');
}

void schedule_explain(const struct schedule_policy *policy,
		      const struct schedule_history *history,
		      const struct schedule_request *request, const char *destination,
		      int64_t now_ms, struct strbuf *out)
{
	static const char *const words[] = {
		[SCHEDULE_NOTHING] = "nothing to do",
		[SCHEDULE_NOW] = "start",
		[SCHEDULE_WAIT] = "wait",
	};
	struct view v = look(policy, history, destination, now_ms);
	struct schedule_decision d =
		schedule_decide(policy, history, request, destination, now_ms);

	strbuf_printf(out, "%-26s", "now");
	add_time(out, now_ms);
	strbuf_putc(out, '\n');
	add_last(out, "last good full", history->last_full_ms, now_ms);
	add_last(out, "last good session", history->last_any_ms, now_ms);
	if (destination) {
		strbuf_printf(out, "on %s:\n", destination);
		add_last(out, "  last good full", history->last_full_here_ms, now_ms);
		add_last(out, "  last good session", history->last_any_here_ms, now_ms);
	}
	add_rule(out, "full", policy->full_every_ms, policy->full_on, &v.full);
	add_rule(out, "incremental", policy->incremental_every_ms, ANY_DAY,
		 &v.incremental);
	add_window(out, &v);
	strbuf_printf(out, "%-26s%s, %s\n", "decision", words[d.due], d.reason);
}
