/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of what Dovecot's configuration tells: mail roots and credential stores. */
#ifndef WAX_DAEMON_DOVECOT_H
#define WAX_DAEMON_DOVECOT_H

#include "daemon/discovery.h"
#include "daemon/doveconf.h"

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
void dovecot_add_stores(const struct dovecot *dovecot, struct mail_server *server,
			struct discovery *found);

#endif
