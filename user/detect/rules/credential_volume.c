/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attack: a program that may read the credential store reads all of it.
 *
 * Idea: what a login costs in bytes is learnt for each program and store. Two sums look for more
 * than that:
 *
 *	1. a fast dump: bytes beyond what logins explain add up; each login and each second takes
 *	   away what it may cost. The alert comes at a small part of the store.
 *	2. a slow dump, hidden among logins: a CUSUM over hours (stats/byte_cusum.h).
 *
 * While all this is learnt a floor holds: what is read within a minute beyond the logins, and would
 * be a dump on any host of so many accounts, is told, and nothing is learnt from it.
 */
#include "detect/detector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"
#include "detect/stats/byte_cusum.h"
#include "detect/text/alert_text.h"

enum { PLAIN, BYTES };

static const struct detector_key keys[] = {
	[PLAIN] = {"plain", 0, 1, 0, "1: use the number below alone"},
	[BYTES] = {"bytes", 1024, 1e12, 262144,
		   "plain: bytes beyond what logins explain; otherwise the least that alarms"},
	{0},
};

#define READERS 1024
#define ACCOUNT_BYTES 150 /* of one account, roughly, in passwd-files and databases */
#define DUMP_SHARE 0.0001 /* of all accounts: half of what must not go unseen */
#define LEAST_BYTES 2048.0
#define LEAST_LOGINS 4		      /* that many more or less say nothing */
#define CREDIT_US (2 * US_PER_SECOND) /* a login may be counted so long before what it reads */
#define CREDIT_USED .7	/* when so much of a credit is used, the rest was never needed */
#define SLACK 1.05	/* times what is learnt */
#define FIRST_BYTES 512 /* per login, until it is learnt */
#define FIRST_LOGINS 100
#define FADE 0.9	       /* per day */
#define ALLOWANCE_PER_SECOND 8 /* bytes that no login explains: a reload, a monitor */
#define ALLOWANCE_SECONDS 60   /* saved up at the most */
/* Of the floor: times what all known accounts take. A file is read as a whole after each change. */
#define FLOOR_OF_FILE 3
#define FLOOR_OF_DATABASE 1
#define FLOOR_SECONDS 60 /* in which what was read is forgotten */
#define WHOLE_TICK_US                                                                              \
	(9 * US_PER_SECOND / 10) /* an early tick waits for the rest of its second                 \
				  */
#define REPORT_INTERVAL_US (10 * US_PER_SECOND)

/* A program that reads a store. */
struct store_reader {
	double bytes, logins;	  /* learnt, fading */
	double excess, highest;	  /* bytes beyond the logins; highest of the days before, fading */
	double today;		  /* highest excess of this day */
	double credit, last_cost; /* bytes that logins may still read; cost of the last ones */
	int64_t credit_us;
	int64_t day, last_us, since_us, reported_us;
	double since_bytes, since_logins; /* since the excess last began to grow */
	double burst;			  /* bytes beyond the logins in the last minute */
	double tick_bytes, tick_logins;	  /* of this tick, for the slow dump */
	int64_t tick_us;		  /* of the last row */
	struct byte_cusum byte_cusum;
};

struct credential_volume {
	struct table *readers; /* by store and program */
	bool is_plain;
	double bytes;
};

static void *credential_volume_new(const double *settings)
{
	struct credential_volume *state = xcalloc(1, sizeof(*state));

	state->readers =
		table_new(2 * sizeof(uint64_t), sizeof(struct store_reader), READERS, NULL, NULL);
	state->is_plain = settings[PLAIN] != 0;
	state->bytes = settings[BYTES];
	return state;
}

/* What is read without a login is known from the third day on; what was excess before was that, and
 * its highest value is forgotten at the end of the first day on which it was known all day. */
static bool store_reader_begins_to_know(const struct store_reader *reader, int64_t now_us)
{
	int64_t known_us = reader->byte_cusum.first_us + BYTE_CUSUM_KNOWN_US;

	return now_us - US_PER_DAY > known_us && now_us - 2 * US_PER_DAY <= known_us;
}

static void store_reader_turn_day(struct store_reader *reader, int64_t now_us)
{
	int64_t day = now_us / US_PER_DAY;

	if (day <= reader->day)
		return;
	reader->day = day;
	reader->bytes *= FADE;
	reader->logins *= FADE;
	reader->highest =
		fmax(store_reader_begins_to_know(reader, now_us) ? 0 : reader->highest * FADE,
		     reader->today);
	reader->today = 0;
}

static double store_reader_login_bytes(const struct store_reader *reader)
{
	return (reader->bytes + FIRST_BYTES * FIRST_LOGINS) / (reader->logins + FIRST_LOGINS);
}

