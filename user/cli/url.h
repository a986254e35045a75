/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Request targets of the daemon's interface: path segments and queries, percent-encoded. */
#ifndef WAX_CLI_URL_H
#define WAX_CLI_URL_H

/* path + "/" + encoded segment. Owned by the caller. */
char *url_with_segment(const char *path, const char *segment);
/* Appends ?name=value or &name=value to *url, which is reallocated; value NULL adds nothing. */
void url_add_query(char **url, const char *name, const char *value);

#endif
