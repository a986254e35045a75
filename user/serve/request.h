/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A request as the routes see it, and the answer. Knows nothing of sockets, so that routes can be
 * tested and fuzzed by themselves.
 */
#ifndef WAX_SERVE_REQUEST_H
#define WAX_SERVE_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/ledger.h"
#include "serve/peer.h"

#define REQUEST_PARAMETERS 8

struct parameter {
	const char *name, *value; /* percent-encoded as they came; value NULL when there is none */
};

struct request {
	const char *method;
	const char *path;   /* percent-encoded, without the query */
	const char *accept; /* NULL when there is none */
	struct parameter parameters[REQUEST_PARAMETERS];
	size_t n_parameters; /* more than REQUEST_PARAMETERS when some did not fit */
	bool is_local;	     /* came by the Unix socket */
	struct peer peer;    /* of the Unix socket */
	const char *body;    /* of a POST; NULL when there is none */
	size_t body_bytes;
	int64_t now_us;
};

struct reply {
	unsigned int status;
	const char *content_type;
	const char *allow; /* methods, for 405 */
	char *body;	   /* free() */
	size_t length;
};

/* Takes document over. */
void reply_json(struct reply *reply, unsigned int status, json_t *document);
void reply_text(struct reply *reply, unsigned int status, const char *text);
/* {"error": "..."} */
void reply_error(struct reply *reply, unsigned int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Undoes percent-encoding. -EINVAL: not two hexadecimal digits, a NUL, or no UTF-8. free(). */
int request_decode(const char *encoded, char **ret_text);

/* What the parameters of a list say; done() frees the texts. */
struct request_query {
	struct ledger_query ledger; /* points into values */
	char *values[REQUEST_PARAMETERS];
};

/* allowed: words separated by one blank ("by top tenant"). orders: what `by` may be, NULL when it
 * is not allowed. On -EINVAL the reply holds 400 with which parameter and what is allowed. */
int request_parse(const struct request *request, const char *allowed, const char *const *orders,
		  struct request_query *ret, struct reply *reply);
void request_query_done(struct request_query *query);

#endif
