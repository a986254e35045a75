/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry's value is the period in which it was last used, modulo the size of a ring. When a
 * period begins, entries that still have its number are one round old, and dropped.
 */
#include "detect/state/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"
#include "detect/state/cuckoo.h"
#include "detect/state/sketch.h"
#include "model/account.h"

#define WEEK_US (7 * US_PER_DAY)
#define WEEKS_RING 200
#define DORMANT_WEEKS 13
#define OLD_WEEKS 150 /* from then on the week does not matter */
#define VALUE_DORMANT 200
#define VALUE_CANCELLED 201
#define VALUE_HONEY 202
/* The same, while the list that said so is read again. */
#define VALUE_ONCE_CANCELLED 203
#define VALUE_ONCE_HONEY 204
#define VALUE_UNUSED 205

#define PAIR_PERIOD_US (4 * US_PER_DAY)
#define PAIR_RING 14 /* 52 to 56 days */
#define PAIR_FRESH_VALUE 14
#define FRESH_PERIOD_US (12 * US_PER_HOUR)
#define NETWORK_PERIOD_US WEEK_US
#define NETWORK_RING 8
#define NETWORK_IS_KNOWN 8 /* beside the period */
#define TRIED_PERIOD_US (6 * US_PER_HOUR)
#define TRIED_RING 16
#define LEAST_TENANTS 4096
#define LEAST 65536

struct history {
	uint64_t seed[2];
	struct cuckoo *accounts, *pairs, *networks, *tried;
	struct table *tenants;
	struct sketch users[2]; /* of networks and addresses, by parity of the period */
	struct sketch reach;	/* of accounts */
	int64_t now_us; /* 0: nothing happened yet */
	bool is_complete;
};

static uint64_t at_least(double entries)
{
	return entries < LEAST ? LEAST : (uint64_t)entries;
}

size_t history_tenants_room(uint64_t accounts)
{
	return accounts < 100 * LEAST_TENANTS ? LEAST_TENANTS : fmin((double)accounts / 100, 65536);
}

struct history *history_new(uint64_t accounts)
{
	struct history *history = xcalloc(1, sizeof(*history));
	double n = (double)accounts;

	/* Fixed, so that the replay of a trace always ends the same way. */
	history->seed[0] = UINT64_C(0x7761787365616c31);
	history->seed[1] = UINT64_C(0x6d656d6f72792031);
	history->accounts = cuckoo_new(CUCKOO_WIDE, at_least(n * 1.05));
	history->pairs = cuckoo_new(CUCKOO_NARROW, at_least(n * 2.2));
	history->networks = cuckoo_new(CUCKOO_NARROW, at_least(n / 4));
	history->tried = cuckoo_new(CUCKOO_NARROW, at_least(n * .4));
	history->tenants =
		table_new(sizeof(uint64_t), 0, history_tenants_room(accounts), NULL, NULL);
	for (int i = 0; i < 2; i++)
		sketch_init(&history->users[i], at_least(n / 32));
	sketch_init(&history->reach, at_least(n / 16));
	return history;
}

void history_free(struct history *history)
{
	if (!history)
		return;
	cuckoo_free(history->accounts);
	cuckoo_free(history->pairs);
	cuckoo_free(history->networks);
	cuckoo_free(history->tried);
	table_free(history->tenants);
	sketch_done(&history->users[0]);
	sketch_done(&history->users[1]);
	sketch_done(&history->reach);
	free(history);
}

void history_serialize(struct history *history, struct serializer *serializer)
{
	serializer_member(serializer, history->seed, sizeof(history->seed));
	serializer_member(serializer, &history->now_us, sizeof(history->now_us));
	serializer_member(serializer, &history->is_complete, sizeof(history->is_complete));
	cuckoo_serialize(history->accounts, serializer);
	cuckoo_serialize(history->pairs, serializer);
	cuckoo_serialize(history->networks, serializer);
	cuckoo_serialize(history->tried, serializer);
	serializer_table(serializer, history->tenants, sizeof(uint64_t), 0, NULL);
	sketch_serialize(&history->users[0], serializer);
	sketch_serialize(&history->users[1], serializer);
	sketch_serialize(&history->reach, serializer);
}

uint64_t history_hash(const struct history *history, const void *bytes, size_t length)
{
	return hash_seeded(history->seed, bytes, length);
}

uint64_t history_name(const struct history *history, const char *name)
{
	return hash_seeded(history->seed, name, strlen(name));
}

