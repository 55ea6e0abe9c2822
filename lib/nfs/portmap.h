/* SPDX-License-Identifier: MIT */
#ifndef LIB_NFS_PORTMAP_H
#define LIB_NFS_PORTMAP_H

/*
 * "On which port is this program?"  Version 2 (RFC 1833, section 3) knows IPv4
 * only, so over IPv6 version 3 (section 2) is asked for the address in "tcp6".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/nfs/rpc.h"

extern const struct rpc_proc portmap_getport;  /* over IPv4 */
extern const struct rpc_proc portmap_getaddr6; /* over IPv6 */

/* The arguments of that call.  Returns their length, or -1 if @buf is too small. */
int portmap_put(bool ipv6, uint32_t prog, uint32_t vers, char *buf, size_t size)
	__attribute__((nonnull));

/* @ret_port: 0: not registered.  False if @body is no such result. */
bool portmap_take(bool ipv6, char *body, size_t len, uint16_t *ret_port)
	__attribute__((nonnull));

/* The port in a universal address, "10.0.0.2.8.1" or "::.8.1"; 0 if there is none. */
uint16_t portmap_uaddr_port(const char *uaddr) __attribute__((nonnull));

#endif
