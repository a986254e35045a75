/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ages are rings: a value is the number of the period in which the entry was last wanted, modulo
 * the ring; entering a period drops those that still carry its number from the last round.
 */
#include "detect/memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"
#include "detect/cuckoo.h"
#include "model/account.h"

#define WEEK_US (7 * US_PER_DAY)
#define WEEKS_RING 200
#define DORMANT_WEEKS 13
#define OLD_WEEKS 150 /* from then on the week does not matter */
#define VALUE_DORMANT 200
#define VALUE_CANCELLED 201
#define VALUE_HONEY 202
/* The same, as a list said that is being told anew. */
#define VALUE_ONCE_CANCELLED 203
#define VALUE_ONCE_HONEY 204

#define PAIR_PERIOD_US (4 * US_PER_DAY)
#define PAIR_RING 14 /* 52 to 56 days */
#define PAIR_FRESH_VALUE 14
#define FRESH_PERIOD_US (12 * US_PER_HOUR)
#define NETWORK_RING 15
#define TRIED_PERIOD_US (6 * US_PER_HOUR)
#define TRIED_RING 16
#define TENANTS 4096
#define LEAST 65536

struct memory {
	uint64_t seed[2];
	struct cuckoo *accounts, *pairs, *networks, *tried;
	struct table *tenants;
	int64_t now_us; /* 0: nothing happened yet */
	bool is_complete;
};

static uint64_t at_least(double entries)
{
	return entries < LEAST ? LEAST : (uint64_t)entries;
}

struct memory *memory_new(uint64_t accounts)
{
	struct memory *memory = xcalloc(1, sizeof(*memory));
	double n = (double)accounts;

	/* Fixed, so that a trace is judged alike each time; the daemon sets its own. */
	memory->seed[0] = UINT64_C(0x7761787365616c31);
	memory->seed[1] = UINT64_C(0x6d656d6f72792031);
	memory->accounts = cuckoo_new(CUCKOO_WIDE, at_least(n * 1.05));
	memory->pairs = cuckoo_new(CUCKOO_NARROW, at_least(n * 2.5));
	memory->networks = cuckoo_new(CUCKOO_NARROW, at_least(n / 4));
	memory->tried = cuckoo_new(CUCKOO_NARROW, at_least(n * .4));
	memory->tenants = table_new(sizeof(uint64_t), 0, TENANTS, NULL, NULL);
	return memory;
}

void memory_free(struct memory *memory)
{
	if (!memory)
		return;
	cuckoo_free(memory->accounts);
	cuckoo_free(memory->pairs);
	cuckoo_free(memory->networks);
	cuckoo_free(memory->tried);
	table_free(memory->tenants);
	free(memory);
}

void memory_keep(struct memory *memory, struct archive *archive)
{
	archive_member(archive, memory->seed, sizeof(memory->seed));
	archive_member(archive, &memory->now_us, sizeof(memory->now_us));
	archive_member(archive, &memory->is_complete, sizeof(memory->is_complete));
	cuckoo_keep(memory->accounts, archive);
	cuckoo_keep(memory->pairs, archive);
	cuckoo_keep(memory->networks, archive);
	cuckoo_keep(memory->tried, archive);
	archive_table(archive, memory->tenants, sizeof(uint64_t), 0, NULL);
}

uint64_t memory_hash(const struct memory *memory, const void *bytes, size_t length)
{
	return hash_seeded(memory->seed, bytes, length);
}

uint64_t memory_name(const struct memory *memory, const char *name)
{
	return hash_seeded(memory->seed, name, strlen(name));
}

uint64_t memory_join(uint64_t one, uint64_t other)
{
	uint64_t mixed = one ^ (other + UINT64_C(0x9e3779b97f4a7c15) + (one << 6) + (one >> 2));

	mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
	return mixed ^ mixed >> 31;
}

