/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Postfix, as far as it looks into credential stores by itself. */
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "discover/discovery.h"
#include "discover/sasl.h"

static void postfix_discover(const char *root, const struct candidate *master,
			     struct discovery *found)
{
	static const char *const programs[] = {"smtpd", NULL};
	const char *slash = strrchr(master->executable, '/');
	_cleanup_free_ char *folder =
		xstrndup(master->executable, (size_t)(slash - master->executable));
	_cleanup_free_ char *store = NULL, *copy = NULL, *place = NULL;
	struct mail_server *server;

	if (discovery_has_server(found, &postfix_kind, WATCH_STORE, NULL))
		return;
	store = sasl_find_database(root, "/etc/postfix/sasl/smtpd.conf", "", &found->problems);
	if (!store)
		return;
	server = discovery_add_server(found, &postfix_kind, "");
	mail_server_watch(server, WATCH_STORE, store);
	/* what an smtpd in its chroot opens */
	copy = xasprintf("/var/spool/postfix%s", store);
	place = xasprintf("%s%s", root, copy);
	if (access(place, F_OK) == 0)
		mail_server_watch(server, WATCH_STORE, copy);
	mail_server_watch_programs(server, WATCH_STORE_READER, root, folder, programs);
}

static const struct master_name postfix_masters[] = {{"master", "postfix"}, {}};

const struct mail_server_kind postfix_kind = {
	.name = "postfix",
	.masters = postfix_masters,
	.owner = MASTER_OF_ROOT,
	.auth = AUTH_PROTOCOL_NONE, /* it asks others: Dovecot's service is Dovecot's */
	.session = SESSION_PROTOCOL_NONE,
	.discover = postfix_discover,
};
