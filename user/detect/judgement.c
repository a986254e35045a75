/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collects the contacts of a tick once, then asks each detector. */
#include "detect/judgement.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"

#define VERSION 6
#define MAGIC UINT64_C(0x7761786a75646731)
#define BLOCKING_FALSE_ALARMS 0.1 /* a block-list row wakes nobody; the level of its own */

struct running {
	const struct detector *detector;
	void *state;
};

struct judgement {
	struct judgement_settings settings;
	struct running *running;
	size_t n_running, n_sharing;
	struct memory *memory;
	struct sources sources;
	struct tenants tenants;
	struct evidence evidence;
	struct contacts contacts;
	struct openings openings;
	int64_t since_us; /* end of the first tick */
};

static void *start(const struct detector *detector, const double *settings)
{
	_cleanup_free_ double *initial = NULL;
	size_t n = 0;

	if (settings)
		return detector->new (settings);
	while (detector->keys && detector->keys[n].name)
		n++;
	initial = xcalloc(n + 1, sizeof(*initial));
	for (size_t i = 0; i < n; i++)
		initial[i] = detector->keys[i].value;
	return detector->new (initial);
}

static void start_all(struct judgement *judgement, const struct judgement_choice *choices,
		      size_t n_choices)
{
	for (size_t i = 0; detectors[i]; i++) {
		const struct judgement_choice *choice =
			choices && i < n_choices ? &choices[i] : NULL;

		if (choice && !choice->enabled)
			continue;
		judgement->running =
			xreallocarray(judgement->running, judgement->n_running + 1,
				      sizeof(*judgement->running));
		judgement->running[judgement->n_running++] = (struct running){
			detectors[i], start(detectors[i], choice ? choice->settings : NULL)};
		judgement->n_sharing += detectors[i]->shares_alarms;
	}
}

struct judgement *judgement_new(const struct judgement_settings *settings,
				const struct judgement_choice *choices, size_t n_choices)
{
	struct judgement *judgement = xcalloc(1, sizeof(*judgement));

	judgement->settings = *settings;
	judgement->memory = memory_new(settings->accounts);
	sources_init(&judgement->sources);
	tenants_init(&judgement->tenants);
	evidence_init(&judgement->evidence);
	contacts_init(&judgement->contacts);
	openings_init(&judgement->openings);
	start_all(judgement, choices, n_choices);
	return judgement;
}

void judgement_free(struct judgement *judgement)
{
	if (!judgement)
		return;
	for (size_t i = 0; i < judgement->n_running; i++)
		judgement->running[i].detector->free(judgement->running[i].state);
	free(judgement->running);
	openings_done(&judgement->openings);
	contacts_done(&judgement->contacts);
	tenants_done(&judgement->tenants);
	sources_done(&judgement->sources);
	memory_free(judgement->memory);
	free(judgement);
}

struct memory *judgement_memory(struct judgement *judgement)
{
	return judgement->memory;
}

static double age_days(const struct judgement *judgement, int64_t now_us)
{
	return (double)(now_us - judgement->since_us) / US_PER_DAY;
}

static bool is_learning(const struct judgement *judgement, int64_t now_us)
{
	double days = judgement->since_us ? age_days(judgement, now_us) : 0;

	return days < judgement->settings.learn_days;
}

static struct moment look(struct judgement *judgement, const struct snapshot *snapshot)
{
	double days = age_days(judgement, snapshot->until_us);
	const struct acquaintance with = {
		.memory = judgement->memory,
		.sources = &judgement->sources,
		.tenants = &judgement->tenants,
		.evidence = &judgement->evidence,
		.can_learn = days >= 1,
		.can_be_strange = days >= fmax(1, fmin(judgement->settings.learn_days, 3)),
	};

	memory_advance(judgement->memory, snapshot->until_us);
	judgement->sources.level =
		evidence_level(rate_per_day(&judgement->sources.contacts, snapshot->until_us),
			       BLOCKING_FALSE_ALARMS) +
		2 * M_LN2; /* two lists, addresses and networks */
	contacts_collect(&judgement->contacts, &with, snapshot);
	openings_collect(&judgement->openings, judgement->memory, &judgement->contacts, snapshot);
	return (struct moment){
		.snapshot = snapshot,
		.contacts = judgement->contacts.items,
		.n_contacts = judgement->contacts.count,
		.openings = &judgement->openings,
		.memory = judgement->memory,
		.sources = &judgement->sources,
		.tenants = &judgement->tenants,
		.evidence = &judgement->evidence,
		.now_us = snapshot->until_us,
		.is_learning = is_learning(judgement, snapshot->until_us),
		.false_alarms = judgement->settings.false_alarms_per_day /
				(double)(judgement->n_sharing ? judgement->n_sharing : 1),
		.accounts = (double)judgement->settings.accounts,
	};
}

