/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of Cyrus SASL in the files of the servers that use it. */
#ifndef WAX_DISCOVER_SASL_H
#define WAX_DISCOVER_SASL_H

#include "base/strlist.h"

#define SASL_DEFAULT_DATABASE "/etc/sasldb2"

/* The sasldb that a server looks into by itself, as its file says in settings that begin with prefix;
 * owned, or NULL when it asks somebody else. */
char *sasl_find_database(const char *root, const char *file, const char *prefix,
			 struct strlist *problems);

#endif
