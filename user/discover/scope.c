/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joins configuration and discovery. */
#include "discover/scope.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/foreign_file.h"
#include "base/mem.h"
#include "model/known_readers.h"
#include "model/mail_root.h"

/* Where distributions put Dovecot's; also known without discovery. */
static void scope_add_usual_sessions(struct watch_list *watch)
{
	static const char *const paths[] = {
		"/usr/lib/dovecot/imap",       "/usr/lib/dovecot/pop3",
		"/usr/lib/dovecot/submission", "/usr/libexec/dovecot/imap",
		"/usr/libexec/dovecot/pop3",   "/usr/libexec/dovecot/submission",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(paths); i++)
		if (access(paths[i], X_OK) == 0)
			watch_list_add(watch, WATCH_SESSION_PROGRAM, SESSION_PROTOCOL_ANVIL,
				       paths[i]);
}

/* /etc/services; what is found or configured comes first, for there is a limit. */
static void scope_add_usual_ports(struct watch_list *watch)
{
	static const char *const usual[] = {"smtp:25",	      "imap:143",  "pop3:110",
					    "submission:587", "imap:993",  "pop3:995",
					    "submission:465", "sieve:4190"};

	for (size_t i = 0; i < ARRAY_LENGTH(usual); i++)
		watch_list_add(watch, WATCH_MAIL_PORT, 0, usual[i]);
}

/* What runs scripts; a link is followed to the program that the kernel sees. */
static void scope_add_interpreters(struct watch_list *watch)
{
	static const char *const patterns[] = {
		"/usr/bin/*",
		"/usr/local/bin/*",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(patterns); i++) {
		glob_t found = {};

		if (glob(patterns[i], GLOB_NOSORT, NULL, &found) == 0)
			for (size_t j = 0; j < found.gl_pathc; j++)
				if (program_is_interpreter(found.gl_pathv[j]))
					watch_list_add(watch, WATCH_INTERPRETER, 0, found.gl_pathv[j]);
		globfree(&found);
	}
}

/* We read the stores' surroundings at the start, so we are an allowed reader. */
static void scope_add_self(struct watch_list *watch)
{
	_cleanup_free_ char *self = realpath("/proc/self/exe", NULL);

	if (self)
		watch_list_add(watch, WATCH_STORE_READER, 0, self);
}

void scope_init(const struct config *config, const struct discovery *found, struct scope *ret)
{
	struct scope scope = {};

	watch_list_add_all(&scope.watch, &config->watch);
	scope.configured_sockets = scope.watch.of[WATCH_AUTH_SOCKET].count;
	for (size_t i = 0; i < found->count; i++)
		watch_list_add_all(&scope.watch, &found->servers[i].watch);
	scope_add_usual_sessions(&scope.watch);
	scope_add_usual_ports(&scope.watch);
	if (scope.watch.of[WATCH_STORE].count > 0 || scope.watch.of[WATCH_MAIL_ROOT].count > 0)
		scope_add_interpreters(&scope.watch);
	if (scope.watch.of[WATCH_STORE].count > 0)
		scope_add_self(&scope.watch);
	strlist_add_all(&scope.last_logins, &config->last_logins);
	strlist_add_all(&scope.last_logins, &found->last_logins);
	if (config->list_users)
		strlist_add_all(&scope.doveadm_commands, &found->doveadm_commands);
	*ret = scope;
}

void scope_done(struct scope *scope)
{
	watch_list_done(&scope->watch);
	strlist_done(&scope->last_logins);
	strlist_done(&scope->doveadm_commands);
}

/* The folder above the first component with a variable must be there. */
static void scope_check_root(const char *template, struct strlist *ret_problems)
{
	char folder[PATH_MAX];
	char *variable, *slash;

	snprintf(folder, sizeof(folder), "%s", mail_root_path(template));
	variable = strchr(folder, '%');
	if (variable) {
		*variable = '\0';
		slash = strrchr(folder, '/');
		slash[slash == folder ? 1 : 0] = '\0';
	}
	if (access(folder, F_OK) < 0)
		strlist_addf(ret_problems, "mail root %s: %s does not exist (yet)", template,
			     folder);
}

/* A script is as safe as its file: whoever may write to it is the reader. */
static void scope_check_script(const char *path, struct strlist *ret_problems)
{
	struct stat file;

	if (stat(path, &file) == 0 && (file.st_uid != 0 || (file.st_mode & 022)))
		strlist_addf(ret_problems,
			     "script:%s can be changed by others than root, who are then taken for it",
			     path);
}

/* Readers by path are programs; an interpreter runs what anybody tells it to. */
static void scope_check_readers(const struct watch_entries *readers, const char *key,
				struct strlist *ret_problems)
{
	for (size_t i = 0; i < readers->count; i++) {
		const char *name = readers->items[i].name;

		if (name[0] == '/' && program_is_interpreter(name))
			strlist_addf(ret_problems,
				     "%s = %s lists an interpreter, and so every script of every user: "
				     "list unit:NAME.service, script:PATH or user:NAME:PATH instead",
				     key, name);
		if (strncmp(name, "script:", 7) == 0)
			scope_check_script(name + 7, ret_problems);
	}
}

void scope_find_open_readers(const struct scope *scope, struct strlist *ret_problems)
{
	scope_check_readers(&scope->watch.of[WATCH_MAIL_HELPER], "[mail] helper", ret_problems);
	scope_check_readers(&scope->watch.of[WATCH_STORE_READER], "[credentials] allow",
			    ret_problems);
}

void scope_find_open_sockets(const struct scope *scope, struct strlist *ret_problems)
{
	const struct watch_entries *sockets = &scope->watch.of[WATCH_AUTH_SOCKET];

	for (size_t i = 0; i < scope->configured_sockets; i++) {
		const char *path = sockets->items[i].name, *slash = strrchr(path, '/');
		char why[FOREIGN_FILE_WHY_BYTES];
		_cleanup_free_ char *folder = NULL;
		_cleanup_close_ int fd = -1;

		if (path[0] != '/')
			continue;
		folder = slash > path ? xstrndup(path, (size_t)(slash - path)) : xstrdup("/");
		fd = foreign_path_open(folder, FOREIGN_OF_ROOT, why);
		if (fd < 0 && *why)
			strlist_addf(ret_problems,
				     "[auth] socket = %s: %s; so another user than root can put a socket there. Is "
				     "it the mail server's user? Until the folders are root's, a socket there "
				     "is believed only if a mail server's master started who answers",
				     path, why);
	}
}

void scope_find_missing(const struct scope *scope, struct strlist *ret_problems)
{
	const struct watch_entries *roots = &scope->watch.of[WATCH_MAIL_ROOT];
	const struct watch_entries *stores = &scope->watch.of[WATCH_STORE];

	for (size_t i = 0; i < roots->count; i++)
		scope_check_root(roots->items[i].name, ret_problems);
	for (size_t i = 0; i < stores->count; i++) {
		const char *store = stores->items[i].name;

		if (store[0] == '/' && access(store, F_OK) < 0)
			strlist_addf(ret_problems, "credential store %s does not exist (yet)",
				     store);
	}
}

void scope_find_gaps(const struct scope *scope, struct strlist *ret_problems)
{
	if (scope->watch.of[WATCH_MAIL_ROOT].count == 0)
		strlist_add(ret_problems,
			    "no mail root is watched, so mail that is read beside the mail server "
			    "is not seen: set [mail] root");
	if (scope->watch.of[WATCH_STORE].count == 0)
		strlist_add(ret_problems,
			    "no credential store is watched: set [credentials] store");
}
