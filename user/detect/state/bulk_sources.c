/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Past the cap the one that was touched least recently is forgotten. */
#include "detect/state/bulk_sources.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"

#define ADDRESSES 32768
#define ACCOUNTS 1024
#define HALF_LIFE_US (12 * US_PER_HOUR)

static void bulk_source_forget_accounts(struct bulk_source *bulk_source)
{
	for (uint32_t i = 0; i < bulk_source->n_accounts; i++)
		free(bulk_source->accounts[i].name);
	free(bulk_source->accounts);
	bulk_source->accounts = NULL;
	bulk_source->n_accounts = 0;
}

static void bulk_source_release(void *context, const void *key, void *value)
{
	(void)context;
	(void)key;
	bulk_source_forget_accounts(value);
}

struct table *bulk_sources_new(void)
{
	return table_new(sizeof(uint64_t), sizeof(struct bulk_source), ADDRESSES,
			 bulk_source_release, NULL);
}

void bulk_source_begin(struct bulk_source *bulk_source, int64_t first_us)
{
	bulk_source->first_us = first_us;
	bulk_source->mailboxes = 0;
	bulk_source->messages = 0;
	bulk_source_forget_accounts(bulk_source);
}

struct bulk_source *bulk_sources_touch(struct table *bulk_sources, uint64_t client_prefix,
				       int64_t now_us)
{
	struct bulk_source *bulk_source = table_touch(bulk_sources, &client_prefix, NULL);
	int64_t day = now_us / US_PER_DAY;

	if (day > bulk_source->day) {
		bulk_source->past_new = bulk_source->past_new * .95F + bulk_source->new;
		bulk_source->past_read = bulk_source->past_read * .95F + bulk_source->read;
		bulk_source->new = bulk_source->read = 0;
		bulk_source->day = day;
	}
	if (now_us > bulk_source->last_us)
		bulk_source->nats *=
			(float)exp2(-(double)(now_us - bulk_source->last_us) / HALF_LIFE_US);
	if (now_us - bulk_source->last_us > US_PER_DAY) {
		bulk_source->nats = 0;
		bulk_source_begin(bulk_source, now_us);
	}
	bulk_source->last_us = now_us;
	return bulk_source;
}

void bulk_source_add_account(struct bulk_source *bulk_source, const char *account,
			     int64_t time_us)
{
	if (bulk_source->n_accounts == ACCOUNTS)
		return;
	bulk_source->accounts = xreallocarray(bulk_source->accounts, bulk_source->n_accounts + 1,
					      sizeof(*bulk_source->accounts));
	bulk_source->accounts[bulk_source->n_accounts++] =
		(struct bulk_account){xstrdup(account), time_us};
}

static void bulk_source_serialize(struct serializer *serializer, void *value)
{
	struct bulk_source *bulk_source = value;
	uint32_t count = bulk_source->n_accounts;

	if (serializer->is_reading) {
		bulk_source->accounts = xcalloc(ACCOUNTS, sizeof(*bulk_source->accounts));
		bulk_source->n_accounts = 0;
	}
	if (count > ACCOUNTS)
		serializer->is_bad = true;
	for (uint32_t i = 0; i < count && !serializer->is_bad; i++) {
		serializer_text(serializer, &bulk_source->accounts[i].name);
		/* the times are not saved: none is later than this */
		if (serializer->is_reading)
			bulk_source->accounts[i].time_us = bulk_source->last_us;
		bulk_source->n_accounts = i + 1;
	}
}

void bulk_sources_serialize(struct table *bulk_sources, struct serializer *serializer)
{
	serializer_table(serializer, bulk_sources, sizeof(uint64_t), sizeof(struct bulk_source),
			 bulk_source_serialize);
}
