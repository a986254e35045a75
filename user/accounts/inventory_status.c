/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far the inventory is, what it could not read, and whether a roster can be read at all. */
#include <errno.h>

#include "base/time.h"
#include "accounts/inventory_state.h"

static const char *inventory_word(const struct inventory *inventory, enum source_number source)
{
	const struct reading *reading = &inventory->readings[source];

	if (inventory->state && inventory->source == source)
		return "reading";
	if (inventory->wanted & BIT(source))
		return "waiting";
	if (reading->is_off)
		return "off";
	return reading->problem[0] ? "problem" : reading->read_us ? "read" : "waiting";
}

static json_t *inventory_place_status(const struct inventory *inventory, enum source_number source)
{
	const struct reading *reading = &inventory->readings[source];
	bool is_reading = inventory->state && inventory->source == source;
	json_t *status =
		json_pack("{s:s, s:s, s:I, s:o}", "name", account_sources[source]->name, "state",
			  inventory_word(inventory, source), "accounts",
			  (json_int_t)(is_reading ? reading->so_far : reading->accounts), "problem",
			  reading->problem[0] ? json_string(reading->problem) : json_null());
	char text[TIME_TEXT_BYTES];

	time_format(reading->read_us, text);
	(void)json_object_set_new(status, "read",
				  reading->read_us ? json_string(text) : json_null());
	return status;
}

json_t *inventory_status(const struct inventory *inventory)
{
	const struct history *history = inventory->settings.history;
	json_t *list = json_array();

	for (int source = 0; source < SOURCE_MAX; source++)
		(void)json_array_append_new(list, inventory_place_status(inventory, source));
	return json_pack("{s:b, s:I, s:I, s:I, s:o}", "complete", history_is_complete(history),
			 "accounts", (json_int_t)history_accounts(history), "capacity",
			 (json_int_t)inventory->settings.config->accounts, "forgotten",
			 (json_int_t)history_accounts_lost(history), "places", list);
}

void inventory_add_problems(const struct inventory *inventory, struct strlist *problems)
{
	for (int source = 0; source < SOURCE_MAX; source++)
		if (inventory->readings[source].problem[0])
			strlist_addf(problems, "%s: %s", account_sources[source]->name,
				     inventory->readings[source].problem);
	if (inventory->is_full)
		strlist_add(problems,
			    "there are more accounts than [detect] accounts has room for");
}

int inventory_check_roster(const char *path, char *ret_problem)
{
	const struct account_source_settings scope = {.roster = path};
	void *state = roster_account_source.open(&scope);
	enum account_source_step step;
	struct found_account found;

	do
		step = roster_account_source.step(state, &found, ret_problem);
	while (step != ACCOUNT_SOURCE_END && step != ACCOUNT_SOURCE_BROKEN);
	roster_account_source.close(state);
	return step == ACCOUNT_SOURCE_END ? 0 : -EINVAL;
}
