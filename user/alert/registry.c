/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Active alerts by (detector, kind and name of subject). The listener gets a new alert at once and
 * its updates at most once a minute; an update that was held back goes out when the minute is over.
 * What is no news goes to the listener for the record.
 */
#include "alert/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"

#define UPDATE_INTERVAL_US US_PER_MINUTE
#define NEWS_INTERVAL_US US_PER_DAY /* of alerts about readers */
#define REMEMBERED 1024

struct subject_key {
	uint64_t names, kind;
	uint64_t reader; /* 0: it is not about one */
};

struct active {
	struct alert alert;
	int64_t finding_us, notified_us; /* last finding; last call of the listener */
	bool is_held_back;		 /* the listener does not know the last finding */
	bool is_of_reader;
	bool is_reported; /* sinks heard of it since it became active */
	struct alert_extent extent; /* since it became active */
};

/* One about a reader that is over. */
struct remembered {
	char id[24];
	enum severity severity;
	int64_t time_us, first_us, reported_us;
	uint64_t count;
	struct alert_extent reported;
};

struct tally {
	const char *detector;
	uint64_t raised[SEVERITY_MAX];
	size_t active;
};

struct registry {
	int64_t quiet_us;
	struct table *active;
	struct table *remembered; /* by the same key */
	registry_listener listener;
	void *context;
	struct tally *tallies; /* one per detector */
	size_t n_tallies;
	uint32_t sequence;
	uint64_t evicted;
};

static void active_release(void *context, const void *key, void *value)
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
				     active_release, NULL);
	registry->remembered = table_new(sizeof(struct subject_key), sizeof(struct remembered),
					 REMEMBERED, NULL, NULL);
	registry->listener = listener;
	registry->context = context;
	return registry;
}

void registry_free(struct registry *registry)
{
	if (!registry)
		return;
	table_free(registry->active);
	table_free(registry->remembered);
	free(registry->tallies);
	free(registry);
}

static struct tally *tally_find(const struct registry *registry, const char *detector)
{
	for (size_t i = 0; i < registry->n_tallies; i++)
		if (!strcmp(registry->tallies[i].detector, detector))
			return &registry->tallies[i];
	return NULL;
}

static struct tally *tally_get(struct registry *registry, const char *detector)
{
	struct tally *tally = tally_find(registry, detector);

	if (tally)
		return tally;
	registry->tallies = xreallocarray(registry->tallies, registry->n_tallies + 1,
					  sizeof(*registry->tallies));
	tally = &registry->tallies[registry->n_tallies++];
	*tally = (struct tally){.detector = detector};
	return tally;
}

/* Of a reader, which is distinguished by more than its program. */
static uint64_t registry_hash_reader(const struct reader_id *reader)
{
	struct {
		uint64_t names, uid;
	} parts = {hash_two_strings(reader_id_unit(reader->unit), reader->script), reader->uid};

	return hash_bytes(&parts, sizeof(parts)) | 1;
}

static struct subject_key registry_key(const char *detector, enum subject_kind kind,
				       const char *subject, const json_t *evidence)
{
	struct subject_key key = {hash_two_strings(detector, subject), kind, 0};
	struct reader_id reader;

	if (alert_reader(kind, subject, evidence, &reader))
		key.reader = registry_hash_reader(&reader);
	return key;
}

/* ---- How much, and whether that is news ---- */

static uint64_t extent_number(const json_t *evidence, const char *name)
{
	json_int_t number = json_integer_value(json_object_get(evidence, name));

	return number > 0 ? (uint64_t)number : 0;
}

static void extent_add(struct alert_extent *extent, const struct finding *finding)
{
	uint64_t opens = extent_number(finding->evidence, "messages") +
			 extent_number(finding->evidence, "mailbox_files") +
			 extent_number(finding->evidence, "opens");
	uint64_t accounts = extent_number(finding->evidence, "mailboxes");

	if (finding->n_accounts > accounts)
		accounts = finding->n_accounts;
	extent->opens += opens ? opens : 1;
	extent->accounts = accounts > extent->accounts ? accounts : extent->accounts;
	extent->bytes += extent_number(finding->evidence, "bytes") +
			 extent_number(finding->evidence, "excess_bytes");
}

static bool extent_grew(uint64_t now, uint64_t reported)
{
	return now > 0 && now / 2 >= reported;
}

static bool registry_is_news(const struct active *active, int64_t now_us)
{
	const struct alert_extent *extent = &active->extent, *reported = &active->alert.reported;

	return !active->is_of_reader || !active->alert.reported_us ||
	       now_us - active->alert.reported_us >= NEWS_INTERVAL_US ||
	       extent_grew(extent->opens, reported->opens) ||
	       extent_grew(extent->accounts, reported->accounts) ||
	       extent_grew(extent->bytes, reported->bytes);
}

static void extent_keep_most(struct alert_extent *most, const struct alert_extent *extent)
{
	most->opens = extent->opens > most->opens ? extent->opens : most->opens;
	most->accounts = extent->accounts > most->accounts ? extent->accounts : most->accounts;
	most->bytes = extent->bytes > most->bytes ? extent->bytes : most->bytes;
}