/* The excess that raises the alert. */
static double credential_volume_limit(const struct credential_volume *state,
				      const struct detector_input *input,
				      const struct store_reader *reader)
{
	double dump = DUMP_SHARE * ACCOUNT_BYTES * input->accounts;

	if (state->is_plain)
		return state->bytes;
	dump = fmax(fmax(dump, LEAST_BYTES), LEAST_LOGINS * store_reader_login_bytes(reader));
	return fmax(fmin(dump, state->bytes), 3 * reader->highest);
}

/* Behind a socket nothing is read as a whole because it has changed. */
static bool credential_volume_is_database(const char *path)
{
	size_t length = strlen(path);

	return strncmp(path, "inet:", 5) == 0 || strstr(path, "/.s.PGSQL.") ||
	       (length > 5 && strcmp(path + length - 5, ".sock") == 0);
}

/* What nobody may read within a minute without logins, whatever is usual. */
static double credential_volume_floor(const struct credential_volume *state,
				      const struct detector_input *input, const char *path)
{
	double accounts = (double)history_accounts(input->history);

	/* A file may list more accounts than were seen, and is no dump because of that. */
	if (!credential_volume_is_database(path))
		accounts = FLOOR_OF_FILE * (history_is_complete(input->history)
						    ? accounts
						    : fmax(accounts, input->accounts));
	else
		accounts *= FLOOR_OF_DATABASE;
	return fmax(ACCOUNT_BYTES * accounts, state->bytes);
}

static void credential_volume_report_fast(struct store_reader *reader, const struct store_row *row,
					  double limit, struct finding_list *ret)
{
	char age[ALERT_TEXT_BYTES];
	struct finding *finding;

	alert_text_duration(row->last_us - reader->since_us, age);
	finding = finding_add(
		ret, credential_volume_detector.name, SEVERITY_CRITICAL, SUBJECT_ACTOR,
		*row->actor ? row->actor : "(unknown)",
		"%s read %.0f KB of the credential store %s in %s, with only %.0f login attempts "
		"in "
		"that time. Normal: %.0f bytes per attempt. That is about %.0f accounts more "
		"than the logins explain.",
		*row->actor ? row->actor : "An unknown program", reader->since_bytes / 1024,
		row->path, age, reader->since_logins, store_reader_login_bytes(reader),
		reader->excess / ACCOUNT_BYTES);
	finding->first_us = reader->since_us < row->first_us ? reader->since_us : row->first_us;
	finding->last_us = reader->reported_us = row->last_us;
	json_object_set_new(finding->evidence, "store", json_string(row->path));
	evidence_report(finding->evidence, EVIDENCE_BYTES, reader->excess, limit);
	evidence_contribute(finding->evidence, "bytes beyond what logins explain", 1,
			    reader->excess);
	json_object_set_new(finding->evidence, EVIDENCE_BYTES,
			    json_integer((json_int_t)reader->excess));
	alert_text_actor_evidence(finding->evidence, row->uid, row->login_uid, row->unit,
				  row->script, /* parent= */ "");
}

static void credential_volume_report_floor(struct store_reader *reader, const struct store_row *row,
					   double floor, struct finding_list *ret)
{
	struct finding *finding;

	reader->tick_bytes = fmax(reader->tick_bytes - (double)row->bytes, 0);
	if (row->last_us - reader->reported_us < REPORT_INTERVAL_US)
		return;
	finding = finding_add(
		ret, credential_volume_detector.name, SEVERITY_CRITICAL, SUBJECT_ACTOR,
		*row->actor ? row->actor : "(unknown)",
		"%s read %.0f KB of the credential store %s within a minute, beyond what the "
		"logins "
		"of that time explain. What is usual here is still being learnt, but %.0f KB would "
		"be %.0f accounts.",
		*row->actor ? row->actor : "An unknown program", reader->burst / 1024, row->path,
		reader->burst / 1024, reader->burst / ACCOUNT_BYTES);
	finding->first_us = row->first_us;
	finding->last_us = reader->reported_us = row->last_us;
	json_object_set_new(finding->evidence, "store", json_string(row->path));
	evidence_report(finding->evidence, EVIDENCE_BYTES, reader->burst, floor);
	evidence_contribute(finding->evidence, "bytes beyond what logins explain", 1,
			    reader->burst);
	json_object_set_new(finding->evidence, EVIDENCE_BYTES,
			    json_integer((json_int_t)reader->burst));
}

