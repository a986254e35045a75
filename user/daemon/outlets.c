/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hands alerts to the sinks; a sink that fails is named once until it works again. */
#include "daemon/outlets.h"

#include "base/log.h"
#include "base/mem.h"

struct outlet {
	const struct sink *sink;
	char *loss; /* name of its loss counter */
	void *state;
	uint64_t lost;
	bool failing;
};

struct outlets {
	struct outlet *items;
	size_t count;
};

static void outlets_add(struct outlets *outlets, const struct sink_choice *choice,
			const char *state_dir)
{
	_cleanup_free_ char *file = xasprintf("%s/alerts.jsonl", state_dir);
	struct sink_settings settings = {.path = choice->path, .url = choice->url};
	struct outlet *outlet = &outlets->items[outlets->count];
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
	outlets->count++;
}

struct outlets *outlets_open(const struct config *config)
{
	struct outlets *outlets = xcalloc(1, sizeof(*outlets));

	outlets->items = xcalloc(config->n_sinks + 1, sizeof(*outlets->items));
	for (size_t i = 0; i < config->n_sinks; i++)
		if (config->sinks[i].enabled)
			outlets_add(outlets, &config->sinks[i], config->state_dir);
	return outlets;
}

static void outlet_close(struct outlet *outlet)
{
	uint64_t undelivered = outlet->sink->close(outlet->state);

	if (undelivered)
		log_warning("%s did not take the last %llu alerts", outlet->sink->name,
			    (unsigned long long)undelivered);
	free(outlet->loss);
}

void outlets_close(struct outlets *outlets)
{
	if (!outlets)
		return;
	for (size_t i = 0; i < outlets->count; i++)
		outlet_close(&outlets->items[i]);
	free(outlets->items);
	free(outlets);
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

void outlets_send(struct outlets *outlets, const struct alert *alert, enum sink_interest occasion)
{
	for (size_t i = 0; i < outlets->count; i++)
		if (outlets->items[i].sink->interest >= occasion)
			outlet_send(&outlets->items[i], alert);
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

void outlets_watch(struct outlets *outlets)
{
	for (size_t i = 0; i < outlets->count; i++)
		if (outlets->items[i].sink->trouble)
			outlet_watch(&outlets->items[i]);
}

const char *outlets_lost(const struct outlets *outlets, size_t i, uint64_t *ret_count)
{
	const struct outlet *outlet = &outlets->items[i];
	uint64_t given_up = 0;

	if (i >= outlets->count)
		return NULL;
	if (outlet->sink->trouble)
		(void)outlet->sink->trouble(outlet->state, &given_up);
	*ret_count = outlet->lost + given_up;
	return outlet->loss;
}
