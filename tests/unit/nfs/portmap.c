/* SPDX-License-Identifier: MIT */
#include "lib/nfs/portmap.h"

#include <criterion/criterion.h>

#include "lib/base/macro.h"
#include "tests/unit/nfs/peer.h"

/* What a decoder is given has room behind it, see struct rpc_reply. */
static bool take(bool ipv6, struct peer_body *body, uint16_t *ret_port)
{
	return portmap_take(ipv6, (char *)body->data, body->len, ret_port);
}

Test(portmap, ipv4_is_asked_by_number)
{
	static const unsigned char expected[] = { 0, 1, 0x86, 0xa5, 0, 0, 0, 3,
						  0, 0, 0,    6,    0, 0, 0, 0 };
	char buf[64];

	cr_expect_eq(portmap_put(false, RPC_MOUNT, 3, buf, sizeof(buf)), 16);
	cr_expect_arr_eq(buf, expected, sizeof(expected));
	cr_expect_eq(portmap_getport.vers, 2);
	cr_expect_eq(portmap_put(false, RPC_MOUNT, 3, buf, 12), -1);
}

Test(portmap, ipv6_is_asked_by_netid)
{
	static const unsigned char expected[] = { 0, 1, 0x86, 0xa3, 0,   0,   0,   3,
						  0, 0, 0,    4,    't', 'c', 'p', '6',
						  0, 0, 0,    0,    0,   0,   0,   0 };
	char buf[64];

	cr_expect_eq(portmap_put(true, RPC_NFS, 3, buf, sizeof(buf)), 24);
	cr_expect_arr_eq(buf, expected, sizeof(expected));
	cr_expect_eq(portmap_getaddr6.vers, 3);
}

Test(portmap, ports_come_as_a_number)
{
	struct peer_body body = { 0 };
	uint16_t port = 1;

	peer_word(&body, 20048);
	cr_assert(take(false, &body, &port));
	cr_expect_eq(port, 20048);
	body = (struct peer_body){ 0 };
	peer_word(&body, 0);
	cr_assert(take(false, &body, &port));
	cr_expect_eq(port, 0, "not registered");
	body = (struct peer_body){ 0 };
	peer_word(&body, 65536);
	cr_expect_not(take(false, &body, &port));
	body.len = 3;
	cr_expect_not(take(false, &body, &port));
	body.len = 0;
	cr_expect_not(take(false, &body, &port));
}

Test(portmap, ports_come_as_a_universal_address)
{
	struct peer_body body = { 0 };
	uint16_t port = 1;

	peer_opaque(&body, "::.8.1", 6);
	cr_assert(take(true, &body, &port));
	cr_expect_eq(port, 2049);
	body = (struct peer_body){ 0 };
	peer_opaque(&body, "", 0);
	cr_assert(take(true, &body, &port));
	cr_expect_eq(port, 0, "not registered");
	body = (struct peer_body){ 0 };
	peer_opaque(&body, "nonsense", 8);
	cr_expect_not(take(true, &body, &port));
	body = (struct peer_body){ 0 };
	peer_words(&body, 2, 4000U, 0U);
	cr_expect_not(take(true, &body, &port), "longer than the record");
}

Test(portmap, universal_addresses)
{
	static const struct {
		const char *text;
		uint16_t port;
	} cases[] = {
		{ "10.0.0.2.8.1", 2049 },
		{ "::1.0.111", 111 },
		{ "fe80::1%eth0.255.255", 65535 },
		{ "", 0 },
		{ ".", 0 },
		{ "8.1", 0 },
		{ "10.0.0.2.8.", 0 },
		{ "a.256.1", 0 },
		{ "a.1.256", 0 },
		{ "a.1.1x", 0 },
		{ "a.x.1", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		cr_expect_eq(portmap_uaddr_port(cases[i].text), cases[i].port, "'%s'",
			     cases[i].text);
}
