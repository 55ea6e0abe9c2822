/* SPDX-License-Identifier: MIT */
#include "lib/nfs/broker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/nfs/dial.h"
#include "lib/nfs/resolve.h"
#include "lib/proc/child.h"
#include "lib/proc/sandbox.h"

/* How often names that are being resolved are looked after. */
#define TICK_MS 25
/* Each attempt takes three connections, and may move once. */
#define MESSAGES_A_TURN 64

enum tag { TAG_SOCK = 1, TAG_CHILD, TAG_TICK };

struct target {
	struct broker_target spec;
	int host;      /* index into the resolver's */
	bool over;     /* no more to be done */
	bool told;     /* START was sent, or it was found unresolved */
	unsigned used; /* connections made */
};

/* A socket that is made, but that the prober has no room for yet. */
struct parcel {
	bool full;
	struct wire_socket msg;
	int fd;
};

struct broker {
	struct broker_spec spec;
	struct target *targets;
	struct identity identity;
	struct resolver resolver;
	struct dial dial;
	struct prober_shared *shared;
	struct child child;
	int epoll_fd, tick_fd, sock;
	bool ready; /* the prober is in its cell */
	bool ticking;
	uint32_t listening; /* epoll events of @sock */
	struct parcel parcel;
	struct broker_death death;
	uint32_t hang_turn; /* shared->turns when it was last looked at … */
	int64_t hang_since; /* … and since when it is that */
};

static int watch(struct broker *b, int fd, uint32_t events, enum tag tag,
		 struct error *err)
{
	struct epoll_event event = { .events = events, .data = { .u64 = tag } };

	if (epoll_ctl(b->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return error_sys(err, "epoll_ctl");
	return 0;
}

static void listen_for(struct broker *b, uint32_t events)
{
	struct epoll_event event = { .events = events, .data = { .u64 = TAG_SOCK } };

	if (events == b->listening)
		return;
	(void)epoll_ctl(b->epoll_fd, EPOLL_CTL_MOD, b->sock, &event);
	b->listening = events;
}

/* --- the prober --- */

static int enter_cell(const struct broker *b, int sock, pid_t parent, struct error *err)
{
	struct child_isolation isolation = {
		.parent = parent,
		.identity = &b->identity,
		.keep_fds = &sock,
		.n_keep_fds = 1,
	};
	struct sandbox_limits limits = { .memory = b->spec.memory };
	int r;

	/* While root may still raise it. */
	limits.files = sandbox_raise_files(b->spec.files);
	r = child_isolate(&isolation, err);
	return r < 0 ? r : sandbox_enter(&limits, err);
}

static _Noreturn void child_main(const struct broker *b, int sock, pid_t parent)
{
	struct wire_failed failed = { .type = WIRE_FAILED };

	if (enter_cell(b, sock, parent, &failed.err) < 0) {
		(void)send(sock, &failed, sizeof(failed), MSG_NOSIGNAL);
		_exit(EXIT_FAILURE);
	}
	b->spec.main(sock, b->shared, b->spec.arg);
	_exit(EXIT_SUCCESS);
}

static int start_prober(struct broker *b, struct error *err)
{
	pid_t parent = getpid();
	int pair[2], side, r;

	b->shared->source = BROKER_NOBODY;
	b->ready = false;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) <
	    0)
		return error_sys(err, "socketpair");
	side = child_fork(&b->child, err);
	if (side == CHILD_FORK_CHILD)
		child_main(b, pair[1], parent);
	(void)close(pair[1]);
	b->sock = pair[0];
	if (side < 0)
		return side;
	b->listening = EPOLLIN;
	r = watch(b, b->sock, b->listening, TAG_SOCK, err);
	return r < 0 ? r : watch(b, b->child.pidfd, EPOLLIN, TAG_CHILD, err);
}

static void describe(const siginfo_t *status, char *buf, size_t size)
{
	if (status->si_code == CLD_EXITED)
		(void)snprintf(buf, size, "exit code %d", status->si_status);
	else
		(void)snprintf(buf, size, "signal %d (%.40s)", status->si_status,
			       strsignal(status->si_status));
}