void judgement_observe(struct judgement *judgement, const struct snapshot *snapshot,
		       struct finding_list *ret)
{
	struct moment moment;

	if (!judgement->since_us)
		judgement->since_us = snapshot->until_us;
	moment = look(judgement, snapshot);
	for (size_t i = 0; i < judgement->n_running; i++)
		judgement->running[i].detector->observe(judgement->running[i].state, &moment, ret);
}

uint64_t judgement_room(struct judgement *judgement, int64_t now_us, const char *store,
			const char *actor)
{
	const struct moment moment = {
		.memory = judgement->memory,
		.now_us = now_us,
		.accounts = (double)judgement->settings.accounts,
	};
	double least = INFINITY;

	if (is_learning(judgement, now_us))
		return UINT64_MAX;
	for (size_t i = 0; i < judgement->n_running; i++)
		if (judgement->running[i].detector->room)
			least = fmin(least, judgement->running[i].detector->room(
						    judgement->running[i].state, &moment, store, actor));
	return isinf(least) ? UINT64_MAX : (uint64_t)fmax(least, 1);
}

static void keep_all(struct judgement *judgement, struct archive *archive)
{
	if (!archive_same(archive, MAGIC) || !archive_same(archive, VERSION) ||
	    !archive_same(archive, judgement->settings.accounts) ||
	    !archive_same(archive, judgement->n_running))
		return;
	archive_member(archive, &judgement->since_us, sizeof(judgement->since_us));
	archive_member(archive, &judgement->evidence, sizeof(judgement->evidence));
	memory_keep(judgement->memory, archive);
	sources_keep(&judgement->sources, archive);
	tenants_keep(&judgement->tenants, archive);
	contacts_keep(&judgement->contacts, archive);
	openings_keep(&judgement->openings, archive);
	for (size_t i = 0; i < judgement->n_running && !archive->is_bad; i++) {
		const struct detector *detector = judgement->running[i].detector;

		if (archive_same(archive, strlen(detector->name) << 8 | (unsigned char)detector->name[0]) &&
		    detector->keep)
			detector->keep(judgement->running[i].state, archive);
	}
	(void)archive_same(archive, MAGIC);
}

unsigned char *judgement_encode(struct judgement *judgement, size_t *ret_bytes)
{
	struct archive archive = {0};

	keep_all(judgement, &archive);
	*ret_bytes = archive.used;
	return archive.bytes;
}

int judgement_decode(struct judgement *judgement, const unsigned char *bytes, size_t length)
{
	struct archive archive = {
		.bytes = (unsigned char *)bytes, .used = length, .is_reading = true};

	keep_all(judgement, &archive);
	return archive.is_bad || archive.at != length ? -EINVAL : 0;
}

json_t *judgement_blocklist(struct judgement *judgement, int64_t now_us, int64_t most_age_us)
{
	return json_pack("{s:f, s:o}", "level", judgement->sources.level, "sources",
			 sources_blocklist(&judgement->sources, now_us, most_age_us));
}

json_t *judgement_status(struct judgement *judgement, int64_t now_us)
{
	double left = judgement->settings.learn_days -
		      (judgement->since_us ? age_days(judgement, now_us) : 0);
	json_t *already = json_array();

	for (size_t i = 0; i < judgement->n_running; i++)
		if (left <= 0 || !judgement->running[i].detector->learns_first)
			json_array_append_new(
				already, json_string(judgement->running[i].detector->name));
	return json_pack("{s:b, s:f, s:o, s:I, s:I}", "learning", left > 0,
			 "learning_seconds_left", fmax(left, 0) * US_PER_DAY / US_PER_SECOND,
			 "judges_already", already, "memory_bytes",
			 (json_int_t)memory_bytes(judgement->memory), "memory_lost",
			 (json_int_t)memory_lost(judgement->memory));
}
