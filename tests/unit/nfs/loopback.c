/* SPDX-License-Identifier: MIT */
#include "tests/unit/nfs/loopback.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/macro.h"
#include "tests/unit/nfs/peer.h"

int loopback_listen(uint16_t *ret_port)
{
	struct sockaddr_in own = { .sin_family = AF_INET };
	socklen_t len = sizeof(own);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_geq(fd, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
	cr_assert_eq(listen(fd, 512), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&own, &len), 0);
	*ret_port = ntohs(own.sin_port);
	return fd;
}

static void serve(int listener)
{
	static struct peer_call call;
	struct pollfd fds[16] = { { .fd = listener, .events = POLLIN } };
	nfds_t n = 1;

	while (poll(fds, n, -1) > 0) {
		struct peer_body nothing = { 0 };

		for (nfds_t i = 1; i < n; i++) {
			if (fds[i].revents & POLLIN) {
				while (peer_next(fds[i].fd, &call))
					peer_reply(fds[i].fd, call.xid, &nothing);
			}
			/* The slot is lost: there are enough of them for a test. */
			if (fds[i].revents & (POLLHUP | POLLERR))
				fds[i].fd = -1;
		}
		if ((fds[0].revents & POLLIN) && n < ARRAY_SIZE(fds))
			fds[n++] = (struct pollfd){ accept(listener, NULL, NULL), POLLIN,
						    0 };
	}
}

pid_t loopback_serve_null(int listener)
{
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listener);
		_exit(0);
	}
	return pid;
}

void loopback_end(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}
