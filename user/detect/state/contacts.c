/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two passes over the rows: those with a failure and no success, then those with a success. */
#include "detect/state/contacts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "detect/state/tried.h"
#include "model/account.h"

#define AHEAD 8
#define NEWCOMERS 16384
#define OUTAGE 91 /* joined to an account, which is no network */
#define OUTAGE_REACH 20 /* networks of a week or two: no home has so many */
#define MOVED 92
#define OLD_DEVICE 77 /* joined to an account: lately it had one while many had */
#define NEW_US (7 * US_PER_DAY)
/* An account teaches no more than so many networks within a week or two: who travels, and not who
 * wants to make a botnet's networks known. */
#define REACH 20

void contacts_init(struct contacts *contacts)
{
	*contacts = (struct contacts){
		.newcomers = table_new(sizeof(uint64_t), sizeof(int64_t), NEWCOMERS, NULL, NULL),
		.new_accounts =
			table_new(sizeof(uint64_t), sizeof(int64_t), NEWCOMERS, NULL, NULL),
	};
	regions_init(&contacts->regions);
}

void contacts_serialize(struct contacts *contacts, struct serializer *serializer)
{
	serializer_table(serializer, contacts->newcomers, sizeof(uint64_t), sizeof(int64_t), NULL);
	serializer_table(serializer, contacts->new_accounts, sizeof(uint64_t), sizeof(int64_t),
			 NULL);
	regions_serialize(&contacts->regions, serializer);
}

void contacts_done(struct contacts *contacts)
{
	table_free(contacts->newcomers);
	table_free(contacts->new_accounts);
	regions_done(&contacts->regions);
	free(contacts->items);
	free(contacts->of_host);
	*contacts = (struct contacts){0};
}

static struct contact *contacts_room(struct contact *items, size_t count, size_t *capacity)
{
	if (count < *capacity)
		return items;
	*capacity = *capacity ? 2 * *capacity : 64;
	return xreallocarray(items, *capacity, sizeof(*items));
}

static void contacts_append(struct contacts *contacts, const struct contact *contact)
{
	contacts->items = contacts_room(contacts->items, contacts->count, &contacts->capacity);
	contacts->items[contacts->count++] = *contact;
}

static struct contact contact_begin(const struct contact_context *with,
				    const struct attempt_row *row)
{
	struct contact contact = {.row = row, .address = address_parse(row->source)};
	struct address network = network_of(&contact.address);

	contact.account = history_name(with->history, row->account);
	if (address_is_known(&network))
		contact.network = history_hash(with->history, &network, sizeof(network));
	contact.region = contact_region(with->history, &contact.address);
	contact.failures = row->count[OUTCOME_FAILURE];
	contact.is_success = row->count[OUTCOME_SUCCESS] > 0;
	return contact;
}

static void contact_find_tenant(const struct contact_context *with, struct contact *contact)
{
	contact->tenant = history_name(with->history, account_tenant(contact->row->account));
	if (contact->is_success)
		history_note_tenant(with->history, contact->tenant);
	if (history_knows_tenant(with->history, contact->tenant))
		contact->normal =
			tenants_touch(with->tenants, contact->tenant, contact->row->last_us);
}

static enum contact_class contact_classify(const struct contact_context *with,
					   const struct contact *contact)
{
	if (contact->is_success)
		return contact->state == ACCOUNT_DORMANT || contact->state == ACCOUNT_CANCELLED
			       ? CONTACT_DORMANT
			       : CONTACT_ACTIVE;
	if (contact->state == ACCOUNT_CANCELLED)
		return CONTACT_CANCELLED;
	/* Without a list of all accounts an unseen name may well exist. */
	return contact->state == ACCOUNT_UNSEEN && history_is_complete(with->history)
		       ? CONTACT_UNKNOWN
		       : CONTACT_BAD;
}

/* Who does not vote: a network that is flagged already, an account that nobody ever used, a tenant
 * that is new here. */
