/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Active alerts by (detector, kind and name of subject). Listeners hear of a new alert at once
 * and of news at most once a minute, but never of fewer findings than there were: what was held
 * back is told as soon as the minute is over.
 */
#include "alert/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"

#define TELL_AGAIN_US US_PER_MINUTE

struct subject_key {
	uint64_t names, kind;
};

struct active {
	struct alert alert;
	int64_t news_us, told_us;
	bool is_untold; /* there is news that no listener heard */
};

struct tally {
	const char *detector;
	uint64_t raised[SEVERITY_MAX];
	size_t active;
};

struct registry {
	int64_t quiet_us;
	struct table *active;
	registry_listener listener;
	void *context;
	struct tally *tallies; /* one per detector */
	size_t n_tallies;
	uint32_t sequence;
	uint64_t evicted;
};

static void release_active(void *context, const void *key, void *value)
{
	(void)context;
	(void)key;
	alert_done(&((struct active *)value)->alert);
}

struct registry *registry_new(int64_t quiet_us, size_t capacity, registry_listener listener,
			      void *context)
{
	struct registry *registry = xcalloc(1, sizeof(*registry));

	registry->quiet_us = quiet_us;
	registry->active = table_new(sizeof(struct subject_key), sizeof(struct active), capacity,
				     release_active, NULL);
	registry->listener = listener;
	registry->context = context;
	return registry;
}

void registry_free(struct registry *registry)
{
	if (!registry)
		return;
	table_free(registry->active);
	free(registry->tallies);
	free(registry);
}

static struct tally *find_tally(const struct registry *registry, const char *detector)
{
	for (size_t i = 0; i < registry->n_tallies; i++)
		if (!strcmp(registry->tallies[i].detector, detector))
			return &registry->tallies[i];
	return NULL;
}

static struct tally *get_tally(struct registry *registry, const char *detector)
{
	struct tally *tally = find_tally(registry, detector);

	if (tally)
		return tally;
	registry->tallies = xreallocarray(registry->tallies, registry->n_tallies + 1,
					  sizeof(*registry->tallies));
	tally = &registry->tallies[registry->n_tallies++];
	*tally = (struct tally){.detector = detector};
	return tally;
}

static struct subject_key key_of(const char *detector, enum subject_kind kind, const char *subject)
{
	return (struct subject_key){hash_two_strings(detector, subject), kind};
}

static void tell(struct registry *registry, struct active *active, enum registry_change change,
		 int64_t now_us)
{
	active->told_us = now_us;
	active->is_untold = false;
	if (registry->listener)
		registry->listener(registry->context, &active->alert, change);
}

static void close_alert(struct registry *registry, struct active *active, int64_t now_us)
{
	struct subject_key key;

	memcpy(&key, table_key(registry->active, active), sizeof(key));
	active->alert.active = false;
	get_tally(registry, active->alert.detector)->active--;
	tell(registry, active, REGISTRY_OVER, now_us);
	(void)table_remove(registry->active, &key);
}

static struct active *touch(struct registry *registry, const struct subject_key *key,
			    int64_t now_us, bool *ret_is_new)
{
	bool is_full = table_count(registry->active) == table_capacity(registry->active);

	if (is_full && !table_find(registry->active, key)) {
		close_alert(registry, table_next(registry->active, NULL), now_us);
		registry->evicted++;
	}
	return table_touch(registry->active, key, ret_is_new);
}

static void replace_text(struct alert *alert, const struct finding *finding)
{
	free(alert->message);
	json_decref(alert->evidence);
	alert->message = xstrdup(finding->message);
	alert->evidence = json_deep_copy(finding->evidence);
}

/* The sum that raised the alarm is its reason, also when it has faded by the time of later news. */
static void keep_sum(json_t *before, json_t *evidence)
{
	static const char *const parts[] = {"nats", "level", "contributions"};

	for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
		if (json_object_get(before, parts[i]))
			json_object_set(evidence, parts[i], json_object_get(before, parts[i]));
}

static void add_accounts(struct alert *alert, const struct finding *finding)
{
	for (size_t i = 0; i < finding->n_accounts; i++)
		(void)alert_add_account(alert, finding->accounts[i]);
}