static void credential_volume_report_slow(struct store_reader *reader, const struct store_row *row,
					  const struct byte_cusum_verdict *verdict,
					  struct finding_list *ret)
{
	char age[ALERT_TEXT_BYTES];
	struct finding *finding;

	alert_text_duration(row->last_us - verdict->since_us, age);
	finding =
		finding_add(ret, credential_volume_detector.name, SEVERITY_CRITICAL, SUBJECT_ACTOR,
			    *row->actor ? row->actor : "(unknown)",
			    "%s has read more of the credential store %s than its logins explain, "
			    "for %s: about %.0f KB, or %.0f accounts, too much. Normal: as much as "
			    "logins and deliveries cost at this hour.",
			    *row->actor ? row->actor : "An unknown program", row->path, age,
			    verdict->bytes / 1024, verdict->bytes / ACCOUNT_BYTES);
	finding->first_us = verdict->since_us < row->first_us ? verdict->since_us : row->first_us;
	finding->last_us = reader->reported_us = row->last_us;
	json_object_set_new(finding->evidence, "store", json_string(row->path));
	json_object_set_new(finding->evidence, EVIDENCE_BYTES,
			    json_integer((json_int_t)verdict->bytes));
	evidence_report(finding->evidence, EVIDENCE_RATIO, verdict->nats, verdict->threshold);
	evidence_contribute(finding->evidence, "a little more than logins explain, for long", 1,
			    verdict->nats);
	alert_text_actor_evidence(finding->evidence, row->uid, row->login_uid, row->unit,
				  row->script, /* parent= */ "");
}

static double store_reader_use_credit(struct store_reader *reader, double bytes, int64_t now_us)
{
	double used = now_us - reader->credit_us > CREDIT_US ? 0 : fmin(bytes, reader->credit);

	reader->credit = bytes > CREDIT_USED * reader->credit ? 0 : reader->credit - used;
	return used;
}

/* Every reader gets the cost of all logins of the tick: which of them it served is not known. */
static void store_reader_add_logins(struct store_reader *reader, double logins, int64_t now_us)
{
	double cost = SLACK * store_reader_login_bytes(reader) * logins;

	/* Of earlier logins, only the last ones may still read. */
	if (now_us - reader->credit_us > CREDIT_US)
		reader->credit = 0;
	reader->credit = fmin(reader->credit, reader->last_cost);
	reader->last_cost = cost;
	reader->credit_us = now_us;
	reader->credit += fmax(cost - reader->excess, 0);
	reader->excess = fmax(reader->excess - cost, 0);
	reader->logins += logins;
	reader->tick_logins += logins;
	reader->since_logins += logins;
}

static void credential_volume_add_row(struct credential_volume *state,
				      const struct detector_input *input,
				      const struct store_row *row, double logins,
				      struct finding_list *ret)
{
	uint64_t key[2] = {history_name(input->history, row->path),
			   history_name(input->history, row->actor)};
	double bytes = (double)row->bytes, limit, seconds, allowance, beyond, floor;
	struct store_reader *reader;
	bool is_new;

	reader = table_touch(state->readers, key, &is_new);
	if (is_new && logins > 0)
		store_reader_add_logins(reader, logins, input->now_us);
	store_reader_turn_day(reader, row->last_us);
	reader->tick_bytes += bytes;
	reader->tick_us = input->now_us;
	seconds = reader->last_us
			  ? fmax((double)(row->last_us - reader->last_us) / US_PER_SECOND, 0)
			  : 1;
	if (reader->excess <= 0) {
		reader->since_us = row->first_us;
		reader->since_bytes = reader->since_logins = 0;
	}
	reader->last_us = row->last_us;
	reader->since_bytes += bytes;
	/* Deliveries ask for accounts, too. */
	allowance = fmax(ALLOWANCE_PER_SECOND,
			 SLACK * byte_cusum_rest(&reader->byte_cusum, input->now_us));
	beyond = fmax(bytes - store_reader_use_credit(reader, bytes, row->last_us), 0);
	floor = credential_volume_floor(state, input, row->path);
	reader->burst = fmax(reader->burst - floor * seconds / FLOOR_SECONDS, 0) + beyond;
	if (input->is_learning && reader->burst > floor) {
		credential_volume_report_floor(reader, row, floor, ret);
		reader->burst = floor; /* whatever comes next adds to it, a login's bytes do not */
		return;
	}
	reader->excess += beyond - allowance * fmin(seconds, ALLOWANCE_SECONDS);
	limit = credential_volume_limit(state, input, reader);
	if (reader->excess > limit && !input->is_learning) {
		if (row->last_us - reader->reported_us >= REPORT_INTERVAL_US)
			credential_volume_report_fast(reader, row, limit, ret);
		return;
	}
	reader->excess = fmax(reader->excess, 0);
	if (reader->logins > FIRST_LOGINS)
		reader->today = fmax(reader->today, fmin(reader->excess, floor));
	reader->bytes += bytes;
}