static bool contact_abstains(const struct contact_context *with, const struct contact *contact)
{
	return !contact->network || contact->was_flagged || contact->is_first_use ||
	       (contact->is_success && history_reach(with->history, contact->account) > REACH) ||
	       !contact->normal ||
	       contact->row->last_us - contact->normal->first_us < with->young_us ||
	       (contact->class == CONTACT_BAD && tenant_is_in_upheaval(contact->normal));
}

/* A network that fails tends to fail again, with another name or password: its failures of all
 * classes are one vote a day. */
static bool contact_votes(const struct contact_context *with, const struct contact *contact)
{
	enum contact_class class = contact->is_success ? contact->class : CONTACT_BAD;
	uint64_t key;

	if (contact_abstains(with, contact) || tried_is_forgotten_device(with, contact))
		return false;
	if (contact->class == CONTACT_ACTIVE)
		return true;
	key = history_join(history_join(contact->network, contact->tenant),
			   (uint64_t)(contact->row->last_us / US_PER_DAY) * CONTACT_MAX + class);
	if (history_has_tried(with->history, key))
		return false;
	history_note_tried(with->history, key);
	return true;
}

/* An owner who comes back tries more than once: network and mailbox count once a day each. */
static bool contact_votes_unused(const struct contact_context *with, const struct contact *contact)
{
	bool is_unused = contact->state == ACCOUNT_DORMANT || contact->state == ACCOUNT_CANCELLED;
	int64_t now_us = contact->row->last_us;

	return is_unused && contact->is_vote &&
	       tried_is_first_today(with, history_join(contact->account, contact->tenant),
				      now_us) &&
	       tried_is_first_today(with, history_join(contact->network, contact->tenant),
				      now_us);
}

static void contact_teach_tenant(const struct contact_context *with, const struct contact *contact)
{
	if (!contact->normal)
		return;
	if (contact->is_vote && !contact->is_strange_vote)
		tenant_note_known(contact->normal, contact->class == CONTACT_BAD,
				  contact->row->last_us);
	if (!with->can_learn || !with->can_be_strange)
		contact->normal->is_spoilt = true;
	for (int s = 0; contact->is_vote && !contact->is_success && with->can_be_strange &&
			s <= (contact->is_strange_vote ? STRATUM_STRANGE : STRATUM_ALL); s++)
		tenant_note_failed(contact->normal, s);
	if (!contact->is_vote || contact->normal->is_spoilt)
		return;
	for (int s = 0; s <= (contact->is_strange_vote ? STRATUM_STRANGE : STRATUM_ALL); s++) {
		tenant_count(contact->normal, s, contact->class);
		if (contact->is_unused_vote)
			tenant_count(contact->normal, s, TENANT_UNUSED);
	}
	if (contact->is_far)
		tenant_count(contact->normal, STRATUM_STRANGE, TENANT_FAR);
}

/* A network stays a newcomer for a day after its first success: what it fails on or wakes up next
 * is still a stranger's. Its further successes may be other people of a new network. */
static bool contact_is_newcomer(const struct contacts *contacts, const struct contact *contact,
				uint64_t network_key)
{
	int64_t now_us = contact->row->last_us, *since_us;

	if (!contact->is_strange) {
		since_us = table_find(contacts->newcomers, &network_key);
		return since_us && now_us - *since_us < US_PER_DAY;
	}
	if (contact->is_success) {
		since_us = table_touch(contacts->newcomers, &network_key, NULL);
		*since_us = now_us;
	}
	return true;
}

/* What the contact is to its tenant, or to the whole host. */
static void contact_place(struct contacts *contacts, const struct contact_context *with,
			  struct contact *contact, uint64_t network_key)
{
	contact->is_strange = with->can_be_strange && contact->network && contact->normal &&
			      !contact->is_trusted &&
			      !history_has_network(with->history, network_key);
	contact->is_local =
		with->can_be_strange && contact->network && contact->normal && !contact->is_strange;
	contact->is_newcomer = contact_is_newcomer(contacts, contact, network_key);
	contact->is_strange_vote =
		contact->is_strange || (contact->is_newcomer && contact->class != CONTACT_ACTIVE);
}