uint64_t history_join(uint64_t one, uint64_t other)
{
	uint64_t mixed = one ^ (other + UINT64_C(0x9e3779b97f4a7c15) + (one << 6) + (one >> 2));

	mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
	return mixed ^ mixed >> 31;
}

static void sweep_identity(uint16_t *change, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++)
		change[i] = i;
}

static int64_t period(int64_t now_us, int64_t period_us)
{
	return now_us / period_us;
}

static void age_ring(struct cuckoo *cuckoo, int64_t now_us, int64_t last_us, int64_t period_us,
		     int ring)
{
	int64_t to = period(now_us, period_us), from = period(last_us, period_us);
	uint16_t change[256];

	if (to <= from)
		return;
	sweep_identity(change, ARRAY_LENGTH(change));
	if (to - from > ring)
		from = to - ring;
	while (from++ < to)
		change[from % ring] = CUCKOO_DROP;
	cuckoo_sweep(cuckoo, change);
}

static void age_fresh(struct history *history, int64_t last_us)
{
	int64_t to = period(history->now_us, FRESH_PERIOD_US);
	int64_t from = period(last_us, FRESH_PERIOD_US);
	uint16_t change[16], known = (uint16_t)(period(last_us, PAIR_PERIOD_US) % PAIR_RING);

	if (to <= from)
		return;
	sweep_identity(change, ARRAY_LENGTH(change));
	change[PAIR_FRESH_VALUE + to % 2] = known;
	if (to - from > 1)
		change[PAIR_FRESH_VALUE + (to + 1) % 2] = known;
	cuckoo_sweep(history->pairs, change);
}

static void age_accounts(struct history *history, int64_t last_us)
{
	int64_t to = period(history->now_us, WEEK_US), from = period(last_us, WEEK_US);
	uint16_t change[256];

	if (to <= from)
		return;
	sweep_identity(change, ARRAY_LENGTH(change));
	for (int age = OLD_WEEKS; age < WEEKS_RING; age++)
		change[(to + WEEKS_RING - age) % WEEKS_RING] = VALUE_DORMANT;
	cuckoo_sweep(history->accounts, change);
}

/* Both levels of a period that is one round old go. */
static void age_networks(struct history *history, int64_t last_us)
{
	int64_t to = period(history->now_us, NETWORK_PERIOD_US);
	int64_t from = period(last_us, NETWORK_PERIOD_US);
	uint16_t change[256];

	if (to <= from)
		return;
	sweep_identity(change, ARRAY_LENGTH(change));
	if (to - from > NETWORK_RING)
		from = to - NETWORK_RING;
	while (from++ < to)
		change[from % NETWORK_RING] = change[from % NETWORK_RING + NETWORK_IS_KNOWN] =
			CUCKOO_DROP;
	cuckoo_sweep(history->networks, change);
	sketch_halve(&history->reach);
}

static void age_users(struct history *history, int64_t last_us)
{
	int64_t to = period(history->now_us, PAIR_PERIOD_US), from = period(last_us, PAIR_PERIOD_US);

	if (to > from)
		sketch_clear(&history->users[to % 2]);
	if (to > from + 1)
		sketch_clear(&history->users[(to + 1) % 2]);
}

void history_advance(struct history *history, int64_t now_us)
{
	int64_t last_us = history->now_us;

	if (now_us <= last_us)
		return;
	history->now_us = now_us;
	if (!last_us || now_us / TRIED_PERIOD_US == last_us / TRIED_PERIOD_US)
		return;
	age_fresh(history, last_us);
	age_accounts(history, last_us);
	age_ring(history->pairs, now_us, last_us, PAIR_PERIOD_US, PAIR_RING);
	age_networks(history, last_us);
	age_users(history, last_us);
	age_ring(history->tried, now_us, last_us, TRIED_PERIOD_US, TRIED_RING);
}

static unsigned int value_of_login(int64_t now_us, int64_t login_us)
{
	int64_t weeks = period(now_us, WEEK_US) - period(login_us, WEEK_US);

	if (login_us <= 0 || (now_us && weeks >= OLD_WEEKS))
		return VALUE_DORMANT;
	return (unsigned int)(period(login_us, WEEK_US) % WEEKS_RING);
}

/* In weeks; a login ahead of the clock is no older than one of today. */
static int64_t age_of_value(const struct history *history, int value)
{
	int64_t age;

	if (value < 0 || value >= VALUE_DORMANT)
		return WEEKS_RING;
	age = (period(history->now_us, WEEK_US) + WEEKS_RING - value) % WEEKS_RING;
	return age < OLD_WEEKS ? age : 0;
}

