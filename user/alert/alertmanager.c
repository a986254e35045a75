/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Alerts to Prometheus' Alertmanager, API v2. The Alertmanager takes an alert for resolved when it
 * is not posted again, so each request holds the whole state, not the changes: every active alert,
 * each minute and after each change, and every closed one until a request with it succeeded. When a
 * request is lost, the next one holds all that it held.
 */
#include "alert/sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "alert/post.h"
#include "base/mem.h"
#include "base/time.h"

#define API_PATH "/api/v2/alerts"
#define ALERTS_CAP 4096
#define AGAIN_US US_PER_MINUTE
/* Nine requests may fail before the Alertmanager takes an active alert for resolved. */
#define VALID_US (10 * US_PER_MINUTE)

enum { ALERTMANAGER_URL };

static const struct sink_key alertmanager_keys[] = {
	[ALERTMANAGER_URL] = {"url", SINK_KEY_URL, "The Alertmanager, or its API.",
			      .required = true},
	{},
};

struct alertmanager {
	struct post *post;
	sd_event *event;
	sd_event_source *again;
	json_t *alerts; /* id and severity -> object of the API; without endsAt it is active */
	json_t *on_way; /* as alerts, but only what is over and in the request on its way */
	char host[65];
	bool has_news;
	uint64_t lost;
};

static json_t *alertmanager_time(int64_t time_us)
{
	char text[TIME_TEXT_BYTES];

	time_format(time_us, text);
	return json_string(text);
}

static int64_t alertmanager_now_us(const struct alertmanager *alertmanager)
{
	uint64_t now_us = 0;

	(void)sd_event_now(alertmanager->event, CLOCK_REALTIME, &now_us);
	return (int64_t)now_us;
}

