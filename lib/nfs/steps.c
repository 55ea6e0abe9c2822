/* SPDX-License-Identifier: MIT */
#include "lib/nfs/steps.h"

#include <stdio.h>

#include "lib/base/deadline.h"
#include "lib/nfs/attempt.h"
#include "lib/nfs/finding.h"

/* The longest arguments: a WRITE of CANARY_BYTES. */
#define ARGS_SIZE (CANARY_BYTES + 4096)

static const struct step *step_of(const struct attempt *a, size_t i)
{
	return &a->machine->steps[i];
}

static bool is_good(enum step_state state)
{
	return state == STEP_GOOD || state == STEP_UNWANTED;
}

static bool has_ended(enum step_state state)
{
	return state != STEP_WAITING && state != STEP_RUNNING;
}

/* The first "why" of a layer is kept: what follows is its consequence. */
static void keep_why(struct attempt *a, const struct step *step)
{
	char *kept = a->whys[step->layer];

	if (kept[0] == '\0')
		(void)snprintf(kept, WHY_SIZE, "%s: %.70s", step->name, a->why);
}

void steps_end(struct attempt *a, size_t i, enum probe_result result)
{
	const struct step *step = step_of(a, i);
	struct step_run *run = &a->runs[i];
	int64_t us;

	run->ended_ns = deadline_now_ns();
	if (a->hurried && result == RESULT_STALE && (step->flags & STEP_CANARY)) {
		/* Of course: we took the file away ourselves, for want of time. */
		finding_why(a, "no answer before the canary had to be removed");
		result = RESULT_SILENT;
	}
	us = (run->ended_ns - run->started_ns) / 1000;
	if (result == RESULT_OK && verdict_is_slow(us, step->proc ? a->connect_us : 0)) {
		finding_why(a, "took %.1f s", (double)us / 1e6);
		result = RESULT_SLOW;
	}
	run->result = result;
	run->state = result == RESULT_OK || result == RESULT_SLOW ? STEP_GOOD : STEP_BAD;
	if (result != RESULT_OK && !(step->flags & STEP_COURTESY))
		keep_why(a, step);
	a->why[0] = '\0';
}

static void begin_step(struct attempt *a, size_t i)
{
	a->runs[i].state = STEP_RUNNING;
	a->runs[i].started_ns = deadline_now_ns();
}

static void start_connect(struct attempt *a, size_t i)
{
	struct conn *conn = &a->conns[step_of(a, i)->conn];

	begin_step(a, i);
	if (step_of(a, i)->conn == CONN_MOUNTD)
		conn->port = a->mountport;
	else if (step_of(a, i)->conn == CONN_AGAIN)
		conn->port = a->conns[CONN_NFSD].port;
	conn->state = CONN_WANTED;
}

static void start_call(struct attempt *a, size_t i)
{
	const struct step *step = step_of(a, i);
	struct conn *conn = &a->conns[step->conn];
	char buf[ARGS_SIZE];
	int len = 0;
	struct rpc_request request = {
		.proc = a->ipv6 && step->proc6 ? *step->proc6 : *step->proc,
		/* NULL has no arguments, and some servers want no user for it. */
		.cred = { .sys = step->put,
			  .uid = a->request->uid,
			  .gid = a->request->gid,
			  .groups = a->request->groups,
			  .n_groups = a->request->n_groups },
		.tag = (uint32_t)i,
		.body = buf,
	};

	begin_step(a, i);
	if (step->flags & STEP_CREATES)
		a->created = true;
	if (a->v4)
		a->v4->current = (int)i;
	/* A little less than there is: libnfs pads without looking. */
	if (step->put)
		len = step->put(a, (struct nfs_args){ buf, sizeof(buf) - 4 });
	request.len = len > 0 ? (size_t)len : 0;
	if (len < 0 || rpc_call(&conn->rpc, &request) < 0) {
		finding_why(a, "the call does not fit");
		steps_end(a, i, RESULT_MISSING);
	}
}