static void contact_vote(const struct contact_context *with, struct contact *contact)
{
	contact->is_vote = contact->is_first && contact_votes(with, contact);
	contact->is_unused_vote = contact_votes_unused(with, contact);
	contact_teach_tenant(with, contact);
}

static void contacts_add_of_host(struct contacts *contacts, const struct contact_context *with,
				 const struct contact *contact, struct contact of_host)
{
	of_host.class = contact->class;
	of_host.was_flagged = contact->was_flagged;
	of_host.has_crossed = contact->has_crossed;
	of_host.score = contact->score;
	of_host.nats_before = contact->nats_before;
	of_host.failures_before = contact->failures_before;
	of_host.opened_before = contact->opened_before;
	of_host.tried_before = contact->tried_before;
	of_host.is_first_use |=
		contact->row->last_us - contact->normal->first_us < with->young_us;
	contact_vote(with, &of_host);
	contacts->of_host =
		contacts_room(contacts->of_host, contacts->n_of_host, &contacts->of_host_capacity);
	contacts->of_host[contacts->n_of_host++] = of_host;
}

/* Whoever is new here comes from networks that are new here, for a week. */
static bool contact_is_first_use(const struct contacts *contacts,
				 const struct contact_context *with, const struct contact *contact)
{
	int64_t *since_us;

	if (!contact->is_success)
		return false;
	if (contact->state == ACCOUNT_UNSEEN || contact->state == ACCOUNT_UNUSED) {
		if (with->can_be_strange) {
			since_us = table_touch(contacts->new_accounts, &contact->account, NULL);
			*since_us = contact->row->last_us;
		}
		return true;
	}
	since_us = table_find(contacts->new_accounts, &contact->account);
	return since_us && contact->row->last_us - *since_us < NEW_US;
}

/* While passwords are changed for many, failures say little of their accounts, and for days. */
static void contact_note_old_device(const struct contact_context *with, struct contact *contact)
{
	uint64_t key = history_join(contact->account, OLD_DEVICE);

	if (contact->is_success)
		return;
	if (contact->normal && contact->class == CONTACT_BAD &&
	    tenant_is_in_upheaval(contact->normal))
		history_note_tried(with->history, key);
	contact->has_old_device = history_has_tried(with->history, key);
}

/* A home that was given another address is mostly where the owner was before: with his provider. */
static bool contact_is_near(const struct contact_context *with, const struct contact *contact)
{
	return contact->region &&
	       history_pair(with->history, history_join(contact->region, contact->account)) !=
		       PAIR_NEW;
}

/* Others who move within the region explain it. An account that is opened from one network after the other
 * explains one other at most, on each day. */
static bool contact_is_explained(struct contacts *contacts, const struct contact_context *with,
				 const struct contact *contact)
{
	if (contact->is_near &&
	    !tried_is_first_today(with, history_join(contact->account, MOVED), contact->row->last_us))
		return true;
	return regions_add(&contacts->regions, contact->region, contact->is_near,
			   contact->row->last_us);
}

/* Once for both: as the tenant sees it and as the whole host does. */
static bool contact_is_far(struct contacts *contacts, const struct contact_context *with,
			   const struct contact *contact, const struct contact *of_host)
{
	bool is_explained = contact->is_near;

	/* Where the owner of an unused mailbox was before is not known. */
	if (contact->class != CONTACT_ACTIVE || contact->is_first_use)
		return false;
	if (contact->region && of_host->is_strange)
		is_explained |= contact_is_explained(contacts, with, contact);
	return !is_explained && (contact->is_strange || of_host->is_strange);
}

static void contacts_add(struct contacts *contacts, const struct contact_context *with,
			 struct contact *contact, uint64_t pair)
{
	uint64_t at_tenant, at_host = history_join(contact->network, HISTORY_WHOLE_HOST);
	struct contact of_host;
	bool is_known;

