/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys of the filter of what was tried lately, which forgets within four days. */
#include "detect/state/tried.h"

#include "base/time.h"

#define FORGOTTEN 78 /* joined to a cancelled account: somebody tried it lately */
#define RETURNING 79 /* joined to a network and day: it failed then */
#define RETURN_DAYS 3

bool tried_is_first_today(const struct contact_context *with, uint64_t key, int64_t now_us)
{
	key = history_join(key, (uint64_t)(now_us / US_PER_DAY) * CONTACT_MAX + CONTACT_MAX);
	if (history_has_tried(with->history, key))
		return false;
	history_note_tried(with->history, key);
	return true;
}

/* A forgotten device polls a cancelled mailbox for years, from one address after the other. */
bool tried_is_forgotten_device(const struct contact_context *with, const struct contact *contact)
{
	uint64_t key = history_join(history_join(contact->account, contact->tenant), FORGOTTEN);
	bool is_forgotten;

	if (contact->class != CONTACT_CANCELLED)
		return false;
	is_forgotten = history_has_tried(with->history, key);
	history_note_tried(with->history, key);
	return is_forgotten;
}

/* Everyday's guessers are the same machines, day after day. */
bool tried_is_returning(const struct contact_context *with, const struct contact *contact)
{
	uint64_t key = history_join(contact->network, RETURNING);
	uint64_t day = (uint64_t)(contact->row->last_us / US_PER_DAY);
	bool is_returning = false;

	if (contact->is_success || !contact->network)
		return false;
	for (uint64_t i = 1; i <= RETURN_DAYS; i++)
		is_returning |= history_has_tried(with->history, history_join(key, day - i));
	history_note_tried(with->history, history_join(key, day));
	return is_returning;
}

/* By account: the devices of one are one. */
void tried_note_stale_of_host(const struct contact_context *with, const struct contact *contact)
{
	int64_t now_us = contact->row->last_us;

	if (!contact->normal || history_tenants(with->history) < 2 ||
	    !tried_is_first_today(with, history_join(contact->account, HISTORY_WHOLE_HOST),
				    now_us))
		return;
	tenant_note_stale(tenants_touch(with->tenants, HISTORY_WHOLE_HOST, now_us), now_us);
}
