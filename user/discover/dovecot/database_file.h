/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file like dovecot-sql.conf.ext or dovecot-ldap.conf.ext says of a database, without its
 * secrets. */
#ifndef WAX_DISCOVER_DOVECOT_DATABASE_FILE_H
#define WAX_DISCOVER_DOVECOT_DATABASE_FILE_H

#include "base/strlist.h"

struct database_file {
	char driver[32];
	char *path; /* of an SQLite database, or NULL */
	struct strlist hosts;
	char port[8];
	struct strlist servers; /* lists of directory servers */
};

/* What cannot be read is empty. */
void database_file_read(const char *path, struct database_file *ret, struct strlist *problems);
void database_file_done(struct database_file *file);

#endif
