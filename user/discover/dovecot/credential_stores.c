/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where Dovecot's credentials lie: the files behind each passdb and userdb, database servers, and
 * configuration files that hold the password of one. Who may read them follows from the same
 * blocks.
 */
#include "discover/dovecot/dovecot.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "discover/dovecot/database_file.h"

/* Dovecot's own programs that open stores and configuration files. */
static void dovecot_add_readers(const struct dovecot *dovecot, struct mail_server *server)
{
	static const char *const names[] = {"auth", "config", "doveadm-server", "dict"};
	static const char *const tools[] = {"/usr/bin/doveconf", "/usr/bin/doveadm",
					    "/usr/sbin/doveconf"};
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dovecot->libexec, names[i]);
		mail_server_watch_program(server, WATCH_STORE_READER, dovecot->root, path);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(tools); i++)
		mail_server_watch_program(server, WATCH_STORE_READER, dovecot->root, tools[i]);
	mail_server_watch_program(server, WATCH_STORE_READER, dovecot->root, dovecot->executable);
}

/* A path with variables stands for many files: then their folder is the store. */
static void dovecot_add_store(const char *text, struct mail_server *server, struct discovery *found)
{
	const char *variable = strchr(text, '%');
	size_t len = strlen(text);

	if (text[0] != '/')
		return;
	if (variable)
		for (len = (size_t)(variable - text); len > 0 && text[len - 1] != '/'; len--)
			;
	while (variable && len > 0 && text[len - 1] == '/')
		len--;
	if (len == 0 || (variable && len == 4 && strncmp(text, "/etc", 4) == 0)) {
		strlist_addf(&found->problems,
			     "dovecot's credentials '%s' lie in no folder of their own: set "
			     "[credentials] store to the single files",
			     text);
		return;
	}
	mail_server_watchf(server, WATCH_STORE, "%.*s", (int)len, text);
}

/* The last word: "scheme=CRYPT username_format=%u /etc/dovecot/users". */
static const char *dovecot_last_word(const char *text)
{
	const char *blank = text ? strrchr(text, ' ') : NULL;

	return blank ? blank + 1 : text;
}

static void dovecot_note_unknown_database(const char *driver, struct discovery *found)
{
	strlist_addf(
		&found->problems,
		"dovecot asks a database server (%s) for credentials, but where it listens was "
		"not found: set [credentials] store to its socket or to inet:HOST:PORT",
		driver);
}

/* 2.3: args names a file of its own. */
static void dovecot_add_sql_file(const struct dovecot *dovecot, const char *path,
				 struct mail_server *server, struct discovery *found)
{
	_cleanup_free_ char *place = xasprintf("%s%s", dovecot->root, path);
	struct database_file file;
	bool is_known;

	dovecot_add_store(path, server, found);
	database_file_read(place, &file, &found->problems);
	is_known = strcmp(file.driver, "sqlite") == 0 && file.path;
	if (is_known)
		dovecot_add_store(file.path, server, found);
	else if (file.hosts.count == 0)
		is_known = mail_server_watch_database(server, file.driver, "", file.port);
	for (size_t i = 0; i < file.hosts.count; i++)
		is_known |= mail_server_watch_database(server, file.driver, file.hosts.items[i],
						       file.port);
	if (!is_known)
		dovecot_note_unknown_database(file.driver[0] ? file.driver : "sql", found);
	database_file_done(&file);
}

/* 2.4: `mysql HOST {` or `pgsql HOST {` at the top. */
static bool dovecot_add_sql_hosts(const struct doveconf *conf, const char *driver,
				  struct mail_server *server)
{
	bool is_known = false;

	for (size_t block = DOVECONF_TOP;
	     (block = doveconf_next(conf, DOVECONF_TOP, driver, block));) {
		const char *host = doveconf_get(conf, block, "host");
		const char *port = doveconf_get(conf, block, "port");

		is_known |= mail_server_watch_database(server, driver,
						       host ? host : doveconf_label(conf, block),
						       port ? port : "");
	}
	return is_known;
}

