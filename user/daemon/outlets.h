/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sinks that are switched on: every alert goes to each; what one refuses is counted. */
#ifndef WAX_DAEMON_OUTLETS_H
#define WAX_DAEMON_OUTLETS_H

#include "daemon/config.h"
#include "model/alert.h"

struct outlets;

/* A sink that cannot be opened is said in one warning line and left out. */
struct outlets *outlets_open(const struct config *config);
void outlets_close(struct outlets *outlets);

/* To the sinks that hear of such an occasion. */
void outlets_send(struct outlets *outlets, const struct alert *alert, enum sink_interest occasion);
/* Now and then: says once of a sink that delivers later that it fails, or works again. */
void outlets_watch(struct outlets *outlets);

/* Name of the i-th sink and how many alerts it did not take; NULL past the last. */
const char *outlets_lost(const struct outlets *outlets, size_t i, uint64_t *ret_count);

#endif
