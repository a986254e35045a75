/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes into the ledger when the sensors were active and what they lost. */
#ifndef WAX_DAEMON_COVERAGE_RECORDER_H
#define WAX_DAEMON_COVERAGE_RECORDER_H

#include "daemon/daemon.h"

/* Failures are logged: without coverage the counts are as good as before. */
void coverage_recorder_begin(struct daemon *daemon);
/* Before each tick is written. */
void coverage_recorder_note(struct daemon *daemon);
/* Adds to the snapshot, for the detectors, how well each sensor saw at the tick before. The rows point into
 * the daemon. */
void coverage_recorder_report(const struct daemon *daemon, struct snapshot *snapshot);
/* After the last tick. */
void coverage_recorder_end(struct daemon *daemon);

#endif
