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

void outlets_send(struct outlets *outlets, const struct alert *alert);

/* Name of the i-th sink and how many alerts it did not take; NULL past the last. */
const char *outlets_lost(const struct outlets *outlets, size_t i, uint64_t *ret_count);

#endif