static void registry_notify(struct registry *registry, struct active *active,
			    enum registry_change change, int64_t now_us)
{
	active->notified_us = now_us;
	active->is_held_back = false;
	if (change == REGISTRY_RAISED || change == REGISTRY_UPDATED) {
		active->is_reported = true;
		active->alert.reported_us = now_us;
		extent_keep_most(&active->alert.reported, &active->extent);
	}
	if (registry->listener)
		registry->listener(registry->context, &active->alert, change);
}

static void registry_notify_if_news(struct registry *registry, struct active *active,
				    enum registry_change change, bool rose, int64_t now_us)
{
	bool is_news = rose || registry_is_news(active, now_us);

	registry_notify(registry, active, is_news ? change : REGISTRY_NOTED, now_us);
}

void registry_remember(struct registry *registry, const struct alert *alert)
{
	struct subject_key key = registry_key(alert->detector, alert->subject_kind,
					      alert->subject, alert->evidence);
	struct remembered *remembered;

	if (!key.reader)
		return;
	remembered = table_touch(registry->remembered, &key, NULL);
	*remembered = (struct remembered){
		.severity = alert->severity,
		.time_us = alert->time_us,
		.first_us = alert->first_us,
		.reported_us = alert->reported_us,
		.count = alert->count,
		.reported = alert->reported,
	};
	memcpy(remembered->id, alert->id, sizeof(remembered->id));
}

static void registry_close(struct registry *registry, struct active *active, int64_t now_us)
{
	struct subject_key key;

	memcpy(&key, table_key(registry->active, active), sizeof(key));
	active->alert.active = false;
	tally_get(registry, active->alert.detector)->active--;
	registry_remember(registry, &active->alert);
	registry_notify(registry, active, active->is_reported ? REGISTRY_OVER : REGISTRY_NOTED,
			now_us);
	(void)table_remove(registry->active, &key);
}

/* Who gives way when there are too many: the least grave that was found least recently, since a
 * stranger can raise any number of notices. */
static struct active *registry_least(const struct registry *registry)
{
	struct active *least = table_next(registry->active, NULL);

	for (struct active *next = least; next; next = table_next(registry->active, next)) {
		if (next->alert.severity < least->alert.severity)
			least = next;
		if (least->alert.severity == SEVERITY_NOTICE)
			break;
	}
	return least;
}

static struct active *registry_touch(struct registry *registry, const struct subject_key *key,
				     int64_t now_us, bool *ret_is_new)
{
	bool is_full = table_count(registry->active) == table_capacity(registry->active);

	if (is_full && !table_find(registry->active, key)) {
		registry_close(registry, registry_least(registry), now_us);
		registry->evicted++;
	}
	return table_touch(registry->active, key, ret_is_new);
}

static void alert_replace_text(struct alert *alert, const struct finding *finding)
{
	free(alert->message);
	json_decref(alert->evidence);
	alert->message = xstrdup(finding->message);
	alert->evidence = json_deep_copy(finding->evidence);
}

/* The sum that raised the alert stays its reason, although it may have faded by a later finding. */
static void alert_keep_sum(json_t *before, json_t *evidence)
{
	static const char *const parts[] = {"log_likelihood_ratio", "weighted_networks",
					    "threshold", "contributions"};

	if (!json_object_get(before, parts[0]) && !json_object_get(before, parts[1]))
		return;
	for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
		(void)json_object_del(evidence, parts[i]);
		if (json_object_get(before, parts[i]))
			(void)json_object_set(evidence, parts[i],
					      json_object_get(before, parts[i]));
	}
}

static void alert_add_accounts(struct alert *alert, const struct finding *finding)
{
	for (size_t i = 0; i < finding->n_accounts; i++)
		(void)alert_add_account(alert, &finding->accounts[i]);
}

static void registry_raise(struct registry *registry, struct active *active,
			   const struct finding *finding, int64_t now_us)
{
	struct tally *tally = tally_get(registry, finding->detector);
	struct alert *alert = &active->alert;
	struct reader_id reader;

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
	active->is_of_reader = alert_reader(finding->subject_kind, finding->subject,
					    finding->evidence, &reader);
	/* Fixed width, so that names sort by time; the sequence tells those of one tick apart. */
	(void)snprintf(alert->id, sizeof(alert->id), "%014llx-%06x", (unsigned long long)now_us,
		       registry->sequence++ & 0xffffff);
	alert_replace_text(alert, finding);
	alert_add_accounts(alert, finding);
	extent_add(&active->extent, finding);
	tally->active++;
}

/* The same alert, again active; false: there was none. */
static bool registry_reopen(struct registry *registry, struct active *active,
			    const struct subject_key *key, int64_t now_us, bool *ret_rose)
{
	const struct remembered *before = table_find(registry->remembered, key);
	struct alert *alert = &active->alert;

	if (!key->reader || !before)
		return false;
	memcpy(alert->id, before->id, sizeof(alert->id));
	alert->time_us = before->time_us;
	alert->first_us = before->first_us;
	alert->reported_us = before->reported_us;
	alert->reported = before->reported;
	alert->count = before->count + 1;
	alert->again_us = now_us;
	*ret_rose = alert->severity > before->severity;
	(void)table_remove(registry->remembered, key);
	return true;
}

