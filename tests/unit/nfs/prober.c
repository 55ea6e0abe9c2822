/* SPDX-License-Identifier: MIT */
#include "lib/nfs/prober.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/proc/privilege.h"
#include "tests/unit/nfs/loopback.h"

/* What happens to the prober happens to no source. */
static void on_report(void *data, size_t index, const struct probe_report *report)
{
	(void)index;
	*(struct probe_report *)data = *report;
}

static struct probe_report run(const char *server, uint16_t port, int64_t timeout_ms)
{
	struct probe_request request = {
		.source = { .export = "/export" },
		.vers = NFS_VERS_4_0,
		.port = port,
		.timeout_ms = timeout_ms,
	};
	struct probe_report report;
	struct identity id;
	struct probe_job job = {
		.requests = &request,
		.n = 1,
		.identity = &id,
		.cancel_fd = -1,
		.on_report = on_report,
		.data = &report,
	};
	struct error err;

	(void)snprintf(request.source.server, sizeof(request.source.server), "%s",
		       server);
	probe_report_init(&report, NFS_VERS_3);
	identity_self(&id);
	if (id.uid == 0)
		identity_nobody(&id);
	cr_assert_eq(probe_run(&job, &err), PROBE_DONE, "%s", err.msg);
	return report;
}

static int64_t now_ms(void)
{
	return deadline_now_ns() / 1000000;
}

/* The first child of this process that is there. */
static pid_t a_child(void)
{
	char path[64];
	FILE *f;
	int pid = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)getppid(),
		       (int)getppid());
	f = fopen(path, "r");
	/* That is this helper itself, or the prober: whoever is not us. */
	while (f && fscanf(f, "%d", &pid) == 1 && pid == (int)getpid())
		;
	if (f)
		(void)fclose(f);
	return pid == (int)getpid() ? 0 : pid;
}

/* A child that sends @signal to the prober, after @ms, @times. */
static pid_t start_killer(int signal, int ms, int times)
{
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid != 0)
		return pid;
	while (times-- > 0) {
		struct deadline d = deadline_after(3000);
		pid_t prober = 0;

		(void)usleep((useconds_t)ms * 1000);
		while (prober == 0 && !deadline_expired(d))
			prober = a_child();
		if (prober > 0)
			(void)kill(prober, signal);
	}
	_exit(0);
}

/* Somebody kills it: another one asks again, and nobody is called garbage for it. */
Test(prober, a_killed_prober_is_replaced, .timeout = 20)
{
	uint16_t port;
	int listener = loopback_listen(&port);
	pid_t killer = start_killer(SIGKILL, 150, 2);
	struct probe_report report;

	report = run("127.0.0.1", port, 1500);
	cr_expect_eq(report.verdict, VERDICT_FROZEN, "%s",
		     probe_verdict_name(report.verdict));
	loopback_end(killer);
	(void)close(listener);
}

/* It stops: the verdict is there in time all the same. */
Test(prober, a_stopped_prober_is_silence_and_bounded, .timeout = 20)
{
	uint16_t port;
	int listener = loopback_listen(&port);
	pid_t killer = start_killer(SIGSTOP, 150, 1);
	int64_t start = now_ms();
	struct probe_report report;

	report = run("127.0.0.1", port, 600);
	cr_expect_eq(report.verdict, VERDICT_GARBAGE);
	cr_expect_leq(now_ms() - start, 800);
	loopback_end(killer);
	(void)close(listener);
}
