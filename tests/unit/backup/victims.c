/* SPDX-License-Identifier: MIT */
#include "lib/backup/victims.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "lib/mnt/mount.h"

/* What it sees of a real mount is proved by tests/lab/48-watch.sh. */

#define SEC INT64_C(1000000000)

static struct watch watch(void)
{
	struct watch w;

	watch_start(&w, 1000, 10000, 100 * SEC);
	return w;
}

Test(victims, without_a_mount_there_is_nothing_to_look_at)
{
	static struct victims v;
	struct watch w = watch();

	victims_init(&v, NULL, NULL);
	cr_expect_eq(victims_look(&v, &w, 100 * SEC), WATCH_NOBODY);
}

/* It is unmounted under us: no sign, nobody blocked, no error. */
Test(victims, a_mount_that_is_gone_says_nothing)
{
	static struct mount_identity gone = {
		.source = "nas:/no/such/export",
		.mountpoint = "/no/such/mountpoint",
	};
	static struct victims v;
	struct watch w = watch();

	victims_init(&v, &gone, NULL);
	cr_expect_eq(victims_look(&v, &w, 101 * SEC), 102 * SEC);
	cr_expect_eq(w.answer_ns, 100 * SEC);
	cr_expect_eq(w.blocked_ns, WATCH_NOBODY);
	/* Not before it is time to. */
	cr_expect_eq(victims_look(&v, &w, 101 * SEC + SEC / 2), 102 * SEC);
	cr_expect_eq(victims_look(&v, &w, 102 * SEC), 103 * SEC);
}

static void add(struct blocked *b, pid_t tid, const char *comm, bool known,
		int64_t since_ns)
{
	struct blocked_task *task = &b->list[b->count++];

	*task = (struct blocked_task){
		.tid = tid,
		.known = known,
		.since_ns = since_ns,
	};
	(void)snprintf(task->comm, sizeof(task->comm), "%s", comm);
	(void)snprintf(task->wchan, sizeof(task->wchan), "%s",
		       known ? "rpc_wait_bit_killable" : "folio_wait_bit_common");
	b->total++;
}

Test(victims, are_described_by_who_is_blocked_for_longest)
{
	static struct victims v;
	struct blocked *b;
	char text[128];

	victims_init(&v, NULL, NULL);
	victims_describe(&v, 10 * SEC, text, sizeof(text));
	cr_expect_str_eq(text, "");
	b = &v.scans[v.current];
	add(b, 7, "dd", false, SEC);
	victims_describe(&v, 10 * SEC, text, sizeof(text));
	cr_expect_str_eq(text, "7 dd (D in folio_wait_bit_common for 9 s)");
	/* One that is known to wait in NFS is told before one that may be anything. */
	add(b, 8, "java", true, 3 * SEC);
	add(b, 9, "ls", true, 2 * SEC);
	b->total = 70;
	victims_describe(&v, 10 * SEC, text, sizeof(text));
	cr_expect_str_eq(text, "9 ls (D in rpc_wait_bit_killable for 8 s), and 69 more");
}