	contact->client_prefix = contact_client_prefix(with->history, &contact->address);
	contact_find_tenant(with, contact);
	at_tenant = history_join(contact->network, contact->tenant);
	contact->state = history_account(with->history, contact->account);
	contact->class = contact_classify(with, contact);
	contact->was_tried = history_has_tried(with->history, pair);
	contact->is_first = contact->is_success || !contact->was_tried;
	contact->is_trusted = network_list_has(with->trusted, &contact->address);
	contact->is_first_use = contact_is_first_use(contacts, with, contact);
	contact->users = history_users(with->history, contact->client_prefix);
	contact->is_near = contact_is_near(with, contact);
	contact_note_old_device(with, contact);
	contact->is_returning = tried_is_returning(with, contact);
	of_host = *contact;
	of_host.is_whole_host = true;
	of_host.tenant = HISTORY_WHOLE_HOST;
	if (contact->normal)
		of_host.normal = tenants_touch(with->tenants, HISTORY_WHOLE_HOST,
					       contact->row->last_us);
	contact_place(contacts, with, contact, at_tenant);
	contact_place(contacts, with, &of_host, at_host);
	contact->is_far = of_host.is_far = contact_is_far(contacts, with, contact, &of_host);
	contact->is_newcomer_to_all = of_host.is_newcomer_to_all = of_host.is_newcomer;
	is_known = history_has_network(with->history, at_host);
	/* Many people come by a webmail's address: it is nobody's, and says nothing of them. */
	if (contact->network && !contact->is_trusted)
		contact_score(with, contact, of_host.is_strange, is_known);
	contact_vote(with, contact);
	contacts_append(contacts, contact);
	if (contact->normal && history_tenants(with->history) > 1)
		contacts_add_of_host(contacts, with, contact, of_host);
}

/* Of many people behind one address, one may guess what another one uses. */
#define SHARED_BY 50

/* By account, once a day, and only where it has been at home for a day: one account of an attacker's own,
 * opened from many networks, is no outage. */
static void contact_note_outage(struct contacts *contacts, const struct contact_context *with,
				const struct contact *contact, uint64_t pair)
{
	if (contact->normal && history_pair(with->history, pair) == PAIR_KNOWN &&
	    history_reach(with->history, contact->account) < OUTAGE_REACH &&
	    tried_is_first_today(with, history_join(contact->account, OUTAGE),
				 contact->row->last_us))
		outage_note_failure(&contacts->outage, contact->network);
}

/* What an owner fails where his provider is says nothing while everybody fails. An attacker is seldom there,
 * and what nobody uses has no owner. */
static bool contact_is_of_outage(const struct contacts *contacts,
				 const struct contact_context *with, const struct contact *contact)
{
	return outage_is_on(&contacts->outage) && contact_is_near(with, contact) &&
	       history_account(with->history, contact->account) == ACCOUNT_ACTIVE;
}

static void contacts_add_known_failure(struct contacts *contacts,
				       const struct contact_context *with, struct contact *contact,
				       uint64_t pair)
{
	uint64_t old_device = history_join(contact->account, OLD_DEVICE);

	contact->client_prefix = contact_client_prefix(with->history, &contact->address);
	contact_find_tenant(with, contact);
	if (contact->normal && tried_is_first_today(with, pair, contact->row->last_us))
		tenant_note_stale(contact->normal, contact->row->last_us);
	contact_note_outage(contacts, with, contact, pair);
	tried_note_stale_of_host(with, contact);
	if (outage_is_on(&contacts->outage))
		return;
	if (contact->normal && tenant_is_in_upheaval(contact->normal))
		history_note_tried(with->history, old_device);
	else if (history_has_tried(with->history, old_device))
		contact->has_old_device = true;
	if (contact->has_old_device || (contact->normal && tenant_is_in_upheaval(contact->normal)))
		return;
	contact->users = history_users(with->history, contact->client_prefix);
	if (!contact->network || contact->users < SHARED_BY)
		return;
	contact->state = history_account(with->history, contact->account);
	contact->class = contact_classify(with, contact);
	contact->is_known_pair = contact->was_tried = contact->is_local = true;
	contacts_append(contacts, contact);
}

