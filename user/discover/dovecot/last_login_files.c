/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where Dovecot's plugin last_login writes, when that is a file of this host: last_login_dict =
 * file:PATH, or proxy::NAME with a dict of that name. What lies in home directories or databases
 * is left alone.
 */
#include "discover/dovecot/dovecot.h"

#include <string.h>

static void dovecot_add_login_file(const char *dict, struct discovery *found)
{
	const char *path = strncmp(dict, "file:", 5) == 0 ? dict + 5 : dict;

	if (path != dict && path[0] == '/' && !strchr(path, '%'))
		strlist_add(&found->last_logins, path);
}

/* The dict that the server of dicts knows by this name; NULL when there is none. */
static const char *dovecot_named_dict(const struct doveconf *conf, const char *name)
{
	const char *dict = NULL;
	size_t block = DOVECONF_TOP;

	while (!dict && (block = doveconf_next(conf, DOVECONF_TOP, "dict", block)))
		dict = doveconf_get(conf, block, name);
	return dict;
}

void dovecot_add_last_logins(const struct dovecot *dovecot, struct discovery *found)
{
	size_t block = DOVECONF_TOP;

	while ((block = doveconf_next(&dovecot->conf, DOVECONF_TOP, "plugin", block))) {
		const char *dict = doveconf_get(&dovecot->conf, block, "last_login_dict");

		/* proxy:SOCKET:NAME */
		if (dict && strncmp(dict, "proxy:", 6) == 0)
			dict = dovecot_named_dict(&dovecot->conf, strrchr(dict, ':') + 1);
		if (dict)
			dovecot_add_login_file(dict, found);
	}
}