static void raise_alert(struct registry *registry, struct active *active,
			const struct finding *finding, int64_t now_us)
{
	struct tally *tally = get_tally(registry, finding->detector);
	struct alert *alert = &active->alert;

	*alert = (struct alert){
		.detector = finding->detector,
		.severity = finding->severity,
		.subject_kind = finding->subject_kind,
		.subject = xstrdup(finding->subject),
		.time_us = now_us,
		.first_us = finding->first_us,
		.last_us = finding->last_us,
		.count = 1,
		.active = true,
	};
	/* Fixed width, so that names sort by time; the sequence tells those of one tick apart. */
	(void)snprintf(alert->id, sizeof(alert->id), "%014llx-%06x", (unsigned long long)now_us,
		       registry->sequence++ & 0xffffff);
	replace_text(alert, finding);
	add_accounts(alert, finding);
	tally->raised[finding->severity]++;
	tally->active++;
}

/* Returns whether the severity rose. The words of a graver finding outlive those of a lesser. */
static bool merge(struct alert *alert, const struct finding *finding)
{
	bool rose = finding->severity > alert->severity;
	json_t *before = json_incref(alert->evidence);

	if (finding->severity >= alert->severity)
		replace_text(alert, finding);
	if (!rose)
		keep_sum(before, alert->evidence);
	json_decref(before);
	if (rose)
		alert->severity = finding->severity;
	if (finding->first_us < alert->first_us)
		alert->first_us = finding->first_us;
	if (finding->last_us > alert->last_us)
		alert->last_us = finding->last_us;
	alert->count++;
	add_accounts(alert, finding);
	return rose;
}

static void apply_one(struct registry *registry, const struct finding *finding, int64_t now_us)
{
	struct subject_key key = key_of(finding->detector, finding->subject_kind, finding->subject);
	bool is_new, rose;
	struct active *active = touch(registry, &key, now_us, &is_new);

	active->news_us = now_us;
	if (is_new) {
		raise_alert(registry, active, finding, now_us);
		tell(registry, active, REGISTRY_RAISED, now_us);
		return;
	}
	rose = merge(&active->alert, finding);
	active->is_untold = true;
	if (rose || now_us - active->told_us >= TELL_AGAIN_US)
		tell(registry, active, REGISTRY_UPDATED, now_us);
}

void registry_apply(struct registry *registry, const struct finding_list *findings, int64_t now_us)
{
	for (size_t i = 0; i < findings->count; i++)
		apply_one(registry, &findings->items[i], now_us);
}

void registry_restore(struct registry *registry, struct alert *alert)
{
	struct subject_key key = key_of(alert->detector, alert->subject_kind, alert->subject);
	bool is_new;
	struct active *active = touch(registry, &key, alert->last_us, &is_new);

	if (!is_new) {
		alert_done(alert);
		return;
	}
	active->alert = *alert;
	active->alert.active = true;
	active->news_us = active->told_us = alert->last_us;
	get_tally(registry, alert->detector)->active++;
	*alert = (struct alert){0};
}

void registry_expire(struct registry *registry, int64_t now_us)
{
	struct active *active, *next;

	for (active = table_next(registry->active, NULL); active; active = next) {
		next = table_next(registry->active, active);
		if (now_us - active->news_us >= registry->quiet_us)
			close_alert(registry, active, now_us);
		else if (active->is_untold && now_us - active->told_us >= TELL_AGAIN_US)
			tell(registry, active, REGISTRY_UPDATED, now_us);
	}
}

size_t registry_active(const struct registry *registry)
{
	return table_count(registry->active);
}

size_t registry_active_of(const struct registry *registry, const char *detector)
{
	const struct tally *tally = find_tally(registry, detector);

	return tally ? tally->active : 0;
}

uint64_t registry_raised_of(const struct registry *registry, const char *detector,
			    enum severity severity)
{
	const struct tally *tally = find_tally(registry, detector);

	return tally ? tally->raised[severity] : 0;
}

uint64_t registry_evicted(const struct registry *registry)
{
	return registry->evicted;
}
