/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ring grows by doubling, so that the thousand tenants at rest cost nothing. */
#include "detect/state/suspects.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static struct suspect *suspect_at(const struct suspects *suspects, size_t i)
{
	return &suspects->items[(suspects->first + i) % suspects->room];
}

static void grow(struct suspects *suspects)
{
	size_t room = suspects->room ? 2 * suspects->room : 16;
	struct suspect *items = xcalloc(room, sizeof(*items));

	for (size_t i = 0; i < suspects->count; i++)
		items[i] = *suspect_at(suspects, i);
	free(suspects->items);
	suspects->items = items;
	suspects->room = room;
	suspects->first = 0;
}

static void drop_first(struct suspects *suspects)
{
	free(suspect_at(suspects, 0)->account);
	suspects->first = (suspects->first + 1) % suspects->room;
	suspects->count--;
	suspects->told -= suspects->told > 0;
}

void suspects_add(struct suspects *suspects, const struct address *address, const char *account,
		  uint32_t class, int64_t time_us)
{
	if (suspects->count == SUSPECTS)
		drop_first(suspects);
	if (suspects->count == suspects->room)
		grow(suspects);
	*suspect_at(suspects, suspects->count++) = (struct suspect){
		.address = *address, .time_us = time_us, .class = class, .account = xstrdup(account)};
}

void suspects_trim(struct suspects *suspects, int64_t before_us)
{
	while (suspects->count && suspect_at(suspects, 0)->time_us < before_us)
		drop_first(suspects);
}

void suspects_clear(struct suspects *suspects)
{
	suspects_trim(suspects, INT64_MAX);
	free(suspects->items);
	*suspects = (struct suspects){0};
}

static int by_address(const void *one, const void *other)
{
	return memcmp(one, other, sizeof(struct address));
}

static json_t *distinct_addresses(const struct suspects *suspects)
{
	_cleanup_free_ struct address *all = xcalloc(suspects->count + 1, sizeof(*all));
	json_t *sources = json_array();

	for (size_t i = 0; i < suspects->count; i++)
		all[i] = suspect_at(suspects, i)->address;
	qsort(all, suspects->count, sizeof(*all), by_address);
	for (size_t i = 0; i < suspects->count; i++) {
		char text[NETWORK_TEXT_BYTES];

		if (i && by_address(&all[i], &all[i - 1]) == 0)
			continue;
		address_format(&all[i], text);
		json_array_append_new(sources, json_string(text));
	}
	return sources;
}

void suspects_tell(struct suspects *suspects, struct finding *finding)
{
	json_t *sources = distinct_addresses(suspects);

	json_object_set_new(finding->evidence, "source_count",
			    json_integer((json_int_t)json_array_size(sources)));
	json_object_set_new(finding->evidence, "sources", sources);
	for (; suspects->told < suspects->count; suspects->told++)
		finding_add_account(finding, suspect_at(suspects, suspects->told)->account);
}

size_t suspects_since(const struct suspects *suspects, int64_t since_us)
{
	size_t count = 0;

	while (count < suspects->count &&
	       suspect_at(suspects, suspects->count - 1 - count)->time_us >= since_us)
		count++;
	return count;
}

uint32_t suspects_count(const struct suspects *suspects, uint32_t class)
{
	uint32_t count = 0;

	for (size_t i = 0; i < suspects->count; i++)
		count += suspect_at(suspects, i)->class == class;
	return count;
}

static void keep_one(struct suspects *suspects, struct serializer *serializer, size_t i)
{
	struct suspect kept = {0};

	if (!serializer->is_reading)
		kept = *suspect_at(suspects, i);
	serializer_member(serializer, &kept.address, sizeof(kept.address));
	serializer_member(serializer, &kept.time_us, sizeof(kept.time_us));
	serializer_member(serializer, &kept.class, sizeof(kept.class));
	serializer_text(serializer, &kept.account);
	if (!serializer->is_reading)
		return;
	suspects_add(suspects, &kept.address, kept.account ? kept.account : "", kept.class,
		     kept.time_us);
	free(kept.account);
}

void suspects_serialize(struct suspects *suspects, struct serializer *serializer)
{
	uint64_t count = suspects->count, told = suspects->told;

	serializer_member(serializer, &count, sizeof(count));
	serializer_member(serializer, &told, sizeof(told));
	if (serializer->is_reading)
		*suspects = (struct suspects){0};
	if (count > SUSPECTS || told > count) {
		serializer->is_bad = true;
		return;
	}
	for (uint64_t i = 0; i < count && !serializer->is_bad; i++)
		keep_one(suspects, serializer, i);
	suspects->told = serializer->is_bad ? 0 : told;
}
