/* SPDX-License-Identifier: MIT */
#include "lib/nfs/resolve.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/base/deadline.h"
#include "lib/base/error.h"
#include "lib/nfs/dial.h"

static void open_resolver(struct resolver *r)
{
	struct identity self;
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	cr_assert_geq(epoll_fd, 0);
	identity_self(&self);
	resolver_init(r, epoll_fd, &self);
}

static void close_resolver(struct resolver *r)
{
	int epoll_fd = r->epoll_fd;

	resolver_done(r);
	(void)close(epoll_fd);
}

static size_t add(struct resolver *r, const char *name, int64_t ms)
{
	struct error err;
	int i = resolver_add(r, name, deadline_now_ns() + ms * 1000000, &err);

	cr_assert_geq(i, 0);
	return (size_t)i;
}

static void run(struct resolver *r)
{
	resolver_tick(r);
	while (resolver_is_busy(r)) {
		struct epoll_event event;

		if (epoll_wait(r->epoll_fd, &event, 1, 10) == 1)
			resolver_ready(r, (size_t)(event.data.u64 - RESOLVE_TAG_BASE));
		resolver_tick(r);
	}
}

/* No child is needed, so it is there before anything has run. */
Test(resolve, numbers_are_there_at_once)
{
	struct resolver r;
	char text[64];
	size_t v4, v6;

	open_resolver(&r);
	v4 = add(&r, "127.0.0.2", 1000);
	v6 = add(&r, "::1", 1000);
	cr_expect_not(resolver_is_busy(&r));
	cr_assert_eq(r.hosts[v4].state, RESOLVE_DONE);
	cr_expect_eq(r.hosts[v4].n_addresses, 1);
	dial_address_text(&r.hosts[v4].addresses[0], text, sizeof(text));
	cr_expect_str_eq(text, "127.0.0.2");
	cr_assert_eq(r.hosts[v6].state, RESOLVE_DONE);
	dial_address_text(&r.hosts[v6].addresses[0], text, sizeof(text));
	cr_expect_str_eq(text, "::1");
	close_resolver(&r);
}

/* /etc/hosts knows it. */
Test(resolve, a_name_is_looked_up_by_a_child, .timeout = 20)
{
	struct resolver r;
	size_t i;

	open_resolver(&r);
	i = add(&r, "localhost", 5000);
	cr_expect_eq(r.hosts[i].state, RESOLVE_PENDING);
	resolver_tick(&r);
	cr_expect_eq(r.hosts[i].state, RESOLVE_RUNNING);
	run(&r);
	cr_assert_eq(r.hosts[i].state, RESOLVE_DONE, "%s", r.hosts[i].why);
	cr_expect_geq(r.hosts[i].n_addresses, 1);
	cr_expect_gt(r.hosts[i].us, 0);
	cr_expect_eq(r.n_running, 0);
	close_resolver(&r);
}

Test(resolve, the_same_name_is_looked_up_once)
{
	struct resolver r;
	size_t i, again;

	open_resolver(&r);
	i = add(&r, "localhost", 1000);
	again = add(&r, "localhost", 9000);
	cr_expect_eq(i, again);
	cr_expect_eq(r.n, 1);
	cr_expect_gt(r.hosts[i].deadline_ns, deadline_now_ns() + INT64_C(5000000000),
		     "the latest deadline counts");
	close_resolver(&r);
}

Test(resolve, what_is_late_is_given_up, .timeout = 20)
{
	struct resolver r;
	size_t i;

	open_resolver(&r);
	i = add(&r, "localhost", 0);
	resolver_tick(&r);
	cr_expect_eq(r.hosts[i].state, RESOLVE_FAILED);
	cr_expect(r.hosts[i].timed_out);
	cr_expect(strstr(r.hosts[i].why, "does not answer"));
	close_resolver(&r);
}

Test(resolve, a_child_that_dies_is_a_failure, .timeout = 20)
{
	struct resolver r;
	size_t i;

	open_resolver(&r);
	i = add(&r, "localhost", 5000);
	resolver_tick(&r);
	/* Before it has had a chance: it is not even isolated yet. */
	(void)kill(r.hosts[i].child.pid, SIGKILL);
	run(&r);
	if (r.hosts[i].state == RESOLVE_FAILED)
		cr_expect(strstr(r.hosts[i].why, "crashed"), "%s", r.hosts[i].why);
	cr_expect_eq(r.n_running, 0);
	close_resolver(&r);
}

Test(resolve, children_are_few_at_once, .timeout = 20)
{
	struct resolver r;
	char name[64];

	open_resolver(&r);
	for (int i = 0; i < RESOLVERS_MAX * 2; i++) {
		(void)snprintf(name, sizeof(name), "localhost%.*s", i,
			       "........................");
		(void)add(&r, name, 5000);
	}
	resolver_tick(&r);
	cr_expect_leq(r.n_running, RESOLVERS_MAX);
	close_resolver(&r);
}
