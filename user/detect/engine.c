/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each tick, contacts and first accesses are collected once, for all detectors. */
#include "detect/engine.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"

#define STATE_VERSION 9
#define STATE_END "end"
#define STATE_MAGIC UINT64_C(0x7761786a75646731)
/* Rows of the block list that are wrong, per day; apart from the alerts, since they wake nobody. */
#define BLOCKLIST_FALSE_ALARMS 0.1

static const struct network_list nobody;
static const struct watch_entries nothing;

struct running {
	const struct detector *detector;
	void *state;
};

struct engine {
	struct engine_settings settings;
	struct running *running;
	size_t n_running, n_sharing;
	struct history *history;
	struct sources sources;
	struct tenants tenants;
	struct evidence evidence;
	struct contacts contacts;
	struct first_accesses first_accesses;
	struct network_list own; /* addresses of this host */
	int64_t since_us;	 /* end of the first tick */
};

static void *engine_new_detector(const struct detector *detector, const double *settings)
{
	_cleanup_free_ double *initial = NULL;
	size_t n = 0;

	if (settings)
		return detector->new (settings);
	while (detector->keys && detector->keys[n].name)
		n++;
	initial = xcalloc(n + 1, sizeof(*initial));
	for (size_t i = 0; i < n; i++)
		initial[i] = detector->keys[i].initial;
	return detector->new (initial);
}

struct engine *engine_new(const struct engine_settings *settings,
			  const struct detector_choice *choices, size_t n_choices)
{
	struct engine *engine = xcalloc(1, sizeof(*engine));

	engine->settings = *settings;
	if (!engine->settings.trusted)
		engine->settings.trusted = &nobody;
	if (!engine->settings.listed_helpers)
		engine->settings.listed_helpers = &nothing;
	engine->history = history_new(settings->accounts);
	sources_init(&engine->sources);
	tenants_init(&engine->tenants, settings->accounts);
	evidence_init(&engine->evidence);
	contacts_init(&engine->contacts);
	first_accesses_init(&engine->first_accesses);
	for (size_t i = 0; detectors[i]; i++) {
		const struct detector *detector = detectors[i];
		const struct detector_choice *choice = i < n_choices ? &choices[i] : NULL;

		if (choice && !choice->enabled)
			continue;
		engine->running = xreallocarray(engine->running, engine->n_running + 1,
						sizeof(*engine->running));
		engine->running[engine->n_running++] = (struct running){
			detector, engine_new_detector(detector, choice ? choice->settings : NULL)};
		engine->n_sharing += detector->shares_alarms;
	}
	return engine;
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	for (size_t i = 0; i < engine->n_running; i++)
		engine->running[i].detector->free(engine->running[i].state);
	free(engine->running);
	first_accesses_done(&engine->first_accesses);
	contacts_done(&engine->contacts);
	tenants_done(&engine->tenants);
	sources_done(&engine->sources);
	history_free(engine->history);
	network_list_done(&engine->own);
	free(engine);
}

void engine_set_own_addresses(struct engine *engine, struct network_list *own)
{
	network_list_done(&engine->own);
	engine->own = *own;
	*own = (struct network_list){0};
}

struct history *engine_history(struct engine *engine)
{
	return engine->history;
}

static double engine_age_days(const struct engine *engine, int64_t now_us)
{
	return engine->since_us ? (double)(now_us - engine->since_us) / US_PER_DAY : 0;
}

static struct detector_input engine_view(struct engine *engine, int64_t now_us)
{
	return (struct detector_input){
		.first_accesses = &engine->first_accesses,
		.history = engine->history,
		.sources = &engine->sources,
		.tenants = &engine->tenants,
		.evidence = &engine->evidence,
		.trusted = engine->settings.trusted,
		.own = &engine->own,
		.listed_helpers = engine->settings.listed_helpers,
		.now_us = now_us,
		.is_learning = engine_age_days(engine, now_us) < engine->settings.learn_days,
		.is_first_day = engine_age_days(engine, now_us) < fmin(engine->settings.learn_days, 1),
		.false_alarms = engine->settings.false_alarms_per_day /
				(double)(engine->n_sharing ? engine->n_sharing : 1),
		.accounts = (double)engine->settings.accounts,
	};
}

