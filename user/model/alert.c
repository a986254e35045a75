/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings are built by detectors, alerts by the registry; here is what both consist of. */
#include "model/alert.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"

static const char *const severities[] = {
	[SEVERITY_NOTICE] = "notice",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_CRITICAL] = "critical",
};
static_assert(ARRAY_LENGTH(severities) == SEVERITY_MAX, "a word for each severity");

static const char *const subject_kinds[] = {
	[SUBJECT_ACCOUNT] = "account", [SUBJECT_SOURCE] = "source", [SUBJECT_TENANT] = "tenant",
	[SUBJECT_ACTOR] = "actor",     [SUBJECT_STORE] = "store",   [SUBJECT_SENSOR] = "sensor",
};
static_assert(ARRAY_LENGTH(subject_kinds) == SUBJECT_MAX, "a word for each kind");

static const char *const harms[] = {
	[HARM_NONEXISTENT] = "nonexistent",
	[HARM_TRIED] = "tried",
	[HARM_READ] = "read",
	[HARM_OPENED] = "opened",
};
static_assert(ARRAY_LENGTH(harms) == HARM_MAX, "a word for each harm");

static char *format_message(const char *format, va_list arguments)
{
	char *message = NULL;

	if (vasprintf(&message, format, arguments) < 0)
		abort();
	return message;
}

struct finding *finding_add(struct finding_list *list, const char *detector, enum severity severity,
			    enum subject_kind kind, const char *subject, const char *message, ...)
{
	struct finding *finding;
	va_list arguments;

	if (list->count == list->room) {
		list->room = list->room ? list->room * 2 : 8;
		list->items = xreallocarray(list->items, list->room, sizeof(*list->items));
	}
	finding = &list->items[list->count++];
	*finding = (struct finding){
		.detector = detector,
		.severity = severity,
		.subject_kind = kind,
		.subject = xstrdup(subject),
		.evidence = json_object(),
	};
	va_start(arguments, message);
	finding->message = format_message(message, arguments);
	va_end(arguments);
	return finding;
}