static void put_account(struct history *history, const char *account, unsigned int value)
{
	cuckoo_put(history->accounts, history_name(history, account), value);
	history_note_tenant(history, history_name(history, account_tenant(account)));
}

static void put_login(struct history *history, const char *account, int before, int64_t login_us)
{
	unsigned int value = login_us > 0 ? value_of_login(history->now_us, login_us) : VALUE_UNUSED;

	if (before >= 0 && (value == VALUE_UNUSED ||
			    age_of_value(history, before) < age_of_value(history, (int)value)) &&
	    before <= VALUE_DORMANT)
		value = (unsigned int)before;
	put_account(history, account, value);
}

void history_add_account(struct history *history, const char *account, enum account_state state,
			 int64_t last_login_us)
{
	if (state == ACCOUNT_CANCELLED)
		put_account(history, account, VALUE_CANCELLED);
	else if (state == ACCOUNT_HONEY)
		put_account(history, account, VALUE_HONEY);
	else
		put_login(history, account,
			  cuckoo_find(history->accounts, history_name(history, account)),
			  last_login_us);
}

void history_add_seen(struct history *history, const char *account, int64_t last_login_us)
{
	int before = cuckoo_find(history->accounts, history_name(history, account));

	if (before <= VALUE_DORMANT || before == VALUE_UNUSED)
		put_login(history, account, before, last_login_us);
}

void history_begin_list(struct history *history)
{
	uint16_t change[256];

	sweep_identity(change, ARRAY_LENGTH(change));
	change[VALUE_CANCELLED] = VALUE_ONCE_CANCELLED;
	change[VALUE_HONEY] = VALUE_ONCE_HONEY;
	cuckoo_sweep(history->accounts, change);
}

void history_end_list(struct history *history)
{
	uint16_t change[256];

	sweep_identity(change, ARRAY_LENGTH(change));
	change[VALUE_ONCE_CANCELLED] = change[VALUE_ONCE_HONEY] = VALUE_DORMANT;
	cuckoo_sweep(history->accounts, change);
}

void history_set_complete(struct history *history, bool is_complete)
{
	history->is_complete = is_complete;
}

bool history_is_complete(const struct history *history)
{
	return history->is_complete;
}

enum account_state history_account(const struct history *history, uint64_t account)
{
	int value = cuckoo_find(history->accounts, account);
	int64_t age;

	if (value < 0 || value == VALUE_UNUSED)
		return value < 0 ? ACCOUNT_UNSEEN : ACCOUNT_UNUSED;
	if (value == VALUE_DORMANT)
		return ACCOUNT_DORMANT;
	if (value == VALUE_CANCELLED || value == VALUE_ONCE_CANCELLED)
		return ACCOUNT_CANCELLED;
	if (value == VALUE_HONEY || value == VALUE_ONCE_HONEY)
		return ACCOUNT_HONEY;
	age = (period(history->now_us, WEEK_US) + WEEKS_RING - value) % WEEKS_RING;
	/* A list may be younger than the trace that is replayed with it. */
	return age >= DORMANT_WEEKS && age < OLD_WEEKS ? ACCOUNT_DORMANT : ACCOUNT_ACTIVE;
}

void history_expect(const struct history *history, uint64_t pair, uint64_t account)
{
	cuckoo_expect(history->pairs, pair);
	cuckoo_expect(history->accounts, account);
}

enum pair_state history_pair(const struct history *history, uint64_t pair)
{
	int value = cuckoo_find(history->pairs, pair);

	return value < 0 ? PAIR_NEW : value >= PAIR_FRESH_VALUE ? PAIR_FRESH : PAIR_KNOWN;
}

bool history_is_stale(const struct history *history, uint64_t pair)
{
	int value = cuckoo_find(history->pairs, pair);

	return value < PAIR_FRESH_VALUE &&
	       value != period(history->now_us, PAIR_PERIOD_US) % PAIR_RING;
}

void history_note_success(struct history *history, uint64_t pair, uint64_t account)
{
	int before = cuckoo_find(history->accounts, account);
	unsigned int value = (unsigned int)(period(history->now_us, PAIR_PERIOD_US) % PAIR_RING);

	if (cuckoo_find(history->pairs, pair) < 0)
		value = PAIR_FRESH_VALUE + period(history->now_us, FRESH_PERIOD_US) % 2;
	cuckoo_put(history->pairs, pair, value);
	/* What a list calls honey or cancelled stays that. */
	if (before <= VALUE_DORMANT || before == VALUE_UNUSED)
		cuckoo_put(history->accounts, account,
			   value_of_login(history->now_us, history->now_us));
}

