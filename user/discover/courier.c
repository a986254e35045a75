/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where Courier's authdaemond looks for credentials: its modules, and the file of each. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "discover/discovery.h"

#define FOLDER "/etc/courier"
#define LINE_BYTES 1024
#define BLANKS " \t\r\n"

struct courier {
	const char *root;
	struct mail_server *server;
	struct discovery *found;
};

static FILE *open_file(const struct courier *courier, const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s" FOLDER "/%s", courier->root, name);

	return fopen(path, "re");
}

/* Value of `NAME value`, to the end of its line, in a file that holds a database's password, too: the rest is wiped. */
static void read_value(const struct courier *courier, const char *file_name, const char *name,
		      char *ret_value, size_t size)
{
	FILE *file = open_file(courier, file_name);
	char line[LINE_BYTES], buffer[LINE_BYTES];
	size_t len = strlen(name);

	ret_value[0] = '\0';
	if (file)
		setvbuf(file, buffer, _IOFBF, sizeof(buffer));
	while (file && fgets(line, sizeof(line), file)) {
		const char *value = line + len;

		if (strncmp(line, name, len) != 0 || !strchr(BLANKS, *value))
			continue;
		value += strspn(value, BLANKS);
		snprintf(ret_value, size, "%.*s", (int)strcspn(value, "\r\n"), value);
		for (size_t end = strlen(ret_value); end > 0 && strchr(BLANKS, ret_value[end - 1]);)
			ret_value[--end] = '\0';
	}
	if (file)
		fclose(file);
	explicit_bzero(line, sizeof(line));
	explicit_bzero(buffer, sizeof(buffer));
}

static void add_userdb(const struct courier *courier)
{
	strlist_add(&courier->server->stores, FOLDER "/userdb");
	strlist_add(&courier->server->stores, FOLDER "/userdb.dat");
	strlist_add(&courier->server->stores, FOLDER "/userdbshadow.dat");
}

static void add_shadow(const struct courier *courier)
{
	discovery_add_shadow(courier->found, courier->server, courier->root);
}

static void add_mysql(const struct courier *courier)
{
	char host[256], port[16];

	strlist_add(&courier->server->stores, FOLDER "/authmysqlrc");
	read_value(courier, "authmysqlrc", "MYSQL_SOCKET", host, sizeof(host));
	if (!host[0])
		read_value(courier, "authmysqlrc", "MYSQL_SERVER", host, sizeof(host));
	read_value(courier, "authmysqlrc", "MYSQL_PORT", port, sizeof(port));
	(void)discovery_add_database("mysql", host, strcmp(port, "0") ? port : "", courier->server);
}

static void add_pgsql(const struct courier *courier)
{
	char host[256], port[16];

	strlist_add(&courier->server->stores, FOLDER "/authpgsqlrc");
	read_value(courier, "authpgsqlrc", "PGSQL_HOST", host, sizeof(host));
	read_value(courier, "authpgsqlrc", "PGSQL_PORT", port, sizeof(port));
	(void)discovery_add_database("pgsql", host, port, courier->server);
}

static void add_ldap(const struct courier *courier)
{
	char uri[256];

	strlist_add(&courier->server->stores, FOLDER "/authldaprc");
	read_value(courier, "authldaprc", "LDAP_URI", uri, sizeof(uri));
	if (!discovery_add_directory(uri, courier->server))
		strlist_add(&courier->found->problems,
			  "authldaprc names no LDAP_URI: set [credentials] store to inet:HOST:PORT");
}

static void add_sqlite(const struct courier *courier)
{
	char path[256];

	read_value(courier, "authsqliterc", "SQLITE_PATH", path, sizeof(path));
	if (path[0] == '/')
		strlist_add(&courier->server->stores, path);
}

static const struct {
	const char *name;
	void (*add)(const struct courier *courier);
} modules[] = {
	{"authuserdb", add_userdb}, {"authpam", add_shadow},  {"authshadow", add_shadow},
	{"authpwd", add_shadow},    {"authmysql", add_mysql}, {"authpgsql", add_pgsql},
	{"authldap", add_ldap},	    {"authsqlite", add_sqlite},
};

static void add_module(const struct courier *courier, const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LENGTH(modules); i++)
		if (strlen(modules[i].name) == len && strncmp(modules[i].name, name, len) == 0) {
			modules[i].add(courier);
			return;
		}
	strlist_addf(&courier->found->problems,
		   "courier asks its module %.*s for credentials: set [credentials] store to what it "
		   "reads",
		   (int)len, name);
}

/* authmodulelist="authuserdb authpam"; the last one counts. */
static void read_modules(const struct courier *courier, char ret_list[LINE_BYTES])
{
	static const char name[] = "authmodulelist=";
	FILE *file = open_file(courier, "authdaemonrc");
	char line[LINE_BYTES];

	ret_list[0] = '\0';
	while (file && fgets(line, sizeof(line), file)) {
		const char *value = line + sizeof(name) - 1;

		if (strncmp(line, name, sizeof(name) - 1) != 0)
			continue;
		value += strspn(value, "\"'");
		snprintf(ret_list, LINE_BYTES, "%.*s", (int)strcspn(value, "\"'\r\n"), value);
	}
	if (file)
		fclose(file);
}

/* What imaplogin and courierpop3login become once somebody is logged in. */
static void add_sessions(const struct courier *courier)
{
	static const char *const programs[] = {"/usr/bin/imapd",
					       "/usr/lib/courier/courier/courierpop3d"};

	for (size_t i = 0; i < ARRAY_LENGTH(programs); i++)
		discovery_add_program(&courier->found->silent, courier->root, programs[i]);
}

void courier_discover(const char *root, const struct candidate *master, struct discovery *found)
{
	struct courier courier = {.root = root, .found = found};
	char list[LINE_BYTES];

	for (size_t i = 0; i < found->count; i++)
		if (strcmp(found->servers[i].kind, "courier") == 0)
			return; /* another of its processes */
	read_modules(&courier, list);
	courier.server = discovery_add_server(found, "courier", "");
	for (const char *at = list; *at;) {
		size_t len = strcspn(at, BLANKS);

		if (len > 0)
			add_module(&courier, at, len);
		at += len + (at[len] != '\0');
	}
	discovery_add_program(&found->readers, root, master->executable);
	add_sessions(&courier);
}
