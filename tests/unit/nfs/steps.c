/* SPDX-License-Identifier: MIT */
#include "lib/nfs/steps.h"

#include <criterion/criterion.h>

#include "lib/base/macro.h"
#include "lib/nfs/attempt.h"

static const struct machine *const machines[] = { &probe3_machine, &probe40_machine,
						  &probe41_machine };

/* The longest way through each table: what the header of probe.h promises. */
Test(steps, depths)
{
	cr_expect_eq(machine_depth(&probe3_machine, false), 5);
	cr_expect_eq(machine_depth(&probe3_machine, true), 9);
	cr_expect_eq(machine_depth(&probe40_machine, false), 2);
	cr_expect_eq(machine_depth(&probe40_machine, true), 7);
	cr_expect_eq(machine_depth(&probe41_machine, false), 5);
	cr_expect_eq(machine_depth(&probe41_machine, true), 9);
}

/* A step that waits for itself, or in a circle, would never start. */
Test(steps, a_step_needs_only_those_before_it)
{
	for (size_t m = 0; m < ARRAY_SIZE(machines); m++) {
		cr_assert_leq(machines[m]->n, STEPS_MAX);
		for (size_t i = 0; i < machines[m]->n; i++) {
			const struct step *step = &machines[m]->steps[i];

			cr_expect_eq((step->needs | step->after) >> i, 0,
				     "machine %zu, step %zu (%s)", m, i, step->name);
		}
	}
}

Test(steps, each_is_whole)
{
	for (size_t m = 0; m < ARRAY_SIZE(machines); m++) {
		for (size_t i = 0; i < machines[m]->n; i++) {
			const struct step *step = &machines[m]->steps[i];

			cr_expect(step->name && step->name[0]);
			cr_expect_lt(step->conn, CONN_COUNT);
			/* A call that is not NULL has arguments, and who cares of its
			 * answer. */
			if (step->proc && step->proc->proc != 0) {
				cr_expect(step->put, "%s", step->name);
				cr_expect(step->take || (step->flags & STEP_COURTESY));
			}
			if (step->flags & STEP_CLEANUP)
				cr_expect(step->wanted, "%s", step->name);
		}
	}
}

/* Nothing that writes may run without --write. */
Test(steps, what_creates_belongs_to_the_canary)
{
	for (size_t m = 0; m < ARRAY_SIZE(machines); m++) {
		unsigned creators = 0;

		for (size_t i = 0; i < machines[m]->n; i++) {
			const struct step *step = &machines[m]->steps[i];

			if (step->layer == PROBE_CANARY)
				cr_expect(step->flags & STEP_CANARY, "%s", step->name);
			if (step->flags & STEP_CREATES)
				creators++;
		}
		cr_expect_eq(creators, 1);
	}
}
