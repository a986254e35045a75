/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ring grows by doubling, so that the thousand tenants at rest cost nothing. */
#include "detect/state/suspects.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/account.h"

struct tenant_count {
	const char *tenant;
	size_t count;
};

static struct suspect *suspect_at(const struct suspects *suspects, size_t i)
{
	return &suspects->items[(suspects->first + i) % suspects->capacity];
}

static void suspects_grow(struct suspects *suspects)
{
	size_t capacity = suspects->capacity ? 2 * suspects->capacity : 16;
	struct suspect *items = xcalloc(capacity, sizeof(*items));

	for (size_t i = 0; i < suspects->count; i++)
		items[i] = *suspect_at(suspects, i);
	free(suspects->items);
	suspects->items = items;
	suspects->capacity = capacity;
	suspects->first = 0;
}

static void suspects_drop_first(struct suspects *suspects)
{
	free(suspect_at(suspects, 0)->account);
	suspects->first = (suspects->first + 1) % suspects->capacity;
	suspects->count--;
	suspects->named -= suspects->named > 0;
}

void suspects_add(struct suspects *suspects, const struct address *address, const char *account,
		  uint32_t class, int64_t time_us)
{
	if (suspects->count == SUSPECTS)
		suspects_drop_first(suspects);
	if (suspects->count == suspects->capacity)
		suspects_grow(suspects);
	*suspect_at(suspects, suspects->count++) = (struct suspect){.address = *address,
								    .time_us = time_us,
								    .class = class,
								    .account = xstrdup(account)};
}

void suspects_mark(struct suspects *suspects, bool is_at_home, bool is_returning)
{
	struct suspect *last;

	if (!suspects->count)
		return;
	last = suspect_at(suspects, suspects->count - 1);
	last->is_at_home = is_at_home;
	last->is_returning = is_returning;
}

size_t suspects_returning(const struct suspects *suspects)
{
	size_t count = 0;

	for (size_t i = 0; i < suspects->count; i++)
		count += suspect_at(suspects, i)->is_returning;
	return count;
}

const struct suspect *suspects_newest(const struct suspects *suspects, size_t back)
{
	return back < suspects->count ? suspect_at(suspects, suspects->count - 1 - back) : NULL;
}

void suspects_trim(struct suspects *suspects, int64_t before_us)
{
	while (suspects->count && suspect_at(suspects, 0)->time_us < before_us)
		suspects_drop_first(suspects);
}

void suspects_clear(struct suspects *suspects)
{
	suspects_trim(suspects, INT64_MAX);
	free(suspects->items);
	*suspects = (struct suspects){0};
}

static int suspects_compare_addresses(const void *one, const void *other)
{
	return memcmp(one, other, sizeof(struct address));
}

static json_t *suspects_addresses(const struct suspects *suspects)
{
	_cleanup_free_ struct address *all = xcalloc(suspects->count + 1, sizeof(*all));
	json_t *sources = json_array();

	for (size_t i = 0; i < suspects->count; i++)
		all[i] = suspect_at(suspects, i)->address;
	qsort(all, suspects->count, sizeof(*all), suspects_compare_addresses);
	for (size_t i = 0; i < suspects->count; i++) {
		char text[NETWORK_TEXT_BYTES];

		if (i && suspects_compare_addresses(&all[i], &all[i - 1]) == 0)
			continue;
		address_format(&all[i], text);
		json_array_append_new(sources, json_string(text));
	}
	return sources;
}

/* Classes are those of contacts. */
static enum account_harm suspect_harm(const struct suspect *suspect)
{
	if (suspect->class == CONTACT_ACTIVE || suspect->class == CONTACT_DORMANT)
		return HARM_OPENED;
	return suspect->class == CONTACT_UNKNOWN ? HARM_NONEXISTENT : HARM_TRIED;
}

void suspects_report(struct suspects *suspects, struct finding *finding)
{
	json_t *sources = suspects_addresses(suspects);

	json_object_set_new(finding->evidence, "source_count",
			    json_integer((json_int_t)json_array_size(sources)));
	json_object_set_new(finding->evidence, "sources", sources);
	for (; suspects->named < suspects->count; suspects->named++) {
		const struct suspect *suspect = suspect_at(suspects, suspects->named);

		finding_add_account(finding, suspect->account,
				    suspect_harm(suspect),
				    suspect->time_us);
	}
}

