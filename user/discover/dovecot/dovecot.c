/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks a running Dovecot's own `doveconf` for the configuration that its master was started with,
 * so that included files, defaults and the version's peculiarities are its business, not ours.
 */
#include "discover/dovecot/dovecot.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/foreign_file.h"
#include "base/mem.h"
#include "discover/capture.h"
#include "discover/dovecot/config_copy.h"

#define DOVECONF_TIMEOUT_MS 5000
#define DOVECONF_OUTPUT_CAP (4 << 20)

/* The name without links of a program that nobody but root can have put there; NULL for any other. */
static char *dovecot_safe_program(const char *path, char ret_why[FOREIGN_FILE_WHY_BYTES])
{
	_cleanup_close_ int fd = foreign_path_open(path, FOREIGN_OF_ROOT, ret_why);
	char place[PATH_MAX];

	if (fd < 0 || foreign_file_place(fd, place, sizeof(place)) < 0)
		return NULL;
	return xstrdup(place);
}

/* A program of the same installation: beside the master, or in the bin beside its sbin. NULL when
 * there is none; ret_why says if there is one that is not believed. */
static char *dovecot_program(const char *root, const char *executable, const char *name,
			     char ret_why[FOREIGN_FILE_WHY_BYTES])
{
	_cleanup_free_ char *copy = xstrdup(executable);
	const char *folder = dirname(copy);

	for (int beside_sbin = 0; beside_sbin < 2; beside_sbin++) {
		_cleanup_free_ char *place =
			xasprintf("%s%s/%s%s", root, folder, beside_sbin ? "../bin/" : "", name);
		char *real = dovecot_safe_program(place, ret_why);

		if (real || ret_why[0])
			return real;
	}
	return NULL;
}

/* The -c FILE of the master; a relative one cannot be traced back to where it was started. */
static const char *dovecot_config_path(const struct candidate *master)
{
	for (size_t i = 1; master->arguments[0] && master->arguments[i]; i++) {
		const char *argument = master->arguments[i];

		if (strcmp(argument, "-c") == 0 && master->arguments[i + 1])
			return master->arguments[i + 1];
		if (strncmp(argument, "-c/", 3) == 0)
			return argument + 2;
	}
	return "/etc/dovecot/dovecot.conf";
}

static void dovecot_add_sessions(const struct dovecot *dovecot, struct mail_server *server)
{
	static const char *const names[] = {"imap", "pop3", "submission", "imap-hibernate"};
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dovecot->libexec, names[i]);
		mail_server_watch_program(server, WATCH_SESSION_PROGRAM, dovecot->root, path);
	}
}

/* Programs of Dovecot that open mail for themselves. */
static void dovecot_add_helpers(const struct dovecot *dovecot, struct mail_server *server)
{
	static const char *const names[] = {
		"lmtp",		"dovecot-lda",	      "deliver", "indexer-worker", "doveadm-server",
		"quota-status", "imap-urlauth-worker", "managesieve"};
	static const char *const commands[] = {"/usr/bin/doveadm", "/usr/bin/sieve-filter",
					       "/usr/bin/sievec"};
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dovecot->libexec, names[i]);
		mail_server_watch_program(server, WATCH_MAIL_HELPER, dovecot->root, path);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
		mail_server_watch_program(server, WATCH_MAIL_HELPER, dovecot->root, commands[i]);
}

/*
 * doveconf has no capability, and may not read what root alone can. Then it gets a copy of the files, all in
 * one, which has no name and is gone with the process.
 */
static int dovecot_read(const char *root, const char *doveconf, const char *config, bool of_root,
			struct doveconf *ret)
{
	_cleanup_free_ char *place = xasprintf("%s%s", root, config), *output = NULL;
	_cleanup_close_ int copy = config_copy_open(place, of_root);
	const char *argv[] = {doveconf, "-c", copy < 0 ? config : "/proc/self/fd/0", NULL};
	int r;

	if (copy < 0 && copy != -ENODATA)
		return copy;
	r = capture_output(argv, copy, DOVECONF_TIMEOUT_MS, DOVECONF_OUTPUT_CAP, &output);
	if (r < 0)
		return r;
	return doveconf_parse(output, ret);
}

static bool dovecot_is_known(const struct discovery *found, const struct doveconf *conf)
{
	const char *base = doveconf_get(conf, DOVECONF_TOP, "base_dir");
	_cleanup_free_ char *login = xasprintf("%s/login/login", base ? base : "/run/dovecot");

	return discovery_has_server(found, &dovecot_kind, WATCH_AUTH_SOCKET, login);
}

static void dovecot_add_doveadm(const struct dovecot *dovecot, struct discovery *found)
{
	char why[FOREIGN_FILE_WHY_BYTES] = "";
	_cleanup_free_ char *doveadm =
		dovecot_program(dovecot->root, dovecot->executable, "doveadm", why);

	if (doveadm)
		strlist_addf(&found->doveadm_commands, "%s\t%s", doveadm, dovecot->config);
}

static void dovecot_add(const struct dovecot *dovecot, struct discovery *found)
{
	struct mail_server *server =
		discovery_add_server(found, &dovecot_kind, dovecot->conf.version);

	dovecot_add_auth_sockets(dovecot, server);
	dovecot_add_roots(dovecot, server, found);
	dovecot_add_stores(dovecot, server, found);
	dovecot_add_sessions(dovecot, server);
	dovecot_add_helpers(dovecot, server);
	dovecot_add_last_logins(dovecot, found);
	dovecot_add_doveadm(dovecot, found);
}

static void dovecot_discover(const char *root, const struct candidate *master,
			     struct discovery *found)
{
	struct dovecot dovecot = {
		.root = root,
		.executable = master->executable,
		.config = dovecot_config_path(master),
	};
	char why[FOREIGN_FILE_WHY_BYTES] = "";
	_cleanup_free_ char *doveconf = dovecot_program(root, master->executable, "doveconf", why);
	_cleanup_free_ char *sentence = NULL;
	int r;

	if (!doveconf || dovecot.config[0] != '/') {
		sentence = xasprintf("dovecot (process %d): %s%s, so set [auth] socket, [mail] root and "
				     "[credentials] store",
				     master->pid,
				     doveconf ? "was started with a relative -c"
				     : why[0] ? "doveconf is not run: "
					      : "no doveconf beside it",
				     doveconf ? "" : why);
		discovery_add_question(found, master, sentence);
		return;
	}
	/* who is not root may name any file: then it has to be root's */
	r = dovecot_read(root, doveconf, dovecot.config, !master->is_roots, &dovecot.conf);
	if (r < 0) {
		sentence = xasprintf("dovecot (process %d): 'doveconf -c %s' failed (%s), so set [auth] "
				     "socket, [mail] root and [credentials] store",
				     master->pid, dovecot.config, strerror(-r));
		discovery_add_question(found, master, sentence);
		return;
	}
	dovecot.libexec = doveconf_get(&dovecot.conf, DOVECONF_TOP, "libexec_dir");
	if (!dovecot.libexec)
		dovecot.libexec = "/usr/lib/dovecot";
	if (!dovecot_is_known(found, &dovecot.conf))
		dovecot_add(&dovecot, found);
	doveconf_done(&dovecot.conf);
}

const struct mail_server_kind dovecot_kind = {
	.name = "dovecot",
	.masters = master_names_dovecot,
	.owner = MASTER_OF_ANY_USER, /* its image has no root; what it listens on stands in root's files */
	.auth = AUTH_PROTOCOL_DOVECOT,
	.session = SESSION_PROTOCOL_ANVIL,
	.discover = dovecot_discover,
};
