/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hands alerts to the sinks; a sink that fails is named once until it works again. */
#include "daemon/alert_dispatch.h"

#include "base/log.h"
#include "base/mem.h"

struct outlet {
	const struct sink *sink;
	char *loss; /* name of its loss counter */
	void *state;
	uint64_t lost;
	bool failing;
};

struct alert_dispatch {
	struct outlet *items;
	size_t count;
};

static void alert_dispatch_add(struct alert_dispatch *alert_dispatch, const struct sink_choice *choice,
			const char *state_dir)
{
	_cleanup_free_ char *file = xasprintf("%s/alerts.jsonl", state_dir);
	struct sink_settings settings = {.path = choice->path, .url = choice->url};
	struct outlet *outlet = &alert_dispatch->items[alert_dispatch->count];
	int r;

	if (!settings.path && choice->sink == &jsonl_sink)
		settings.path = file;
	r = choice->sink->open(&settings, &outlet->state);
	if (r < 0) {
		log_warning_errno(r, "alerts do not go to %s", choice->sink->name);
		return;
	}
	outlet->sink = choice->sink;
	outlet->loss = xasprintf("alert_%s", choice->sink->name);
	alert_dispatch->count++;
}

struct alert_dispatch *alert_dispatch_open(const struct config *config)
{
	struct alert_dispatch *alert_dispatch = xcalloc(1, sizeof(*alert_dispatch));

	alert_dispatch->items = xcalloc(config->n_sinks + 1, sizeof(*alert_dispatch->items));
	for (size_t i = 0; i < config->n_sinks; i++)
		if (config->sinks[i].enabled)
			alert_dispatch_add(alert_dispatch, &config->sinks[i], config->state_dir);
	return alert_dispatch;
}

static void outlet_close(struct outlet *outlet)
{
	uint64_t undelivered = outlet->sink->close(outlet->state);

	if (undelivered)
		log_warning("%s did not take the last %llu alerts", outlet->sink->name,
			    (unsigned long long)undelivered);
	free(outlet->loss);
}

void alert_dispatch_close(struct alert_dispatch *alert_dispatch)
{
	if (!alert_dispatch)
		return;
	for (size_t i = 0; i < alert_dispatch->count; i++)
		outlet_close(&alert_dispatch->items[i]);
	free(alert_dispatch->items);
	free(alert_dispatch);
}

static void outlet_send(struct outlet *outlet, const struct alert *alert)
{
	int r = outlet->sink->send(outlet->state, alert);

	if (r < 0)
		outlet->lost++;
	if (r == 0 && outlet->sink->trouble)
		return; /* whether it arrives is not known yet */
	if (r < 0 && !outlet->failing)
		log_warning_errno(r, "%s does not take alerts, going on without it",
				  outlet->sink->name);
	if (r == 0 && outlet->failing)
		log_info("%s takes alerts again", outlet->sink->name);
	outlet->failing = r < 0;
}

void alert_dispatch_send(struct alert_dispatch *alert_dispatch, const struct alert *alert, enum sink_interest occasion)
{
	for (size_t i = 0; i < alert_dispatch->count; i++)
		if (alert_dispatch->items[i].sink->interest >= occasion)
			outlet_send(&alert_dispatch->items[i], alert);
}

static void outlet_watch(struct outlet *outlet)
{
	uint64_t lost;
	const char *trouble = outlet->sink->trouble(outlet->state, &lost);

	if (trouble && !outlet->failing)
		log_warning("%s does not take alerts, they wait: %s", outlet->sink->name, trouble);
	if (!trouble && outlet->failing)
		log_info("%s takes alerts again", outlet->sink->name);
	outlet->failing = trouble != NULL;
}

void alert_dispatch_watch(struct alert_dispatch *alert_dispatch)
{
	for (size_t i = 0; i < alert_dispatch->count; i++)
		if (alert_dispatch->items[i].sink->trouble)
			outlet_watch(&alert_dispatch->items[i]);
}

const char *alert_dispatch_lost(const struct alert_dispatch *alert_dispatch, size_t i, uint64_t *ret_count)
{
	const struct outlet *outlet = &alert_dispatch->items[i];
	uint64_t given_up = 0;

	if (i >= alert_dispatch->count)
		return NULL;
	if (outlet->sink->trouble)
		(void)outlet->sink->trouble(outlet->state, &given_up);
	*ret_count = outlet->lost + given_up;
	return outlet->loss;
}
