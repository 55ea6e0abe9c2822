/* SPDX-License-Identifier: MIT */
#include "lib/nfs/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/nfs/dial.h"

/* What a child says.  It has read DNS, so it is checked like any stranger's word. */
struct answer {
	int32_t gai_error;
	int32_t errnum;
	uint32_t n;
	struct sockaddr_storage addresses[WIRE_ADDRESSES_MAX];
};
_Static_assert(sizeof(struct answer) <= 4096, "must cross a pipe in one write");

void resolver_init(struct resolver *r, int epoll_fd, const struct identity *identity)
{
	*r = (struct resolver){ .epoll_fd = epoll_fd, .identity = *identity };
}

static void lookup(const char *name, int flags, struct answer *ret)
{
	struct addrinfo hints = {
		.ai_flags = flags,
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *list = NULL;

	*ret = (struct answer){ 0 };
	ret->gai_error = getaddrinfo(name, NULL, &hints, &list);
	ret->errnum = ret->gai_error == EAI_SYSTEM ? errno : 0;
	if (ret->gai_error != 0)
		return;
	for (struct addrinfo *ai = list; ai && ret->n < WIRE_ADDRESSES_MAX;
	     ai = ai->ai_next) {
		if (ai->ai_addrlen <= sizeof(ret->addresses[0]))
			memcpy(&ret->addresses[ret->n++], ai->ai_addr, ai->ai_addrlen);
	}
	freeaddrinfo(list);
}

static void take(struct resolve_host *host, const struct answer *answer)
{
	uint32_t n = answer->n < WIRE_ADDRESSES_MAX ? answer->n : WIRE_ADDRESSES_MAX;

	host->us = (deadline_now_ns() - host->started_ns) / 1000;
	for (uint32_t i = 0; i < n; i++) {
		if (dial_address_size(&answer->addresses[i]) > 0)
			host->addresses[host->n_addresses++] = answer->addresses[i];
	}
	host->state = host->n_addresses > 0 ? RESOLVE_DONE : RESOLVE_FAILED;
	if (host->state == RESOLVE_FAILED)
		(void)snprintf(host->why, sizeof(host->why), "%.64s",
			       answer->gai_error == 0 ? "no address"
			       : answer->errnum > 0   ? strerror(answer->errnum)
						      : gai_strerror(answer->gai_error));
}

/* Returns the index, or r->n if it is not there yet. */
static size_t find(const struct resolver *r, const char *name)
{
	size_t i = 0;

	while (i < r->n && strcmp(r->hosts[i].name, name) != 0)
		i++;
	return i;
}

static bool grow(struct resolver *r)
{
	size_t size = r->size ? r->size * 2 : 8;
	struct resolve_host *more;

	if (r->n < r->size)
		return true;
	more = realloc(r->hosts, size * sizeof(*more));
	if (!more)
		return false;
	r->hosts = more;
	r->size = size;
	return true;
}

int resolver_add(struct resolver *r, const char *name, int64_t deadline_ns,
		 struct error *err)
{
	size_t i = find(r, name);
	struct resolve_host *host;
	struct answer answer;

	if (i < r->n) {
		if (deadline_ns > r->hosts[i].deadline_ns)
			r->hosts[i].deadline_ns = deadline_ns;
		return (int)i;
	}
	if (!grow(r))
		return error_oom(err);
	host = &r->hosts[r->n++];
	*host = (struct resolve_host){
		.deadline_ns = deadline_ns,
		.started_ns = deadline_now_ns(),
		.fd = -1,
	};
	(void)snprintf(host->name, sizeof(host->name), "%s", name);
	lookup(name, AI_NUMERICHOST, &answer);
	if (answer.gai_error == 0)
		take(host, &answer);
	return (int)i;
}

static _Noreturn void child_main(const struct resolver *r, const char *name, int fd,
				 pid_t parent)
{
	struct child_isolation isolation = {
		.parent = parent,
		.identity = &r->identity,
		.keep_fds = &fd,
		.n_keep_fds = 1,
	};
	struct answer answer;
	struct error err;

	if (child_isolate(&isolation, &err) == 0 &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
		lookup(name, 0, &answer);
		(void)!write(fd, &answer, sizeof(answer));
	}
	_exit(EXIT_SUCCESS);
}

static void fail(struct resolve_host *host, const char *why)
{
	host->us = (deadline_now_ns() - host->started_ns) / 1000;
	host->state = RESOLVE_FAILED;
	(void)snprintf(host->why, sizeof(host->why), "%.72s", why);
}

static void start(struct resolver *r, size_t i)
{
	struct resolve_host *host = &r->hosts[i];
	struct epoll_event event = { .events = EPOLLIN,
				     .data = { .u64 = RESOLVE_TAG(i) } };
	pid_t parent = getpid();
	struct error err;
	int fds[2], side;

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0) {
		fail(host, strerror(errno));
		return;
	}
	side = child_fork(&host->child, &err);
	if (side == CHILD_FORK_CHILD)
		child_main(r, host->name, fds[1], parent);
	(void)close(fds[1]);
	if (side < 0) {
		(void)close(fds[0]);
		fail(host, err.msg);
		return;
	}
	host->fd = fds[0];
	host->state = RESOLVE_RUNNING;
	r->n_running++;
	(void)epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, host->fd, &event);
}

/*
 * Kill the child.  It waits for the network at worst, which SIGKILL ends at once;
 * should it not (a name service over NFS), it is left to be a zombie.
 */
static void end_child(struct resolver *r, struct resolve_host *host)
{
	struct error err;
	siginfo_t status;

	if (host->fd < 0)
		return;
	(void)kill(host->child.pid, SIGKILL);
	(void)!child_wait(&host->child, deadline_after(20), 0, &status, &err);
	fd_close(&host->child.pidfd);
	fd_close(&host->fd);
	r->n_running--;
}

void resolver_ready(struct resolver *r, size_t i)
{
	struct resolve_host *host;
	struct answer answer;
	ssize_t n;

	if (i >= r->n || r->hosts[i].state != RESOLVE_RUNNING)
		return;
	host = &r->hosts[i];
	n = read(host->fd, &answer, sizeof(answer));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	end_child(r, host);
	if (n == (ssize_t)sizeof(answer))
		take(host, &answer);
	else
		fail(host, "the process that looked it up crashed");
	resolver_tick(r);
}

void resolver_tick(struct resolver *r)
{
	int64_t now = deadline_now_ns();

	for (size_t i = 0; i < r->n; i++) {
		struct resolve_host *host = &r->hosts[i];

		if (host->state > RESOLVE_RUNNING || now < host->deadline_ns)
			continue;
		end_child(r, host);
		host->timed_out = true;
		fail(host, "the name service does not answer");
	}
	for (size_t i = 0; i < r->n && r->n_running < RESOLVERS_MAX; i++) {
		if (r->hosts[i].state == RESOLVE_PENDING)
			start(r, i);
	}
}

bool resolver_is_busy(const struct resolver *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->hosts[i].state <= RESOLVE_RUNNING)
			return true;
	}
	return false;
}

void resolver_done(struct resolver *r)
{
	for (size_t i = 0; i < r->n; i++)
		end_child(r, &r->hosts[i]);
	free(r->hosts);
	*r = (struct resolver){ .epoll_fd = -1 };
}
