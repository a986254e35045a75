/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stores that servers with Cyrus SASL look into: saslauthd by its arguments; Postfix, and Cyrus
 * (cyrus.c), by themselves, when their configuration says auxprop and sasldb.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "discover/discovery.h"

#define SASLDB "/etc/sasldb2"
#define LINE_BYTES 1024

/* Each server is one, however many processes it has. */
static bool is_found(const struct discovery *found, const char *kind, const char *store)
{
	for (size_t i = 0; i < found->count; i++)
		if (strcmp(found->servers[i].kind, kind) == 0 &&
		    (!store || strlist_has(&found->servers[i].stores, store)))
			return true;
	return false;
}

/* Value of `-a MECHANISM` or `-aMECHANISM`. */
static const char *option_of(const char *const *arguments, char letter)
{
	for (size_t i = 1; arguments[0] && arguments[i]; i++)
		if (arguments[i][0] == '-' && arguments[i][1] == letter)
			return arguments[i][2] ? arguments[i] + 2 : arguments[i + 1];
	return NULL;
}

void saslauthd_discover(const char *root, const struct candidate *master, struct discovery *found)
{
	const char *mechanism = option_of(master->arguments, 'a');
	bool has_sasldb = mechanism && strcmp(mechanism, "sasldb") == 0;
	const char *store = has_sasldb ? SASLDB : "/etc/shadow";
	struct mail_server *server;

	if (!mechanism || is_found(found, "saslauthd", store))
		return;
	if (!has_sasldb && strcmp(mechanism, "pam") != 0 && strcmp(mechanism, "shadow") != 0) {
		strlist_addf(&found->problems,
			   "saslauthd asks '%s' for credentials: set [credentials] store to what it "
			   "reads",
			   mechanism);
		return;
	}
	server = discovery_add_server(found, "saslauthd", "");
	if (has_sasldb)
		strlist_add(&server->stores, store);
	else
		discovery_add_shadow(found, server, root);
	discovery_add_program(&found->readers, root, master->executable);
}

/* ---- Servers that look for themselves ---- */

/* Value of `name: value` in a file, or "" . */
static void read_setting(const char *path, const char *name, char ret_value[LINE_BYTES])
{
	FILE *file = fopen(path, "re");
	size_t len = strlen(name);
	char line[LINE_BYTES];

	ret_value[0] = '\0';
	while (file && fgets(line, sizeof(line), file)) {
		char *value = line + len;
		size_t end = strlen(line);

		while (end > 0 && isspace((unsigned char)line[end - 1]))
			line[--end] = '\0';
		if (strncmp(line, name, len) != 0 || *value != ':')
			continue;
		value += 1 + strspn(value + 1, " \t");
		memcpy(ret_value, value, strlen(value) + 1);
	}
	if (file)
		fclose(file);
}

char *sasl_find_sasldb(const char *root, const char *file, const char *prefix)
{
	_cleanup_free_ char *path = xasprintf("%s%s", root, file);
	_cleanup_free_ char *method = xasprintf("%spwcheck_method", prefix);
	_cleanup_free_ char *plugin = xasprintf("%sauxprop_plugin", prefix);
	_cleanup_free_ char *place = xasprintf("%ssasldb_path", prefix);
	char value[LINE_BYTES];

	read_setting(path, method, value);
	if (!strstr(value, "auxprop"))
		return NULL;
	read_setting(path, plugin, value);
	if (value[0] && !strstr(value, "sasldb"))
		return NULL;
	read_setting(path, place, value);
	return xstrdup(value[0] == '/' ? value : SASLDB);
}

/* What a chrooted smtpd opens. */
static void add_copy(const char *root, struct mail_server *server)
{
	_cleanup_free_ char *copy = xasprintf("/var/spool/postfix%s", server->stores.items[0]);
	_cleanup_free_ char *place = xasprintf("%s%s", root, copy);

	if (access(place, F_OK) == 0)
		strlist_add(&server->stores, copy);
}

void postfix_discover(const char *root, const struct candidate *master, struct discovery *found)
{
	static const char *const programs[] = {"smtpd", NULL};
	const char *slash = strrchr(master->executable, '/');
	_cleanup_free_ char *folder =
		xstrndup(master->executable, (size_t)(slash - master->executable));
	_cleanup_free_ char *store = NULL;
	struct mail_server *server;

	if (!strstr(folder, "postfix") || is_found(found, "postfix", NULL))
		return;
	store = sasl_find_sasldb(root, "/etc/postfix/sasl/smtpd.conf", "");
	if (!store)
		return;
	server = discovery_add_server(found, "postfix", "");
	strlist_add(&server->stores, store);
	add_copy(root, server);
	discovery_add_programs(&found->readers, root, folder, programs);
}