/* Returns whether the severity rose. A later finding of lower severity leaves the text. */
static bool alert_merge(struct alert *alert, const struct finding *finding)
{
	bool rose = finding->severity > alert->severity;

	if (finding->severity >= alert->severity) {
		json_t *before = json_incref(alert->evidence);

		alert_replace_text(alert, finding);
		if (!rose)
			alert_keep_sum(before, alert->evidence);
		json_decref(before);
		alert->severity = finding->severity;
	}
	if (finding->first_us < alert->first_us)
		alert->first_us = finding->first_us;
	if (finding->last_us > alert->last_us)
		alert->last_us = finding->last_us;
	alert->count++;
	alert_add_accounts(alert, finding);
	return rose;
}

static void registry_apply_one(struct registry *registry, const struct finding *finding,
			       int64_t now_us)
{
	struct subject_key key = registry_key(finding->detector, finding->subject_kind,
					      finding->subject, finding->evidence);
	bool is_new, rose = false;
	struct active *active = registry_touch(registry, &key, now_us, &is_new);

	active->finding_us = now_us;
	if (is_new) {
		registry_raise(registry, active, finding, now_us);
		if (!registry_reopen(registry, active, &key, now_us, &rose))
			tally_get(registry, finding->detector)->raised[finding->severity]++;
		registry_notify_if_news(registry, active, REGISTRY_RAISED, rose, now_us);
		return;
	}
	rose = alert_merge(&active->alert, finding);
	extent_add(&active->extent, finding);
	active->is_held_back = true;
	if (rose || now_us - active->notified_us >= UPDATE_INTERVAL_US)
		registry_notify_if_news(registry, active, REGISTRY_UPDATED, rose, now_us);
}

void registry_apply(struct registry *registry, const struct finding_list *findings, int64_t now_us)
{
	for (size_t i = 0; i < findings->count; i++)
		registry_apply_one(registry, &findings->items[i], now_us);
}

void registry_restore(struct registry *registry, struct alert *alert)
{
	struct subject_key key = registry_key(alert->detector, alert->subject_kind,
					      alert->subject, alert->evidence);
	bool is_new;
	struct active *active = registry_touch(registry, &key, alert->last_us, &is_new);

	if (!is_new) {
		alert_done(alert);
		return;
	}
	active->alert = *alert;
	active->alert.active = true;
	active->is_of_reader = key.reader != 0;
	active->is_reported = true;
	active->finding_us = active->notified_us = alert->last_us;
	tally_get(registry, alert->detector)->active++;
	*alert = (struct alert){0};
}

void registry_expire(struct registry *registry, int64_t now_us)
{
	struct active *active, *next;

	for (active = table_next(registry->active, NULL); active; active = next) {
		next = table_next(registry->active, active);
		if (now_us - active->finding_us >= registry->quiet_us)
			registry_close(registry, active, now_us);
		else if (active->is_held_back && now_us - active->notified_us >= UPDATE_INTERVAL_US)
			registry_notify_if_news(registry, active, REGISTRY_UPDATED,
						/* rose= */ false, now_us);
		else if (active->alert.n_unsaved > 0 && registry->listener)
			registry->listener(registry->context, &active->alert, REGISTRY_NAMED);
	}
}

void registry_flush(struct registry *registry, int64_t now_us)
{
	for (struct active *active = table_next(registry->active, NULL); active;
	     active = table_next(registry->active, active))
		if (active->is_held_back || active->alert.n_unsaved > 0)
			registry_notify_if_news(registry, active,
						active->is_held_back ? REGISTRY_UPDATED
								     : REGISTRY_NOTED,
						/* rose= */ false, now_us);
}

void registry_answer(struct registry *registry, const char *id, int64_t now_us)
{
	struct remembered *remembered;
	struct active *active;
	struct subject_key key;

	for (active = table_next(registry->active, NULL); active;
	     active = table_next(registry->active, active)) {
		if (strcmp(active->alert.id, id) != 0)
			continue;
		active->is_reported = true; /* this end is news */
		registry_close(registry, active, now_us);
		break;
	}
	for (remembered = table_next(registry->remembered, NULL); remembered;
	     remembered = table_next(registry->remembered, remembered)) {
		if (strcmp(remembered->id, id) != 0)
			continue;
		memcpy(&key, table_key(registry->remembered, remembered), sizeof(key));
		(void)table_remove(registry->remembered, &key);
		break;
	}
}

size_t registry_active(const struct registry *registry)
{
	return table_count(registry->active);
}

size_t registry_active_of(const struct registry *registry, const char *detector)
{
	const struct tally *tally = tally_find(registry, detector);

	return tally ? tally->active : 0;
}

uint64_t registry_raised_of(const struct registry *registry, const char *detector,
			    enum severity severity)
{
	const struct tally *tally = tally_find(registry, detector);

	return tally ? tally->raised[severity] : 0;
}

uint64_t registry_evicted(const struct registry *registry)
{
	return registry->evicted;
}
