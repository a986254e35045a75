/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A listed program reads far more of a credential store than its logins explain. What a login
 * costs is learnt per program and store; what is read beyond it adds up and drains at each login.
 */
#include "detect/detector.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"
#include "detect/text/alert_text.h"
#include "detect/stats/byte_cusum.h"

enum { PLAIN, BYTES };

static const struct detector_key keys[] = {
	[PLAIN] = {"plain", 0, 1, 0, "1: judge by the number below alone"},
	[BYTES] = {"bytes", 1024, 1e12, 262144,
		   "plain: bytes beyond what logins explain; otherwise the least that alarms"},
	{0},
};

#define READERS 1024
#define ROW_BYTES 150	  /* of one account, roughly, as passwd-files and databases keep it */
#define DUMP_SHARE 0.0001 /* of all accounts: half of what must not go unseen */
#define LEAST_BYTES 2048.0
#define LEAST_LOGINS 4 /* that many more or less say nothing */
#define CAME .7
#define CREDIT_US (2 * US_PER_SECOND) /* a login may be counted before what it read */
#define SLACK 1.05
#define FIRST_BYTES 512 /* per login, until it is learnt */
#define FIRST_LOGINS 100
#define FADE 0.9 /* per day */
#define ALLOWANCE_PER_SECOND 8 /* for what no login explains: a reload, a look at the clock */
#define ALLOWANCE_SECONDS 60
#define WHOLE_TICK_US (9 * US_PER_SECOND / 10) /* what an early tick read waits for the rest */
#define TELL_AGAIN_US (10 * US_PER_SECOND)

struct store_reader {
	double bytes, logins; /* learnt, fading */
	double excess, highest; /* highest of the days before, fading */
	double today;
	double credit, last_cost; /* of logins whose reading is still to come */
	int64_t credit_us;
	int64_t day, last_us, since_us, told_us;
	double since_bytes, since_logins;
	double tick_bytes, tick_logins; /* not yet weighed */
	int64_t tick_us;		/* of the last row */
	struct byte_cusum byte_cusum;
};

struct credential_volume {
	struct table *readers;
	bool is_plain;
	double bytes;
};

static void *credential_volume_new(const double *settings)
{
	struct credential_volume *state = xcalloc(1, sizeof(*state));

	state->readers = table_new(2 * sizeof(uint64_t), sizeof(struct store_reader), READERS, NULL, NULL);
	state->is_plain = settings[PLAIN] != 0;
	state->bytes = settings[BYTES];
	return state;
}

/* Of the days that ended, was the last the first on which it was known all day what is read without a
 * login? The excess of those before was that. */
static bool is_first_known_day(const struct store_reader *reader, int64_t now_us)
{
	int64_t known_us = reader->byte_cusum.first_us + BYTE_CUSUM_KNOWN_US;

	return now_us - US_PER_DAY > known_us && now_us - 2 * US_PER_DAY <= known_us;
}

static void turn_day(struct store_reader *reader, int64_t now_us)
{
	int64_t day = now_us / US_PER_DAY;

	if (reader->day == day)
		return;
	reader->day = day;
	reader->bytes *= FADE;
	reader->logins *= FADE;
	reader->highest = fmax(is_first_known_day(reader, now_us) ? 0 : reader->highest * FADE,
			       reader->today);
	reader->today = 0;
}

static double per_login(const struct store_reader *reader)
{
	return (reader->bytes + FIRST_BYTES * FIRST_LOGINS) / (reader->logins + FIRST_LOGINS);
}

static double limit_of(const struct credential_volume *state, const struct detector_input *input,
		       const struct store_reader *reader)
{
	double dump = DUMP_SHARE * ROW_BYTES * input->accounts;

	if (state->is_plain)
		return state->bytes;
	dump = fmax(fmax(dump, LEAST_BYTES), LEAST_LOGINS * per_login(reader));
	return fmax(fmin(dump, state->bytes), 3 * reader->highest);
}

static void tell(struct store_reader *reader, const struct store_row *row, double limit,
		 struct finding_list *ret)
{
	char age[PHRASE_BYTES];
	struct finding *finding;