static struct detector_input engine_collect(struct engine *engine, const struct snapshot *snapshot)
{
	double days = engine_age_days(engine, snapshot->until_us);
	struct detector_input input;
	const struct contact_context with = {
		.history = engine->history,
		.sources = &engine->sources,
		.tenants = &engine->tenants,
		.evidence = &engine->evidence,
		.trusted = engine->settings.trusted,
		.can_learn = days >= 1,
		.young_us = (int64_t)(fmin(engine->settings.learn_days, 3) * US_PER_DAY),
		.can_be_strange = days >= fmax(1, fmin(engine->settings.learn_days, 3)),
	};

	history_advance(engine->history, snapshot->until_us);
	tenants_set_accounts(&engine->tenants, history_accounts(engine->history));
	engine->sources.threshold =
		evidence_threshold(rate_per_day(&engine->sources.contacts, snapshot->until_us),
				   BLOCKLIST_FALSE_ALARMS) +
		2 * M_LN2; /* two lists, addresses and networks */
	contacts_collect(&engine->contacts, &with, snapshot);
	first_accesses_collect(&engine->first_accesses, engine->history, &engine->contacts,
			       snapshot);
	input = engine_view(engine, snapshot->until_us);
	input.snapshot = snapshot;
	input.contacts = engine->contacts.items;
	input.n_contacts = engine->contacts.count;
	input.of_host = engine->contacts.of_host;
	input.n_of_host = engine->contacts.n_of_host;
	return input;
}

void engine_observe(struct engine *engine, const struct snapshot *snapshot,
		    struct finding_list *ret)
{
	struct detector_input input;

	if (!engine->since_us)
		engine->since_us = snapshot->until_us;
	input = engine_collect(engine, snapshot);
	for (size_t i = 0; i < engine->n_running; i++)
		engine->running[i].detector->observe(engine->running[i].state, &input, ret);
}

uint64_t engine_read_budget(struct engine *engine, int64_t now_us, const char *store,
			    const char *actor)
{
	const struct detector_input input = {
		.history = engine->history,
		.now_us = now_us,
		.accounts = (double)engine->settings.accounts,
	};
	double least = INFINITY;

	if (engine_age_days(engine, now_us) < engine->settings.learn_days)
		return UINT64_MAX;
	for (size_t i = 0; i < engine->n_running; i++)
		if (engine->running[i].detector->read_budget)
			least = fmin(least,
				     engine->running[i].detector->read_budget(
					     engine->running[i].state, &input, store, actor));
	return isinf(least) ? UINT64_MAX : (uint64_t)fmax(least, 1);
}

/* What all detectors share; the others have the name of a detector. */
static void engine_serialize_own(struct engine *engine, struct serializer *serializer)
{
	serializer_member(serializer, &engine->since_us, sizeof(engine->since_us));
	serializer_member(serializer, &engine->evidence, sizeof(engine->evidence));
}

static void engine_serialize_section(struct engine *engine, struct serializer *part,
				     const char *name)
{
	if (strcmp(name, "engine") == 0)
		engine_serialize_own(engine, part);
	else if (strcmp(name, "history") == 0)
		history_serialize(engine->history, part);
	else if (strcmp(name, "sources") == 0)
		sources_serialize(&engine->sources, part);
	else if (strcmp(name, "tenants") == 0)
		tenants_serialize(&engine->tenants, part);
	else if (strcmp(name, "contacts") == 0)
		contacts_serialize(&engine->contacts, part);
	else if (strcmp(name, "first_accesses") == 0)
		first_accesses_serialize(&engine->first_accesses, part);
	else
		for (size_t i = 0; i < engine->n_running; i++)
			if (strcmp(engine->running[i].detector->name, name) == 0 &&
			    engine->running[i].detector->serialize)
				engine->running[i].detector->serialize(engine->running[i].state,
								       part);
}

static void engine_write_section(struct engine *engine, struct serializer *serializer,
				 const char *name)
{
	size_t begun = serializer_begin_section(serializer, name);

	engine_serialize_section(engine, serializer, name);
	serializer_end_section(serializer, begun);
}

unsigned char *engine_encode(struct engine *engine, size_t *ret_bytes)
{
	static const char *const shared[] = {"engine",	"history",  "sources",
					     "tenants", "contacts", "first_accesses"};
	struct serializer serializer = {0};

	(void)serializer_same(&serializer, STATE_MAGIC);
	(void)serializer_same(&serializer, STATE_VERSION);
	for (size_t i = 0; i < ARRAY_LENGTH(shared); i++)
		engine_write_section(engine, &serializer, shared[i]);
	for (size_t i = 0; i < engine->n_running; i++)
		if (engine->running[i].detector->serialize)
			engine_write_section(engine, &serializer,
					     engine->running[i].detector->name);
	engine_write_section(engine, &serializer, STATE_END);
	*ret_bytes = serializer.used;
	return serializer.bytes;
}

