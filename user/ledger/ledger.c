/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening, closing and the figures about the ledger itself. */
#include "base/mem.h"
#include "base/time.h"
#include "ledger/file.h"
#include "ledger/handle.h"

static int ledger_state(const struct ledger *ledger, const char *text, int64_t *ret)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int r;

	r = sqlite3_prepare_v2(ledger->database, text, -1, &statement, NULL);
	if (r != SQLITE_OK)
		return statement_errno(r);
	return statement_run(statement, ret, "");
}

static void ledger_free(struct ledger *ledger)
{
	if (!ledger)
		return;
	statement_finalize_all(ledger->statements);
	(void)sqlite3_close_v2(ledger->database);
	for (size_t i = 0; i < HANDLE_DETECTORS; i++)
		free(ledger->detectors[i]);
	free(ledger->coverage);
	free(ledger->path);
	free(ledger);
}

static void ledger_free_pointer(struct ledger **ledger)
{
	ledger_free(*ledger);
}

int ledger_open(const struct ledger_settings *settings, struct ledger **ret,
		enum ledger_opening *ret_opening, char *ret_aside, size_t size)
{
	_cleanup_(ledger_free_pointer) struct ledger *ledger = xcalloc(1, sizeof(*ledger));
	enum ledger_opening opening;
	int r;

	ledger->path = xstrdup(settings->path);
	ledger->max_rows = settings->max_rows;
	ledger->max_age_us = settings->max_age_us;
	r = file_open(settings->path, time_now_us(), &ledger->database, &opening, ret_aside, size);
	if (r < 0)
		return r;
	r = statement_prepare_all(ledger->database, ledger->statements);
	if (r != SQLITE_OK)
		return statement_errno(r);
	r = ledger_state(ledger, "SELECT since_us FROM state", &ledger->since_us);
	if (r < 0)
		return r;
	*ret_opening = opening;
	*ret = take_ptr(ledger);
	return 0;
}

void ledger_close(struct ledger *ledger)
{
	_cleanup_free_ char *damaged = NULL;
	char aside[4096];

	if (!ledger)
		return;
	if (ledger->damaged)
		damaged = xstrdup(ledger->path);
	ledger_free(ledger);
	/* The next opening makes a new file. Nobody is left to whom a failure could be returned. */
	if (damaged)
		(void)file_set_aside(damaged, "damaged", time_now_us(), aside, sizeof(aside));
}

int ledger_committed(struct ledger *ledger, uint64_t *ret_instance, uint64_t *ret_epochs)
{
	int64_t instance, epochs;
	int r = ledger_state(ledger, "SELECT instance FROM state", &instance);

	if (r == 0)
		/* a tick without counts is written down in its coverage alone */
		r = ledger_state(ledger,
				 "SELECT max(epochs, coalesce((SELECT epochs FROM coverage"
				 " ORDER BY id DESC LIMIT 1), 0)) FROM state",
				 &epochs);
	if (r < 0)
		return r;
	*ret_instance = (uint64_t)instance;
	*ret_epochs = (uint64_t)epochs;
	return 0;
}

int64_t ledger_since(const struct ledger *ledger)
{
	return ledger->since_us;
}

uint64_t ledger_evicted(const struct ledger *ledger)
{
	int64_t evicted = 0;

	(void)ledger_state(ledger, "SELECT evicted FROM state", &evicted);
	return (uint64_t)evicted;
}

int ledger_count_accounts(struct ledger *ledger, uint64_t *ret_accounts, uint64_t *ret_sources)
{
	uint64_t accounts, sources;
	int r;

	r = handle_rows(ledger, "accounts", &accounts);
	if (r == 0)
		r = handle_rows(ledger, "sources", &sources);
	if (r < 0)
		return r;
	*ret_accounts = accounts;
	*ret_sources = sources;
	return 0;
}
