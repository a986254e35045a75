/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far the census is, what it could not read, and whether a roster can be read at all. */
#include <errno.h>

#include "base/time.h"
#include "daemon/census_state.h"

static const char *census_word(const struct census *census, enum place place)
{
	const struct reading *reading = &census->readings[place];

	if (census->state && census->place == place)
		return "reading";
	if (census->wanted & BIT(place))
		return "waiting";
	if (reading->is_off)
		return "off";
	return reading->problem[0] ? "problem" : reading->read_us ? "read" : "waiting";
}

static json_t *census_place_status(const struct census *census, enum place place)
{
	const struct reading *reading = &census->readings[place];
	bool is_reading = census->state && census->place == place;
	json_t *status =
		json_pack("{s:s, s:s, s:I, s:o}", "name", census_places[place]->name, "state",
			  census_word(census, place), "accounts",
			  (json_int_t)(is_reading ? reading->so_far : reading->accounts), "problem",
			  reading->problem[0] ? json_string(reading->problem) : json_null());
	char text[TIME_TEXT_BYTES];

	time_format(reading->read_us, text);
	(void)json_object_set_new(status, "read",
				  reading->read_us ? json_string(text) : json_null());
	return status;
}

json_t *census_status(const struct census *census)
{
	const struct memory *memory = census->settings.memory;
	json_t *list = json_array();

	for (int place = 0; place < PLACE_MAX; place++)
		(void)json_array_append_new(list, census_place_status(census, place));
	return json_pack("{s:b, s:I, s:I, s:I, s:o}", "complete", memory_is_complete(memory),
			 "accounts", (json_int_t)memory_accounts(memory), "capacity",
			 (json_int_t)census->settings.config->accounts, "forgotten",
			 (json_int_t)memory_accounts_lost(memory), "places", list);
}

void census_add_problems(const struct census *census, struct words *problems)
{
	for (int place = 0; place < PLACE_MAX; place++)
		if (census->readings[place].problem[0])
			words_addf(problems, "%s: %s", census_places[place]->name,
				   census->readings[place].problem);
	if (census->is_full)
		words_add(problems, "there are more accounts than [detect] accounts has room for");
}

int census_check_roster(const char *path, char *ret_problem)
{
	const struct residents_scope scope = {.roster = path};
	void *state = listed_residents.open(&scope);
	enum residents_step step;
	struct resident resident;

	do
		step = listed_residents.step(state, &resident, ret_problem);
	while (step != RESIDENTS_END && step != RESIDENTS_BROKEN);
	listed_residents.close(state);
	return step == RESIDENTS_END ? 0 : -EINVAL;
}
