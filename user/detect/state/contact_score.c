/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a contact says of its address and network, and what was known against them before. */
#include "detect/state/contacts.h"

#include <string.h>

#include "base/time.h"
#include "detect/state/tried.h"

#define REGION 80 /* joined to a region, which is no network */

uint64_t contact_client_prefix(const struct history *history, const struct address *address)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	bool is_ipv4 = memcmp(address->bytes, mapped, sizeof(mapped)) == 0 ||
		       address_has_ipv4_within(address);

	return history_join(history_hash(history, address, is_ipv4 ? 16 : 8), 1);
}

struct source_score *contact_source_score(const struct history *history, struct sources *sources,
					  const struct address *address, int64_t now_us)
{
	struct address network = network_of(address);
	struct source_score *one, *other;

	if (!address_is_known(address))
		return NULL;
	one = sources_find(sources, contact_client_prefix(history, address), now_us);
	other = sources_find(sources, history_hash(history, &network, sizeof(network)), now_us);
	if (!one || (other && source_nats(other) > source_nats(one)))
		return other;
	return one;
}

uint64_t contact_region(const struct history *history, const struct address *address)
{
	struct address region = region_of(address);

	return address_is_known(&region)
		       ? history_join(history_hash(history, &region, sizeof(region)), REGION)
		       : 0;
}

static void contact_note_before(struct contact *contact, const struct source_score *network,
				const struct source_score *client_prefix)
{
	const struct source_score *higher = client_prefix;

	contact->was_flagged =
		(network && network->is_flagged) || (client_prefix && client_prefix->is_flagged);
	/* In a known network, the failures of neighbours do not count against an address. */
	if (network && contact->is_strange && source_is_many(network) &&
	    (!client_prefix || source_nats(network) > source_nats(client_prefix)))
		higher = network;
	if (higher)
		contact->tried_before = source_tried(higher, contact->row->last_us);
	if (!higher || source_nats(higher) <= 0)
		return;
	contact->nats_before = source_nats(higher);
	contact->failures_before = source_failures(higher);
	contact->opened_before = higher->counts[CONTACT_ACTIVE] + higher->redeemed;
}

/* Strangers, who may be anybody's machines, teach nothing of what people here do. */
static void contact_note_recent(const struct contact_context *with, const struct contact *contact,
				bool is_known)
{
	int64_t now_us = contact->row->last_us;
	bool is_bad = contact->class == CONTACT_BAD;

	if (is_known && (!is_bad || tried_is_first_today(with, contact->client_prefix, now_us)))
		evidence_note_recent(with->evidence, is_bad, now_us);
}

void contact_score(const struct contact_context *with, struct contact *contact, bool is_strange,
		   bool is_known)
{
	struct source_contact seen = {contact->network, contact->address,
				      contact->class,	is_strange,
				      contact->row->last_us, history_users(with->history,
									   contact->network)};
	struct source_score *network = sources_find(with->sources, contact->network, seen.time_us);
	struct source_score *client_prefix =
		sources_find(with->sources, contact->client_prefix, seen.time_us);

	contact_note_before(contact, network, client_prefix);
	if (!contact->is_first) {
		contact->score = client_prefix;
		return;
	}
	rate_add(&with->sources->contacts, seen.time_us, 1);
	if (contact->is_success && contact->was_tried) {
		if (network)
			sources_redeem(network, with->evidence, is_strange, seen.time_us);
		if (client_prefix)
			sources_redeem(client_prefix, with->evidence, is_strange, seen.time_us);
	}
	network = sources_add(with->sources, with->evidence, &seen, network);
	seen.network = contact->client_prefix;
	seen.users = contact->users;
	if (network && client_prefix)
		client_prefix = sources_find(with->sources, contact->client_prefix, seen.time_us);
	client_prefix = sources_add(with->sources, with->evidence, &seen, client_prefix);
	if (network && client_prefix)
		network = sources_find(with->sources, contact->network, contact->row->last_us);
	contact->score = client_prefix;
	if (network && (!client_prefix || source_nats(network) > source_nats(client_prefix)))
		contact->score = network;
	contact->is_network_score = network && contact->score == network;
	if (contact->score)
		contact->has_crossed = sources_flag(with->sources, contact->score, seen.time_us);
	contact_note_recent(with, contact, is_known);
	if (with->can_learn && !contact->was_flagged && !contact->has_crossed &&
	    (is_known || contact->class == CONTACT_ACTIVE))
		evidence_learn(with->evidence, contact->class, seen.time_us);
}
