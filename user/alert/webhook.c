/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each alert as one POST of its JSON, in order. While the service is away they wait, the least grave
 * and of these the oldest give way when there are too many.
 */
#include "alert/sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alert/post.h"
#include "base/mem.h"

#define QUEUE_CAP 1024

enum { WEBHOOK_URL };

static const struct sink_key webhook_keys[] = {
	[WEBHOOK_URL] = {"url", SINK_KEY_URL, "The web service.", .required = true},
	{},
};

struct webhook {
	struct post *post;
	struct {
		char *body;
		enum severity severity;
	} waiting[QUEUE_CAP]; /* the oldest first */
	size_t count;
	char *current; /* on its way, or to be tried again */
	uint64_t lost;
};

static char *webhook_take(struct webhook *webhook, size_t at)
{
	char *body = webhook->waiting[at].body;

	webhook->count--;
	memmove(&webhook->waiting[at], &webhook->waiting[at + 1],
		(webhook->count - at) * sizeof(webhook->waiting[0]));
	return body;
}

/* The least grave, and of these the oldest. */
static size_t webhook_least(const struct webhook *webhook)
{
	size_t least = 0;

	for (size_t i = 1; i < webhook->count; i++)
		if (webhook->waiting[i].severity < webhook->waiting[least].severity)
			least = i;
	return least;
}

static char *webhook_next(void *context)
{
	struct webhook *webhook = context;

	if (!webhook->current && webhook->count > 0)
		webhook->current = webhook_take(webhook, 0);
	return webhook->current ? xstrdup(webhook->current) : NULL;
}

static void webhook_done(void *context, enum post_outcome outcome)
{
	struct webhook *webhook = context;

	if (outcome == POST_FAILED)
		return;
	free(webhook->current);
	webhook->current = NULL;
	webhook->lost += outcome == POST_REFUSED;
}

static const struct post_client webhook_client = {webhook_next, webhook_done};

static int webhook_open(const struct sink_settings *settings, void **ret_state)
{
	struct webhook *webhook = xcalloc(1, sizeof(*webhook));
	int r = post_open(settings->values[WEBHOOK_URL].text, &webhook_client, webhook,
			  &webhook->post);

	if (r < 0) {
		free(webhook);
		return r;
	}
	*ret_state = webhook;
	return 0;
}

static int webhook_send(void *state, const struct alert *alert)
{
	struct webhook *webhook = state;
	json_t *json = alert_to_json(alert);
	char *body = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	if (!body)
		return -EILSEQ;
	if (webhook->count == QUEUE_CAP) {
		size_t least = webhook_least(webhook);

		webhook->lost++;
		if (alert->severity < webhook->waiting[least].severity) {
			free(body);
			return 0;
		}
		free(webhook_take(webhook, least));
	}
	webhook->waiting[webhook->count].body = body;
	webhook->waiting[webhook->count++].severity = alert->severity;
	post_kick(webhook->post);
	return 0;
}

static const char *webhook_trouble(const void *state, uint64_t *ret_lost)
{
	const struct webhook *webhook = state;

	*ret_lost = webhook->lost;
	return post_trouble(webhook->post);
}

static uint64_t webhook_close(void *state)
{
	struct webhook *webhook = state;
	uint64_t undelivered;

	post_flush(webhook->post);
	post_close(webhook->post);
	undelivered = webhook->count + !!webhook->current;
	while (webhook->count > 0)
		free(webhook_take(webhook, 0));
	free(webhook->current);
	free(webhook);
	return undelivered;
}

const struct sink webhook_sink = {
	.name = "webhook",
	.help = "each alert as a POST of its JSON to `url`",
	.keys = webhook_keys,
	.enabled_by_default = false,
	.interest = SINK_COURSE,
	.open = webhook_open,
	.send = webhook_send,
	.trouble = webhook_trouble,
	.close = webhook_close,
};
