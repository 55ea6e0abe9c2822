/* SPDX-License-Identifier: MIT */
#include "lib/nfs/portmap.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <nfsc/libnfs-raw-portmap.h>
#include <nfsc/libnfs-zdr.h>

#include "lib/nfs/xdr.h"

/* An IPv6 address with a scope, and two numbers. */
#define UADDR_MAX 128

const struct rpc_proc portmap_getport = { RPC_PORTMAP, 2, 3 };
const struct rpc_proc portmap_getaddr6 = { RPC_PORTMAP, 3, 3 };

int portmap_put(bool ipv6, uint32_t prog, uint32_t vers, char *buf, size_t size)
{
	static const char tcp6[] = "tcp6", none[] = "";
	ZDR zdr;
	bool good;
	int len;

	zdrmem_create(&zdr, buf, (uint32_t)size, ZDR_ENCODE);
	if (ipv6) {
		pmap3_mapping map = {
			.prog = prog,
			.vers = vers,
			.netid = (char *)tcp6,
			.addr = (char *)none,
			.owner = (char *)none,
		};

		good = zdr_pmap3_mapping(&zdr, &map);
	} else {
		pmap2_mapping map = { .prog = prog, .vers = vers, .prot = IPPROTO_TCP };

		good = zdr_pmap2_mapping(&zdr, &map);
	}
	len = good ? (int)zdr_getpos(&zdr) : -1;
	zdr_destroy(&zdr);
	return len;
}

uint16_t portmap_uaddr_port(const char *uaddr)
{
	const char *low = strrchr(uaddr, '.');
	const char *high = low;
	unsigned long h, l;
	char *end;

	if (!low || low == uaddr)
		return 0;
	while (high > uaddr && high[-1] != '.')
		high--;
	h = strtoul(high, &end, 10);
	if (high == uaddr || end != low)
		return 0;
	l = strtoul(low + 1, &end, 10);
	if (low[1] == '\0' || *end != '\0' || h > 255 || l > 255)
		return 0;
	return (uint16_t)(h << 8 | l);
}

static bool take_uaddr(ZDR *zdr, uint16_t *ret_port)
{
	char text[UADDR_MAX + 1] = { 0 };
	uint32_t len;
	char *data;

	if (!xdr_take_opaque(zdr, UADDR_MAX, &data, &len))
		return false;
	memcpy(text, data, len);
	*ret_port = portmap_uaddr_port(text);
	return *ret_port > 0 || len == 0;
}

static bool take_port(ZDR *zdr, uint16_t *ret_port)
{
	uint32_t port;

	if (!zdr_u_int(zdr, &port) || port > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

bool portmap_take(bool ipv6, char *body, size_t len, uint16_t *ret_port)
{
	uint16_t port = 0;
	bool good;
	ZDR zdr;

	zdrmem_create(&zdr, body, (uint32_t)len, ZDR_DECODE);
	good = ipv6 ? take_uaddr(&zdr, &port) : take_port(&zdr, &port);
	good = good && zdr_getpos(&zdr) <= len;
	zdr_destroy(&zdr);
	if (good)
		*ret_port = port;
	return good;
}
