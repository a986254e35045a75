/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of what Dovecot's configuration tells: mail roots, credential stores, last logins. */
#ifndef WAX_DISCOVER_DOVECOT_DOVECOT_H
#define WAX_DISCOVER_DOVECOT_DOVECOT_H

#include "discover/discovery.h"
#include "discover/dovecot/doveconf.h"

/* A running Dovecot, read. */
struct dovecot {
	const char *root;	/* "" or a test's folder */
	const char *executable; /* /usr/sbin/dovecot */
	const char *config;	/* /etc/dovecot/dovecot.conf */
	const char *libexec;	/* /usr/lib/dovecot */
	struct doveconf conf;
};

/* The driver of a passdb or userdb block: 2.3 `driver = pam`, 2.4 also `passdb pam {`. */
const char *dovecot_driver(const struct doveconf *conf, size_t block);

void dovecot_add_sockets(const struct dovecot *dovecot, struct mail_server *server);
void dovecot_add_roots(const struct dovecot *dovecot, struct mail_server *server,
		       struct discovery *found);
void dovecot_add_last_logins(const struct dovecot *dovecot, struct discovery *found);
void dovecot_add_stores(const struct dovecot *dovecot, struct mail_server *server,
			struct discovery *found);

/* ---- dovecot_database.c ---- */

/* What a file like dovecot-sql.conf.ext or dovecot-ldap.conf.ext tells, but its secrets. */
struct database_file {
	char driver[32];
	char *path; /* of an SQLite database, or NULL */
	struct strlist hosts;
	char port[8];
	struct strlist servers; /* lists of directory servers */
};

/* What cannot be read is empty. */
void database_file_read(const char *path, struct database_file *ret);
void database_file_done(struct database_file *file);

#endif
