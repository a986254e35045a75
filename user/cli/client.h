/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One GET or POST over the daemon's Unix socket. */
#ifndef WAX_CLI_CLIENT_H
#define WAX_CLI_CLIENT_H

#include <jansson.h>
#include <stddef.h>

#include "cli/console.h"

struct client_reply {
	long status; /* HTTP */
	char *body;  /* NUL-terminated */
	size_t length;
};

void client_reply_done(struct client_reply *reply);

/*
 * Returns 0 whatever the status is, or what kept the answer from coming: -ENOENT and
 * -ECONNREFUSED (no daemon), -EACCES, -ENAMETOOLONG (the socket's path), -ETIMEDOUT, -EFBIG,
 * -EIO (the answer broke off).
 */
int client_get(const char *socket, const char *target, struct client_reply *ret);
/* A POST with this body, otherwise the same. */
int client_post(const char *socket, const char *target, const char *body, struct client_reply *ret);

/* The line for an error of client_get(). Returns EXIT_RUNTIME. */
int client_explain(const struct console *console, int error);

/* The document in an answer. Prints one line and returns EXIT_RUNTIME when the answer is a refusal
 * or not a document. missing: what a 404 means, a whole sentence; NULL when it cannot happen. */
int client_document(const struct console *console, const struct client_reply *reply,
		    const char *missing, json_t **ret_document);

/* client_get(), client_explain() on an error, and client_document(). */
int client_fetch(const struct console *console, const char *target, const char *missing,
		 struct client_reply *ret, json_t **ret_document);

#endif
