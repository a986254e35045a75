/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies have no accounts: no sink writes them. */
#include "alert/retry_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static struct alert retry_queue_copy(const struct alert *alert)
{
	struct alert copy = *alert;

	copy.subject = xstrdup(alert->subject);
	copy.message = xstrdup(alert->message);
	copy.evidence = alert->evidence ? json_deep_copy(alert->evidence) : NULL;
	copy.accounts = NULL;
	copy.n_accounts = copy.n_unsaved = 0;
	return copy;
}

static void retry_queue_remove(struct retry_queue *queue, size_t at)
{
	alert_done(&queue->alerts[at]);
	queue->count--;
	memmove(queue->alerts + at, queue->alerts + at + 1,
		(queue->count - at) * sizeof(*queue->alerts));
}

static size_t retry_queue_least(const struct retry_queue *queue)
{
	size_t least = 0;

	for (size_t i = 1; i < queue->count; i++)
		if (queue->alerts[i].severity < queue->alerts[least].severity)
			least = i;
	return least;
}

static void retry_queue_add(struct retry_queue *queue, const struct alert *alert)
{
	if (!queue->alerts)
		queue->alerts = xcalloc(RETRY_QUEUE_CAP, sizeof(*queue->alerts));
	if (queue->count == RETRY_QUEUE_CAP) {
		size_t least = retry_queue_least(queue);

		queue->lost++;
		if (alert->severity < queue->alerts[least].severity)
			return;
		retry_queue_remove(queue, least);
	}
	queue->alerts[queue->count++] = retry_queue_copy(alert);
}

/* No later try would fare better. */
static bool retry_queue_is_hopeless(int r)
{
	return r == -EILSEQ || r == -EMSGSIZE;
}

/* One of these is given up, so that the others need not wait behind it. */
static int retry_queue_try(struct retry_queue *queue, retry_send send, void *state,
			   const struct alert *alert)
{
	int r = send(state, alert);

	if (!retry_queue_is_hopeless(r))
		return r;
	queue->lost++;
	return 0;
}

int retry_queue_again(struct retry_queue *queue, retry_send send, void *state)
{
	size_t sent = 0;
	int r = 0;

	while (sent < queue->count && (r = retry_queue_try(queue, send, state, &queue->alerts[sent])) == 0)
		alert_done(&queue->alerts[sent++]);
	queue->count -= sent;
	if (sent)
		memmove(queue->alerts, queue->alerts + sent, queue->count * sizeof(*queue->alerts));
	return r;
}

int retry_queue_send(struct retry_queue *queue, retry_send send, void *state,
		     const struct alert *alert)
{
	int r = retry_queue_again(queue, send, state);

	if (r == 0)
		r = retry_queue_try(queue, send, state, alert);
	if (r < 0)
		retry_queue_add(queue, alert);
	return r;
}

void retry_queue_done(struct retry_queue *queue)
{
	while (queue->count > 0)
		retry_queue_remove(queue, queue->count - 1);
	free(queue->alerts);
	*queue = (struct retry_queue){0};
}
