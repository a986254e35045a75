/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The credentials are those of the moment of connect(2): what a process becomes later changes nothing. */
#include "serve/peer.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/mem.h"

#define GROUPS_MAX 65536 /* NGROUPS_MAX of Linux */

static bool peer_has_group(int fd, gid_t group)
{
	_cleanup_free_ gid_t *groups = NULL;
	socklen_t size = 0;

	/* the first call says how many there are */
	(void)getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size);
	if (size == 0 || size > GROUPS_MAX * sizeof(gid_t))
		return false;
	groups = xcalloc(1, size);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	for (size_t i = 0; i < size / sizeof(gid_t); i++)
		if (groups[i] == group)
			return true;
	return false;
}

struct peer peer_of_socket(int fd, const char *admin_group)
{
	struct ucred credentials = {.uid = (uid_t)-1};
	socklen_t size = sizeof(credentials);
	struct name_answer group;
	struct peer peer = {.group_state = NAME_FOUND};

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0 ||
	    credentials.uid == (uid_t)-1)
		return peer;
	peer.is_known = true;
	peer.uid = credentials.uid;
	peer.is_admin = peer.uid == 0;
	if (peer.is_admin || !admin_group || !*admin_group)
		return peer;
	group = name_lookup(NAME_GROUP, admin_group, 0, 0);
	peer.group_state = group.state;
	peer.is_admin = group.state == NAME_FOUND &&
			(credentials.gid == group.number || peer_has_group(fd, group.number));
	return peer;
}