static void put_network(struct history *history, uint64_t key, int64_t last, bool is_known)
{
	cuckoo_put(history->networks, key,
		   (unsigned int)(last % NETWORK_RING) + (is_known ? NETWORK_IS_KNOWN : 0));
}

void history_add_pair(struct history *history, const char *account, const struct address *address,
		      int64_t first_us, int64_t last_us)
{
	struct address network = network_of(address);
	uint64_t hash =
		address_is_known(&network) ? history_hash(history, &network, sizeof(network)) : 0;
	uint64_t pair = history_join(hash, history_name(history, account));
	uint64_t at_tenant = history_join(hash, history_name(history, account_tenant(account)));
	uint64_t at_host = history_join(hash, HISTORY_WHOLE_HOST);
	int64_t last = period(last_us, PAIR_PERIOD_US);
	int64_t age = period(history->now_us, PAIR_PERIOD_US) - last;
	unsigned int value = (unsigned int)(last % PAIR_RING);

	if (age < 0 || age >= PAIR_RING)
		return;
	if (history->now_us - first_us < US_PER_DAY)
		value = PAIR_FRESH_VALUE + period(first_us, FRESH_PERIOD_US) % 2;
	if (cuckoo_find(history->pairs, pair) < 0)
		cuckoo_put(history->pairs, pair, value);
	if (!hash)
		return;
	history_note_user(history, hash);
	put_network(history, at_tenant, period(last_us, NETWORK_PERIOD_US),
		    cuckoo_find(history->networks, at_tenant) >= 0 || last_us - first_us > WEEK_US);
	put_network(history, at_host, period(last_us, NETWORK_PERIOD_US),
		    cuckoo_find(history->networks, at_host) >= 0 || last_us - first_us > WEEK_US);
}

bool history_has_network(const struct history *history, uint64_t key)
{
	return cuckoo_find(history->networks, key) >= NETWORK_IS_KNOWN;
}

void history_note_network(struct history *history, uint64_t key, bool is_new, bool is_known)
{
	int64_t now = period(history->now_us, NETWORK_PERIOD_US);
	int before = cuckoo_find(history->networks, key);

	if (before >= 0 && (is_new || before % NETWORK_IS_KNOWN != now % NETWORK_RING))
		is_known = true;
	put_network(history, key, now, is_known || before >= NETWORK_IS_KNOWN);
}

void history_note_user(struct history *history, uint64_t place)
{
	(void)sketch_add(&history->users[period(history->now_us, PAIR_PERIOD_US) % 2], place);
}

double history_users(const struct history *history, uint64_t place)
{
	return fmax(sketch_count(&history->users[0], place), sketch_count(&history->users[1], place));
}

double history_note_reach(struct history *history, uint64_t account)
{
	return sketch_add(&history->reach, account);
}

double history_reach(const struct history *history, uint64_t account)
{
	return sketch_count(&history->reach, account);
}

bool history_has_tried(const struct history *history, uint64_t key)
{
	return cuckoo_find(history->tried, key) >= 0;
}

void history_note_tried(struct history *history, uint64_t key)
{
	cuckoo_put(history->tried, key,
		   (unsigned int)(period(history->now_us, TRIED_PERIOD_US) % TRIED_RING));
}

bool history_knows_tenant(const struct history *history, uint64_t tenant)
{
	return table_find(history->tenants, &tenant);
}

uint64_t history_tenants(const struct history *history)
{
	return table_count(history->tenants);
}

uint64_t history_tenants_lost(const struct history *history)
{
	return table_evicted(history->tenants);
}

void history_note_tenant(struct history *history, uint64_t tenant)
{
	(void)table_touch(history->tenants, &tenant, NULL);
}

uint64_t history_accounts(const struct history *history)
{
	return cuckoo_count(history->accounts);
}

uint64_t history_accounts_lost(const struct history *history)
{
	return cuckoo_lost(history->accounts);
}

int64_t history_now_us(const struct history *history)
{
	return history->now_us;
}

size_t history_bytes(const struct history *history)
{
	return cuckoo_bytes(history->accounts) + cuckoo_bytes(history->pairs) +
	       cuckoo_bytes(history->networks) + cuckoo_bytes(history->tried) +
	       2 * sketch_bytes(&history->users[0]) + sketch_bytes(&history->reach);
}

uint64_t history_lost(const struct history *history)
{
	return cuckoo_lost(history->accounts) + cuckoo_lost(history->pairs) +
	       cuckoo_lost(history->networks) + cuckoo_lost(history->tried);
}
