/* SPDX-License-Identifier: MIT */
#include "lib/mnt/flow.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"

#define ESTABLISHED 1
#define BUFFER_SIZE (32 * 1024)

struct peer {
	uint8_t family;
	uint32_t address[4];
	uint16_t port; /* as on the wire */
};

static bool parse_peer(const char *address, uint16_t port, struct peer *ret)
{
	char text[INET6_ADDRSTRLEN];
	size_t len = strcspn(address, "%");

	*ret = (struct peer){ .port = htons(port) };
	if (len >= sizeof(text))
		return false;
	memcpy(text, address, len);
	text[len] = '\0';
	ret->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(ret->family, text, ret->address) == 1;
}

static int ask(int fd, const struct peer *peer)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 request;
	} msg = {
		.header = { .nlmsg_len = sizeof(msg),
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.request = { .sdiag_family = peer->family,
			     .sdiag_protocol = IPPROTO_TCP,
			     .idiag_ext = 1U << (INET_DIAG_INFO - 1),
			     .idiag_states = 1U << ESTABLISHED,
			     .id = { .idiag_dport = peer->port } },
	};

	return send(fd, &msg, sizeof(msg), 0) == sizeof(msg) ? 0 : -1;
}

/* The attributes may have grown since, or be fewer. */
static bool find_bytes(const struct nlmsghdr *header, uint64_t *ret)
{
	const char *at = (const char *)NLMSG_DATA(header) + sizeof(struct inet_diag_msg);
	const char *end = (const char *)header + header->nlmsg_len;
	struct tcp_info info = { 0 };
	struct nlattr attr;

	while ((size_t)(end - at) >= sizeof(attr)) {
		size_t len;

		memcpy(&attr, at, sizeof(attr));
		if (attr.nla_len < sizeof(attr) || attr.nla_len > end - at)
			return false;
		len = attr.nla_len - sizeof(attr);
		if (attr.nla_type == INET_DIAG_INFO) {
			memcpy(&info, at + sizeof(attr),
			       len < sizeof(info) ? len : sizeof(info));
			*ret = info.tcpi_bytes_acked + info.tcpi_bytes_received;
			return true;
		}
		if (NLA_ALIGN(attr.nla_len) > end - at)
			return false;
		at += NLA_ALIGN(attr.nla_len);
	}
	return false;
}

static void take(const struct nlmsghdr *header, const struct peer *peer, struct flow *ret)
{
	const struct inet_diag_msg *msg = NLMSG_DATA(header);
	size_t size = peer->family == AF_INET6 ? 16 : 4;
	struct flow_connection *c = &ret->list[ret->count];

	if (header->nlmsg_len < NLMSG_LENGTH(sizeof(*msg)) || ret->count == FLOW_MAX ||
	    msg->id.idiag_dport != peer->port ||
	    memcmp(msg->id.idiag_dst, peer->address, size) != 0 ||
	    !find_bytes(header, &c->bytes))
		return;
	c->local_port = ntohs(msg->id.idiag_sport);
	ret->count++;
}

/* Returns 1 when that was all, 0, or -1 with errno. */
static int take_all(char *buf, size_t len, const struct peer *peer, struct flow *ret)
{
	struct nlmsghdr *header = (struct nlmsghdr *)buf;
	uint32_t left = (uint32_t)len;

	for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
		if (header->nlmsg_type == NLMSG_DONE)
			return 1;
		if (header->nlmsg_type == NLMSG_ERROR) {
			errno = ENOENT;
			return -1;
		}
		take(header, peer, ret);
	}
	return 0;
}

int flow_read(const char *address, uint16_t port, struct flow *ret, struct error *err)
{
	cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
				   NETLINK_SOCK_DIAG);
	_Alignas(struct nlmsghdr) char buf[BUFFER_SIZE];
	struct flow flow = { .count = 0 };
	struct peer peer;
	int r = 0;

	if (!parse_peer(address, port, &peer))
		return error_set(err, ERROR_INTERNAL, 0, "%s: no address", address);
	if (fd < 0 || ask(fd, &peer) < 0)
		return error_sys(err, "sock_diag");
	/* The answer is there as soon as it is asked for: netlink(7) has no server. */
	while (r == 0) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);

		if (n < 0 && errno == EINTR)
			continue;
		r = n <= 0 ? -1 : take_all(buf, (size_t)n, &peer, &flow);
	}
	if (r < 0)
		return error_sys(err, "sock_diag");
	*ret = flow;
	return 0;
}

bool flow_moved(const struct flow *before, const struct flow *after)
{
	for (size_t i = 0; i < after->count; i++) {
		for (size_t k = 0; k < before->count; k++) {
			if (after->list[i].local_port == before->list[k].local_port &&
			    after->list[i].bytes >=
				    before->list[k].bytes + FLOW_LEAST_BYTES)
				return true;
		}
	}
	return false;
}
