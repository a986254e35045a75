/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells the ledger when the sensors were looking and what they lost. */
#ifndef WAX_DAEMON_COVERAGE_RECORDER_H
#define WAX_DAEMON_COVERAGE_RECORDER_H

#include "daemon/daemon.h"

/* Failures are logged: without coverage the counts are as good as before. */
void coverage_recorder_begin(struct daemon *daemon);
/* Before each tick is written. */
void coverage_recorder_note(struct daemon *daemon);
/* After the last one. */
/* How well each sensor saw at the tick before, for the engine; the rows point into the vigil. */
void coverage_recorder_tell(const struct daemon *daemon, struct snapshot *snapshot);
void coverage_recorder_end(struct daemon *daemon);

#endif
