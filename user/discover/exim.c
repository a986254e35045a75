/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exim, which delivers into mailboxes and looks into the passwd-files that it shares with Dovecot. It asks
 * Dovecot for verdicts, so its logins count there.
 */
#include <string.h>

#include "base/mem.h"
#include "discover/discovery.h"

/* Anybody may execute the program, to hand in a message; the daemon has -bd, -bdf or -q. */
static bool exim_is_daemon(const char *const *arguments)
{
	for (size_t i = 1; arguments[0] && arguments[i]; i++)
		if (strncmp(arguments[i], "-bd", 3) == 0 || strncmp(arguments[i], "-q", 2) == 0)
			return true;
	return false;
}

static void exim_discover(const char *root, const struct candidate *master, struct discovery *found)
{
	struct mail_server *server;

	if (!exim_is_daemon(master->arguments) ||
	    discovery_has_server(found, &exim_kind, WATCH_MAIL_HELPER, NULL))
		return;
	server = discovery_add_server(found, &exim_kind, "");
	mail_server_watch_program(server, WATCH_MAIL_HELPER, root, master->executable);
	mail_server_watch_program(server, WATCH_STORE_READER, root, master->executable);
}

static const struct master_name exim_masters[] = {{"exim4", NULL}, {"exim", NULL}, {}};

const struct mail_server_kind exim_kind = {
	.name = "exim",
	.masters = exim_masters,
	.owner = MASTER_OF_ANY_USER, /* the daemon runs as a user of its own */
	.auth = AUTH_PROTOCOL_NONE,
	.session = SESSION_PROTOCOL_NONE,
	.discover = exim_discover,
};
