/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a database or directory server listens that a mail server asks for credentials: what passes
 * there is counted in bytes, as if it were read from a file.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "discover/discovery.h"

/* Where the client libraries of Debian look when no host is named. */
#define MYSQL_SOCKET "/run/mysqld/mysqld.sock"
#define PGSQL_FOLDER "/run/postgresql"
#define LDAPI_SOCKET "/run/slapd/ldapi"

#define MYSQL_PORT "3306"
#define PGSQL_PORT "5432"
#define LDAP_PORT "389"
#define LDAPS_PORT "636"

/* The kernel's name of a file has no links in it; /var/run is one to /run. */
static void database_watch_socket(struct mail_server *server, const char *path, size_t len)
{
	if (len > 4 && strncmp(path, "/var/run/", 9) == 0)
		mail_server_watchf(server, WATCH_STORE, "%.*s", (int)len - 4, path + 4);
	else
		mail_server_watchf(server, WATCH_STORE, "%.*s", (int)len, path);
}

static void database_watch_mysql(struct mail_server *server, const char *host, const char *port)
{
	if (!*host || strcmp(host, "localhost") == 0)
		mail_server_watch(server, WATCH_STORE, MYSQL_SOCKET);
	else if (host[0] == '/')
		database_watch_socket(server, host, strlen(host));
	else
		mail_server_watchf(server, WATCH_STORE, "inet:%s:%s", host,
				   *port ? port : MYSQL_PORT);
}

/* A host that is a path is the folder of the socket. */
static void database_watch_pgsql(struct mail_server *server, const char *host, const char *port)
{
	_cleanup_free_ char *path = NULL;

	port = *port ? port : PGSQL_PORT;
	if (*host && host[0] != '/') {
		mail_server_watchf(server, WATCH_STORE, "inet:%s:%s", host, port);
		return;
	}
	path = xasprintf("%s/.s.PGSQL.%s", *host ? host : PGSQL_FOLDER, port);
	database_watch_socket(server, path, strlen(path));
}

bool mail_server_watch_database(struct mail_server *server, const char *driver, const char *host,
				const char *port)
{
	if (strspn(port, "0123456789") != strlen(port))
		port = "";
	if (strcmp(driver, "mysql") == 0)
		database_watch_mysql(server, host, port);
	else if (strcmp(driver, "pgsql") == 0)
		database_watch_pgsql(server, host, port);
	else
		return false;
	return true;
}

/* ---- LDAP: ldap://host:port, ldapi://%2Frun%2Fslapd%2Fldapi ---- */

static void directory_watch_ldapi(struct mail_server *server, const char *text, size_t len)
{
	char path[108];
	size_t used = 0;

	for (size_t i = 0; i < len && used + 1 < sizeof(path); i++) {
		const char hex[3] = {i + 1 < len ? text[i + 1] : 0, i + 2 < len ? text[i + 2] : 0};

		if (text[i] == '%' && isxdigit((unsigned char)hex[0]) &&
		    isxdigit((unsigned char)hex[1])) {
			path[used++] = (char)strtol(hex, NULL, 16);
			i += 2;
		} else {
			path[used++] = text[i];
		}
	}
	if (used > 0 && path[0] == '/')
		database_watch_socket(server, path, used);
	else
		mail_server_watch(server, WATCH_STORE, LDAPI_SOCKET);
}

/* HOST, HOST:PORT, [HOST]:PORT */
static void directory_watch_host(struct mail_server *server, const char *text, size_t len,
				 const char *port)
{
	const char *end = text + len, *colon = NULL;

	for (const char *at = text; at < end; at++)
		colon = *at == ':' ? at : *at == ']' ? NULL : colon;
	if (colon && colon + 1 < end)
		mail_server_watchf(server, WATCH_STORE, "inet:%.*s:%.*s", (int)(colon - text), text,
				   (int)(end - colon - 1), colon + 1);
	else if (len > 0)
		mail_server_watchf(server, WATCH_STORE, "inet:%.*s:%s", (int)len, text, port);
}

static void directory_watch_ldap(struct mail_server *server, const char *text, size_t len)
{
	static const struct {
		const char *scheme, *port;
	} kinds[] = {{"ldap://", LDAP_PORT}, {"ldaps://", LDAPS_PORT}, {"ldapi://", NULL}};

	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		size_t scheme = strlen(kinds[i].scheme);

		if (len < scheme || strncasecmp(text, kinds[i].scheme, scheme) != 0)
			continue;
		len = strcspn(text + scheme, "/ \t,");
		if (kinds[i].port)
			directory_watch_host(server, text + scheme, len, kinds[i].port);
		else
			directory_watch_ldapi(server, text + scheme, len);
		return;
	}
	directory_watch_host(server, text, len, LDAP_PORT);
}

bool mail_server_watch_directory(struct mail_server *server, const char *servers)
{
	const struct watch_entries *stores = &server->watch.of[WATCH_STORE];
	size_t before = stores->count;

	for (const char *at = servers; at && *at;) {
		size_t len = strcspn(at, " \t,");

		if (len > 0)
			directory_watch_ldap(server, at, len);
		at += len + (at[len] != '\0');
	}
	return stores->count > before;
}
