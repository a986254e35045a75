/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An alert changed when any of its members did; the daemon has no revision number to compare. */
#include "cli/follow.h"

void follow_done(struct follow *follow)
{
	json_decref(follow->known);
	follow->known = NULL;
}

json_t *follow_news(struct follow *follow, const json_t *alerts)
{
	json_t *news = json_array(), *known = json_object(), *alert;
	size_t i;

	json_array_foreach(alerts, i, alert)
	{
		const char *id = json_string_value(json_object_get(alert, "id"));

		if (!id)
			continue;
		if (!json_equal(json_object_get(follow->known, id), alert))
			json_array_append(news, alert);
		json_object_set(known, id, alert);
	}
	json_decref(follow->known);
	follow->known = known;
	return news;
}
