/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the program of a mail server's master is known: by its name, and where that is a common one, by
 * its folder. The kernel programs have the same names (include/mail_server.h). */
#ifndef WAX_MODEL_MASTER_NAME_H
#define WAX_MODEL_MASTER_NAME_H

#include <stdbool.h>

struct master_name {
	const char *file; /* its file name; NULL ends the list */
	/* One of the two folders above begins with it, maybe behind a hash; NULL: it may lie anywhere. */
	const char *folder;
};

/* Of servers whose masters start sessions. */
extern const struct master_name master_names_dovecot[], master_names_courier[],
	master_names_cyrus[];

/* executable: a path. */
bool master_names_have(const struct master_name *names, const char *executable);
/* Does the kernel believe that root's process with this executable is a mail server's master? */
bool master_name_is_known(const char *executable);

#endif