/* End the prober, if it has not; remember how it ended. */
static void end_prober(struct broker *b)
{
	siginfo_t status = { 0 };
	struct error err;

	fd_close(&b->sock);
	if (b->parcel.full)
		fd_close(&b->parcel.fd);
	b->parcel.full = false;
	if (b->child.pidfd < 0)
		return;
	/* It cannot be in a wait that SIGKILL does not end. */
	(void)kill(b->child.pid, SIGKILL);
	if (child_wait(&b->child, deadline_after(1000), 0, &status, &err) == CHILD_STUCK)
		(void)snprintf(b->death.how, sizeof(b->death.how), "stuck");
	else
		describe(&status, b->death.how, sizeof(b->death.how));
	fd_close(&b->child.pidfd);
	b->death.source = b->shared->source;
	b->death.layer = b->shared->layer;
	if (b->death.source >= b->spec.n || b->death.layer >= PROBE_LAYERS)
		b->death.source = BROKER_NOBODY;
}

int broker_restart(struct broker *b, struct error *err)
{
	end_prober(b);
	for (size_t i = 0; i < b->spec.n; i++) {
		b->targets[i].used = 0;
		/* One that is not over and was not found unresolved starts again. */
		if (!b->targets[i].over)
			b->targets[i].told = false;
	}
	return start_prober(b, err);
}

void broker_kill_prober(struct broker *b)
{
	if (b->child.pidfd >= 0)
		(void)kill(b->child.pid, SIGKILL);
}

bool broker_prober_hangs(struct broker *b, int64_t ms)
{
	int64_t now = deadline_now_ns();
	uint32_t turns = b->shared->turns;

	if (turns != b->hang_turn || b->shared->source == BROKER_NOBODY) {
		b->hang_turn = turns;
		b->hang_since = now;
	}
	return now - b->hang_since > ms * 1000000;
}

uint32_t broker_prober_reads(const struct broker *b)
{
	return b->shared->source;
}

void broker_death(const struct broker *b, struct broker_death *ret)
{
	*ret = b->death;
}

/* --- to the prober --- */

/* Returns true when it is sent (or lost: the prober is gone), false: no room. */
static bool post(struct broker *b, const void *msg, size_t len, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)msg, .iov_len = len };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		hdr.msg_control = control.bytes;
		hdr.msg_controllen = sizeof(control.bytes);
		control.align = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		};
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&hdr)), &fd, sizeof(fd));
	}
	if (sendmsg(b->sock, &hdr, MSG_NOSIGNAL) >= 0)
		return true;
	/* ETOOMANYREFS: too many descriptors are on their way already. */
	return errno != EAGAIN && errno != EINTR && errno != ETOOMANYREFS;
}

static uint32_t ipv6_bits(const struct resolve_host *host)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < host->n_addresses; i++) {
		if (host->addresses[i].ss_family == AF_INET6)
			bits |= 1U << i;
	}
	return bits;
}

/* Tell the prober, or the owner, what has been resolved.  False: no room. */
static bool tell_resolved(struct broker *b, const struct broker_events *events)
{
	for (size_t i = 0; i < b->spec.n; i++) {
		struct target *target = &b->targets[i];
		const struct resolve_host *host = &b->resolver.hosts[target->host];
		struct wire_start msg = { .type = WIRE_START };

		if (target->told || target->over)
			continue;
		if (host->state == RESOLVE_FAILED) {
			target->told = true;
			events->unresolved(events->data, i, host->why, host->timed_out);
			continue;
		}
		if (host->state != RESOLVE_DONE || !b->ready)
			continue;
		msg.source = (uint32_t)i;
		msg.n_addresses = (uint32_t)host->n_addresses;
		msg.ipv6 = ipv6_bits(host);
		if (!post(b, &msg, sizeof(msg), -1))
			return false;
		target->told = true;
	}
	return true;
}

