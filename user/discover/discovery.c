/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks /proc for mail servers' masters and hands each to the file that knows its kind. */
#include "discover/discovery.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/foreign_file.h"
#include "base/mem.h"
#include "discover/process_identity.h"


struct mail_server *discovery_add_server(struct discovery *found,
					 const struct mail_server_kind *kind, const char *version)
{
	struct mail_server *server;

	found->servers = xreallocarray(found->servers, found->count + 1, sizeof(*found->servers));
	server = &found->servers[found->count++];
	*server = (struct mail_server){.kind = kind, .version = xstrdup(version)};
	return server;
}

#define QUESTIONS_CAP 4

void discovery_add_question(struct discovery *found, const struct candidate *master,
			    const char *sentence)
{
	if (!master->is_roots && found->strangers++ >= QUESTIONS_CAP)
		return;
	strlist_add(&found->problems, sentence);
}

bool discovery_has_server(const struct discovery *found, const struct mail_server_kind *kind,
			  enum watch_role role, const char *name)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->servers[i].kind == kind &&
		    (!name || watch_entries_has(&found->servers[i].watch.of[role], name)))
			return true;
	return false;
}

void discovery_done(struct discovery *found)
{
	for (size_t i = 0; i < found->count; i++) {
		free(found->servers[i].version);
		watch_list_done(&found->servers[i].watch);
	}
	free(found->servers);
	strlist_done(&found->last_logins);
	strlist_done(&found->doveadm_commands);
	strlist_done(&found->problems);
	strlist_done(&found->missing);
	*found = (struct discovery){};
}

/* ---- What a server adds ---- */

void mail_server_watch(struct mail_server *server, enum watch_role role, const char *name)
{
	uint8_t protocol = role == WATCH_AUTH_SOCKET ? server->kind->auth
			   : role == WATCH_SESSION_PROGRAM || role == WATCH_STATUS_FOLDER
				   ? server->kind->session
				   : 0;

	watch_list_add(&server->watch, role, protocol, name);
}

void mail_server_watchf(struct mail_server *server, enum watch_role role, const char *format, ...)
{
	_cleanup_free_ char *name = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&name, format, arguments) < 0)
		abort();
	va_end(arguments);
	mail_server_watch(server, role, name);
}

void mail_server_watch_program(struct mail_server *server, enum watch_role role, const char *root,
			       const char *path)
{
	_cleanup_free_ char *place = xasprintf("%s%s", root, path), *real = realpath(place, NULL);
	_cleanup_close_ int fd = real ? foreign_path_open(real, FOREIGN_OF_ROOT, NULL) : -1;
	size_t root_len = strlen(root);

	/* what another could replace is not listed */
	if (fd < 0)
		return;
	/* Under a test's root a link may lead outside; then the name as asked for is right. */
	mail_server_watch(server, role,
			  strncmp(real, root, root_len) == 0 ? real + root_len : path);
}

void mail_server_watch_programs(struct mail_server *server, enum watch_role role, const char *root,
				const char *folder, const char *const *names)
{
	for (size_t i = 0; names[i]; i++) {
		_cleanup_free_ char *path = xasprintf("%s/%s", folder, names[i]);

		mail_server_watch_program(server, role, root, path);
	}
}

/* ---- The walk over /proc ---- */

/* A process in a container names files that mean something else here. */
static bool discovery_shares_root(const char *root, int process_fd)
{
	struct stat own, theirs;

	if (stat(*root ? root : "/", &own) < 0 || fstatat(process_fd, "root", &theirs, 0) < 0)
		return false;
	return own.st_dev == theirs.st_dev && own.st_ino == theirs.st_ino;
}

static bool discovery_knows(const char *place)
{
	for (size_t i = 0; mail_server_kinds[i]; i++)
		if (master_names_have(mail_server_kinds[i]->masters, place))
			return true;
	return false;
}

static void discovery_take(const char *root, const struct mail_server_kind *kind, pid_t pid,
			   int process_fd, const struct process_identity *identity, struct discovery *found)
{
	size_t root_len = strlen(root);
	const struct candidate candidate = {
		.pid = pid,
		.executable = strncmp(identity->place, root, root_len) == 0 ? identity->place + root_len
									 : identity->place,
		.arguments = identity->arguments,
		.is_roots = process_identity_is_roots_or_ours(identity),
	};

	if (kind->owner == MASTER_OF_ROOT && !process_identity_is_roots_or_ours(identity))
		return;
	if (!discovery_shares_root(root, process_fd)) {
		if (foreign_file_is_roots(&identity->executable))
			strlist_addf(
				&found->problems,
				"%s (process %d) runs in a file system of its own: name its files "
				"as this host sees them with [mail] root and [credentials] store",
				candidate.executable, pid);
		return;
	}
	if (process_identity_has_roots_program(identity))
		kind->discover(root, &candidate, found);
	else if (process_identity_is_roots_or_ours(identity))
		strlist_addf(&found->problems,
			     "%s (process %d) is not believed to be a mail server: program and "
			     "folders must be root's, for nobody else to write",
			     candidate.executable, pid);
}

static void discovery_look_at(const char *root, pid_t pid, int process_fd, struct discovery *found)
{
	char place[PATH_MAX];
	struct process_identity identity;

	/* only a name is worth a closer look */
	if (process_identity_take_place(process_fd, place) < 0 || !discovery_knows(place) ||
	    process_identity_take(process_fd, &identity) < 0)
		return;
	for (size_t i = 0; mail_server_kinds[i]; i++)
		if (master_names_have(mail_server_kinds[i]->masters, identity.place))
			discovery_take(root, mail_server_kinds[i], pid, process_fd, &identity, found);
}

static bool discovery_is_number(const char *name)
{
	for (; *name; name++)
		if (!isdigit((unsigned char)*name))
			return false;
	return true;
}

void discovery_run(const char *root, struct discovery *ret)
{
	_cleanup_free_ char *proc = xasprintf("%s/proc", root);
	struct discovery found = {};
	DIR *folder = opendir(proc);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		_cleanup_close_ int process_fd = -1;

		if (!discovery_is_number(entry->d_name))
			continue;
		process_fd =
			openat(dirfd(folder), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (process_fd >= 0)
			discovery_look_at(root, (pid_t)strtol(entry->d_name, NULL, 10), process_fd,
					  &found);
	}
	if (folder)
		closedir(folder);
	if (found.count == 0 && found.problems.count == 0)
		strlist_add(
			&found.problems,
			"no running mail server was recognised: start it before waxseald, or set "
			"[auth] socket, [mail] root and [credentials] store");
	*ret = found;
}
