/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where Courier's authdaemond looks for credentials: its modules, and the file of each. */
#include <string.h>

#include "base/mem.h"
#include "discover/discovery.h"
#include "discover/settings_file.h"

#define COURIER_FOLDER "/etc/courier"
#define BLANKS " \t"

struct courier {
	const char *root;
	struct mail_server *server;
	struct discovery *found;
};

/* Value of a setting in one of its files; owned, "" when there is none. */
static char *courier_setting(const struct courier *courier, const char *file, const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s" COURIER_FOLDER "/%s", courier->root, file);

	return settings_file_value(path, name, ' ', &courier->found->problems);
}

static void courier_add_userdb(const struct courier *courier)
{
	mail_server_watch(courier->server, WATCH_STORE, COURIER_FOLDER "/userdb");
	mail_server_watch(courier->server, WATCH_STORE, COURIER_FOLDER "/userdb.dat");
	mail_server_watch(courier->server, WATCH_STORE, COURIER_FOLDER "/userdbshadow.dat");
}

static void courier_add_shadow(const struct courier *courier)
{
	mail_server_watch_shadow(courier->server, courier->root);
}

static void courier_add_mysql(const struct courier *courier)
{
	_cleanup_free_ char *socket = courier_setting(courier, "authmysqlrc", "MYSQL_SOCKET");
	_cleanup_free_ char *host = courier_setting(courier, "authmysqlrc", "MYSQL_SERVER");
	_cleanup_free_ char *port = courier_setting(courier, "authmysqlrc", "MYSQL_PORT");

	mail_server_watch(courier->server, WATCH_STORE, COURIER_FOLDER "/authmysqlrc");
	(void)mail_server_watch_database(courier->server, "mysql", socket[0] ? socket : host,
					 strcmp(port, "0") ? port : "");
}

static void courier_add_pgsql(const struct courier *courier)
{
	_cleanup_free_ char *host = courier_setting(courier, "authpgsqlrc", "PGSQL_HOST");
	_cleanup_free_ char *port = courier_setting(courier, "authpgsqlrc", "PGSQL_PORT");

	mail_server_watch(courier->server, WATCH_STORE, COURIER_FOLDER "/authpgsqlrc");
	(void)mail_server_watch_database(courier->server, "pgsql", host, port);
}

static void courier_add_ldap(const struct courier *courier)
{
	_cleanup_free_ char *uri = courier_setting(courier, "authldaprc", "LDAP_URI");

	mail_server_watch(courier->server, WATCH_STORE, COURIER_FOLDER "/authldaprc");
	if (!mail_server_watch_directory(courier->server, uri))
		strlist_add(
			&courier->found->problems,
			"authldaprc names no LDAP_URI: set [credentials] store to inet:HOST:PORT");
}

static void courier_add_sqlite(const struct courier *courier)
{
	_cleanup_free_ char *path = courier_setting(courier, "authsqliterc", "SQLITE_PATH");

	if (path[0] == '/')
		mail_server_watch(courier->server, WATCH_STORE, path);
}

static const struct {
	const char *name;
	void (*add)(const struct courier *courier);
} courier_modules[] = {
	{"authuserdb", courier_add_userdb}, {"authpam", courier_add_shadow},
	{"authshadow", courier_add_shadow}, {"authpwd", courier_add_shadow},
	{"authmysql", courier_add_mysql},   {"authpgsql", courier_add_pgsql},
	{"authldap", courier_add_ldap},	    {"authsqlite", courier_add_sqlite},
};

static void courier_add_module(const struct courier *courier, const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LENGTH(courier_modules); i++)
		if (strlen(courier_modules[i].name) == len &&
		    strncmp(courier_modules[i].name, name, len) == 0) {
			courier_modules[i].add(courier);
			return;
		}
	strlist_addf(
		&courier->found->problems,
		"courier asks its module %.*s for credentials: set [credentials] store to what it "
		"reads",
		(int)len, name);
}

/* authmodulelist="authuserdb authpam"; the last one counts. */
static void courier_add_modules(const struct courier *courier)
{
	_cleanup_free_ char *path = xasprintf("%s" COURIER_FOLDER "/authdaemonrc", courier->root);
	_cleanup_free_ char *value = settings_file_value(path, "authmodulelist", '=',
						    &courier->found->problems);
	const char *list = value + strspn(value, "\"'" BLANKS);

	for (size_t len; (len = strcspn(list, BLANKS "\"'")) > 0; list += strspn(list, BLANKS)) {
		courier_add_module(courier, list, len);
		list += len;
	}
}

static void courier_discover(const char *root, const struct candidate *master,
			     struct discovery *found)
{
	struct courier courier = {.root = root, .found = found};

	if (discovery_has_server(found, &courier_kind, WATCH_STORE, NULL))
		return; /* another of its processes */
	courier.server = discovery_add_server(found, &courier_kind, "");
	courier_add_modules(&courier);
	mail_server_watch_program(courier.server, WATCH_STORE_READER, root, master->executable);
	/* what imaplogin and courierpop3login become once somebody is logged in */
	mail_server_watch_program(courier.server, WATCH_SESSION_PROGRAM, root, "/usr/bin/imapd");
	mail_server_watch_program(courier.server, WATCH_SESSION_PROGRAM, root,
				  "/usr/lib/courier/courier/courierpop3d");
}

static const struct master_name courier_masters[] = {{"authdaemond", NULL}, {}};

const struct mail_server_kind courier_kind = {
	.name = "courier",
	.masters = courier_masters,
	.owner = MASTER_OF_ROOT,
	.auth = AUTH_PROTOCOL_NONE,
	.session = SESSION_PROTOCOL_ENVIRONMENT,
	.discover = courier_discover,
};
