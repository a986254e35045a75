/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP for the command line and for Prometheus, driven by the daemon's event loop, no threads.
 *
 * The Unix socket serves everything: /v1/..., /metrics, /healthz. TCP serves only /metrics and
 * /healthz, because names of accounts are for root and the group only. POST /v1/accept is for root and
 * the members of the admin group.
 */
#ifndef WAX_SERVE_SERVER_H
#define WAX_SERVE_SERVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

#include "ledger/ledger.h"
#include "serve/accept.h"
#include "serve/metrics.h"

struct server;

/* What the server shows of the daemon. Pointers stay the daemon's and outlive the server; all are
 * called from the event loop. A callback may be NULL. */
struct server_view {
	void *context;
	struct ledger *ledger;	 /* may be NULL: the ledger's documents answer 503 */
	struct metrics *metrics; /* metrics_new() */
	/* New references, or NULL when it cannot be said now (503). */
	json_t *(*status)(void *context);
	json_t *(*doctor)(void *context);
	json_t *(*blocklist)(void *context);
	json_t *(*detection)(void *context);
	json_t *(*stream)(void *context, uint64_t number); /* ticks from this one on */
	/* What stands against an account, a source or a tenant now. */
	json_t *(*standing)(void *context, enum subject_kind kind, const char *name);
	/* The same of a source in two numbers; false: nothing is known against it. */
	bool (*source_evidence)(void *context, const char *source, double *ret_sum,
				double *ret_threshold);
	/* Accepts a reader, or takes it back; who asks may do so. Returns 0 with a new reference, or
	 * -ENOENT, -EINVAL or another -errno with one line in ret_problem. */
	int (*accept)(void *context, const struct accept_request *request, json_t **ret,
		      char *ret_problem, size_t size);
	/* One line in ret_problem when not healthy. */
	bool (*is_healthy)(void *context, char *ret_problem, size_t size);
	/* Called before each scrape, after metrics_begin_scrape(): puts in what is measured at the
	 * moment, with metrics_set(). accounts_seen and sources_seen come from the ledger. */
	void (*measure)(void *context, struct metrics *metrics);
};

struct server_settings {
	const char *socket_path;	/* NULL or "": no Unix socket */
	const char *group;		/* of the socket; NULL or unknown: the daemon's own group */
	const char *admin_group;	/* who may accept readers, besides root; NULL or "": root alone */
	const char *listen;		/* host:port or [v6]:port; NULL or "": no TCP */
	const struct server_view *view; /* outlives the server; its ledger may be replaced */
};

/* Binds and serves from event. Returns 0, or -errno with one line for the operator in ret_problem
 * (which address is busy, which directory is missing); then nothing is left behind. */
int server_open(const struct server_settings *settings, sd_event *event, struct server **ret,
		char *ret_problem, size_t size);
/* Closes the listeners and connections and removes the socket file. NULL is fine. */
void server_close(struct server *server);

#endif
