/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alerts that a sink did not take, in their order, until it takes them. Past the cap the least grave
 * and of these the oldest is given up, so that a flood of notices costs no critical alert. */
#ifndef WAX_ALERT_RETRY_QUEUE_H
#define WAX_ALERT_RETRY_QUEUE_H

#include <stddef.h>

#include "model/alert.h"

#define RETRY_QUEUE_CAP 256

struct retry_queue {
	struct alert *alerts; /* oldest first; made when the first one must wait */
	size_t count;
	uint64_t lost; /* given up */
};

typedef int (*retry_send)(void *state, const struct alert *alert);

/* Sends the alert behind those that wait, or lets it wait, too. Returns 0 when nothing waits, else why. */
int retry_queue_send(struct retry_queue *queue, retry_send send, void *state,
		     const struct alert *alert);
/* Tries those that wait again, up to the first that is refused. */
int retry_queue_again(struct retry_queue *queue, retry_send send, void *state);
void retry_queue_done(struct retry_queue *queue);

#endif
