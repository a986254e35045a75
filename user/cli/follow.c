/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An alert changed when any of its members did; the daemon has no revision number to compare. */
#include "cli/follow.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void follow_done(struct follow *follow)
{
	json_decref(follow->known);
	free(follow->oldest);
	*follow = (struct follow){0};
}

/* Times of the contract have one length and one zone, so they sort as text. */
static void follow_note_active(struct follow *follow, const json_t *alert)
{
	const char *state = json_string_value(json_object_get(alert, "state"));
	const char *time = json_string_value(json_object_get(alert, "time"));

	if (!state || !time || strcmp(state, "active") != 0)
		return;
	if (follow->oldest && strcmp(follow->oldest, time) <= 0)
		return;
	free(follow->oldest);
	follow->oldest = xstrdup(time);
}

json_t *follow_news(struct follow *follow, const json_t *alerts)
{
	json_t *news = json_array(), *known = json_object(), *alert;
	size_t i;

	free(take_ptr(follow->oldest));
	json_array_foreach(alerts, i, alert)
	{
		const char *id = json_string_value(json_object_get(alert, "id"));

		if (!id)
			continue;
		if (!json_equal(json_object_get(follow->known, id), alert))
			json_array_append(news, alert);
		json_object_set(known, id, alert);
		follow_note_active(follow, alert);
	}
	json_decref(follow->known);
	follow->known = known;
	return news;
}

const char *follow_since(const struct follow *follow, const char *recent, const char *limit)
{
	const char *since = recent;

	if (follow->oldest && strcmp(follow->oldest, since) < 0)
		since = follow->oldest;
	return limit && strcmp(limit, since) > 0 ? limit : since;
}
