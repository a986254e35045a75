/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where Dovecot keeps mail, as templates. 2.3 says it in one word (mail_location =
 * maildir:~/Maildir:INBOX=...), 2.4 in several (mail_driver, mail_path, mail_inbox_path). Both
 * lean on the home directory, which comes from a userdb or from mail_home.
 */
#include "discover/dovecot/dovecot.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/foreign_file.h"
#include "base/mem.h"
#include "config/template.h"
#include "model/mail_root.h"

/* Accounts of people on Debian, Fedora and most others (login.defs: UID_MIN, UID_MAX). */
#define PEOPLE_FIRST 1000
#define PEOPLE_LAST 59999
#define PASSWD_BYTES (64 << 20)

/* Templates of home directories, and the userdbs that keep theirs to themselves. */
struct homes {
	struct strlist templates;
	struct strlist unknown;
};

/* The folders above the people's home directories; /home when there are none yet. */
static void dovecot_add_system_homes(const char *root, struct strlist *ret)
{
	_cleanup_free_ char *path = xasprintf("%s/etc/passwd", root);
	int fd = foreign_file_open(path, FOREIGN_OF_ANYBODY, PASSWD_BYTES, NULL);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "re");
	struct passwd *entry;
	size_t before = ret->count;

	while (file && (entry = fgetpwent(file))) {
		const char *slash = strrchr(entry->pw_dir, '/');

		if (entry->pw_uid < PEOPLE_FIRST || entry->pw_uid > PEOPLE_LAST || !slash)
			continue;
		if (strcmp(slash + 1, entry->pw_name) == 0)
			strlist_addf(ret, "%.*s/%%n", (int)(slash - entry->pw_dir), entry->pw_dir);
	}
	if (file)
		fclose(file);
	if (ret->count == before)
		strlist_add(ret, "/home/%n");
}

/* The value of home= among the words of a 2.3 setting; owned, NULL when there is none. */
static char *dovecot_home_word(const char *text)
{
	while (text && *text) {
		size_t len = strcspn(text, " \t");

		if (len > 5 && strncmp(text, "home=", 5) == 0)
			return xstrndup(text + 5, len - 5);
		text += len;
		text += strspn(text, " \t");
	}
	return NULL;
}

/* What a userdb block itself says about homes; owned, NULL when nothing. */
static char *dovecot_stated_home(const struct doveconf *conf, size_t userdb)
{
	static const char *const settings[] = {"override_fields", "args", "default_fields"};
	size_t fields = doveconf_next(conf, userdb, "fields", userdb);
	const char *home = fields ? doveconf_get(conf, fields, "home") : NULL;
	char *word = home ? xstrdup(home) : NULL;

	for (size_t i = 0; !word && i < ARRAY_LENGTH(settings); i++)
		word = dovecot_home_word(doveconf_get(conf, userdb, settings[i]));
	return word;
}

static void dovecot_add_home(struct homes *homes, const char *text, const char *owner)
{
	_cleanup_free_ char *template = NULL;

	if (template_from_dovecot(text, NULL, &template) == 0)
		strlist_add(&homes->templates, template);
	else
		strlist_addf(&homes->unknown, "%s (home=%s)", owner, text);
}

static void dovecot_collect_homes(const struct dovecot *dovecot, struct homes *homes)
{
	const struct doveconf *conf = &dovecot->conf;
	const char *mail_home = doveconf_get(conf, DOVECONF_TOP, "mail_home");
	size_t userdb = DOVECONF_TOP;

	if (mail_home)
		dovecot_add_home(homes, mail_home, "mail_home");
	while ((userdb = doveconf_next(conf, DOVECONF_TOP, "userdb", userdb))) {
		const char *driver = doveconf_driver(conf, userdb);
		_cleanup_free_ char *home = dovecot_stated_home(conf, userdb);

		if (home)
			dovecot_add_home(homes, home, driver);
		else if (strcmp(driver, "passwd") == 0)
			dovecot_add_system_homes(dovecot->root, &homes->templates);
		else if (!mail_home && strcmp(driver, "static") != 0 &&
			 strcmp(driver, "prefetch") != 0)
			strlist_addf(&homes->unknown, "userdb %s", driver);
	}
}

/* One place of mail with one home. The problem names the setting as the operator wrote it. */
static void dovecot_add_root(const char *text, const char *home, const char *format,
			     struct mail_server *server, struct discovery *found)
{
	_cleanup_free_ char *template = NULL;
	char wrong[512];

