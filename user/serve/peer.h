/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is at the other end of a Unix socket, as the kernel says. */
#ifndef WAX_SERVE_PEER_H
#define WAX_SERVE_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/name_lookup.h"

struct peer {
	bool is_known; /* false: it came by TCP, or the kernel does not say */
	enum name_state group_state; /* of the admin group, if it was asked for */
	bool is_admin; /* root, or a member of the group */
	uint32_t uid;
};

/* fd: of the connection. admin_group: NULL or "": root alone. Never waits: who is in a group that
 * is not known yet is no admin. */
struct peer peer_of_socket(int fd, const char *admin_group);

#endif
