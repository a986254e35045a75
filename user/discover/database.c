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
static void add_socket(struct mail_server *server, const char *path, size_t len)
{
	if (len > 4 && strncmp(path, "/var/run/", 9) == 0)
		strlist_addf(&server->stores, "%.*s", (int)len - 4, path + 4);
	else
		strlist_addf(&server->stores, "%.*s", (int)len, path);
}

static void add_mysql(struct mail_server *server, const char *host, const char *port)
{
	if (!*host || strcmp(host, "localhost") == 0)
		strlist_add(&server->stores, MYSQL_SOCKET);
	else if (host[0] == '/')
		add_socket(server, host, strlen(host));
	else
		strlist_addf(&server->stores, "inet:%s:%s", host, *port ? port : MYSQL_PORT);
}

/* A host that is a path is the folder of the socket. */
static void add_pgsql(struct mail_server *server, const char *host, const char *port)
{
	_cleanup_free_ char *path = NULL;

	port = *port ? port : PGSQL_PORT;
	if (*host && host[0] != '/') {
		strlist_addf(&server->stores, "inet:%s:%s", host, port);
		return;
	}
	path = xasprintf("%s/.s.PGSQL.%s", *host ? host : PGSQL_FOLDER, port);
	add_socket(server, path, strlen(path));
}

bool discovery_add_database(const char *driver, const char *host, const char *port,
			  struct mail_server *server)
{
	if (strspn(port, "0123456789") != strlen(port))
		port = "";
	if (strcmp(driver, "mysql") == 0)
		add_mysql(server, host, port);
	else if (strcmp(driver, "pgsql") == 0)
		add_pgsql(server, host, port);
	else
		return false;
	return true;
}

/* ---- LDAP: ldap://host:port, ldapi://%2Frun%2Fslapd%2Fldapi ---- */

static void add_ldapi(struct mail_server *server, const char *text, size_t len)
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
		add_socket(server, path, used);
	else
		strlist_add(&server->stores, LDAPI_SOCKET);
}

/* HOST, HOST:PORT, [HOST]:PORT */
static void add_ldap_host(struct mail_server *server, const char *text, size_t len, const char *port)
{
	const char *end = text + len, *colon = NULL;

	for (const char *at = text; at < end; at++)
		colon = *at == ':' ? at : *at == ']' ? NULL : colon;
	if (colon && colon + 1 < end)
		strlist_addf(&server->stores, "inet:%.*s:%.*s", (int)(colon - text), text,
			   (int)(end - colon - 1), colon + 1);
	else if (len > 0)
		strlist_addf(&server->stores, "inet:%.*s:%s", (int)len, text, port);
}

static void add_ldap(struct mail_server *server, const char *text, size_t len)
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
			add_ldap_host(server, text + scheme, len, kinds[i].port);
		else
			add_ldapi(server, text + scheme, len);
		return;
	}
	add_ldap_host(server, text, len, LDAP_PORT);
}

bool discovery_add_directory(const char *servers, struct mail_server *server)
{
	size_t before = server->stores.count;

	for (const char *at = servers; at && *at;) {
		size_t len = strcspn(at, " \t,");

		if (len > 0)
			add_ldap(server, at, len);
		at += len + (at[len] != '\0');
	}
	return server->stores.count > before;
}