/* 2.4: the database is named in dovecot.conf itself, at the top or in the block. */
static void dovecot_add_sql_settings(const struct dovecot *dovecot, size_t block,
				     struct mail_server *server, struct discovery *found)
{
	const struct doveconf *conf = &dovecot->conf;
	const char *driver = doveconf_get(conf, block, "sql_driver");
	const char *database = doveconf_get(conf, block, "sqlite_path");

	if (!driver)
		driver = doveconf_get(conf, DOVECONF_TOP, "sql_driver");
	if (!database)
		database = doveconf_get(conf, DOVECONF_TOP, "sqlite_path");
	if (driver && strcmp(driver, "sqlite") == 0 && database) {
		dovecot_add_store(database, server, found);
		return;
	}
	dovecot_add_store(dovecot->config, server, found);
	if (!driver || !dovecot_add_sql_hosts(conf, driver, server))
		dovecot_note_unknown_database(driver ? driver : "sql", found);
}

static void dovecot_add_ldap(const struct dovecot *dovecot, size_t block, const char *path,
			     struct mail_server *server, struct discovery *found)
{
	const struct doveconf *conf = &dovecot->conf;
	const char *uris = doveconf_get(conf, block, "ldap_uris");
	_cleanup_free_ char *place = xasprintf("%s%s", dovecot->root, path ? path : "");
	struct database_file file = {};
	bool is_known;

	dovecot_add_store(path ? path : dovecot->config, server, found);
	if (!uris)
		uris = doveconf_get(conf, DOVECONF_TOP, "ldap_uris");
	is_known = mail_server_watch_directory(server, uris);
	if (path)
		database_file_read(place, &file, &found->problems);
	for (size_t i = 0; i < file.servers.count; i++)
		is_known |= mail_server_watch_directory(server, file.servers.items[i]);
	if (!is_known)
		dovecot_note_unknown_database("ldap", found);
	database_file_done(&file);
}

static void dovecot_add_block_stores(const struct dovecot *dovecot, size_t block,
				     struct mail_server *server, struct discovery *found)
{
	const struct doveconf *conf = &dovecot->conf;
	const char *driver = doveconf_driver(conf, block);
	const char *file = dovecot_last_word(doveconf_get(conf, block, "args"));

	if (strcmp(driver, "passwd-file") == 0) {
		const char *path = doveconf_get(conf, block, "passwd_file_path");

		if (path || file)
			dovecot_add_store(path ? path : file, server, found);
	} else if (strcmp(driver, "pam") == 0 || strcmp(driver, "shadow") == 0) {
		mail_server_watch_shadow(server, dovecot->root);
	} else if (strcmp(driver, "sql") == 0) {
		if (file && file[0] == '/')
			dovecot_add_sql_file(dovecot, file, server, found);
		else
			dovecot_add_sql_settings(dovecot, block, server, found);
	} else if (strcmp(driver, "ldap") == 0) {
		dovecot_add_ldap(dovecot, block, file && file[0] == '/' ? file : NULL, server,
				 found);
	} else if (strcmp(driver, "lua") == 0 || strcmp(driver, "checkpassword") == 0) {
		strlist_addf(
			&found->problems,
			"dovecot asks a %s program for credentials: set [credentials] store to "
			"what it reads",
			driver);
	}
}

void dovecot_add_stores(const struct dovecot *dovecot, struct mail_server *server,
			struct discovery *found)
{
	static const char *const kinds[] = {"passdb", "userdb"};

	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
		for (size_t block = DOVECONF_TOP;
		     (block = doveconf_next(&dovecot->conf, DOVECONF_TOP, kinds[i], block));)
			dovecot_add_block_stores(dovecot, block, server, found);
	dovecot_add_readers(dovecot, server);
}
