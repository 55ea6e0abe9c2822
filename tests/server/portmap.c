/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/macro.h"
#include "tests/server/server.h"

/* portmap version 2 and rpcbind versions 3 and 4: RFC 1833. */

#define PROTO_TCP 6u

static const struct program *const registered[] = {
	&program_portmap2, &program_rpcbind3, &program_rpcbind4,
	&program_mount3,   &program_nfs3,     &program_nfs4,
};

static void null(struct call *call)
{
	(void)call;
}

/* Where @program is said to be, 0: it is not registered. */
static uint32_t port_of(const struct call *call, const struct program *program)
{
	const struct faults *faults = &call->server->faults;
	struct fault_point point = { .program = program->name,
				     .address = call->conn->address };

	if (faults_has(faults, FAULT_UNREGISTERED, &point))
		return 0;
	if (faults_has(faults, FAULT_WRONG_PORT, &point))
		return 1; /* tcpmux: nobody */
	return call->server->ports[program->service];
}

/* Like a real one: another version's port when the program has not this one. */
static uint32_t find_port(const struct call *call, uint32_t number, uint32_t version)
{
	uint32_t port = 0;

	for (size_t i = 0; i < ARRAY_SIZE(registered); i++) {
		if (registered[i]->number != number)
			continue;
		port = port_of(call, registered[i]);
		if (registered[i]->version == version)
			break;
	}
	return port;
}

static void getport(struct call *call)
{
	uint32_t number = xdr_u32(&call->args);
	uint32_t version = xdr_u32(&call->args);
	uint32_t protocol = xdr_u32(&call->args);

	(void)xdr_u32(&call->args);
	xdr_put_u32(&call->body,
		    protocol == PROTO_TCP ? find_port(call, number, version) : 0);
}

static void dump2(struct call *call)
{
	for (size_t i = 0; i < ARRAY_SIZE(registered); i++) {
		uint32_t port = port_of(call, registered[i]);

		if (port == 0)
			continue;
		xdr_put_u32(&call->body, 1);
		xdr_put_u32(&call->body, registered[i]->number);
		xdr_put_u32(&call->body, registered[i]->version);
		xdr_put_u32(&call->body, PROTO_TCP);
		xdr_put_u32(&call->body, port);
	}
	xdr_put_u32(&call->body, 0);
}

static bool is_ipv6(const struct call *call)
{
	return strchr(call->conn->address, ':');
}

/* A universal address: the host's, then the port in two halves (RFC 1833, 2.2.1). */
static void put_uaddr(struct call *call, uint32_t port)
{
	char text[sizeof(call->conn->address) + 16] = "";

	if (port > 0)
		(void)snprintf(text, sizeof(text), "%s.%u.%u", call->conn->address,
			       (unsigned)(port >> 8 & 255), (unsigned)(port & 255));
	xdr_put_string(&call->body, text);
}

static void getaddr(struct call *call)
{
	uint32_t number = xdr_u32(&call->args);
	uint32_t version = xdr_u32(&call->args);
	char netid[64], ignored[512];

	xdr_string(&call->args, netid, sizeof(netid));
	xdr_string(&call->args, ignored, sizeof(ignored));
	xdr_string(&call->args, ignored, sizeof(ignored));
	if (!call->args.bad)
		put_uaddr(call, strncmp(netid, "tcp", 3) == 0
					? find_port(call, number, version)
					: 0);
}

static void dump3(struct call *call)
{
	for (size_t i = 0; i < ARRAY_SIZE(registered); i++) {
		uint32_t port = port_of(call, registered[i]);

		if (port == 0)
			continue;
		xdr_put_u32(&call->body, 1);
		xdr_put_u32(&call->body, registered[i]->number);
		xdr_put_u32(&call->body, registered[i]->version);
		xdr_put_string(&call->body, is_ipv6(call) ? "tcp6" : "tcp");
		put_uaddr(call, port);
		xdr_put_string(&call->body, "superuser");
	}
	xdr_put_u32(&call->body, 0);
}

static void gettime(struct call *call)
{
	xdr_put_u32(&call->body, (uint32_t)time(NULL));
}

static const struct procedure procedures2[] = {
	[0] = { "NULL", null, false, 0 },
	[3] = { "GETPORT", getport, false, 0 },
	[4] = { "DUMP", dump2, false, 0 },
};

static const struct procedure procedures3[] = {
	[0] = { "NULL", null, false, 0 },       [3] = { "GETADDR", getaddr, false, 0 },
	[4] = { "DUMP", dump3, false, 0 },      [6] = { "GETTIME", gettime, false, 0 },
	[9] = { "GETADDR", getaddr, false, 0 }, /* GETVERSADDR, version 4 */
};

const struct program program_portmap2 = {
	.name = "portmap",
	.service = SERVICE_PORTMAP,
	.number = PROGRAM_PORTMAP,
	.version = 2,
	.procedures = procedures2,
	.count = ARRAY_SIZE(procedures2),
};

const struct program program_rpcbind3 = {
	.name = "portmap",
	.service = SERVICE_PORTMAP,
	.number = PROGRAM_PORTMAP,
	.version = 3,
	.procedures = procedures3,
	.count = ARRAY_SIZE(procedures3) - 1,
};

const struct program program_rpcbind4 = {
	.name = "portmap",
	.service = SERVICE_PORTMAP,
	.number = PROGRAM_PORTMAP,
	.version = 4,
	.procedures = procedures3,
	.count = ARRAY_SIZE(procedures3),
};