static void sweep_identity(uint16_t *change, size_t count)
{
	for (size_t i = 0; i < count; i++)
		change[i] = (uint16_t)i;
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

static void age_fresh(struct memory *memory, int64_t last_us)
{
	int64_t to = period(memory->now_us, FRESH_PERIOD_US);
	int64_t from = period(last_us, FRESH_PERIOD_US);
	uint16_t change[16], known = (uint16_t)(period(last_us, PAIR_PERIOD_US) % PAIR_RING);

	if (to <= from)
		return;
	sweep_identity(change, ARRAY_LENGTH(change));
	change[PAIR_FRESH_VALUE + to % 2] = known;
	if (to - from > 1)
		change[PAIR_FRESH_VALUE + (to + 1) % 2] = known;
	cuckoo_sweep(memory->pairs, change);
}

static void age_accounts(struct memory *memory, int64_t last_us)
{
	int64_t to = period(memory->now_us, WEEK_US), from = period(last_us, WEEK_US);
	uint16_t change[256];

	if (to <= from)
		return;
	sweep_identity(change, ARRAY_LENGTH(change));
	for (int age = OLD_WEEKS; age < WEEKS_RING; age++)
		change[(to + WEEKS_RING - age) % WEEKS_RING] = VALUE_DORMANT;
	cuckoo_sweep(memory->accounts, change);
}

void memory_advance(struct memory *memory, int64_t now_us)
{
	int64_t last_us = memory->now_us;

	if (now_us <= last_us)
		return;
	memory->now_us = now_us;
	if (!last_us || now_us / TRIED_PERIOD_US == last_us / TRIED_PERIOD_US)
		return;
	age_fresh(memory, last_us);
	age_accounts(memory, last_us);
	age_ring(memory->pairs, now_us, last_us, PAIR_PERIOD_US, PAIR_RING);
	age_ring(memory->networks, now_us, last_us, PAIR_PERIOD_US, NETWORK_RING);
	age_ring(memory->tried, now_us, last_us, TRIED_PERIOD_US, TRIED_RING);
}

static unsigned int value_of_login(int64_t now_us, int64_t login_us)
{
	int64_t weeks = period(now_us, WEEK_US) - period(login_us, WEEK_US);

	if (login_us <= 0 || (now_us && weeks >= OLD_WEEKS))
		return VALUE_DORMANT;
	return (unsigned int)(period(login_us, WEEK_US) % WEEKS_RING);
}

/* In weeks; a login ahead of the clock is no older than one of today. */
static int64_t age_of_value(const struct memory *memory, int value)
{
	int64_t age;

	if (value < 0 || value >= VALUE_DORMANT)
		return WEEKS_RING;
	age = (period(memory->now_us, WEEK_US) + WEEKS_RING - value) % WEEKS_RING;
	return age < OLD_WEEKS ? age : 0;
}

static void put_account(struct memory *memory, const char *account, unsigned int value)
{
	cuckoo_put(memory->accounts, memory_name(memory, account), value);
	memory_note_tenant(memory, memory_name(memory, account_tenant(account)));
}

static void put_login(struct memory *memory, const char *account, int before, int64_t login_us)
{
	unsigned int value = value_of_login(memory->now_us, login_us);

	if (age_of_value(memory, before) < age_of_value(memory, (int)value))
		value = (unsigned int)before;
	put_account(memory, account, value);
}

void memory_add_account(struct memory *memory, const char *account, enum account_state state,
			int64_t last_login_us)
{
	if (state == ACCOUNT_CANCELLED)
		put_account(memory, account, VALUE_CANCELLED);
	else if (state == ACCOUNT_HONEY)
		put_account(memory, account, VALUE_HONEY);
	else
		put_login(memory, account,
			  cuckoo_find(memory->accounts, memory_name(memory, account)),
			  last_login_us);
}

void memory_add_seen(struct memory *memory, const char *account, int64_t last_login_us)
{
	int before = cuckoo_find(memory->accounts, memory_name(memory, account));

	if (before <= VALUE_DORMANT)
		put_login(memory, account, before, last_login_us);
}

void memory_begin_list(struct memory *memory)
{
	uint16_t change[256];

	sweep_identity(change, ARRAY_LENGTH(change));
	change[VALUE_CANCELLED] = VALUE_ONCE_CANCELLED;
	change[VALUE_HONEY] = VALUE_ONCE_HONEY;
	cuckoo_sweep(memory->accounts, change);
}

void memory_end_list(struct memory *memory)
{
	uint16_t change[256];

	sweep_identity(change, ARRAY_LENGTH(change));
	change[VALUE_ONCE_CANCELLED] = change[VALUE_ONCE_HONEY] = VALUE_DORMANT;
	cuckoo_sweep(memory->accounts, change);
}

void memory_set_complete(struct memory *memory, bool is_complete)
{
	memory->is_complete = is_complete;
}

bool memory_is_complete(const struct memory *memory)
{
	return memory->is_complete;
}

enum account_state memory_account(const struct memory *memory, uint64_t account)
{
	int value = cuckoo_find(memory->accounts, account);
	int64_t age;

	if (value < 0)
		return ACCOUNT_UNSEEN;
	if (value == VALUE_DORMANT)
		return ACCOUNT_DORMANT;
	if (value == VALUE_CANCELLED || value == VALUE_ONCE_CANCELLED)
		return ACCOUNT_CANCELLED;
	if (value == VALUE_HONEY || value == VALUE_ONCE_HONEY)
		return ACCOUNT_HONEY;
	age = (period(memory->now_us, WEEK_US) + WEEKS_RING - value) % WEEKS_RING;
	/* A list may be younger than the trace that is judged by it. */
	return age >= DORMANT_WEEKS && age < OLD_WEEKS ? ACCOUNT_DORMANT : ACCOUNT_ACTIVE;
}

void memory_expect(const struct memory *memory, uint64_t pair, uint64_t account)
{
	cuckoo_expect(memory->pairs, pair);
	cuckoo_expect(memory->accounts, account);
}

enum pair_state memory_pair(const struct memory *memory, uint64_t pair)
{
	int value = cuckoo_find(memory->pairs, pair);

	return value < 0 ? PAIR_NEW : value >= PAIR_FRESH_VALUE ? PAIR_FRESH : PAIR_KNOWN;
}

bool memory_is_stale(const struct memory *memory, uint64_t pair)
{
	int value = cuckoo_find(memory->pairs, pair);

	return value < PAIR_FRESH_VALUE &&
	       value != period(memory->now_us, PAIR_PERIOD_US) % PAIR_RING;
}

void memory_note_success(struct memory *memory, uint64_t pair, uint64_t account)
{
	int before = cuckoo_find(memory->accounts, account);
	unsigned int value = (unsigned int)(period(memory->now_us, PAIR_PERIOD_US) % PAIR_RING);

	if (cuckoo_find(memory->pairs, pair) < 0)
		value = PAIR_FRESH_VALUE + period(memory->now_us, FRESH_PERIOD_US) % 2;
	cuckoo_put(memory->pairs, pair, value);
	/* What a list calls honey or cancelled stays that. */
	if (before <= VALUE_DORMANT)
		cuckoo_put(memory->accounts, account,
			   value_of_login(memory->now_us, memory->now_us));
}

void memory_add_pair(struct memory *memory, const char *account, const struct address *address,
		     int64_t first_us, int64_t last_us)
{
	struct address network = network_of(address);
	uint64_t hash = address_is_known(&network)
				? memory_hash(memory, &network, sizeof(network))
				: 0;
	uint64_t pair = memory_join(hash, memory_name(memory, account));
	uint64_t at_tenant = memory_join(hash, memory_name(memory, account_tenant(account)));
	int64_t last = period(last_us, PAIR_PERIOD_US);
	int64_t age = period(memory->now_us, PAIR_PERIOD_US) - last;
	unsigned int value = (unsigned int)(last % PAIR_RING);

	if (age < 0 || age >= PAIR_RING)
		return;
	if (memory->now_us - first_us < US_PER_DAY)
		value = PAIR_FRESH_VALUE + period(first_us, FRESH_PERIOD_US) % 2;
	if (cuckoo_find(memory->pairs, pair) < 0)
		cuckoo_put(memory->pairs, pair, value);
	if (hash && cuckoo_find(memory->networks, at_tenant) < 0)
		cuckoo_put(memory->networks, at_tenant, (unsigned int)(last % NETWORK_RING));
}

bool memory_has_network(const struct memory *memory, uint64_t key)
{
	return cuckoo_find(memory->networks, key) >= 0;
}

void memory_note_network(struct memory *memory, uint64_t key)
{
	cuckoo_put(memory->networks, key,
		   (unsigned int)(period(memory->now_us, PAIR_PERIOD_US) % NETWORK_RING));
}

bool memory_has_tried(const struct memory *memory, uint64_t key)
{
	return cuckoo_find(memory->tried, key) >= 0;
}

void memory_note_tried(struct memory *memory, uint64_t key)
{
	cuckoo_put(memory->tried, key,
		   (unsigned int)(period(memory->now_us, TRIED_PERIOD_US) % TRIED_RING));
}

bool memory_knows_tenant(const struct memory *memory, uint64_t tenant)
{
	return !memory->is_complete || table_find(memory->tenants, &tenant);
}

void memory_note_tenant(struct memory *memory, uint64_t tenant)
{
	(void)table_touch(memory->tenants, &tenant, NULL);
}

uint64_t memory_accounts(const struct memory *memory)
{
	return cuckoo_count(memory->accounts);
}

uint64_t memory_accounts_lost(const struct memory *memory)
{
	return cuckoo_lost(memory->accounts);
}

int64_t memory_now_us(const struct memory *memory)
{
	return memory->now_us;
}

size_t memory_bytes(const struct memory *memory)
{
	return cuckoo_bytes(memory->accounts) + cuckoo_bytes(memory->pairs) +
	       cuckoo_bytes(memory->networks) + cuckoo_bytes(memory->tried);
}

uint64_t memory_lost(const struct memory *memory)
{
	return cuckoo_lost(memory->accounts) + cuckoo_lost(memory->pairs) +
	       cuckoo_lost(memory->networks) + cuckoo_lost(memory->tried);
}
