/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where Dovecot's auth service listens, and on which ports its login services do. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "discover/dovecot/dovecot.h"

/* What is spoken at a listener of service auth follows from its type (2.4) or the end of its name;
 * only the protocol of auth clients carries verdicts. */
static bool dovecot_is_auth_client(const struct doveconf *conf, size_t listener)
{
	static const char *const others[] = {"master", "userdb", "worker", "auth-token",
					     "stats-writer"};
	const char *type = doveconf_get(conf, listener, "type");
	const char *name = doveconf_label(conf, listener);
	const char *mode = doveconf_get(conf, listener, "mode");
	const char *word = type ? type : name;
	size_t len = strlen(word);

	if (mode && (strcmp(mode, "0") == 0 || strcmp(mode, "00") == 0))
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
		size_t other_len = strlen(others[i]);

		if (len >= other_len && strcmp(word + len - other_len, others[i]) == 0)
			return false;
	}
	return true;
}

static void dovecot_add_inet_socket(const struct doveconf *conf, size_t listener,
				    struct mail_server *server)
{
	const char *address = doveconf_get(conf, listener, "address");
	const char *port = doveconf_get(conf, listener, "port");

	if (!address)
		address = doveconf_get(conf, listener, "listen");
	if (!port || strcmp(port, "0") == 0)
		return;
	if (!address || strcmp(address, "*") == 0)
		address = "127.0.0.1";
	mail_server_watchf(server, WATCH_AUTH_SOCKET,
			   strchr(address, ':') ? "inet:[%s]:%s" : "inet:%s:%s", address, port);
}

/* The doveconf of 2.4 prints what the files say and not what is so without them. */
static void dovecot_add_usual_sockets(const char *base, struct mail_server *server)
{
	static const char *const names[] = {"login/login", "auth-client", "auth-login",
					    "token-login/tokenlogin"};
	_cleanup_free_ char *login = xasprintf("%s/%s", base, names[0]);

	if (watch_entries_has(&server->watch.of[WATCH_AUTH_SOCKET], login))
		return;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		mail_server_watchf(server, WATCH_AUTH_SOCKET, "%s/%s", base, names[i]);
}

/* Login services: imap-login, pop3-login, submission-login, managesieve-login. */
static void dovecot_add_ports(const struct doveconf *conf, size_t service,
			      struct mail_server *server)
{
	const char *name = doveconf_label(conf, service), *login = strstr(name, "-login");
	size_t listener = DOVECONF_TOP;

	while (login && (listener = doveconf_next(conf, service, NULL, listener))) {
		const char *port = doveconf_get(conf, listener, "port");

		if (strcmp(conf->blocks[listener].kind, "inet_listener") != 0 || !port ||
		    strtol(port, NULL, 10) <= 0)
			continue;
		if (strncmp(name, "managesieve", 11) == 0)
			mail_server_watchf(server, WATCH_MAIL_PORT, "sieve:%s", port);
		else
			mail_server_watchf(server, WATCH_MAIL_PORT, "%.*s:%s", (int)(login - name),
					   name, port);
	}
}

void dovecot_add_auth_sockets(const struct dovecot *dovecot, struct mail_server *server)
{
	const struct doveconf *conf = &dovecot->conf;
	const char *base_dir = doveconf_get(conf, DOVECONF_TOP, "base_dir");
	const char *base = base_dir ? base_dir : "/run/dovecot";
	size_t service = DOVECONF_TOP, listener;

	while ((service = doveconf_next(conf, DOVECONF_TOP, "service", service))) {
		dovecot_add_ports(conf, service, server);
		if (strcmp(doveconf_label(conf, service), "auth") != 0)
			continue;
		for (listener = 0; (listener = doveconf_next(conf, service, NULL, listener));) {
			const char *name = doveconf_label(conf, listener);
			const char *kind = conf->blocks[listener].kind;

			if (strncmp(kind, "inet_listener", 13) == 0)
				dovecot_add_inet_socket(conf, listener, server);
			if (strcmp(kind, "unix_listener") != 0 ||
			    !dovecot_is_auth_client(conf, listener))
				continue;
			if (name[0] == '/')
				mail_server_watch(server, WATCH_AUTH_SOCKET, name);
			else
				mail_server_watchf(server, WATCH_AUTH_SOCKET, "%s/%s", base, name);
		}
	}
	dovecot_add_usual_sockets(base, server);
}