static void contacts_add_failure(struct contacts *contacts, const struct contact_context *with,
				 struct contact *contact, uint64_t pair)
{
	if (history_pair(with->history, pair) != PAIR_NEW) { /* a stale password */
		contacts_add_known_failure(contacts, with, contact, pair);
		return;
	}
	if (contact_is_of_outage(contacts, with, contact))
		return;
	contacts_add(contacts, with, contact, pair);
	history_note_tried(with->history, pair);
}

static void contact_teach_networks(const struct contact_context *with,
				   const struct contact *contact, bool is_new)
{
	uint64_t tenant = history_name(with->history, account_tenant(contact->row->account));
	uint64_t at_tenant = history_join(contact->network, tenant);
	uint64_t at_host = history_join(contact->network, HISTORY_WHOLE_HOST);

	history_note_tenant(with->history, tenant);
	if (is_new && !history_has_network(with->history, at_tenant))
		(void)history_note_reach(with->history, contact->account);
	if (history_reach(with->history, contact->account) > REACH)
		return;
	history_note_network(with->history, at_tenant, is_new, !with->can_be_strange);
	history_note_network(with->history, at_host, is_new, !with->can_be_strange);
}

static void contacts_add_success(struct contacts *contacts, const struct contact_context *with,
				 struct contact *contact, uint64_t pair)
{
	bool is_new;

	outage_note_success(&contacts->outage);
	if (!history_is_stale(with->history, pair))
		return;
	is_new = history_pair(with->history, pair) == PAIR_NEW;
	if (is_new)
		contacts_add(contacts, with, contact, pair);
	history_note_success(with->history, pair, contact->account);
	if (!contact->network)
		return;
	if (contact->region)
		history_note_success(with->history,
				     history_join(contact->region, contact->account),
				     contact->account);
	history_note_user(with->history, contact->network);
	history_note_user(with->history, contact_client_prefix(with->history, &contact->address));
	contact_teach_networks(with, contact, is_new);
}

typedef void (*contacts_adder)(struct contacts *, const struct contact_context *, struct contact *,
			       uint64_t);

/* Look-ups in the history miss the cache, so each is prefetched some rows ahead. */
static void contacts_collect_rows(struct contacts *contacts, const struct contact_context *with,
				  const struct snapshot *snapshot, bool successes,
				  contacts_adder one)
{
	struct contact ahead[AHEAD], *next;
	uint64_t pairs[AHEAD];
	size_t begun = 0, done = 0;

	for (size_t i = 0; i < snapshot->n_attempts; i++) {
		const struct attempt_row *row = &snapshot->attempts[i];
		bool is_success = row->count[OUTCOME_SUCCESS] > 0;

		if (!*row->account || is_success != successes ||
		    (!is_success && !row->count[OUTCOME_FAILURE]))
			continue;
		if (begun - done == AHEAD) {
			one(contacts, with, &ahead[done % AHEAD], pairs[done % AHEAD]);
			done++;
		}
		next = &ahead[begun % AHEAD];
		*next = contact_begin(with, row);
		pairs[begun % AHEAD] = history_join(next->network, next->account);
		history_expect(with->history, pairs[begun++ % AHEAD], next->account);
	}
	for (; done < begun; done++)
		one(contacts, with, &ahead[done % AHEAD], pairs[done % AHEAD]);
}

void contacts_collect(struct contacts *contacts, const struct contact_context *with,
		      const struct snapshot *snapshot)
{
	contacts->count = contacts->n_of_host = 0;
	outage_advance(&contacts->outage, snapshot->until_us);
	sources_note_activity(with->sources, snapshot->n_attempts, snapshot->until_us);
	contacts_collect_rows(contacts, with, snapshot, false, contacts_add_failure);
	contacts_collect_rows(contacts, with, snapshot, true, contacts_add_success);
}
