/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Past the cap the one that was touched least recently is forgotten. */
#include "detect/emptier.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"

#define ADDRESSES 32768
#define NAMES 1024
#define HALF_LIFE_US (12 * US_PER_HOUR)

static void forget_accounts(struct emptier *emptier)
{
	for (uint32_t i = 0; i < emptier->n_accounts; i++)
		free(emptier->accounts[i]);
	free(emptier->accounts);
	emptier->accounts = NULL;
	emptier->n_accounts = 0;
}

static void release_emptier(void *context, const void *key, void *value)
{
	(void)context;
	(void)key;
	forget_accounts(value);
}

struct table *emptiers_new(void)
{
	return table_new(sizeof(uint64_t), sizeof(struct emptier), ADDRESSES, release_emptier,
			 NULL);
}

void emptier_begin(struct emptier *emptier, int64_t first_us)
{
	emptier->first_us = first_us;
	emptier->mailboxes = 0;
	emptier->messages = 0;
	forget_accounts(emptier);
}

struct emptier *emptiers_touch(struct table *emptiers, uint64_t machine, int64_t now_us)
{
	struct emptier *emptier = table_touch(emptiers, &machine, NULL);
	int64_t day = now_us / US_PER_DAY;

	if (emptier->day != day) {
		emptier->past_new = emptier->past_new * .95F + emptier->new;
		emptier->past_read = emptier->past_read * .95F + emptier->read;
		emptier->new = emptier->read = 0;
		emptier->day = day;
	}
	if (now_us > emptier->last_us)
		emptier->nats *= (float)exp2(-(double)(now_us - emptier->last_us) / HALF_LIFE_US);
	if (now_us - emptier->last_us > US_PER_DAY) {
		emptier->nats = 0;
		emptier_begin(emptier, now_us);
	}
	emptier->last_us = now_us;
	return emptier;
}

void emptier_name(struct emptier *emptier, const char *account)
{
	if (emptier->n_accounts == NAMES)
		return;
	emptier->accounts = xreallocarray(emptier->accounts, emptier->n_accounts + 1,
					  sizeof(*emptier->accounts));
	emptier->accounts[emptier->n_accounts++] = xstrdup(account);
}

static void keep_emptier(struct archive *archive, void *value)
{
	struct emptier *emptier = value;
	uint32_t count = emptier->n_accounts;

	if (archive->is_reading) {
		emptier->accounts = xcalloc(NAMES, sizeof(*emptier->accounts));
		emptier->n_accounts = 0;
	}
	if (count > NAMES)
		archive->is_bad = true;
	for (uint32_t i = 0; i < count && !archive->is_bad; i++) {
		archive_text(archive, &emptier->accounts[i]);
		emptier->n_accounts = i + 1;
	}
}

void emptiers_keep(struct table *emptiers, struct archive *archive)
{
	archive_table(archive, emptiers, sizeof(uint64_t), sizeof(struct emptier), keep_emptier);
}