static bool engine_knows_section(const struct engine *engine, const char *name)
{
	const struct detector *detector = detector_find(name);

	if (!detector)
		return true; /* shared; of an unknown name nothing is read */
	for (size_t i = 0; i < engine->n_running; i++)
		if (engine->running[i].detector == detector)
			return true;
	return false; /* switched off since */
}

/* Sections of detectors that are off now are passed over; those that are missing begin anew. */
int engine_decode(struct engine *engine, const unsigned char *bytes, size_t length)
{
	struct serializer serializer = {
		.bytes = (unsigned char *)bytes, .used = length, .is_reading = true};
	bool is_whole = false;

	if (!serializer_same(&serializer, STATE_MAGIC) ||
	    !serializer_same(&serializer, STATE_VERSION))
		return -EINVAL;
	while (!is_whole) {
		struct serializer part;
		_cleanup_free_ char *name = serializer_next_section(&serializer, &part);

		if (!name)
			return -EINVAL;
		is_whole = strcmp(name, STATE_END) == 0;
		if (!engine_knows_section(engine, name))
			continue;
		engine_serialize_section(engine, &part, name);
		if (part.is_bad)
			return -EINVAL;
	}
	if (serializer.at != length)
		return -EINVAL;
	/* they may not have been trusted then */
	sources_forgive(&engine->sources, engine->settings.trusted);
	return 0;
}

json_t *engine_blocklist(struct engine *engine, int64_t now_us, int64_t most_age_us)
{
	const struct unblockable unblockable = {engine->settings.trusted, &engine->own};

	return json_pack("{s:f, s:o}", "threshold", engine->sources.threshold, "sources",
			 sources_blocklist(&engine->sources, &unblockable, now_us, most_age_us));
}

json_t *engine_standing(struct engine *engine, enum subject_kind kind, const char *name,
			int64_t now_us)
{
	const struct detector_input input = engine_view(engine, now_us);
	const struct standing_subject subject = {kind, name, history_name(engine->history, name)};
	json_t *sums = json_array(), *row;
	bool is_raised = false;
	size_t i;

	for (i = 0; i < engine->n_running; i++)
		if (engine->running[i].detector->stand)
			engine->running[i].detector->stand(engine->running[i].state, &input,
							   &subject, sums);
	standing_sort(sums);
	json_array_foreach(sums, i, row)
		is_raised |= json_number_value(json_object_get(row, "sum")) >=
			     json_number_value(json_object_get(row, "threshold"));
	return json_pack("{s:{s:s, s:s}, s:b, s:o}", "subject", "kind",
			 subject_kind_to_string(kind), "name", name, "raised", is_raised, "sums",
			 sums);
}

bool engine_source_evidence(struct engine *engine, const char *source, int64_t now_us,
			    double *ret_sum, double *ret_threshold)
{
	const struct address address = address_parse(source);
	const struct source_score *score = contact_source_score(
		engine->history, &engine->sources, &address, now_us);

	if (!score)
		return false;
	*ret_sum = source_nats(score);
	*ret_threshold = engine->sources.threshold;
	return true;
}

json_t *engine_status(struct engine *engine, int64_t now_us)
{
	double left = engine->settings.learn_days - engine_age_days(engine, now_us);
	json_t *already = json_array();

	for (size_t i = 0; i < engine->n_running; i++)
		if (left <= 0 || !engine->running[i].detector->learns_first)
			json_array_append_new(already,
					      json_string(engine->running[i].detector->name));
	return json_pack("{s:b, s:f, s:o, s:I, s:I, s:I, s:f}", "learning", left > 0, "learning_seconds_left",
			 fmax(left, 0) * US_PER_DAY / US_PER_SECOND, "active_detectors", already,
			 "memory_bytes", (json_int_t)history_bytes(engine->history), "memory_lost",
			 (json_int_t)history_lost(engine->history), "tenants_lost",
			 (json_int_t)(history_tenants_lost(engine->history) +
				      tenants_lost(&engine->tenants)),
			 "above_normal",
			 round(tenant_above(&engine->tenants.whole) * 100) / 100);
}
