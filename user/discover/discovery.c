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

#include "base/mem.h"

#define ARGUMENTS_CAP 64
#define COMMAND_LINE_CAP 8192

struct mail_server *discovery_add_server(struct discovery *found,
					 const struct mail_server_kind *kind, const char *version)
{
	struct mail_server *server;

	found->servers = xreallocarray(found->servers, found->count + 1, sizeof(*found->servers));
	server = &found->servers[found->count++];
	*server = (struct mail_server){.kind = kind, .version = xstrdup(version)};
	return server;
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
	size_t root_len = strlen(root);

	if (!real)
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

/* The program's path as its /proc entry says, without the mark of a replaced file. */
static int discovery_read_executable(int process_fd, char *ret, size_t size)
{
	static const char deleted[] = " (deleted)";
	ssize_t len = readlinkat(process_fd, "exe", ret, size - 1);

	if (len < 0)
		return -errno;
	ret[len] = '\0';
	if ((size_t)len > sizeof(deleted) && strcmp(ret + len - sizeof(deleted) + 1, deleted) == 0)
		ret[(size_t)len - sizeof(deleted) + 1] = '\0';
	return 0;
}

/* argv as pointers into line, which holds the whole command line. */
static int discovery_read_arguments(int process_fd, char *line, size_t size, const char **ret)
{
	_cleanup_close_ int fd = openat(process_fd, "cmdline", O_RDONLY | O_CLOEXEC);
	size_t n_arguments = 0;
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, line, size - 1);
	if (len < 0)
		return -errno;
	line[len] = '\0';
	for (ssize_t at = 0; at < len && n_arguments + 1 < ARGUMENTS_CAP;
	     at += (ssize_t)strlen(line + at) + 1)
		ret[n_arguments++] = line + at;
	ret[n_arguments] = NULL;
	return 0;
}

/* A process in a container names files that mean something else here. */
static bool discovery_shares_root(const char *root, int process_fd)
{
	struct stat own, theirs;

	if (stat(*root ? root : "/", &own) < 0 || fstatat(process_fd, "root", &theirs, 0) < 0)
		return false;
	return own.st_dev == theirs.st_dev && own.st_ino == theirs.st_ino;
}

static bool is_of_root_or_us(const struct stat *file)
{
	return file->st_uid == 0 || file->st_uid == geteuid();
}

bool discovery_is_roots_file(int folder_fd, const char *path)
{
	struct stat file;

	return fstatat(folder_fd, path, &file, 0) == 0 && is_of_root_or_us(&file) &&
	       !(file.st_mode & (S_IWGRP | S_IWOTH));
}

/* Anybody can call a program dovecot: see enum master_owner. */
static bool discovery_believes(int process_fd, enum master_owner owner)
{
	struct stat process;

	if (fstat(process_fd, &process) == 0 && is_of_root_or_us(&process))
		return true;
	return owner == MASTER_OF_ANY_USER && discovery_is_roots_file(process_fd, "exe");
}

/* Is the executable the master of this kind, by its name and folder? */
static bool mail_server_kind_matches(const struct mail_server_kind *kind, const char *executable)
{
	const char *slash = strrchr(executable, '/');
	_cleanup_free_ char *folder =
		slash ? xstrndup(executable, (size_t)(slash - executable)) : NULL;

	for (const struct master_name *name = kind->masters; folder && name->file; name++)
		if (strcmp(slash + 1, name->file) == 0 &&
		    (!name->folder || strstr(folder, name->folder)))
			return true;
	return false;
}

static void discovery_look_at(const char *root, pid_t pid, int process_fd, struct discovery *found)
{
	char executable[PATH_MAX], line[COMMAND_LINE_CAP];
	const char *arguments[ARGUMENTS_CAP];
	struct candidate candidate = {.pid = pid, .executable = executable, .arguments = arguments};

	if (discovery_read_executable(process_fd, executable, sizeof(executable)) < 0)
		return;
	for (size_t i = 0; mail_server_kinds[i]; i++) {
		const struct mail_server_kind *kind = mail_server_kinds[i];

		if (!mail_server_kind_matches(kind, executable) ||
		    !discovery_believes(process_fd, kind->owner))
			continue;
		if (!discovery_shares_root(root, process_fd)) {
			strlist_addf(
				&found->problems,
				"%s (process %d) runs in a file system of its own: name its files "
				"as this host sees them with [mail] root and [credentials] store",
				executable, pid);
			continue;
		}
		if (discovery_read_arguments(process_fd, line, sizeof(line), arguments) == 0)
			kind->discover(root, &candidate, found);
	}
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
