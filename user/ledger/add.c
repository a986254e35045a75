/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adds one tick. What each row means for the sums is decided here and nowhere else: a failure
 * that names nobody and an unanswered request count for the source alone, mail opened by a program
 * beside the sessions counts for the account but for no source.
 */
#include "base/time.h"
#include "ledger/evict.h"
#include "ledger/hours.h"
#include "ledger/intervals.h"
#include "model/account.h"

/* Rows that every tick may fold away besides two for each row that it adds: a full table is back
 * below its cap soon, and no tick does unbounded work. */
#define EVICTED_PER_TICK 256
/* A tick with counts is on the disk when it is written; one without within this time. */
#define DURABLE_US (10 * US_PER_SECOND)

static int64_t ledger_add_number(uint64_t count)
{
	return count > INT64_MAX ? INT64_MAX : (int64_t)count;
}

/* As the tables have it: -1 for nobody. */
static int64_t ledger_add_login_uid(uint32_t uid)
{
	return uid == UID_NONE ? -1 : (int64_t)uid;
}

struct span {
	int64_t first_us, last_us;
};

/* A row without times belongs to the end of its tick. */
static struct span ledger_add_span(int64_t first_us, int64_t last_us,
				   const struct snapshot *snapshot)
{
	struct span span = {first_us ? first_us : snapshot->until_us,
			    last_us ? last_us : snapshot->until_us};
	return span;
}

static int ledger_add_tenant_login(struct ledger *ledger, const struct attempt_row *row,
				   struct span span)
{
	int64_t successes = ledger_add_number(row->count[OUTCOME_SUCCESS]);
	int64_t none = 0;

	return handle_run(ledger, STATEMENT_TENANT_ADD, NULL, "tiiiiiiii",
			  account_tenant(row->account), successes,
			  ledger_add_number(row->count[OUTCOME_FAILURE]), none, none,
			  row->transport == TRANSPORT_CLEARTEXT ? successes : none,
			  row->mechanism == MECHANISM_PASSWORD ? successes : none,
			  row->mechanism == MECHANISM_TOKEN ? successes : none, span.last_us);
}

static int ledger_add_account_login(struct ledger *ledger, const struct attempt_row *row,
				    int64_t source, struct span span)
{
	int64_t successes = ledger_add_number(row->count[OUTCOME_SUCCESS]);
	int64_t failures = ledger_add_number(row->count[OUTCOME_FAILURE]);
	int64_t temporary = ledger_add_number(row->count[OUTCOME_TEMPORARY]);
	int64_t account, none = 0;
	int r;

	r = handle_run(ledger, STATEMENT_ACCOUNT_LOGIN, &account, "ttiiiii", row->account,
		       account_tenant(row->account), successes, failures, temporary, span.first_us,
		       span.last_us);
	if (r == 0)
		r = handle_run(ledger, STATEMENT_PAIR_ADD, NULL, "iiiiiiiii", account, source,
			       successes, failures, none, none, none, span.first_us, span.last_us);
	if (r == 0)
		r = handle_run(ledger, STATEMENT_LOGIN_ADD, NULL, "itttiiiii", account,
			       row->service, mechanism_to_string(row->mechanism),
			       transport_to_string(row->transport), successes, failures, temporary,
			       span.first_us, span.last_us);
	return r;
}

/* count NULL: what a session of it read. */
static int ledger_add_source(struct ledger *ledger, const char *source, const uint64_t *count,
			     struct span span, int64_t *ret_id)
{
	static const uint64_t nothing[OUTCOME_MAX];
	int64_t session_reads = count ? 0 : 1;

	*ret_id = 0;
	if (!source[0])
		return 0;
	if (!count)
		count = nothing;
	return handle_run(ledger, STATEMENT_SOURCE_ADD, ret_id, "tiiiiiii", source,
			  ledger_add_number(count[OUTCOME_SUCCESS]),
			  ledger_add_number(count[OUTCOME_FAILURE]),
			  ledger_add_number(count[OUTCOME_TEMPORARY]),
			  ledger_add_number(count[OUTCOME_UNANSWERED]), session_reads,
			  span.first_us, span.last_us);
}

static int ledger_add_attempt(struct ledger *ledger, const struct attempt_row *row,
			      const struct snapshot *snapshot)
{
	struct span span = ledger_add_span(row->first_us, row->last_us, snapshot);
	int64_t source;
	int r;

	r = ledger_add_source(ledger, row->source, row->count, span, &source);
	if (r < 0)
		return r;
	if (!row->account[0] || !(row->count[OUTCOME_SUCCESS] | row->count[OUTCOME_FAILURE] |
				  row->count[OUTCOME_TEMPORARY]))
		return 0;
	r = ledger_add_account_login(ledger, row, source, span);
	if (r == 0)
		r = ledger_add_tenant_login(ledger, row, span);
	if (r == 0)
		r = hours_add_login(ledger, row, span.first_us, span.last_us);
	return r;
}

static int ledger_add_session_read(struct ledger *ledger, const struct read_row *row,
				   int64_t account, struct span span)
{
	int64_t source, none = 0;
	int r;

	r = ledger_add_source(ledger, row->source, NULL, span, &source);
	if (r < 0)
		return r;
	return handle_run(ledger, STATEMENT_PAIR_ADD, NULL, "iiiiiiiii", account, source, none,
			  none, ledger_add_number(row->messages),
			  ledger_add_number(row->mailbox_files), ledger_add_number(row->bytes_sent),
			  span.first_us, span.last_us);
}

