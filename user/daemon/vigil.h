/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells the ledger when the sensors were looking and what they lost. */
#ifndef WAX_DAEMON_VIGIL_H
#define WAX_DAEMON_VIGIL_H

#include "daemon/daemon.h"

/* Failures are logged: without coverage the counts are as good as before. */
void vigil_begin(struct daemon *daemon);
/* Before each tick is written. */
void vigil_note(struct daemon *daemon);
/* After the last one. */
/* How well each sensor saw at the tick before, for the judgement; the rows point into the vigil. */
void vigil_tell(const struct daemon *daemon, struct snapshot *snapshot);
void vigil_end(struct daemon *daemon);

#endif