static bool send_parcel(struct broker *b)
{
	if (!b->parcel.full)
		return true;
	if (!post(b, &b->parcel.msg, sizeof(b->parcel.msg), b->parcel.fd))
		return false;
	fd_close(&b->parcel.fd);
	b->parcel.full = false;
	return true;
}

/* --- from the prober --- */

static int dial_for(struct broker *b, const struct wire_connect *request, int *ret_fd)
{
	struct target *target = &b->targets[request->source];
	const struct resolve_host *host = &b->resolver.hosts[target->host];

	if (target->over || host->state != RESOLVE_DONE ||
	    request->address >= host->n_addresses ||
	    (target->spec.port != 0 && request->port != target->spec.port))
		return EACCES;
	if (target->spec.connections_max > 0 &&
	    target->used >= target->spec.connections_max)
		return EDQUOT;
	target->used++;
	return dial_start(&b->dial, &host->addresses[request->address],
			  (uint16_t)request->port, request->reserved == 1, ret_fd);
}

static void take_connect(struct broker *b, const void *msg, size_t len)
{
	struct wire_connect request;
	int fd = -1;

	if (!wire_take_connect(msg, len, b->spec.n, &request))
		return;
	b->parcel.full = true;
	b->parcel.msg = (struct wire_socket){
		.type = WIRE_SOCKET,
		.source = request.source,
		.address = request.address,
		.conn = request.conn,
		.port = request.port,
		.started_ns = deadline_now_ns(),
	};
	b->parcel.msg.errnum = dial_for(b, &request, &fd);
	b->parcel.fd = fd;
}

/* Returns 0, or the negative error that the prober reports of its start. */
static int take_message(struct broker *b, const struct broker_events *events,
			const void *msg, size_t len, struct error *err)
{
	struct wire_failed failed;

	switch (wire_type(msg, len)) {
	case WIRE_READY:
		b->ready = true;
		return 0;
	case WIRE_FAILED:
		/* Only before it has met the network: after that nothing is an error. */
		if (b->ready || !wire_take_failed(msg, len, &failed))
			return 0;
		*err = failed.err;
		return error_prefix(err, "prober");
	case WIRE_CONNECT:
		take_connect(b, msg, len);
		return 0;
	default:
		events->message(events->data, msg, len);
		return 0;
	}
}

/* Returns 0, BROKER_DIED at the end of file, or a negative error. */
static int read_messages(struct broker *b, const struct broker_events *events,
			 struct error *err)
{
	/* As long as its answers find room, and not for ever. */
	for (int i = 0; i < MESSAGES_A_TURN && !b->parcel.full; i++) {
		union wire_any msg;
		ssize_t n = recv(b->sock, &msg, sizeof(msg), 0);
		int r;

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n <= 0)
			return BROKER_DIED;
		r = take_message(b, events, &msg, (size_t)n, err);
		if (r < 0)
			return r;
		(void)send_parcel(b);
	}
	return 0;
}

/* --- the loop's part --- */

/* While names are being resolved there is something to be done now and then. */
static void set_tick(struct broker *b)
{
	bool wanted = resolver_is_busy(&b->resolver);
	struct timespec interval = { .tv_nsec = wanted ? TICK_MS * 1000000 : 0 };
	struct itimerspec timer = { .it_interval = interval, .it_value = interval };

	if (wanted == b->ticking)
		return;
	(void)timerfd_settime(b->tick_fd, 0, &timer, NULL);
	b->ticking = wanted;
}

static int handle(struct broker *b, const struct epoll_event *event,
		  const struct broker_events *events, struct error *err)
{
	uint64_t expirations;

	switch (event->data.u64) {
	case TAG_SOCK:
		/* What it said before it died counts. */
		return event->events & (EPOLLIN | EPOLLHUP)
			       ? read_messages(b, events, err)
			       : 0;
	case TAG_CHILD:
		return BROKER_DIED;
	case TAG_TICK:
		(void)!read(b->tick_fd, &expirations, sizeof(expirations));
		resolver_tick(&b->resolver);
		return 0;
	default:
		resolver_ready(&b->resolver,
			       (size_t)(event->data.u64 - RESOLVE_TAG_BASE));
		return 0;
	}
}

