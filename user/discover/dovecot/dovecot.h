/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A running Dovecot, and what each file of this folder learns from its settings. */
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

/* auth_sockets.c: sockets of the auth service, and ports of login services */
void dovecot_add_auth_sockets(const struct dovecot *dovecot, struct mail_server *server);
/* mail_locations.c */
void dovecot_add_roots(const struct dovecot *dovecot, struct mail_server *server,
		       struct discovery *found);
/* credential_stores.c */
void dovecot_add_stores(const struct dovecot *dovecot, struct mail_server *server,
			struct discovery *found);
/* last_login_files.c */
void dovecot_add_last_logins(const struct dovecot *dovecot, struct discovery *found);

#endif
