/* SPDX-License-Identifier: MIT */
#include "lib/backup/command.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/proc/privilege.h"

static struct command_spec spec_for(char *const *argv, struct identity *id)
{
	identity_self(id);
	return (struct command_spec){
		.argv = argv,
		.identity = id,
		.mountpoint = "/srv/nfsafe/nas1",
		.destination = "nas1",
		.level = "full",
		.label = "full-20261124.231705.123",
		.run = 17,
	};
}

static void finish(struct command_run *run)
{
	struct error err;
	struct deadline d = deadline_after(10000);

	while (!run->ended) {
		struct pollfd fds[] = { { .fd = run->child.pidfd, .events = POLLIN },
					output_poll(&run->out),
					output_poll(&run->err) };

		cr_assert(!deadline_expired(d));
		(void)poll(fds, 3, 1000);
		output_service(&run->out, fds[1].revents);
		output_service(&run->err, fds[2].revents);
		if (fds[0].revents)
			cr_assert_eq(command_collect(run, &err), 0);
	}
	cr_assert_eq(output_finish(&run->out, 1000, -1), 0);
	cr_assert_eq(output_finish(&run->err, 1000, -1), 0);
}

Test(command, gets_a_clean_environment_and_the_facts)
{
	char *argv[] = { (char *)"env", NULL };
	struct command_run run;
	struct identity id;
	struct command_spec spec = spec_for(argv, &id);
	struct error err;
	char *text;

	(void)setenv("SECRET", "1", 1);
	(void)setenv("LD_LIBRARY_PATH", "/nowhere", 1);
	cr_assert_eq(command_start(&spec, &run, &err), 0);
	finish(&run);
	text = output_tail(&run.out);
	cr_assert_null(strstr(text, "SECRET"));
	cr_assert_null(strstr(text, "LD_LIBRARY_PATH"));
	cr_assert_not_null(strstr(text, "NFSAFE_MOUNTPOINT=/srv/nfsafe/nas1\n"));
	cr_assert_not_null(strstr(text, "NFSAFE_DESTINATION=nas1\n"));
	cr_assert_not_null(strstr(text, "NFSAFE_LEVEL=full\n"));
	cr_assert_not_null(strstr(text, "NFSAFE_LABEL=full-20261124.231705.123\n"));
	cr_assert_not_null(strstr(text, "NFSAFE_RUN=17\n"));
	cr_assert_not_null(strstr(text, "PATH=/usr/local/sbin:"));
	free(text);
	command_done(&run);
}

Test(command, gives_its_exit_status_and_both_outputs)
{
	char *argv[] = { (char *)"sh", (char *)"-c",
			 (char *)"echo out; echo err >&2; exit 7", NULL };
	struct command_run run;
	struct identity id;
	struct command_spec spec = spec_for(argv, &id);
	struct error err;
	char *out, *messages;

	cr_assert_eq(command_start(&spec, &run, &err), 0);
	finish(&run);
	out = output_tail(&run.out);
	messages = output_tail(&run.err);
	cr_assert_eq(command_exit_code(&run), 7);
	cr_assert_str_eq(out, "out\n");
	cr_assert_str_eq(messages, "err\n");
	free(out);
	free(messages);
	command_done(&run);
}

Test(command, is_ended_with_its_group_even_if_it_ignores_sigterm)
{
	char *argv[] = {
		(char *)"sh", (char *)"-c",
		(char *)"trap '' TERM; echo ready; sleep 1000 & sleep 1000; sleep 1000",
		NULL
	};
	struct command_run run;
	struct identity id;
	struct command_spec spec = spec_for(argv, &id);
	struct error err;
	pid_t group;

	cr_assert_eq(command_start(&spec, &run, &err), 0);
	group = run.child.pid;
	/* Only once the trap is set is SIGTERM ignored. */
	cr_assert_eq(fd_wait_readable(run.out.fd, deadline_after(5000), &err), 1);
	cr_assert_eq(command_end(&run, 200, deadline_after(5000)), COMMAND_ENDED);
	cr_assert_eq(command_exit_code(&run), 128 + SIGKILL);
	for (struct deadline d = deadline_after(5000); kill(-group, 0) == 0;)
		cr_assert(!deadline_expired(d), "the group lives on");
	command_done(&run);
}

/*
 * Traces @pid, and lets go of it only some time after it has ended.  0 if it may not.
 */
static pid_t start_tracer(pid_t pid)
{
	int fds[2];
	char byte;
	pid_t tracer;

	cr_assert_eq(pipe(fds), 0);
	tracer = fork();
	if (tracer == 0) {
		int status;

		if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0)
			_exit(1);
		(void)!write(fds[1], "x", 1);
		(void)usleep(700 * 1000);
		(void)waitpid(pid, &status, __WALL);
		_exit(0);
	}
	(void)close(fds[1]);
	if (read(fds[0], &byte, 1) != 1)
		tracer = 0;
	(void)close(fds[0]);
	return tracer;
}

/* strace -f -p PID: it is dead, but its status is the tracer's first. */
Test(command, is_waited_for_while_somebody_traces_it, .timeout = 20)
{
	char *argv[] = { (char *)"sleep", (char *)"0.2", NULL };
	struct command_run run;
	struct identity id;
	struct command_spec spec = spec_for(argv, &id);
	struct error err;
	int64_t start = deadline_now_ns();

	cr_assert_eq(command_start(&spec, &run, &err), 0);
	if (start_tracer(run.child.pid) == 0)
		cr_skip_test("ptrace(2) is not allowed here");
	finish(&run);
	cr_expect_eq(command_exit_code(&run), 0);
	cr_expect_gt(deadline_now_ns() - start, INT64_C(600000000), "it was traced");
	command_done(&run);
}

Test(command, one_that_is_traced_does_not_hold_up_its_end, .timeout = 20)
{
	char *argv[] = { (char *)"sleep", (char *)"1000", NULL };
	struct command_run run;
	struct identity id;
	struct command_spec spec = spec_for(argv, &id);
	struct error err;

	cr_assert_eq(command_start(&spec, &run, &err), 0);
	if (start_tracer(run.child.pid) == 0)
		cr_skip_test("ptrace(2) is not allowed here");
	cr_expect_eq(command_end(&run, 50, deadline_after(100)), COMMAND_STUCK);
	cr_expect_not(run.ended);
	cr_expect_eq(command_end(&run, 50, deadline_after(5000)), COMMAND_ENDED);
	cr_expect_eq(command_exit_code(&run), 128 + SIGKILL);
	command_done(&run);
}

Test(command, names_what_cannot_be_executed)
{
	char *argv[] = { (char *)"/nowhere/backup", NULL };
	struct command_run run;
	struct identity id;
	struct command_spec spec = spec_for(argv, &id);
	struct error err;

	cr_assert_eq(command_start(&spec, &run, &err), -ERROR_COMMAND);
	cr_assert_eq(err.errnum, ENOENT);
	cr_assert_not_null(strstr(err.msg, "/nowhere/backup"));
}
