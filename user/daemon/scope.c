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
static void scope_add_usual_sessions(struct words *sessions)
{
	static const char *const paths[] = {
		"/usr/lib/dovecot/imap",	"/usr/lib/dovecot/pop3",
		"/usr/lib/dovecot/submission",	"/usr/libexec/dovecot/imap",
		"/usr/libexec/dovecot/pop3",	"/usr/libexec/dovecot/submission",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(paths); i++)
		if (access(paths[i], X_OK) == 0)
			words_add(sessions, paths[i]);
}

/* /etc/services; what is found or configured comes first, for there is a limit. */
static void scope_add_usual_ports(struct words *ports)
{
	static const char *const usual[] = {"smtp:25",	"imap:143", "pop3:110",	      "submission:587",
					    "imap:993", "pop3:995", "submission:465", "sieve:4190"};

	for (size_t i = 0; i < ARRAY_LENGTH(usual); i++)
		words_add(ports, usual[i]);
}

/* We read the stores' surroundings at start, so we are no stranger to them. */
static void scope_add_self(struct words *readers)
{
	_cleanup_free_ char *self = realpath("/proc/self/exe", NULL);

	if (self)
		words_add(readers, self);
}

void scope_init(const struct config *config, const struct discovery *found, struct scope *ret)
{
	struct scope scope = {};

	words_add_all(&scope.sockets, &config->sockets);
	words_add_all(&scope.roots, &config->roots);
	words_add_all(&scope.helpers, &config->helpers);
	words_add_all(&scope.ports, &config->ports);
	words_add_all(&scope.stores, &config->stores);
	words_add_all(&scope.readers, &config->allow);
	for (size_t i = 0; i < found->count; i++) {
		words_add_all(&scope.sockets, &found->servers[i].auth);
		words_add_all(&scope.roots, &found->servers[i].roots);
		words_add_all(&scope.stores, &found->servers[i].stores);
		words_add_all(&scope.ports, &found->servers[i].ports);
	}
	words_add_all(&scope.helpers, &found->helpers);
	words_add_all(&scope.silent, &config->silent);
	words_add_all(&scope.silent, &found->silent);
	words_add_all(&scope.status_folders, &config->cyrus_proc);
	words_add_all(&scope.status_folders, &found->status_folders);
	words_add_all(&scope.sessions, &found->sessions);
	scope_add_usual_sessions(&scope.sessions);
	scope_add_usual_ports(&scope.ports);
	words_add_all(&scope.readers, &found->readers);
	words_add_all(&scope.last_logins, &config->last_logins);
	words_add_all(&scope.last_logins, &found->last_logins);
	if (config->list_users)
		words_add_all(&scope.listings, &found->listings);
	if (scope.stores.count > 0)
		scope_add_self(&scope.readers);
	*ret = scope;
}

void scope_done(struct scope *scope)
{
	words_done(&scope->sockets);
	words_done(&scope->roots);
	words_done(&scope->helpers);
	words_done(&scope->sessions);
	words_done(&scope->silent);
	words_done(&scope->status_folders);
	words_done(&scope->stores);
	words_done(&scope->ports);
	words_done(&scope->readers);
	words_done(&scope->last_logins);
	words_done(&scope->listings);
}

struct sensor_settings scope_settings(const struct scope *scope, const struct config *config)
{
	return (struct sensor_settings){
		.mechanism = config->mechanism,
		.auth_sockets = words_list(&scope->sockets),
		.mail_roots = words_list(&scope->roots),
		.mail_helpers = words_list(&scope->helpers),
		.session_programs = words_list(&scope->sessions),
		.silent_programs = words_list(&scope->silent),
		.status_folders = words_list(&scope->status_folders),
		.stores = words_list(&scope->stores),
		.store_readers = words_list(&scope->readers),
		.mail_ports = words_list(&scope->ports),
		.attempts_entries = (uint32_t)config->attempts,
		.reads_entries = (uint32_t)config->reads,
		.stores_entries = (uint32_t)config->stores_entries,
		.connections_entries = (uint32_t)config->connections,
		.sessions_entries = (uint32_t)config->sessions,
		.requests_entries = (uint32_t)config->requests,
	};
}

/* The folder above the first component with a variable must be there. */
static void scope_check_root(const char *template, struct words *ret_problems)
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
		words_addf(ret_problems, "mail root %s: %s does not exist (yet)", template, folder);
}

void scope_find_missing(const struct scope *scope, struct words *ret_problems)
{
	for (size_t i = 0; i < scope->roots.count; i++)
		scope_check_root(scope->roots.items[i], ret_problems);
	for (size_t i = 0; i < scope->stores.count; i++)
		if (scope->stores.items[i][0] == '/' && access(scope->stores.items[i], F_OK) < 0)
			words_addf(ret_problems, "credential store %s does not exist (yet)",
				   scope->stores.items[i]);
}

void scope_find_gaps(const struct scope *scope, struct words *ret_problems)
{
	if (scope->roots.count == 0)
		words_add(ret_problems,
			  "no mail root is watched, so mail read beside the mail server is not "
			  "seen: set [mail] root");
	if (scope->stores.count == 0)
		words_add(ret_problems, "no credential store is watched: set [credentials] store");
}
