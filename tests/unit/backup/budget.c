/* SPDX-License-Identifier: MIT */
#include "lib/backup/budget.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/backup/watch.h"
#include "lib/conf/conf.h"
#include "lib/conf/problems.h"
#include "lib/mnt/mount.h"

static struct conf_destination defaults(void)
{
	return (struct conf_destination){
		.file = 1,
		.line = 1,
		.mount_timeout_ms = 15000,
		.umount_timeout_ms = 30000,
		.max_stall_ms = 60000,
	};
}

Test(budget, each_step_is_the_sum_of_its_parts)
{
	struct conf_destination d = defaults();
	struct budget b;
	char text[200];

	budget_make(&d, &b);
	cr_expect_eq(b.max_stall_ms, 60000);
	cr_expect_eq(b.steps[0].sum_ms, 15000 + MOUNT_ATTACH_MARGIN_MS);
	cr_expect_eq(b.steps[1].sum_ms, 60000);
	cr_expect_eq(b.steps[1].parts[0].ms, 60000 - WATCH_RELEASE_MS);
	cr_expect_eq(b.steps[2].sum_ms, 30000 + MOUNT_DETACH_MARGIN_MS);
	budget_format(&b.steps[0], text, sizeof(text));
	cr_expect_str_eq(text,
			 "mount 19s (15s mount_timeout + 4s to kill it and tidy up)");
}

/* T = timeo / 10 × (retrans + 1) seconds; by itself three times max_stall. */
Test(budget, the_soft_time_out_is_told)
{
	struct conf_destination d = defaults();
	struct budget b;

	budget_make(&d, &b);
	cr_expect_geq(b.soft_timeout_ms, 3 * d.max_stall_ms);
	d.options = (char *)"timeo=1000,retrans=2";
	budget_make(&d, &b);
	cr_expect_eq(b.soft_timeout_ms, 300000);
	d.options = (char *)"hard";
	budget_make(&d, &b);
	cr_expect_eq(b.soft_timeout_ms, -1);
}

static size_t count_problems(struct conf_destination d, const char *says)
{
	char *files[] = { (char *)"f" };
	struct conf conf = {
		.destinations = &d,
		.n_destinations = 1,
		.files = files,
		.n_files = 1,
	};
	struct problems problems = PROBLEMS_INIT;
	size_t n;

	budget_check(&conf, &problems);
	n = problems.n_errors;
	if (says) {
		cr_assert_eq(n, 1);
		cr_expect(strstr(problems.items[0].text, says), "%s",
			  problems.items[0].text);
	}
	problems_done(&problems);
	return n;
}

Test(budget, what_fits_exactly_is_kept_and_a_millisecond_more_is_not)
{
	struct conf_destination d = defaults();

	cr_expect_eq(count_problems(d, NULL), 0);
	d.mount_timeout_ms = 60000 - MOUNT_ATTACH_MARGIN_MS;
	d.umount_timeout_ms = 60000 - MOUNT_DETACH_MARGIN_MS;
	cr_expect_eq(count_problems(d, NULL), 0);
	d.mount_timeout_ms++;
	(void)count_problems(d, "mount_timeout: max_stall of 1m cannot be kept: mount ");
	d.mount_timeout_ms--;
	d.umount_timeout_ms++;
	(void)count_problems(d,
			     "umount_timeout: max_stall of 1m cannot be kept: unmount ");
	d.mount_timeout_ms++;
	cr_expect_eq(count_problems(d, NULL), 2);
}

Test(budget, the_shortest_max_stall_needs_shorter_time_outs)
{
	struct conf_destination d = defaults();

	d.max_stall_ms = WATCH_MAX_STALL_MIN_MS;
	cr_expect_eq(count_problems(d, NULL), 2);
	d.mount_timeout_ms = 6000;
	d.umount_timeout_ms = 5000;
	cr_expect_eq(count_problems(d, NULL), 0);
}
