/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where Cyrus keeps mail, and where its processes say whom they serve: imapd.conf, as its master was
 * told to read.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "discover/discovery.h"
#include "model/mail_root.h"

#define CONFIGURATION "/etc/imapd.conf"
#define PROGRAMS "/usr/lib/cyrus/bin"
#define LINE_BYTES 1024
#define INCLUDES 4 /* deep */

/* The value after `-C`, of those that are no switches. */
static const char *configuration_of(const char *const *arguments)
{
	for (size_t i = 1; arguments[0] && arguments[i] && arguments[i + 1]; i++)
		if (strcmp(arguments[i], "-C") == 0 && arguments[i + 1][0] == '/')
			return arguments[i + 1];
	return CONFIGURATION;
}

/* Cuts `name: value` in two; returns the value, or NULL for a line that is none. */
static char *cut_setting(char *line)
{
	size_t end = strlen(line);
	char *value = strchr(line, ':');

	while (end > 0 && isspace((unsigned char)line[end - 1]))
		line[--end] = '\0';
	if ((!isalpha((unsigned char)line[0]) && line[0] != '@') || !value)
		return NULL;
	*value++ = '\0';
	return value + strspn(value, " \t");
}

static bool begins_with(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) == 0;
}

struct cyrus {
	char configuration_folder[LINE_BYTES], status_folder[LINE_BYTES];
	struct strlist roots;
};

static void take_setting(struct cyrus *cyrus, const char *name, const char *value)
{
	if (value[0] != '/')
		return;
	if (strcmp(name, "configdirectory") == 0)
		snprintf(cyrus->configuration_folder, LINE_BYTES, "%s", value);
	else if (strcmp(name, "proc_path") == 0)
		snprintf(cyrus->status_folder, LINE_BYTES, "%s", value);
	else if (begins_with(name, "partition-") || begins_with(name, "archivepartition-"))
		strlist_addf(&cyrus->roots, MAIL_ROOT_CYRUS "%s", value);
}

/* Its processes are not root's, and anybody can start one: the configuration must be root's. */
static bool is_believed(const char *root, const char *path, struct discovery *found)
{
	_cleanup_free_ char *place = xasprintf("%s%s", root, path);

	if (discovery_is_roots_file(AT_FDCWD, place))
		return true;
	strlist_addf(&found->problems,
		   "%s, which a Cyrus was told to read, is not root's alone: name its files with "
		   "[mail] root and cyrus_proc",
		   path);
	return false;
}

/* False for one that is not believed. */
static bool read_configuration(const char *root, const char *path, unsigned int depth,
			       struct discovery *found, struct cyrus *cyrus);

/* `@include: /etc/imapd-local.conf` */
static void read_included(const char *root, const char *path, unsigned int depth,
			  struct discovery *found, struct cyrus *cyrus)
{
	if (path[0] != '/' || depth == INCLUDES)
		strlist_addf(&found->problems,
			   "Cyrus includes %s, which is not looked at: allowed are absolute paths, %d deep",
			   path, INCLUDES);
	else
		(void)read_configuration(root, path, depth + 1, found, cyrus);
}

static bool read_configuration(const char *root, const char *path, unsigned int depth,
			       struct discovery *found, struct cyrus *cyrus)
{
	_cleanup_free_ char *place = xasprintf("%s%s", root, path);
	char line[LINE_BYTES];
	FILE *file;

	if (!is_believed(root, path, found))
		return false;
	file = fopen(place, "re");
	while (file && fgets(line, sizeof(line), file)) {
		const char *value = cut_setting(line);

		if (value && strcasecmp(line, "@include") == 0)
			read_included(root, value, depth, found, cyrus);
		else if (value)
			take_setting(cyrus, line, value);
	}
	/* a database's password may have stood there */
	explicit_bzero(line, sizeof(line));
	if (file)
		fclose(file);
	return true;
}

static void add_programs(const char *root, const char *folder, struct discovery *found)
{
	static const char *const sessions[] = {"imapd", "pop3d", "httpd", "nntpd", NULL};
	static const char *const helpers[] = {
		"lmtpd",	"squatter",	 "cyr_expire",	"reconstruct", "sync_client",
		"sync_server",	"ipurge",	 "unexpunge",	"mbexamine",   "chk_cyrus",
		"cyr_virusscan", "ctl_backups",	 "backupd",	"calalarmd",   "relocate_by_id",
		"quota",	"ctl_conversationsdb", NULL};

	discovery_add_programs(&found->sessions, root, folder, sessions);
	discovery_add_programs(&found->helpers, root, folder, helpers);
}

static void add_readers(const char *root, const char *folder, struct discovery *found)
{
	static const char *const readers[] = {"imapd", "pop3d", "lmtpd", "timsieved",
					      "httpd", "nntpd", "mupdate", NULL};

	discovery_add_programs(&found->readers, root, folder, readers);
}

static bool is_found(const struct discovery *found, const struct strlist *roots)
{
	for (size_t i = 0; i < found->count; i++)
		if (strcmp(found->servers[i].kind, "cyrus") == 0 &&
		    (!roots->count || strlist_has(&found->servers[i].roots, roots->items[0])))
			return true;
	return false;
}

static void add_server(const char *root, const char *path, const char *folder,
		       const struct cyrus *cyrus, struct discovery *found)
{
	_cleanup_free_ char *store = sasl_find_sasldb(root, path, "sasl_");
	struct mail_server *server = discovery_add_server(found, "cyrus", "");

	strlist_add_all(&server->roots, &cyrus->roots);
	if (!cyrus->roots.count)
		strlist_addf(&found->problems,
			   "%s names no partition of Cyrus: set [mail] root to cyrus:FOLDER", path);
	if (cyrus->status_folder[0])
		strlist_add(&found->status_folders, cyrus->status_folder);
	else if (cyrus->configuration_folder[0])
		strlist_addf(&found->status_folders, "%s/proc", cyrus->configuration_folder);
	else
		strlist_addf(&found->problems,
			   "%s names no configdirectory, so Cyrus's sessions are not known: set "
			   "[mail] cyrus_proc",
			   path);
	add_programs(root, folder, found);
	if (!store)
		return;
	strlist_add(&server->stores, store);
	add_readers(root, folder, found);
}

void cyrus_discover(const char *root, const struct candidate *master, struct discovery *found)
{
	const char *path = configuration_of(master->arguments);
	const char *slash = strrchr(master->executable, '/');
	_cleanup_free_ char *own = xstrndup(master->executable, (size_t)(slash - master->executable));
	struct cyrus cyrus = {};

	/* Postfix has a master, too */
	if (strcmp(slash, "/master") == 0 && !strstr(own, "cyrus"))
		return;
	if (read_configuration(root, path, 0, found, &cyrus) && !is_found(found, &cyrus.roots))
		add_server(root, path, strstr(own, "cyrus") ? own : PROGRAMS, &cyrus, found);
	strlist_done(&cyrus.roots);
}