static bool have_ended(const struct attempt *a, uint32_t steps)
{
	for (size_t i = 0; i < a->machine->n; i++) {
		if ((steps & STEP_BIT(i)) && !has_ended(a->runs[i].state))
			return false;
	}
	return true;
}

static bool are_good(const struct attempt *a, uint32_t steps)
{
	for (size_t i = 0; i < a->machine->n; i++) {
		if ((steps & STEP_BIT(i)) && !is_good(a->runs[i].state))
			return false;
	}
	return true;
}

/* v4.1 carries as many calls at once as its session has slots. */
static bool has_slot(const struct attempt *a)
{
	if (!a->v4 || a->v4->n_slots == 0)
		return true;
	for (uint32_t i = 0; i < a->v4->n_slots; i++) {
		if (a->v4->slot_step[i] < 0)
			return true;
	}
	return false;
}

static void start(struct attempt *a, size_t i)
{
	const struct step *step = step_of(a, i);
	const struct conn *conn = &a->conns[step->conn];

	if (!step->proc) {
		start_connect(a, i);
	} else if (conn->state == CONN_UP) {
		start_call(a, i);
	} else {
		/* It went down when nothing was under way on it. */
		begin_step(a, i);
		finding_why(a, "the connection is gone");
		steps_end(a, i, conn->lost);
	}
}

/* Returns true if something changed. */
static bool try_step(struct attempt *a, size_t i)
{
	const struct step *step = step_of(a, i);
	struct step_run *run = &a->runs[i];

	if (run->state != STEP_WAITING)
		return false;
	if ((step->flags & STEP_CANARY) && !a->request->write)
		run->state = STEP_UNWANTED;
	else if (!have_ended(a, step->needs))
		return false;
	else if (!are_good(a, step->needs))
		run->state = STEP_BLOCKED;
	else if (!have_ended(a, step->after))
		return false;
	else if (step->wanted && !step->wanted(a))
		run->state = STEP_UNWANTED;
	else if (step->proc && !has_slot(a))
		return false;
	else
		start(a, i);
	return true;
}

void steps_start(struct attempt *a)
{
	bool changed;

	do {
		changed = false;
		for (size_t i = 0; i < a->machine->n; i++)
			changed = try_step(a, i) || changed;
	} while (changed);
}

void steps_hurry(struct attempt *a)
{
	for (size_t i = 0; i < a->machine->n; i++) {
		const struct step *step = step_of(a, i);

		if ((step->flags & STEP_CLEANUP) && a->runs[i].state == STEP_WAITING &&
		    a->created && !a->removed && has_slot(a) &&
		    a->conns[step->conn].state == CONN_UP) {
			a->hurried = true;
			start_call(a, i);
		}
	}
}

bool steps_running(const struct attempt *a, bool mind_courtesy)
{
	for (size_t i = 0; i < a->machine->n; i++) {
		if (a->runs[i].state == STEP_RUNNING &&
		    (mind_courtesy || !(step_of(a, i)->flags & STEP_COURTESY)))
			return true;
	}
	return false;
}

/* How deep step @i lies: the longest way to it. */
static unsigned depth_of(const struct machine *machine, bool canary, size_t i)
{
	const struct step *step = &machine->steps[i];
	unsigned below = 0;

	for (size_t j = 0; j < machine->n; j++) {
		unsigned depth;

		if (!((step->needs | step->after) & STEP_BIT(j)))
			continue;
		depth = depth_of(machine, canary, j);
		if (depth > below)
			below = depth;
	}
	/* What does not run takes no time, but does not cut the way either. */
	if ((step->flags & STEP_RARE) || ((step->flags & STEP_CANARY) && !canary))
		return below;
	return below + 1;
}

unsigned machine_depth(const struct machine *machine, bool canary)
{
	unsigned deepest = 0;

	for (size_t i = 0; i < machine->n; i++) {
		unsigned depth = depth_of(machine, canary, i);

		if (depth > deepest)
			deepest = depth;
	}
	return deepest;
}
