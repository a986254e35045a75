/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sinks that are switched on: every alert goes to each; what one refuses is counted. */
#ifndef WAX_DAEMON_ALERT_DISPATCH_H
#define WAX_DAEMON_ALERT_DISPATCH_H

#include "config/config.h"
#include "model/alert.h"

struct alert_dispatch;

/* A sink that cannot be opened is said in one warning line and left out. */
struct alert_dispatch *alert_dispatch_open(const struct config *config);
void alert_dispatch_close(struct alert_dispatch *alert_dispatch);

/* To the sinks that hear of such an occasion. */
void alert_dispatch_send(struct alert_dispatch *alert_dispatch, const struct alert *alert, enum sink_interest occasion);
/* Now and then: says once of a sink that delivers later that it fails, or works again. */
void alert_dispatch_watch(struct alert_dispatch *alert_dispatch);

/* Name of the i-th sink and how many alerts it did not take; NULL past the last. */
const char *alert_dispatch_lost(const struct alert_dispatch *alert_dispatch, size_t i, uint64_t *ret_count);

#endif
