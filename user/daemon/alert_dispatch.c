/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sink that fails is named once in the log, until it works again. */
#include "daemon/alert_dispatch.h"

#include "alert/retry_queue.h"
#include "base/log.h"
#include "base/mem.h"

struct open_sink {
	const struct sink *sink;
	char *loss_name; /* of its loss counter */
	void *state;
	enum severity min_severity;
	struct retry_queue waiting;
	bool failing;
};

struct alert_dispatch {
	struct open_sink *items;
	size_t count;
};

struct alert_dispatch *alert_dispatch_open(const struct config *config)
{
	struct alert_dispatch *dispatch = xcalloc(1, sizeof(*dispatch));

	dispatch->items = xcalloc(config->n_sinks + 1, sizeof(*dispatch->items));
	for (size_t i = 0; i < config->n_sinks; i++) {
		const struct sink_choice *choice = &config->sinks[i];
		const struct sink_settings settings = {choice->values, config->state_dir};
		struct open_sink *item = &dispatch->items[dispatch->count];
		int r;

		if (!choice->enabled)
			continue;
		r = choice->sink->open(&settings, &item->state);
		if (r < 0)
			log_warning_errno(r, "alerts do not go to %s%s", choice->sink->name,
					  item->state ? " at present" : "");
		if (r < 0 && !item->state)
			continue;
		item->failing = r < 0;
		item->sink = choice->sink;
		item->min_severity = choice->min_severity;
		item->loss_name = xasprintf("alert_%s", choice->sink->name);
		dispatch->count++;
	}
	return dispatch;
}

void alert_dispatch_close(struct alert_dispatch *dispatch)
{
	if (!dispatch)
		return;
	for (size_t i = 0; i < dispatch->count; i++) {
		struct open_sink *item = &dispatch->items[i];
		uint64_t undelivered;

		(void)retry_queue_again(&item->waiting, item->sink->send, item->state);
		undelivered = item->sink->close(item->state) + item->waiting.count;

		if (undelivered)
			log_warning("%s did not take the last %llu alerts", item->sink->name,
				    (unsigned long long)undelivered);
		retry_queue_done(&item->waiting);
		free(item->loss_name);
	}
	free(dispatch->items);
	free(dispatch);
}

static void open_sink_note(struct open_sink *item, int r)
{
	if (r == 0 && item->sink->trouble)
		return; /* whether it arrives is not known yet */
	if (r < 0 && !item->failing)
		log_warning_errno(r, "%s does not take alerts, they wait", item->sink->name);
	if (r == 0 && item->failing)
		log_info("%s takes alerts again", item->sink->name);
	item->failing = r < 0;
}

void alert_dispatch_send(struct alert_dispatch *dispatch, const struct alert *alert,
			 enum sink_interest least)
{
	for (size_t i = 0; i < dispatch->count; i++) {
		struct open_sink *item = &dispatch->items[i];

		if (item->sink->interest >= least && alert->severity >= item->min_severity)
			open_sink_note(item, retry_queue_send(&item->waiting, item->sink->send,
							      item->state, alert));
	}
}

void alert_dispatch_check(struct alert_dispatch *dispatch)
{
	for (size_t i = 0; i < dispatch->count; i++) {
		struct open_sink *item = &dispatch->items[i];
		const char *trouble;
		uint64_t lost;

		if (item->waiting.count > 0)
			open_sink_note(item, retry_queue_again(&item->waiting, item->sink->send,
							       item->state));
		if (!item->sink->trouble)
			continue;
		trouble = item->sink->trouble(item->state, &lost);
		if (trouble && !item->failing)
			log_warning("%s does not take alerts, they wait: %s", item->sink->name,
				    trouble);
		if (!trouble && item->failing)
			log_info("%s takes alerts again", item->sink->name);
		item->failing = trouble != NULL;
	}
}

const char *alert_dispatch_lost(const struct alert_dispatch *dispatch, size_t i,
				uint64_t *ret_count)
{
	const struct open_sink *item = &dispatch->items[i];
	uint64_t given_up = 0;

	if (i >= dispatch->count)
		return NULL;
	if (item->sink->trouble)
		(void)item->sink->trouble(item->state, &given_up);
	*ret_count = item->waiting.lost + given_up;
	return item->loss_name;
}