/* Kept sorted: one tick may bring tens of thousands of them. */
static size_t find_place(const struct harmed_account *accounts, size_t count, const char *name,
			 bool *ret_found)
{
	size_t low = 0, high = count;

	*ret_found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(accounts[middle].name, name);

		if (order == 0)
			*ret_found = true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Worse harm replaces what was known, the same makes its span longer. Returns whether it changed. */
static bool harmed_account_merge(struct harmed_account *known, const struct harmed_account *news)
{
	struct harmed_account before = *known;

	if (news->harm < known->harm)
		return false;
	if (news->harm > known->harm || news->first_us < known->first_us)
		known->first_us = news->first_us;
	if (news->harm > known->harm || news->last_us > known->last_us)
		known->last_us = news->last_us;
	known->harm = news->harm;
	return known->harm != before.harm || known->first_us != before.first_us ||
	       known->last_us != before.last_us;
}

/* Returns the account, which is changed or new, or unchanged; NULL: there are as many as may be. */
static struct harmed_account *add_harmed(struct harmed_account **accounts, size_t *count,
					 size_t limit, const struct harmed_account *news,
					 bool *ret_changed)
{
	bool found;
	size_t place = find_place(*accounts, *count, news->name, &found);

	if (found) {
		*ret_changed = harmed_account_merge(*accounts + place, news);
		return *accounts + place;
	}
	if (*count >= limit)
		return NULL;
	/* room for the next power of two, made when a power of two is full */
	if ((*count & (*count - 1)) == 0)
		*accounts = xreallocarray(*accounts, *count ? 2 * *count : 1, sizeof(**accounts));
	memmove(*accounts + place + 1, *accounts + place, (*count - place) * sizeof(**accounts));
	(*accounts)[place] = *news;
	(*accounts)[place].name = xstrdup(news->name);
	(*accounts)[place].is_unsaved = false;
	++*count;
	*ret_changed = true;
	return *accounts + place;
}

void finding_add_account(struct finding *finding, const char *account, enum account_harm harm,
			 int64_t time_us)
{
	const struct harmed_account news = {
		.name = (char *)account, .harm = harm, .first_us = time_us, .last_us = time_us};
	bool changed;

	(void)add_harmed(&finding->accounts, &finding->n_accounts, SIZE_MAX, &news, &changed);
}

bool alert_add_account(struct alert *alert, const struct harmed_account *account)
{
	bool changed = false;
	struct harmed_account *kept = add_harmed(&alert->accounts, &alert->n_accounts,
						 ALERT_ACCOUNTS_MAX, account, &changed);

	if (!kept)
		return false;
	alert->n_unsaved += changed && !kept->is_unsaved;
	kept->is_unsaved |= changed;
	return true;
}

static void free_accounts(struct harmed_account *accounts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(accounts[i].name);
	free(accounts);
}

static void finding_done(struct finding *finding)
{
	free(finding->subject);
	free(finding->message);
	json_decref(finding->evidence);
	free_accounts(finding->accounts, finding->n_accounts);
}

void finding_list_done(struct finding_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		finding_done(&list->items[i]);
	free(list->items);
	*list = (struct finding_list){0};
}

void alert_done(struct alert *alert)
{
	free(alert->subject);
	free(alert->message);
	json_decref(alert->evidence);
	free_accounts(alert->accounts, alert->n_accounts);
	*alert = (struct alert){0};
}

static const char *alert_evidence_text(const json_t *evidence, const char *name)
{
	const char *text = json_string_value(json_object_get(evidence, name));

	return text ? text : "";
}

bool alert_reader(enum subject_kind kind, const char *subject, const json_t *evidence,
		  struct reader_id *ret)
{
	const json_t *uid = json_object_get(evidence, "uid");

	if (kind != SUBJECT_ACTOR || !json_is_integer(uid))
		return false;
	*ret = (struct reader_id){
		.program = subject,
		.uid = (uint32_t)json_integer_value(uid),
		.unit = alert_evidence_text(evidence, "unit"),
		.script = alert_evidence_text(evidence, "script"),
	};
	return true;
}

static json_t *json_time(int64_t time_us)
{
	char text[TIME_TEXT_BYTES];

	time_format(time_us, text);
	return json_string(text);
}

json_t *alert_to_json(const struct alert *alert)
{
	json_t *json = json_object();
	json_t *subject = json_object();

	json_object_set_new(subject, "kind", json_string(subject_kinds[alert->subject_kind]));
	json_object_set_new(subject, "name", json_string(alert->subject));
	json_object_set_new(json, "id", json_string(alert->id));
	json_object_set_new(json, "time", json_time(alert->time_us));
	json_object_set_new(json, "detector", json_string(alert->detector));
	json_object_set_new(json, "severity", json_string(severities[alert->severity]));
	json_object_set_new(json, "subject", subject);
	json_object_set_new(json, "message", json_string(alert->message));
	json_object_set_new(json, "evidence",
			    alert->evidence ? json_deep_copy(alert->evidence) : json_object());
	json_object_set_new(json, "count", json_integer((json_int_t)alert->count));
	json_object_set_new(json, "first_seen", json_time(alert->first_us));
	json_object_set_new(json, "last_seen", json_time(alert->last_us));
	json_object_set_new(json, "state", json_string(alert->active ? "active" : "over"));
	return json;
}

const char *severity_to_string(enum severity severity)
{
	return severities[severity];
}

enum severity severity_from_string(const char *word)
{
	for (int i = 0; i < SEVERITY_MAX; i++)
		if (!strcmp(severities[i], word))
			return i;
	return SEVERITY_INVALID;
}

const char *account_harm_to_string(enum account_harm harm)
{
	return harms[harm];
}

enum account_harm account_harm_from_string(const char *word)
{
	for (int i = 0; i < HARM_MAX; i++)
		if (!strcmp(harms[i], word))
			return i;
	return HARM_INVALID;
}

const char *subject_kind_to_string(enum subject_kind kind)
{
	return subject_kinds[kind];
}