	alert_text_duration(row->last_us - reader->since_us, age);
	finding = finding_add(
		ret, credential_volume_detector.name, SEVERITY_CRITICAL, SUBJECT_ACTOR,
		*row->actor ? row->actor : "(unknown)",
		"%s read %.0f KB of the credential store %s in %s while only %.0f logins were "
		"attempted (normal: %.0f bytes per login): about %.0f accounts too many.",
		*row->actor ? row->actor : "An unknown program", reader->since_bytes / 1024,
		row->path, age, reader->since_logins, per_login(reader),
		reader->excess / ROW_BYTES);
	finding->first_us = reader->since_us < row->first_us ? reader->since_us : row->first_us;
	finding->last_us = reader->told_us = row->last_us;
	json_object_set_new(finding->evidence, "store", json_string(row->path));
	json_object_set_new(finding->evidence, "excess_bytes",
			    json_integer((json_int_t)reader->excess));
	evidence_tell(finding->evidence, reader->excess, limit);
	evidence_contribute(finding->evidence, "bytes beyond what logins explain", 1,
			    reader->excess);
}

static void tell_of_trickle(struct store_reader *reader, const struct store_row *row,
			    const struct byte_cusum_verdict *verdict, struct finding_list *ret)
{
	const char *actor = *row->actor ? row->actor : "(unknown)";
	char age[PHRASE_BYTES];
	struct finding *finding;

	alert_text_duration(row->last_us - verdict->since_us, age);
	finding = finding_add(ret, credential_volume_detector.name, SEVERITY_CRITICAL,
			      SUBJECT_ACTOR, actor,
			      "%s has for %s read the credential store %s faster than its logins "
			      "explain, by some %.0f KB: about %.0f accounts too many.",
			      actor, age, row->path, verdict->bytes / 1024,
			      verdict->bytes / ROW_BYTES);
	finding->first_us = verdict->since_us < row->first_us ? verdict->since_us : row->first_us;
	finding->last_us = reader->told_us = row->last_us;
	json_object_set_new(finding->evidence, "store", json_string(row->path));
	json_object_set_new(finding->evidence, "excess_bytes",
			    json_integer((json_int_t)verdict->bytes));
	evidence_tell(finding->evidence, verdict->nats, verdict->level);
	evidence_contribute(finding->evidence, "a little more than logins explain, for long", 1,
			    verdict->nats);
}

static double take_credit(struct store_reader *reader, double bytes, int64_t now_us)
{
	double taken = now_us - reader->credit_us > CREDIT_US ? 0 : fmin(bytes, reader->credit);

	/* When most of it has come, the rest was never due. */
	reader->credit = bytes > CAME * reader->credit ? 0 : reader->credit - taken;
	return taken;
}

