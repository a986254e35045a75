/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pairs, sources and accounts are kept under 64-bit hashes: names are only needed while they are
 * in the snapshot. */
#include "detect/contacts.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

/* A pair that was tried is forgotten first, at 48 bytes each; then it may count once more. */
#define TRIED_PAIRS 131072
#define SOURCES 32768
#define ACCOUNTS 32768

struct tried_pair {
	uint64_t failures;
	int64_t counted_us; /* when it last counted as one of the account's sources */
};

struct contacts *contacts_new(int64_t span_us, uint64_t good_pairs)
{
	struct contacts *contacts = xcalloc(1, sizeof(*contacts));
	const size_t key = sizeof(uint64_t);

	contacts->span_us = span_us;
	contacts->good = table_new(key, sizeof(struct good_pair), good_pairs, NULL, NULL);
	contacts->tried = table_new(key, sizeof(struct tried_pair), TRIED_PAIRS, NULL, NULL);
	contacts->sources = table_new(key, sizeof(struct source_record), SOURCES, NULL, NULL);
	contacts->accounts = table_new(key, sizeof(struct account_record), ACCOUNTS, NULL, NULL);
	return contacts;
}

void contacts_free(struct contacts *contacts)
{
	if (!contacts)
		return;
	table_free(contacts->good);
	table_free(contacts->tried);
	table_free(contacts->sources);
	table_free(contacts->accounts);
	free(contacts);
}

void contacts_begin(struct contacts *contacts)
{
	contacts->turn++;
}

static struct source_record *touch_source(struct contacts *contacts, const char *source)
{
	uint64_t key = hash_string(source);

	return *source ? table_touch(contacts->sources, &key, NULL) : NULL;
}

static struct account_record *touch_account(struct contacts *contacts, const char *account)
{
	uint64_t key = hash_string(account);

	return table_touch(contacts->accounts, &key, NULL);
}

static void note_on_source(struct contacts *contacts, const struct attempt_row *row, bool is_first)
{
	struct source_record *source = touch_source(contacts, row->source);

	if (!source)
		return;
	source->failures += row->count[OUTCOME_FAILURE];
	source->news = contacts->turn;
	if (is_first)
		window_add(&source->failed, contacts->span_us, row->first_us, 1);
}

static void note_on_account(struct contacts *contacts, const struct attempt_row *row,
			    struct tried_pair *pair, bool is_first)
{
	struct account_record *account = touch_account(contacts, row->account);

	window_add(&account->failures, contacts->span_us, row->last_us,
		   row->count[OUTCOME_FAILURE]);
	if (row->first_us < account->failures.first_us)
		account->failures.first_us = row->first_us;
	if (is_first || row->last_us - pair->counted_us >= contacts->span_us) {
		window_add(&account->sources, contacts->span_us, row->last_us, 1);
		pair->counted_us = row->last_us;
	}
	account->news = contacts->turn;
}

static void add_failure(struct contacts *contacts, const struct attempt_row *row)
{
	uint64_t key = hash_two_strings(row->source, row->account);
	struct tried_pair *pair;
	bool is_first;

	/* A failure that names nobody counts for its source alone. */
	if (!*row->account) {
		note_on_source(contacts, row, /* is_first= */ false);
		return;
	}
	if (table_find(contacts->good, &key)) {
		(void)table_touch(contacts->good, &key, NULL);
		return;
	}
	pair = table_touch(contacts->tried, &key, &is_first);
	pair->failures += row->count[OUTCOME_FAILURE];
	note_on_source(contacts, row, is_first);
	note_on_account(contacts, row, pair, is_first);
}

void contacts_add_failures(struct contacts *contacts, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->n_attempts; i++)
		if (snapshot->attempts[i].count[OUTCOME_FAILURE])
			add_failure(contacts, &snapshot->attempts[i]);
}

static void forgive(struct contacts *contacts, const struct attempt_row *row, uint64_t pair_key)
{
	const struct tried_pair *pair = table_find(contacts->tried, &pair_key);
	struct source_record *source = contacts_find_source(contacts, row->source);
	struct account_record *account = contacts_find_account(contacts, row->account);

	if (!pair)
		return;
	if (source)
		window_take_back(&source->failed, 1);
	if (account) {
		window_take_back(&account->failures, pair->failures);
		window_take_back(&account->sources, 1);
	}
	(void)table_remove(contacts->tried, &pair_key);
}

void contacts_add_success(struct contacts *contacts, const struct attempt_row *row)
{
	uint64_t key = hash_two_strings(row->source, row->account);
	struct source_record *source;
	struct good_pair *pair;
	bool is_first;

	if (!*row->account)
		return;
	pair = table_touch(contacts->good, &key, &is_first);
	if (!is_first)
		return;
	pair->since_us = row->first_us;
	forgive(contacts, row, key);
	source = touch_source(contacts, row->source);
	if (source)
		window_add(&source->opened, contacts->span_us, row->first_us, 1);
}

void contacts_observe(struct contacts *contacts, const struct snapshot *snapshot)
{
	contacts_begin(contacts);
	contacts_add_failures(contacts, snapshot);
	for (size_t i = 0; i < snapshot->n_attempts; i++)
		if (snapshot->attempts[i].count[OUTCOME_SUCCESS])
			contacts_add_success(contacts, &snapshot->attempts[i]);
}

const struct good_pair *contacts_find_good(const struct contacts *contacts, const char *source,
					   const char *account)
{
	uint64_t key = hash_two_strings(source, account);

	return table_find(contacts->good, &key);
}

bool contacts_has_tried(const struct contacts *contacts, const char *source, const char *account)
{
	uint64_t key = hash_two_strings(source, account);

	return table_find(contacts->tried, &key) != NULL;
}

struct source_record *contacts_find_source(const struct contacts *contacts, const char *source)
{
	uint64_t key = hash_string(source);

	return table_find(contacts->sources, &key);
}

struct account_record *contacts_find_account(const struct contacts *contacts, const char *account)
{
	uint64_t key = hash_string(account);

	return table_find(contacts->accounts, &key);
}

uint64_t contacts_guesses(const struct contacts *contacts, const char *source, int64_t now_us)
{
	const struct source_record *record = contacts_find_source(contacts, source);
	uint64_t failed, opened;

	if (!record)
		return 0;
	failed = window_sum(&record->failed, contacts->span_us, now_us);
	opened = window_sum(&record->opened, contacts->span_us, now_us);
	return failed >= opened ? failed : 0;
}
