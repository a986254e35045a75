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
#include <sys/stat.h>

#include "base/mem.h"
#include "discover/capture.h"

#define DOVECONF_TIMEOUT_MS 5000
#define DOVECONF_OUTPUT_CAP (4 << 20)

/* Only what its owner alone can change is executed. */
static bool dovecot_is_safe_program(const char *path)
{
	struct stat file;

	return stat(path, &file) == 0 && S_ISREG(file.st_mode) &&
	       (file.st_uid == 0 || file.st_uid == geteuid()) && !(file.st_mode & 022) &&
	       (file.st_mode & 0111);
}

/* A program of the same installation: beside the master, or in the bin beside its sbin. NULL when
 * there is none. */
static char *dovecot_program(const char *root, const char *executable, const char *name)
{
	_cleanup_free_ char *copy = xstrdup(executable);
	const char *folder = dirname(copy);

	for (int beside_sbin = 0; beside_sbin < 2; beside_sbin++) {
		_cleanup_free_ char *place =
			xasprintf("%s%s/%s%s", root, folder, beside_sbin ? "../bin/" : "", name);
		char *real = realpath(place, NULL);

		if (real && dovecot_is_safe_program(real))
			return real;
		free(real);
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

const char *dovecot_driver(const struct doveconf *conf, size_t block)
{
	const char *driver = doveconf_get(conf, block, "driver");

	return driver ? driver : doveconf_label(conf, block);
}

/* What is spoken at a listener of service auth follows from its type (2.4) or the end of its name;
 * only the protocol of auth clients carries verdicts. */
static bool dovecot_is_auth_client(const struct doveconf *conf, size_t listener)
{
	static const char *const others[] = {"master", "userdb", "worker", "auth-token",
					     "stats-writer"};
	const char *type = doveconf_get(conf, listener, "type");
	const char *name = doveconf_label(conf, listener);
	const char *mode = doveconf_get(conf, listener, "mode");
	const char *word = type ? type : name;
	size_t len = strlen(word);

	if (mode && (strcmp(mode, "0") == 0 || strcmp(mode, "00") == 0))
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
		size_t other_len = strlen(others[i]);

		if (len >= other_len && strcmp(word + len - other_len, others[i]) == 0)
			return false;
	}
	return true;
}

static void dovecot_add_inet_socket(const struct doveconf *conf, size_t listener,
				    struct mail_server *server)
{
	const char *address = doveconf_get(conf, listener, "address");
	const char *port = doveconf_get(conf, listener, "port");

	if (!address)
		address = doveconf_get(conf, listener, "listen");
	if (!port || strcmp(port, "0") == 0)
		return;
	if (!address || strcmp(address, "*") == 0)
		address = "127.0.0.1";
	strlist_addf(&server->auth, strchr(address, ':') ? "inet:[%s]:%s" : "inet:%s:%s", address,
		   port);
}

/* The doveconf of 2.4 prints what the files say and not what is so without them. */
static void dovecot_add_usual_sockets(const char *base, struct mail_server *server)
{
	static const char *const names[] = {"login/login", "auth-client", "auth-login",
					    "token-login/tokenlogin"};
	_cleanup_free_ char *login = xasprintf("%s/%s", base, names[0]);

	if (strlist_has(&server->auth, login))
		return;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		strlist_addf(&server->auth, "%s/%s", base, names[i]);
}

/* Login services: imap-login, pop3-login, submission-login, managesieve-login. */
static void dovecot_add_ports(const struct doveconf *conf, size_t service, struct mail_server *server)
{
	const char *name = doveconf_label(conf, service), *login = strstr(name, "-login");
	size_t listener = DOVECONF_TOP;

	while (login && (listener = doveconf_next(conf, service, NULL, listener))) {
		const char *port = doveconf_get(conf, listener, "port");

		if (strcmp(conf->blocks[listener].kind, "inet_listener") != 0 || !port ||
		    strtol(port, NULL, 10) <= 0)
			continue;
		if (strncmp(name, "managesieve", 11) == 0)
			strlist_addf(&server->ports, "sieve:%s", port);
		else
			strlist_addf(&server->ports, "%.*s:%s", (int)(login - name), name, port);
	}
}

void dovecot_add_sockets(const struct dovecot *dovecot, struct mail_server *server)
{
	const struct doveconf *conf = &dovecot->conf;
	const char *base_dir = doveconf_get(conf, DOVECONF_TOP, "base_dir");
	const char *base = base_dir ? base_dir : "/run/dovecot";
	size_t service = DOVECONF_TOP, listener;

	while ((service = doveconf_next(conf, DOVECONF_TOP, "service", service))) {
		dovecot_add_ports(conf, service, server);
		if (strcmp(doveconf_label(conf, service), "auth") != 0)
			continue;
		for (listener = 0; (listener = doveconf_next(conf, service, NULL, listener));) {
			const char *name = doveconf_label(conf, listener);
			const char *kind = conf->blocks[listener].kind;

			if (strncmp(kind, "inet_listener", 13) == 0)
				dovecot_add_inet_socket(conf, listener, server);
			if (strcmp(kind, "unix_listener") != 0 ||
			    !dovecot_is_auth_client(conf, listener))
				continue;
			if (name[0] == '/')
				strlist_add(&server->auth, name);
			else
				strlist_addf(&server->auth, "%s/%s", base, name);
		}
	}
	dovecot_add_usual_sockets(base, server);
}

static void dovecot_add_sessions(const struct dovecot *dovecot, struct discovery *found)
{
	static const char *const names[] = {"imap", "pop3", "submission", "imap-hibernate"};
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dovecot->libexec, names[i]);
		discovery_add_program(&found->sessions, dovecot->root, path);
	}
}