size_t suspects_since(const struct suspects *suspects, int64_t since_us, uint32_t but_class)
{
	size_t count = 0, at = suspects->count;

	while (at > 0 && suspect_at(suspects, at - 1)->time_us >= since_us)
		count += suspect_at(suspects, --at)->class != but_class;
	return count;
}

bool suspects_fail(const struct suspects *suspects, int64_t since_us)
{
	size_t count = 0, failed = 0;

	for (size_t at = suspects->count; at > 0 && suspect_at(suspects, at - 1)->time_us >= since_us;
	     at--, count++) {
		uint32_t class = suspect_at(suspects, at - 1)->class;

		failed += class != CONTACT_ACTIVE && class != CONTACT_DORMANT;
	}
	return failed > 1 && SUSPECTS_FAIL * failed >= count;
}

static int suspects_compare_counts(const void *one, const void *other)
{
	const struct tenant_count *a = one, *b = other;

	return a->count != b->count ? (a->count < b->count ? 1 : -1) : strcmp(a->tenant, b->tenant);
}

static int suspects_compare_texts(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

json_t *suspects_tenants(const struct suspects *suspects, size_t *ret_tenants,
			 const char **ret_most, size_t *ret_of_most)
{
	_cleanup_free_ const char **names = xcalloc(suspects->count + 1, sizeof(*names));
	_cleanup_free_ struct tenant_count *counts = xcalloc(suspects->count + 1, sizeof(*counts));
	json_t *tenants = json_object();
	size_t n = 0;

	for (size_t i = 0; i < suspects->count; i++)
		names[i] = account_tenant(suspect_at(suspects, i)->account);
	qsort(names, suspects->count, sizeof(*names), suspects_compare_texts);
	for (size_t i = 0; i < suspects->count; i++) {
		if (!i || strcmp(names[i], names[i - 1]) != 0)
			counts[n++] = (struct tenant_count){names[i], 0};
		counts[n - 1].count++;
	}
	qsort(counts, n, sizeof(*counts), suspects_compare_counts);
	for (size_t i = 0; i < n && i < SUSPECTS_TENANTS; i++)
		json_object_set_new(tenants, counts[i].tenant,
				    json_integer((json_int_t)counts[i].count));
	*ret_tenants = n;
	*ret_most = n ? counts[0].tenant : "";
	*ret_of_most = n ? counts[0].count : 0;
	return tenants;
}

uint32_t suspects_count(const struct suspects *suspects, uint32_t class)
{
	uint32_t count = 0;

	for (size_t i = 0; i < suspects->count; i++)
		count += suspect_at(suspects, i)->class == class;
	return count;
}

static void suspects_serialize_one(struct suspects *suspects, struct serializer *serializer,
				   size_t i)
{
	struct suspect kept = {0};

	if (!serializer->is_reading)
		kept = *suspect_at(suspects, i);
	serializer_member(serializer, &kept.address, sizeof(kept.address));
	serializer_member(serializer, &kept.time_us, sizeof(kept.time_us));
	serializer_member(serializer, &kept.class, sizeof(kept.class));
	serializer_member(serializer, &kept.is_at_home, sizeof(kept.is_at_home));
	serializer_member(serializer, &kept.is_returning, sizeof(kept.is_returning));
	serializer_text(serializer, &kept.account);
	if (!serializer->is_reading)
		return;
	suspects_add(suspects, &kept.address, kept.account ? kept.account : "", kept.class,
		     kept.time_us);
	suspects_mark(suspects, kept.is_at_home, kept.is_returning);
	free(kept.account);
}

void suspects_serialize(struct suspects *suspects, struct serializer *serializer)
{
	uint64_t count = suspects->count, named = suspects->named;

	serializer_member(serializer, &count, sizeof(count));
	serializer_member(serializer, &named, sizeof(named));
	if (serializer->is_reading)
		*suspects = (struct suspects){0};
	if (count > SUSPECTS || named > count) {
		serializer->is_bad = true;
		return;
	}
	for (uint64_t i = 0; i < count && !serializer->is_bad; i++)
		suspects_serialize_one(suspects, serializer, i);
	suspects->named = serializer->is_bad ? 0 : named;
}
