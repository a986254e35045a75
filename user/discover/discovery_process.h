/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Discovery in a process of its own: it reads other processes and files that root alone can read, and runs
 * programs of others. It has the two capabilities that this needs, no descriptor of the daemon's, and an end:
 * a file system that does not answer stops it and not the daemon.
 */
#ifndef WAX_DISCOVER_DISCOVERY_PROCESS_H
#define WAX_DISCOVER_DISCOVERY_PROCESS_H

#include <sys/types.h>

#include "config/config.h"
#include "discover/discovery.h"

#define DISCOVERY_SECONDS 20

struct discovery_process {
	pid_t pid; /* 0: there is none */
	int fd;	   /* its answer */
	int error; /* why there is none */
	int64_t deadline_ms;
};

/* For a time when the daemon has nothing open yet. */
void discovery_process_start(const struct config *config, struct discovery_process *ret);

/* Waits for the answer. What went wrong is a problem among those found. */
void discovery_process_finish(struct discovery_process *process, struct discovery *ret);

/* Without waiting for the answer; once more does no harm. */
void discovery_process_end(struct discovery_process *process);

#endif