/* Programs of Dovecot that open mail for themselves. */
static void dovecot_add_helpers(const struct dovecot *dovecot, struct discovery *found)
{
	static const char *const names[] = {
		"lmtp",		"dovecot-lda",	      "deliver", "indexer-worker", "doveadm-server",
		"quota-status", "imap-urlauth-worker"};
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dovecot->libexec, names[i]);
		discovery_add_program(&found->helpers, dovecot->root, path);
	}
	discovery_add_program(&found->helpers, dovecot->root, "/usr/bin/doveadm");
}

static int dovecot_read(const char *doveconf, const char *config, struct doveconf *ret)
{
	_cleanup_free_ char *output = NULL;
	const char *argv[] = {doveconf, "-c", config, NULL};
	int r;

	r = capture_output(argv, DOVECONF_TIMEOUT_MS, DOVECONF_OUTPUT_CAP, &output);
	if (r < 0)
		return r;
	return doveconf_parse(output, ret);
}

static bool dovecot_is_known(const struct discovery *found, const struct doveconf *conf)
{
	const char *base = doveconf_get(conf, DOVECONF_TOP, "base_dir");
	_cleanup_free_ char *login = xasprintf("%s/login/login", base ? base : "/run/dovecot");

	for (size_t i = 0; i < found->count; i++)
		if (strlist_has(&found->servers[i].auth, login))
			return true;
	return false;
}

static void dovecot_add_listing(const struct dovecot *dovecot, struct discovery *found)
{
	_cleanup_free_ char *doveadm =
		dovecot_program(dovecot->root, dovecot->executable, "doveadm");

	if (doveadm)
		strlist_addf(&found->listings, "%s\t%s", doveadm, dovecot->config);
}

static void dovecot_add(const struct dovecot *dovecot, struct discovery *found)
{
	struct mail_server *server = discovery_add_server(found, "dovecot", dovecot->conf.version);

	dovecot_add_sockets(dovecot, server);
	dovecot_add_roots(dovecot, server, found);
	dovecot_add_stores(dovecot, server, found);
	dovecot_add_sessions(dovecot, found);
	dovecot_add_helpers(dovecot, found);
	dovecot_add_last_logins(dovecot, found);
	dovecot_add_listing(dovecot, found);
}

void dovecot_discover(const char *root, const struct candidate *master, struct discovery *found)
{
	struct dovecot dovecot = {
		.root = root,
		.executable = master->executable,
		.config = dovecot_config_path(master),
	};
	_cleanup_free_ char *doveconf = dovecot_program(root, master->executable, "doveconf");
	int r;

	if (!doveconf || dovecot.config[0] != '/') {
		strlist_addf(&found->problems,
			   "dovecot (process %d): %s, so set [auth] socket, [mail] root and "
			   "[credentials] store",
			   master->pid,
			   doveconf ? "was started with a relative -c" : "no doveconf beside it");
		return;
	}
	r = dovecot_read(doveconf, dovecot.config, &dovecot.conf);
	if (r < 0) {
		strlist_addf(&found->problems,
			   "dovecot (process %d): 'doveconf -c %s' failed (%s), so set [auth] "
			   "socket, [mail] root and [credentials] store",
			   master->pid, dovecot.config, strerror(-r));
		return;
	}
	dovecot.libexec = doveconf_get(&dovecot.conf, DOVECONF_TOP, "libexec_dir");
	if (!dovecot.libexec)
		dovecot.libexec = "/usr/lib/dovecot";
	if (!dovecot_is_known(found, &dovecot.conf))
		dovecot_add(&dovecot, found);
	doveconf_done(&dovecot.conf);
}