	if (template_from_dovecot(text, home, &template) < 0) {
		strlist_addf(&found->problems,
			     "dovecot keeps mail in '%s', which no template expresses: set [mail] "
			     "root to a path with %%u, %%d, %%n or %%1n",
			     text);
		return;
	}
	if (template_check(template, wrong, sizeof(wrong)) < 0) {
		strlist_addf(&found->problems,
			     "dovecot keeps mail in '%s', but %s: set [mail] root", text, wrong);
		return;
	}
	mail_server_watchf(server, WATCH_MAIL_ROOT, "%s%s", format, template);
}

static bool dovecot_needs_home(const char *text)
{
	return text[0] == '~' || strstr(text, "%h") || strstr(text, "%{home}");
}

static void dovecot_add_place(const char *text, const char *format, const struct homes *homes,
			      struct mail_server *server, struct discovery *found)
{
	if (!dovecot_needs_home(text)) {
		dovecot_add_root(text, NULL, format, server, found);
		return;
	}
	for (size_t i = 0; i < homes->templates.count; i++)
		dovecot_add_root(text, homes->templates.items[i], format, server, found);
	for (size_t i = 0; i < homes->unknown.count; i++)
		strlist_addf(&found->problems,
			     "dovecot keeps mail in '%s' and the home directories are known to %s "
			     "only: set [mail] root, such as /var/vmail/%%d/%%n/Maildir",
			     text, homes->unknown.items[i]);
	if (homes->templates.count == 0 && homes->unknown.count == 0)
		strlist_addf(&found->problems,
			     "dovecot keeps mail in '%s' and no home directory is configured: set "
			     "[mail] root",
			     text);
}

/* "maildir:~/Maildir:INBOX=/var/mail/%u:LAYOUT=fs" */
static void dovecot_add_location(const char *location, const struct homes *homes,
				 struct mail_server *server, struct discovery *found)
{
	_cleanup_free_ char *copy = xstrdup(location);
	const char *format = mail_root_path(copy) == copy ? "" : MAIL_ROOT_MBOX;
	char *rest = copy, *part;

	if (strcspn(rest, ":") < strcspn(rest, "/~%"))
		rest += strcspn(rest, ":") + 1;
	part = strsep(&rest, ":");
	if (*part)
		dovecot_add_place(part, format, homes, server, found);
	while ((part = strsep(&rest, ":")))
		if (strncmp(part, "INBOX=", 6) == 0 || strncmp(part, "ALT=", 4) == 0)
			dovecot_add_place(strchr(part, '=') + 1, "", homes, server, found);
}

static void dovecot_add_old_roots(const struct doveconf *conf, const struct homes *homes,
				  struct mail_server *server, struct discovery *found)
{
	const char *location = doveconf_get(conf, DOVECONF_TOP, "mail_location");
	size_t namespace = DOVECONF_TOP;

	/* Without one Dovecot looks for what is there, in this order of likelihood. */
	dovecot_add_location(location ? location : "maildir:~/Maildir", homes, server, found);
	while ((namespace = doveconf_next(conf, DOVECONF_TOP, "namespace", namespace))) {
		const char *type = doveconf_get(conf, namespace, "type");

		location = doveconf_get(conf, namespace, "location");
		/* Shared and public folders are nobody's mailbox. */
		if (location && (!type || strcmp(type, "private") == 0))
			dovecot_add_location(location, homes, server, found);
	}
}

static void dovecot_add_new_roots(const struct doveconf *conf, const struct homes *homes,
				  struct mail_server *server, struct discovery *found)
{
	static const char *const settings[] = {"mail_path", "mail_inbox_path", "mail_alt_path"};
	const char *driver = doveconf_get(conf, DOVECONF_TOP, "mail_driver");
	bool is_mbox = driver && strcmp(driver, "mbox") == 0;

	for (size_t i = 0; i < ARRAY_LENGTH(settings); i++) {
		const char *path = doveconf_get(conf, DOVECONF_TOP, settings[i]);

		if (path && (i == 0 || path[0] == '/' || path[0] == '~'))
			dovecot_add_place(path, i == 0 && is_mbox ? MAIL_ROOT_MBOX : "", homes,
					  server, found);
	}
	if (!doveconf_get(conf, DOVECONF_TOP, "mail_path"))
		strlist_add(&found->problems,
			    "dovecot has no mail_path: set [mail] root to where mail is kept");
}

void dovecot_add_roots(const struct dovecot *dovecot, struct mail_server *server,
		       struct discovery *found)
{
	const struct doveconf *conf = &dovecot->conf;
	struct homes homes = {};

	dovecot_collect_homes(dovecot, &homes);
	if (strncmp(conf->version, "2.4", 3) >= 0 &&
	    !doveconf_get(conf, DOVECONF_TOP, "mail_location"))
		dovecot_add_new_roots(conf, &homes, server, found);
	else
		dovecot_add_old_roots(conf, &homes, server, found);
	strlist_done(&homes.templates);
	strlist_done(&homes.unknown);
}
