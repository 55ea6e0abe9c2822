/* SPDX-License-Identifier: MIT */
#include "lib/backup/command.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
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