int broker_dispatch(struct broker *b, const struct broker_events *events,
		    struct error *err)
{
	struct epoll_event ready[16];
	int n = epoll_wait(b->epoll_fd, ready, 16, 0);
	bool died = false, room;

	if (b->child.pidfd < 0)
		return BROKER_DIED;
	for (int i = 0; i < n; i++) {
		int r = handle(b, &ready[i], events, err);

		if (r < 0)
			return r;
		died = died || r == BROKER_DIED;
	}
	if (died) {
		/* Its last words may have come in the meantime. */
		int r = read_messages(b, events, err);

		if (r < 0)
			return r;
		end_prober(b);
	}
	room = b->sock < 0 || (send_parcel(b) && tell_resolved(b, events));
	if (b->sock >= 0)
		listen_for(b, room ? EPOLLIN : EPOLLOUT);
	set_tick(b);
	return died ? BROKER_DIED : BROKER_RUNNING;
}

static int add_targets(struct broker *b, const struct broker_target *targets,
		       struct error *err)
{
	for (size_t i = 0; i < b->spec.n; i++) {
		struct target *target = &b->targets[i];

		target->spec = targets[i];
		target->host = resolver_add(&b->resolver, targets[i].host,
					    targets[i].deadline_ns, err);
		if (target->host < 0)
			return target->host;
	}
	resolver_tick(&b->resolver);
	set_tick(b);
	return 0;
}

static int open_broker(struct broker *b, const struct broker_target *targets,
		       struct error *err)
{
	int r;

	b->targets = calloc(b->spec.n + 1, sizeof(*b->targets));
	if (!b->targets)
		return error_oom(err);
	b->shared = mmap(NULL, sizeof(*b->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (b->shared == MAP_FAILED) {
		b->shared = NULL;
		return error_oom(err);
	}
	b->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	b->tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (b->epoll_fd < 0 || b->tick_fd < 0)
		return error_sys(err, "epoll, timerfd");
	r = watch(b, b->tick_fd, EPOLLIN, TAG_TICK, err);
	/* The prober first: it need not have what the resolver allocates. */
	if (r == 0)
		r = start_prober(b, err);
	if (r < 0)
		return r;
	resolver_init(&b->resolver, b->epoll_fd, &b->identity);
	return add_targets(b, targets, err);
}

int broker_new(const struct broker_spec *spec, struct broker **ret, struct error *err)
{
	struct broker *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return error_oom(err);
	b->spec = *spec;
	b->spec.targets = NULL;
	b->spec.identity = NULL;
	b->identity = *spec->identity;
	b->dial.lost_after_ms = spec->lost_after_ms;
	b->epoll_fd = b->tick_fd = b->sock = b->child.pidfd = -1;
	r = open_broker(b, spec->targets, err);
	if (r < 0)
		broker_free(b);
	else
		*ret = b;
	return r;
}

void broker_free(struct broker *b)
{
	if (!b)
		return;
	end_prober(b);
	resolver_done(&b->resolver);
	fd_close(&b->tick_fd);
	fd_close(&b->epoll_fd);
	if (b->shared)
		(void)munmap(b->shared, sizeof(*b->shared));
	free(b->targets);
	free(b);
}

pid_t broker_prober(const struct broker *b)
{
	return b->child.pidfd >= 0 ? b->child.pid : 0;
}

int broker_fd(const struct broker *b)
{
	return b->epoll_fd;
}

void broker_target_over(struct broker *b, size_t target)
{
	b->targets[target].over = true;
}

void broker_address(const struct broker *b, size_t target, uint32_t address, char *buf,
		    size_t size)
{
	const struct resolve_host *host = &b->resolver.hosts[b->targets[target].host];

	buf[0] = '\0';
	if (address < host->n_addresses)
		dial_address_text(&host->addresses[address], buf, size);
}

int64_t broker_resolve_us(const struct broker *b, size_t target)
{
	return b->resolver.hosts[b->targets[target].host].us;
}