/* Each reader is paid for all logins of the tick: which of them it served is not known. */
static void pay(struct store_reader *reader, double logins, int64_t now_us)
{
	double cost = SLACK * per_login(reader) * logins;

	/* Of earlier logins no more is due than the last of them may still read. */
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

/* Deliveries ask for accounts, too. */
static double allowance(const struct store_reader *reader, int64_t now_us)
{
	return fmax(ALLOWANCE_PER_SECOND, SLACK * byte_cusum_rest(&reader->byte_cusum, now_us));
}

static void weigh(struct credential_volume *state, const struct detector_input *input,
		  const struct store_row *row, double logins, struct finding_list *ret)
{
	uint64_t key[2] = {history_name(input->history, row->path),
			   history_name(input->history, row->actor)};
	double bytes = (double)row->bytes, limit, seconds;
	struct store_reader *reader;
	bool is_new;

	reader = table_touch(state->readers, key, &is_new);
	if (is_new && logins > 0)
		pay(reader, logins, input->now_us);
	turn_day(reader, row->last_us);
	reader->tick_bytes += bytes;
	reader->tick_us = input->now_us;
	seconds = reader->last_us ? (double)(row->last_us - reader->last_us) / US_PER_SECOND : 1;
	if (reader->excess <= 0) {
		reader->since_us = row->first_us;
		reader->since_bytes = reader->since_logins = 0;
	}
	reader->last_us = row->last_us;
	reader->since_bytes += bytes;
	reader->excess += fmax(bytes - take_credit(reader, bytes, row->last_us), 0) -
			  allowance(reader, input->now_us) * fmin(seconds, ALLOWANCE_SECONDS);
	limit = limit_of(state, input, reader);
	if (reader->excess > limit && !input->is_learning) {
		if (row->last_us - reader->told_us >= TELL_AGAIN_US)
			tell(reader, row, limit, ret);
		return;
	}
	reader->excess = fmax(reader->excess, 0);
	if (reader->logins > FIRST_LOGINS)
		reader->today = fmax(reader->today, reader->excess);
	reader->bytes += bytes;
}

static bool is_weighed(const struct store_row *row)
{
	return row->allowed && row->bytes;
}

static bool add_to_trickle(struct store_reader *reader, const struct detector_input *input,
			   struct byte_cusum_verdict *ret)
{
	const struct byte_cusum_tick tick = {
		.bytes = reader->tick_bytes,
		.logins = reader->tick_logins,
		.level = detector_level(input, (double)US_PER_DAY / US_PER_SECOND) +
			 log(BYTE_CUSUM_SPEEDS),
		.now_us = input->now_us,
		.is_learning = input->is_learning,
	};

	if (input->now_us - reader->byte_cusum.last_us < WHOLE_TICK_US)
		return false;
	reader->tick_bytes = reader->tick_logins = 0;
	return byte_cusum_add(&reader->byte_cusum, &tick, ret);
}

/* Once all rows of the tick are added up: one program may have several. */
static void weigh_trickle(struct credential_volume *state, const struct detector_input *input,
			  const struct store_row *row, struct finding_list *ret)
{
	uint64_t key[2] = {history_name(input->history, row->path),
			   history_name(input->history, row->actor)};
	struct store_reader *reader = table_find(state->readers, key);
	struct byte_cusum_verdict verdict;

	if (reader && add_to_trickle(reader, input, &verdict) && !state->is_plain &&
	    row->last_us - reader->told_us >= TELL_AGAIN_US)
		tell_of_trickle(reader, row, &verdict, ret);
}

/* Logins for which nothing was read, or nothing more since an early tick. */
static void weigh_silence(struct credential_volume *state, const struct detector_input *input)
{
	struct byte_cusum_verdict verdict;

	for (struct store_reader *reader = table_next(state->readers, NULL); reader;
	     reader = table_next(state->readers, reader))
		if (reader->tick_us != input->now_us && reader->tick_logins + reader->tick_bytes > 0)
			(void)add_to_trickle(reader, input, &verdict);
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
		pay(reader, logins, input->now_us);
	for (size_t i = 0; i < snapshot->n_stores; i++)
		if (is_weighed(&snapshot->stores[i]))
			weigh(state, input, &snapshot->stores[i], logins, ret);
	for (size_t i = 0; i < snapshot->n_stores; i++)
		if (is_weighed(&snapshot->stores[i]))
			weigh_trickle(state, input, &snapshot->stores[i], ret);
	weigh_silence(state, input);
}

/* Logins that are not counted yet only make more room. */
static double credential_volume_room(void *state_pointer, const struct detector_input *input,
				     const char *store, const char *actor)
{
	static const struct store_reader nobody;
	uint64_t key[2] = {history_name(input->history, store), history_name(input->history, actor)};
	struct credential_volume *state = state_pointer;
	const struct store_reader *reader = table_find(state->readers, key);
	double limit = limit_of(state, input, reader ? reader : &nobody);

	if (!reader || reader->excess > limit)
		return limit;
	return limit - reader->excess +
	       (input->now_us - reader->credit_us > CREDIT_US ? 0 : reader->credit);
}

static void credential_volume_serialize(void *state_pointer, struct serializer *serializer)
{
	struct credential_volume *state = state_pointer;

	serializer_table(serializer, state->readers, 2 * sizeof(uint64_t), sizeof(struct store_reader), NULL);
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
	.room = credential_volume_room,
	.serialize = credential_volume_serialize,
	.free = credential_volume_free,
};
