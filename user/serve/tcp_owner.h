/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which user of this host has the other end of a TCP connection, as the kernel says. */
#ifndef WAX_SERVE_TCP_OWNER_H
#define WAX_SERVE_TCP_OWNER_H

#include <stdint.h>

/* fd: of the connection. -ENOENT: the other end is not on this host (or in another network name space),
 * or closed already. Other -errno: the kernel does not say. */
int tcp_owner_find(int fd, uint32_t *ret_uid);

#endif
