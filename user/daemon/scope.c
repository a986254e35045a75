/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joins configuration and discovery. */
#include "daemon/scope.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "model/mail_root.h"

/* Where distributions put them; also known without discovery. */
static void scope_add_usual_sessions(struct strlist *sessions)
{
	static const char *const paths[] = {
		"/usr/lib/dovecot/imap",	"/usr/lib/dovecot/pop3",
		"/usr/lib/dovecot/submission",	"/usr/libexec/dovecot/imap",
		"/usr/libexec/dovecot/pop3",	"/usr/libexec/dovecot/submission",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(paths); i++)
		if (access(paths[i], X_OK) == 0)
			strlist_add(sessions, paths[i]);
}

/* /etc/services; what is found or configured comes first, for there is a limit. */
static void scope_add_usual_ports(struct strlist *ports)
{
	static const char *const usual[] = {"smtp:25",	"imap:143", "pop3:110",	      "submission:587",
					    "imap:993", "pop3:995", "submission:465", "sieve:4190"};

	for (size_t i = 0; i < ARRAY_LENGTH(usual); i++)
		strlist_add(ports, usual[i]);
}

/* We read the stores' surroundings at start, so we are no stranger to them. */
static void scope_add_self(struct strlist *readers)
{
	_cleanup_free_ char *self = realpath("/proc/self/exe", NULL);

	if (self)
		strlist_add(readers, self);
}

void scope_init(const struct config *config, const struct discovery *found, struct scope *ret)
{
	struct scope scope = {};

	strlist_add_all(&scope.sockets, &config->sockets);
	strlist_add_all(&scope.roots, &config->roots);
	strlist_add_all(&scope.helpers, &config->helpers);
	strlist_add_all(&scope.ports, &config->ports);
	strlist_add_all(&scope.stores, &config->stores);
	strlist_add_all(&scope.readers, &config->allow);
	for (size_t i = 0; i < found->count; i++) {
		strlist_add_all(&scope.sockets, &found->servers[i].auth);
		strlist_add_all(&scope.roots, &found->servers[i].roots);
		strlist_add_all(&scope.stores, &found->servers[i].stores);
		strlist_add_all(&scope.ports, &found->servers[i].ports);
	}
	strlist_add_all(&scope.helpers, &found->helpers);
	strlist_add_all(&scope.silent, &config->silent);
	strlist_add_all(&scope.silent, &found->silent);
	strlist_add_all(&scope.status_folders, &config->cyrus_proc);
	strlist_add_all(&scope.status_folders, &found->status_folders);
	strlist_add_all(&scope.sessions, &found->sessions);
	scope_add_usual_sessions(&scope.sessions);
	scope_add_usual_ports(&scope.ports);
	strlist_add_all(&scope.readers, &found->readers);
	strlist_add_all(&scope.last_logins, &config->last_logins);
	strlist_add_all(&scope.last_logins, &found->last_logins);
	if (config->list_users)
		strlist_add_all(&scope.listings, &found->listings);
	if (scope.stores.count > 0)
		scope_add_self(&scope.readers);
	*ret = scope;
}

void scope_done(struct scope *scope)
{
	strlist_done(&scope->sockets);
	strlist_done(&scope->roots);
	strlist_done(&scope->helpers);
	strlist_done(&scope->sessions);
	strlist_done(&scope->silent);
	strlist_done(&scope->status_folders);
	strlist_done(&scope->stores);
	strlist_done(&scope->ports);
	strlist_done(&scope->readers);
	strlist_done(&scope->last_logins);
	strlist_done(&scope->listings);
}

struct sensor_settings scope_settings(const struct scope *scope, const struct config *config)
{
	return (struct sensor_settings){
		.mechanism = config->mechanism,
		.auth_sockets = strlist_list(&scope->sockets),
		.mail_roots = strlist_list(&scope->roots),
		.mail_helpers = strlist_list(&scope->helpers),
		.session_programs = strlist_list(&scope->sessions),
		.silent_programs = strlist_list(&scope->silent),
		.status_folders = strlist_list(&scope->status_folders),
		.stores = strlist_list(&scope->stores),
		.store_readers = strlist_list(&scope->readers),
		.mail_ports = strlist_list(&scope->ports),
		.attempts_entries = (uint32_t)config->attempts,
		.reads_entries = (uint32_t)config->reads,
		.stores_entries = (uint32_t)config->stores_entries,
		.connections_entries = (uint32_t)config->connections,
		.sessions_entries = (uint32_t)config->sessions,
		.requests_entries = (uint32_t)config->requests,
	};
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
		strlist_addf(ret_problems, "mail root %s: %s does not exist (yet)", template, folder);
}

void scope_find_missing(const struct scope *scope, struct strlist *ret_problems)
{
	for (size_t i = 0; i < scope->roots.count; i++)
		scope_check_root(scope->roots.items[i], ret_problems);
	for (size_t i = 0; i < scope->stores.count; i++)
		if (scope->stores.items[i][0] == '/' && access(scope->stores.items[i], F_OK) < 0)
			strlist_addf(ret_problems, "credential store %s does not exist (yet)",
				   scope->stores.items[i]);
}

void scope_find_gaps(const struct scope *scope, struct strlist *ret_problems)
{
	if (scope->roots.count == 0)
		strlist_add(ret_problems,
			  "no mail root is watched, so mail read beside the mail server is not "
			  "seen: set [mail] root");
	if (scope->stores.count == 0)
		strlist_add(ret_problems, "no credential store is watched: set [credentials] store");
}
