/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sinks that are switched on: every alert goes to each; what one refuses waits for it, up to a cap. */
#ifndef WAX_DAEMON_ALERT_DISPATCH_H
#define WAX_DAEMON_ALERT_DISPATCH_H

#include "config/config.h"
#include "model/alert.h"

struct alert_dispatch;

/* A sink that cannot be opened is said in one warning line and left out. */
struct alert_dispatch *alert_dispatch_open(const struct config *config);
void alert_dispatch_close(struct alert_dispatch *dispatch);

/* To the sinks whose interest is at least this, and that want alerts of this severity. */
void alert_dispatch_send(struct alert_dispatch *dispatch, const struct alert *alert,
			 enum sink_interest least);
/* Each tick: tries again what was refused, and logs once that a sink which delivers later fails, or works
 * again. */
void alert_dispatch_check(struct alert_dispatch *dispatch);

/* Name of the i-th sink and how many alerts were given up; NULL past the last. */
const char *alert_dispatch_lost(const struct alert_dispatch *dispatch, size_t i,
				uint64_t *ret_count);

#endif
