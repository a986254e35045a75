/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks /proc for mail servers' masters and hands each to the file that knows its kind. */
#include "discover/discovery.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define ARGUMENTS_CAP 64
#define COMMAND_LINE_CAP 8192

static const struct {
	const char *executable; /* the file's own name */
	void (*discover)(const char *root, const struct candidate *master, struct discovery *found);
	bool has_own_user; /* and believes no configuration but root's */
} server_kinds[] = {
	{"dovecot", dovecot_discover, false},
	{"saslauthd", saslauthd_discover, false},
	{"authdaemond", courier_discover, false},
	{"master", postfix_discover, false},
	{"master", cyrus_discover, true},
	{"cyrmaster", cyrus_discover, true},
	{"cyrus-master", cyrus_discover, true},
};

struct mail_server *discovery_add_server(struct discovery *found, const char *kind,
					 const char *version)
{
	struct mail_server *server;

	found->servers = xrealloc(found->servers, (found->count + 1) * sizeof(*found->servers));
	server = &found->servers[found->count++];
	*server = (struct mail_server){.kind = xstrdup(kind), .version = xstrdup(version)};
	return server;
}

void discovery_done(struct discovery *found)
{
	for (size_t i = 0; i < found->count; i++) {
		struct mail_server *server = &found->servers[i];

		free(server->kind);
		free(server->version);
		strlist_done(&server->auth);
		strlist_done(&server->roots);
		strlist_done(&server->stores);
		strlist_done(&server->ports);
	}
	free(found->servers);
	strlist_done(&found->helpers);
	strlist_done(&found->silent);
	strlist_done(&found->status_folders);
	strlist_done(&found->sessions);
	strlist_done(&found->readers);
	strlist_done(&found->last_logins);
	strlist_done(&found->listings);
	strlist_done(&found->problems);
	*found = (struct discovery){};
}

void discovery_add_program(struct strlist *list, const char *root, const char *path)
{
	_cleanup_free_ char *place = xasprintf("%s%s", root, path), *real = realpath(place, NULL);
	size_t root_len = strlen(root);

	if (!real)
		return;
	/* Under a test's root a link may lead outside; then the name as asked for is right. */
	if (strncmp(real, root, root_len) == 0)
		strlist_add(list, real + root_len);
	else
		strlist_add(list, path);
}

void discovery_add_programs(struct strlist *list, const char *root, const char *folder,
			    const char *const *names)
{
	for (size_t i = 0; names[i]; i++) {
		_cleanup_free_ char *path = xasprintf("%s/%s", folder, names[i]);

		discovery_add_program(list, root, path);
	}
}

/* Programs of Debian, Fedora, openSUSE and Arch that open /etc/shadow in daily use. */
static const char *const shadow_readers[] = {
	"/usr/sbin/unix_chkpwd",
	"/usr/sbin/unix_update",
	"/usr/sbin/sshd",
	"/usr/lib/openssh/sshd-session",
	"/usr/libexec/openssh/sshd-session",
	"/usr/bin/login",
	"/usr/sbin/agetty",
	"/usr/bin/su",
	"/usr/sbin/runuser",
	"/usr/bin/sudo",
	"/usr/bin/passwd",
	"/usr/bin/chage",
	"/usr/bin/chfn",
	"/usr/bin/chsh",
	"/usr/bin/expiry",
	"/usr/sbin/chpasswd",
	"/usr/sbin/useradd",
	"/usr/sbin/usermod",
	"/usr/sbin/userdel",
	"/usr/sbin/groupadd",
	"/usr/sbin/pwck",
	"/usr/sbin/pwconv",
	"/usr/sbin/vipw",
	"/usr/sbin/cron",
	"/usr/sbin/crond",
	"/usr/sbin/atd",
	"/usr/sbin/saslauthd",
	"/usr/sbin/nscd",
	"/usr/lib/systemd/systemd",
	"/usr/lib/systemd/systemd-executor",
	"/usr/lib/systemd/systemd-userdbd",
	"/usr/lib/systemd/systemd-userwork",
	"/usr/lib/systemd/systemd-logind",
	"/usr/bin/systemd-sysusers",
	"/usr/bin/userdbctl",
	"/usr/lib/polkit-1/polkit-agent-helper-1",
	"/usr/libexec/accounts-daemon",
	"/usr/sbin/vsftpd",
	"/usr/sbin/proftpd",
};

void discovery_add_shadow(struct discovery *found, struct mail_server *server, const char *root)
{
	strlist_add(&server->stores, "/etc/shadow");
	for (size_t i = 0; i < ARRAY_LENGTH(shadow_readers); i++)
		discovery_add_program(&found->readers, root, shadow_readers[i]);
}

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

/* Anybody can call a program dovecot: only one of root's or of our own user is believed, because
 * its neighbours are executed and its configuration decides what is watched. */
static bool discovery_is_trusted(int process_fd, bool has_own_user)
{
	struct stat process;

	if (fstat(process_fd, &process) == 0 && is_of_root_or_us(&process))
		return true;
	return has_own_user && discovery_is_roots_file(process_fd, "exe");
}

static void discovery_look_at(const char *root, pid_t pid, int process_fd, struct discovery *found)
{
	char executable[PATH_MAX], line[COMMAND_LINE_CAP];
	const char *arguments[ARGUMENTS_CAP], *name;
	struct candidate candidate = {.pid = pid, .executable = executable, .arguments = arguments};

	if (discovery_read_executable(process_fd, executable, sizeof(executable)) < 0)
		return;
	name = strrchr(executable, '/');
	for (size_t i = 0; name && i < ARRAY_LENGTH(server_kinds); i++) {
		if (strcmp(name + 1, server_kinds[i].executable) != 0)
			continue;
		if (!discovery_is_trusted(process_fd, server_kinds[i].has_own_user))
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
			server_kinds[i].discover(root, &candidate, found);
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
		strlist_add(&found.problems,
			  "no running mail server was recognised: start it before waxseald, or set "
			  "[auth] socket, [mail] root and [credentials] store");
	*ret = found;
}
