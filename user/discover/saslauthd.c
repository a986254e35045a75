/* SPDX-License-Identifier: GPL-2.0-or-later */
/* saslauthd: where it looks for credentials stands in its arguments. */
#include <string.h>

#include "base/mem.h"
#include "discover/discovery.h"
#include "discover/sasl.h"

/* Value of `-a MECHANISM` or `-aMECHANISM`; NULL when there is none. */
static const char *saslauthd_mechanism(const char *const *arguments)
{
	for (size_t i = 1; arguments[0] && arguments[i]; i++)
		if (strncmp(arguments[i], "-a", 2) == 0)
			return arguments[i][2] ? arguments[i] + 2 : arguments[i + 1];
	return NULL;
}

static void saslauthd_discover(const char *root, const struct candidate *master,
			       struct discovery *found)
{
	const char *mechanism = saslauthd_mechanism(master->arguments);
	bool has_database = mechanism && strcmp(mechanism, "sasldb") == 0;
	const char *store = has_database ? SASL_DEFAULT_DATABASE : "/etc/shadow";
	struct mail_server *server;

	/* it is one, however many processes it has */
	if (!mechanism || discovery_has_server(found, &saslauthd_kind, WATCH_STORE, store))
		return;
	if (!has_database && strcmp(mechanism, "pam") != 0 && strcmp(mechanism, "shadow") != 0) {
		strlist_addf(&found->problems,
			     "saslauthd asks '%s' for credentials: set [credentials] store to what "
			     "it reads",
			     mechanism);
		return;
	}
	server = discovery_add_server(found, &saslauthd_kind, "");
	if (has_database)
		mail_server_watch(server, WATCH_STORE, store);
	else
		mail_server_watch_shadow(server, root);
	mail_server_watch_program(server, WATCH_STORE_READER, root, master->executable);
}

static const struct master_name saslauthd_masters[] = {{"saslauthd", NULL}, {}};

const struct mail_server_kind saslauthd_kind = {
	.name = "saslauthd",
	.masters = saslauthd_masters,
	.owner = MASTER_OF_ROOT,
	.auth = AUTH_PROTOCOL_NONE,
	.session = SESSION_PROTOCOL_NONE,
	.discover = saslauthd_discover,
};