static int ledger_add_reader(struct ledger *ledger, const struct read_row *row, int64_t account,
			     struct span span)
{
	if (!(row->messages | row->mailbox_files | row->scanned))
		return 0;
	return handle_run(ledger, STATEMENT_READER_ADD, NULL, "itiitttiiiii", account, row->actor,
			  (int64_t)row->uid, ledger_add_login_uid(row->login_uid), row->unit,
			  row->master, reader_to_string(row->reader),
			  ledger_add_number(row->messages), ledger_add_number(row->mailbox_files),
			  ledger_add_number(row->scanned), span.first_us, span.last_us);
}

static int ledger_add_read(struct ledger *ledger, const struct read_row *row,
			   const struct snapshot *snapshot)
{
	struct span span = ledger_add_span(row->first_us, row->last_us, snapshot);
	int64_t messages = ledger_add_number(row->messages),
		bytes_sent = ledger_add_number(row->bytes_sent);
	int64_t account, none = 0;
	const char *tenant = account_tenant(row->account);
	int r;

	if (!row->account[0])
		return 0;
	r = handle_run(ledger, STATEMENT_ACCOUNT_READ, &account, "ttiiiii", row->account, tenant,
		       messages, ledger_add_number(row->mailbox_files), bytes_sent, span.first_us,
		       span.last_us);
	if (r == 0 && row->reader == READER_SESSION)
		r = ledger_add_session_read(ledger, row, account, span);
	if (r == 0)
		r = ledger_add_reader(ledger, row, account, span);
	if (r == 0)
		r = handle_run(ledger, STATEMENT_TENANT_ADD, NULL, "tiiiiiiii", tenant, none, none,
			       messages, bytes_sent, none, none, none, span.last_us);
	if (r == 0)
		r = hours_add_read(ledger, row, span.first_us, span.last_us);
	return r;
}

static int ledger_add_store(struct ledger *ledger, const struct store_row *row,
			    const struct snapshot *snapshot)
{
	struct span span = ledger_add_span(row->first_us, row->last_us, snapshot);

	return handle_run(ledger, STATEMENT_STORE_ADD, NULL, "ttiitiiiii", row->path, row->actor,
			  (int64_t)row->uid, ledger_add_login_uid(row->login_uid), row->unit,
			  (int64_t)row->allowed, ledger_add_number(row->opens),
			  ledger_add_number(row->bytes), span.first_us, span.last_us);
}

/* An address of its own; what did not fit into the kernel's map has none. */
static int ledger_add_connection(struct ledger *ledger, const struct connection_row *row,
				 const struct snapshot *snapshot)
{
	struct span span = ledger_add_span(row->first_us, row->last_us, snapshot);

	if (!row->source[0] || !row->accepted)
		return 0;
	return handle_run(ledger, STATEMENT_SOURCE_CONNECTIONS, NULL, "tiii", row->source,
			  ledger_add_number(row->accepted), span.first_us, span.last_us);
}

static int ledger_add_rows(struct ledger *ledger, const struct snapshot *snapshot)
{
	int r = 0;

	for (size_t i = 0; i < snapshot->n_attempts && r == 0; i++)
		r = ledger_add_attempt(ledger, &snapshot->attempts[i], snapshot);
	for (size_t i = 0; i < snapshot->n_reads && r == 0; i++)
		r = ledger_add_read(ledger, &snapshot->reads[i], snapshot);
	for (size_t i = 0; i < snapshot->n_stores && r == 0; i++)
		r = ledger_add_store(ledger, &snapshot->stores[i], snapshot);
	for (size_t i = 0; i < snapshot->n_connections && r == 0; i++)
		r = ledger_add_connection(ledger, &snapshot->connections[i], snapshot);
	return r;
}

/* In the same transaction as the rows: a daemon that was killed must know whether they are here. A
 * tick without rows may come twice; it only says which maps we are at. */
static int ledger_add_epoch(struct ledger *ledger, const struct snapshot *snapshot, uint64_t rows)
{
	if (snapshot->instance == 0)
		return 0;
	return handle_run(ledger, rows > 0 ? STATEMENT_EPOCH : STATEMENT_INSTANCE, NULL, "ii",
			  (int64_t)snapshot->instance, (int64_t)snapshot->epoch + 1);
}

static int ledger_add_tick(struct ledger *ledger, const struct snapshot *snapshot, uint64_t rows)
{
	int r = handle_begin(ledger);

	if (r < 0)
		return r;
	r = ledger_add_rows(ledger, snapshot);
	if (r == 0)
		r = ledger_add_epoch(ledger, snapshot, rows);
	if (r == 0 && ledger->coverage)
		r = intervals_extend(ledger, snapshot);
	if (r == 0)
		r = evict_rows(ledger, snapshot->until_us, EVICTED_PER_TICK + 2 * rows);
	return handle_end(ledger, r);
}

static bool ledger_add_is_urgent(const struct ledger *ledger, int64_t now_us, uint64_t rows)
{
	return rows > 0 || now_us - ledger->durable_us >= DURABLE_US || now_us < ledger->durable_us;
}

int ledger_add(struct ledger *ledger, const struct snapshot *snapshot)
{
	uint64_t rows = snapshot->n_attempts + snapshot->n_reads + snapshot->n_stores +
			snapshot->n_connections;
	bool is_urgent = ledger_add_is_urgent(ledger, snapshot->until_us, rows);
	int r = 0;

	if (rows == 0 && !ledger->coverage)
		return 0;
	if (is_urgent)
		r = handle_make_durable(ledger, true);
	if (r == 0)
		r = ledger_add_tick(ledger, snapshot, rows);
	if (is_urgent)
		(void)handle_make_durable(ledger, false);
	if (r < 0)
		return r;
	if (is_urgent)
		ledger->durable_us = snapshot->until_us;
	ledger->is_joining = ledger->is_joining && !ledger->coverage;
	return 0;
}