/* The labels are the identity: a number among them would make each change another alert. */
static json_t *alertmanager_object(const struct alertmanager *alertmanager,
				   const struct alert *alert)
{
	_cleanup_free_ char *evidence =
		alert->evidence ? json_dumps(alert->evidence, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	return json_pack("{s:{s:s, s:s, s:s, s:s, s:s, s:s}, s:{s:s, s:s, s:s}, s:o}", "labels",
			 "alertname", alert->detector, "job", "waxseal", "instance",
			 alertmanager->host, "severity", severity_to_string(alert->severity),
			 "subject_kind", subject_kind_to_string(alert->subject_kind), "subject",
			 alert->subject, "annotations", "summary", alert->message, "evidence",
			 evidence ? evidence : "{}", "id", alert->id, "startsAt",
			 alertmanager_time(alert->time_us));
}

static void alertmanager_end(json_t *object, int64_t now_us)
{
	if (object && !json_object_get(object, "endsAt"))
		(void)json_object_set_new(object, "endsAt", alertmanager_time(now_us));
}

/* Severity is a label, so an alert whose severity rose is another one there: the former ends. */
static void alertmanager_end_former(struct alertmanager *alertmanager, const struct alert *alert,
				    int64_t now_us)
{
	for (int severity = 0; severity < SEVERITY_MAX; severity++) {
		_cleanup_free_ char *key =
			xasprintf("%s %s", alert->id, severity_to_string(severity));

		if (!alert->active || severity != (int)alert->severity)
			alertmanager_end(json_object_get(alertmanager->alerts, key), now_us);
	}
}

static void alertmanager_make_room(struct alertmanager *alertmanager)
{
	if (json_object_size(alertmanager->alerts) < ALERTS_CAP)
		return;
	(void)json_object_del(alertmanager->alerts,
			      json_object_iter_key(json_object_iter(alertmanager->alerts)));
	alertmanager->lost++;
}

static int alertmanager_send(void *state, const struct alert *alert)
{
	struct alertmanager *alertmanager = state;
	_cleanup_free_ char *key =
		xasprintf("%s %s", alert->id, severity_to_string(alert->severity));
	int64_t now_us = alertmanager_now_us(alertmanager);
	json_t *object = alertmanager_object(alertmanager, alert);

	if (!object)
		return -EILSEQ;
	alertmanager_end_former(alertmanager, alert, now_us);
	if (!alert->active)
		alertmanager_end(object, now_us);
	if (!json_object_get(alertmanager->alerts, key))
		alertmanager_make_room(alertmanager);
	(void)json_object_set_new(alertmanager->alerts, key, object);
	alertmanager->has_news = true;
	post_kick(alertmanager->post);
	return 0;
}

static char *alertmanager_next(void *context)
{
	struct alertmanager *alertmanager = context;
	int64_t valid_us = alertmanager_now_us(alertmanager) + VALID_US;
	json_t *list = json_array(), *object;
	const char *key;
	char *body;

	if (!alertmanager->has_news || json_object_size(alertmanager->alerts) == 0) {
		json_decref(list);
		return NULL;
	}
	(void)json_object_clear(alertmanager->on_way);
	json_object_foreach(alertmanager->alerts, key, object)
	{
		json_t *copy = json_copy(object);

		if (json_object_get(object, "endsAt"))
			(void)json_object_set(alertmanager->on_way, key, object);
		else
			(void)json_object_set_new(copy, "endsAt", alertmanager_time(valid_us));
		(void)json_array_append_new(list, copy);
	}
	body = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	alertmanager->has_news = false;
	return body;
}

static void alertmanager_done(void *context, enum post_outcome outcome)
{
	struct alertmanager *alertmanager = context;
	json_t *object;
	const char *key;

	if (outcome == POST_FAILED) {
		alertmanager->has_news = true;
		return;
	}
	if (outcome == POST_REFUSED)
		alertmanager->lost += json_object_size(alertmanager->on_way);
	json_object_foreach(alertmanager->on_way, key, object)
	{
		if (json_object_get(alertmanager->alerts, key) == object)
			(void)json_object_del(alertmanager->alerts, key);
	}
	(void)json_object_clear(alertmanager->on_way);
}

static const struct post_client alertmanager_client = {alertmanager_next, alertmanager_done};

static int alertmanager_on_again(sd_event_source *source, uint64_t due_us, void *context)
{
	struct alertmanager *alertmanager = context;
	int r;

	(void)due_us;
	alertmanager->has_news = true;
	post_kick(alertmanager->post);
	r = sd_event_source_set_time_relative(source, AGAIN_US);
	return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static uint64_t alertmanager_close(void *state)
{
	struct alertmanager *alertmanager = state;
	uint64_t undelivered = 0;

	if (alertmanager->post) {
		post_flush(alertmanager->post);
		undelivered = alertmanager->has_news ? json_object_size(alertmanager->alerts) : 0;
		post_close(alertmanager->post);
	}
	sd_event_source_disable_unref(alertmanager->again);
	sd_event_unref(alertmanager->event);
	json_decref(alertmanager->alerts);
	json_decref(alertmanager->on_way);
	free(alertmanager);
	return undelivered;
}

/* url: of the Alertmanager, or of its API. */
static char *alertmanager_url(const char *url)
{
	size_t length = strlen(url), path = strlen(API_PATH);

	if (length > path && strcmp(url + length - path, API_PATH) == 0)
		return xstrdup(url);
	while (length > 0 && url[length - 1] == '/')
		length--;
	return xasprintf("%.*s" API_PATH, (int)length, url);
}

static int alertmanager_open(const struct sink_settings *settings, void **ret_state)
{
	_cleanup_free_ char *url = alertmanager_url(settings->values[ALERTMANAGER_URL].text);
	struct alertmanager *alertmanager = xcalloc(1, sizeof(*alertmanager));
	int r;

	alertmanager->alerts = json_object();
	alertmanager->on_way = json_object();
	(void)gethostname(alertmanager->host, sizeof(alertmanager->host) - 1);
	r = sd_event_default(&alertmanager->event);
	if (r >= 0)
		r = sd_event_add_time_relative(alertmanager->event, &alertmanager->again,
					       CLOCK_MONOTONIC, AGAIN_US, US_PER_SECOND,
					       alertmanager_on_again, alertmanager);
	if (r >= 0)
		r = post_open(url, &alertmanager_client, alertmanager, &alertmanager->post);
	if (r < 0) {
		(void)alertmanager_close(alertmanager);
		return r;
	}
	*ret_state = alertmanager;
	return 0;
}

static const char *alertmanager_trouble(const void *state, uint64_t *ret_lost)
{
	const struct alertmanager *alertmanager = state;

	*ret_lost = alertmanager->lost;
	return post_trouble(alertmanager->post);
}

const struct sink alertmanager_sink = {
	.name = "alertmanager",
	.help = "the Alertmanager at `url`, what is active again each minute",
	.keys = alertmanager_keys,
	.enabled_by_default = false,
	.interest = SINK_PRESENT,
	.open = alertmanager_open,
	.send = alertmanager_send,
	.trouble = alertmanager_trouble,
	.close = alertmanager_close,
};
