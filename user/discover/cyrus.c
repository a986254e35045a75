/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where Cyrus keeps mail, and where its processes say whom they serve: imapd.conf, as its master
 * was told to read.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "discover/discovery.h"
#include "discover/sasl.h"
#include "discover/settings_file.h"
#include "model/mail_root.h"

#define CYRUS_CONFIGURATION "/etc/imapd.conf"
#define CYRUS_PROGRAMS "/usr/lib/cyrus/bin"
#define INCLUDES 4 /* deep */

/* The value after `-C`, of those that are no switches. */
static const char *cyrus_configuration(const char *const *arguments)
{
	for (size_t i = 1; arguments[0] && arguments[i] && arguments[i + 1]; i++)
		if (strcmp(arguments[i], "-C") == 0 && arguments[i + 1][0] == '/')
			return arguments[i + 1];
	return CYRUS_CONFIGURATION;
}

static bool cyrus_name_begins_with(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) == 0;
}

struct cyrus {
	const char *root; /* "" or a test's folder */
	struct discovery *found;
	char *configuration_folder, *status_folder; /* NULL: not said */
	struct strlist roots;
};

/* A file of its settings, and how deep it is included. */
struct cyrus_file {
	struct cyrus *cyrus;
	unsigned int depth;
};

/* False for a file that is not believed or cannot be read. */
static bool cyrus_read_file(struct cyrus *cyrus, const char *path, unsigned int depth);

static void cyrus_take_setting(struct cyrus *cyrus, const char *name, const char *value)
{
	char **text = strcmp(name, "configdirectory") == 0 ? &cyrus->configuration_folder
		      : strcmp(name, "proc_path") == 0	   ? &cyrus->status_folder
							   : NULL;

	if (value[0] != '/')
		return;
	if (text) {
		free(*text);
		*text = xstrdup(value);
	} else if (cyrus_name_begins_with(name, "partition-") ||
		   cyrus_name_begins_with(name, "archivepartition-")) {
		strlist_addf(&cyrus->roots, MAIL_ROOT_CYRUS "%s", value);
	}
}

/* `name: value`, or `@include: /etc/imapd-local.conf` */
static void cyrus_take_line(void *context, char *line)
{
	struct cyrus_file *file = context;
	char *name, *value;

	if (!setting_cut(line, ':', &name, &value))
		return;
	if (strcasecmp(name, "@include") != 0)
		cyrus_take_setting(file->cyrus, name, value);
	else if (value[0] != '/' || file->depth == INCLUDES)
		strlist_addf(
			&file->cyrus->found->problems,
			"Cyrus includes %s, which is not looked at: allowed are absolute paths, "
			"%d deep",
			value, INCLUDES);
	else
		(void)cyrus_read_file(file->cyrus, value, file->depth + 1);
}

/* Its processes are not root's, and anybody can start one: the configuration must be root's. */
static bool cyrus_read_file(struct cyrus *cyrus, const char *path, unsigned int depth)
{
	_cleanup_free_ char *place = xasprintf("%s%s", cyrus->root, path);
	struct cyrus_file file = {.cyrus = cyrus, .depth = depth};

	int r = settings_file_each_line(place, FOREIGN_OF_ROOT, cyrus_take_line, &file,
					&cyrus->found->problems);

	if (r < 0)
		strlist_addf(&cyrus->found->problems,
			     "%s, which a Cyrus was told to read, is not believed: name its files "
			     "with [mail] root and cyrus_proc",
			     path);
	return r == 0;
}

static void cyrus_add_programs(struct mail_server *server, const char *root, const char *folder)
{
	static const char *const sessions[] = {"imapd", "pop3d", "httpd", "nntpd", NULL};
	static const char *const helpers[] = {"lmtpd",
					      "squatter",
					      "cyr_expire",
					      "reconstruct",
					      "sync_client",
					      "sync_server",
					      "ipurge",
					      "unexpunge",
					      "mbexamine",
					      "chk_cyrus",
					      "cyr_virusscan",
					      "ctl_backups",
					      "backupd",
					      "calalarmd",
					      "relocate_by_id",
					      "quota",
					      "ctl_conversationsdb",
					      NULL};

	mail_server_watch_programs(server, WATCH_SESSION_PROGRAM, root, folder, sessions);
	mail_server_watch_programs(server, WATCH_MAIL_HELPER, root, folder, helpers);
}

static void cyrus_add_store(struct mail_server *server, const struct cyrus *cyrus,
			    const char *path, const char *folder)
{
	static const char *const readers[] = {"imapd", "pop3d", "lmtpd",   "timsieved",
					      "httpd", "nntpd", "mupdate", NULL};
	_cleanup_free_ char *store = sasl_find_database(cyrus->root, path, "sasl_", &cyrus->found->problems);

	if (!store)
		return;
	mail_server_watch(server, WATCH_STORE, store);
	mail_server_watch_programs(server, WATCH_STORE_READER, cyrus->root, folder, readers);
}

static void cyrus_add_server(const struct cyrus *cyrus, const char *path, const char *folder)
{
	struct mail_server *server = discovery_add_server(cyrus->found, &cyrus_kind, "");

	for (size_t i = 0; i < cyrus->roots.count; i++)
		mail_server_watch(server, WATCH_MAIL_ROOT, cyrus->roots.items[i]);
	if (!cyrus->roots.count)
		strlist_addf(&cyrus->found->problems,
			     "%s names no partition of Cyrus: set [mail] root to cyrus:FOLDER",
			     path);
	if (cyrus->status_folder)
		mail_server_watch(server, WATCH_STATUS_FOLDER, cyrus->status_folder);
	else if (cyrus->configuration_folder)
		mail_server_watchf(server, WATCH_STATUS_FOLDER, "%s/proc",
				   cyrus->configuration_folder);
	else
		strlist_addf(&cyrus->found->problems,
			     "%s names no configdirectory, so Cyrus's sessions are not known: set "
			     "[mail] cyrus_proc",
			     path);
	cyrus_add_programs(server, cyrus->root, folder);
	cyrus_add_store(server, cyrus, path, folder);
}

static void cyrus_discover(const char *root, const struct candidate *master,
			   struct discovery *found)
{
	const char *path = cyrus_configuration(master->arguments);
	const char *slash = strrchr(master->executable, '/');
	_cleanup_free_ char *own =
		xstrndup(master->executable, (size_t)(slash - master->executable));
	struct cyrus cyrus = {.root = root, .found = found};

	/* its processes all name the same partitions */
	if (cyrus_read_file(&cyrus, path, 0) &&
	    !discovery_has_server(found, &cyrus_kind, WATCH_MAIL_ROOT,
				  cyrus.roots.count ? cyrus.roots.items[0] : NULL))
		cyrus_add_server(&cyrus, path, strstr(own, "cyrus") ? own : CYRUS_PROGRAMS);
	free(cyrus.configuration_folder);
	free(cyrus.status_folder);
	strlist_done(&cyrus.roots);
}

const struct mail_server_kind cyrus_kind = {
	.name = "cyrus",
	.masters = master_names_cyrus,
	.owner = MASTER_OF_ANY_USER,
	.auth = AUTH_PROTOCOL_NONE,
	.session = SESSION_PROTOCOL_CYRUS_STATUS,
	.discover = cyrus_discover,
};
