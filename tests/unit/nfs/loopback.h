/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_NFS_LOOPBACK_H
#define TESTS_UNIT_NFS_LOOPBACK_H

/*
 * Servers on 127.0.0.1, for what needs a real connect(2).
 */

#include <stdint.h>
#include <sys/types.h>

/* A listening socket on a port that the system chose; accepts as the kernel does. */
int loopback_listen(uint16_t *ret_port);

/* A child that answers each NULL on connections to @listener; ends with its parent. */
pid_t loopback_serve_null(int listener);

/* Kill such a child, and wait for its end: nobody else may find its body. */
void loopback_end(pid_t pid);

#endif