static bool store_reader_end_tick(struct store_reader *reader, const struct detector_input *input,
				  struct byte_cusum_verdict *ret)
{
	const struct byte_cusum_tick tick = {
		.bytes = reader->tick_bytes,
		.logins = reader->tick_logins,
		.threshold = detector_threshold(input, (double)US_PER_DAY / US_PER_SECOND) +
			     log(BYTE_CUSUM_SPEEDS),
		.now_us = input->now_us,
		.is_learning = input->is_learning,
	};

	if (input->now_us - reader->byte_cusum.last_us < WHOLE_TICK_US)
		return false;
	reader->tick_bytes = reader->tick_logins = 0;
	return byte_cusum_add(&reader->byte_cusum, &tick, ret);
}

/* Once all rows of the tick are added up, since a program may have several. */
static void credential_volume_look_for_slow(struct credential_volume *state,
					    const struct detector_input *input,
					    struct finding_list *ret)
{
	struct byte_cusum_verdict verdict;
	struct store_reader *reader;

	for (size_t i = 0; i < input->snapshot->n_stores; i++) {
		const struct store_row *row = &input->snapshot->stores[i];
		uint64_t key[2] = {history_name(input->history, row->path),
				   history_name(input->history, row->actor)};

		if (!row->allowed || !row->bytes)
			continue;
		reader = table_find(state->readers, key);
		if (reader && store_reader_end_tick(reader, input, &verdict) && !state->is_plain &&
		    row->last_us - reader->reported_us >= REPORT_INTERVAL_US)
			credential_volume_report_slow(reader, row, &verdict, ret);
	}
	/* Those who read nothing, or nothing more since an early tick: their logins count. */
	for (reader = table_next(state->readers, NULL); reader;
	     reader = table_next(state->readers, reader))
		if (reader->tick_us != input->now_us &&
		    reader->tick_logins + reader->tick_bytes > 0)
			(void)store_reader_end_tick(reader, input, &verdict);
}

static void credential_volume_observe(void *state_pointer, const struct detector_input *input,
				      struct finding_list *ret)
{
	const struct snapshot *snapshot = input->snapshot;
	struct credential_volume *state = state_pointer;
	double logins = 0;

	for (size_t i = 0; i < snapshot->n_attempts; i++)
		for (int k = 0; k < OUTCOME_MAX; k++)
			logins += (double)snapshot->attempts[i].count[k];
	for (struct store_reader *reader = table_next(state->readers, NULL); reader && logins > 0;
	     reader = table_next(state->readers, reader))
		store_reader_add_logins(reader, logins, input->now_us);
	for (size_t i = 0; i < snapshot->n_stores; i++)
		if (snapshot->stores[i].allowed && snapshot->stores[i].bytes)
			credential_volume_add_row(state, input, &snapshot->stores[i], logins, ret);
	credential_volume_look_for_slow(state, input, ret);
}

/* Logins of this tick, which are not counted yet, would only add to it. */
static double credential_volume_read_budget(void *state_pointer, const struct detector_input *input,
					    const char *store, const char *actor)
{
	static const struct store_reader nobody;
	uint64_t key[2] = {history_name(input->history, store),
			   history_name(input->history, actor)};
	struct credential_volume *state = state_pointer;
	const struct store_reader *reader = table_find(state->readers, key);
	double limit = credential_volume_limit(state, input, reader ? reader : &nobody);

	if (!reader || reader->excess > limit)
		return limit;
	return limit - reader->excess +
	       (input->now_us - reader->credit_us > CREDIT_US ? 0 : reader->credit);
}

static void credential_volume_serialize(void *state_pointer, struct serializer *serializer)
{
	struct credential_volume *state = state_pointer;

	serializer_table(serializer, state->readers, 2 * sizeof(uint64_t),
			 sizeof(struct store_reader), NULL);
}

static void credential_volume_free(void *state_pointer)
{
	struct credential_volume *state = state_pointer;

	table_free(state->readers);
	free(state);
}

const struct detector credential_volume_detector = {
	.name = "credential_volume",
	.help = "a listed program reads more of a credential store than logins explain",
	.keys = keys,
	.shares_alarms = true,
	.learns_first = true,
	.new = credential_volume_new,
	.observe = credential_volume_observe,
	.read_budget = credential_volume_read_budget,
	.serialize = credential_volume_serialize,
	.free = credential_volume_free,
};
