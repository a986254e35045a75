/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Past the caps who was seen least recently is forgotten: of owners, one then has no session. */
#include "detect/state/own_programs.h"

#include <math.h>

#include "base/time.h"

#define PROGRAMS 64
#define VISITS 65536
#define OWNERS 131072
#define FAR_MESSAGES 10 /* a delivery has the indexer read one, a search all */
#define SESSION_US (2 * US_PER_HOUR)
#define LEAST_FAR 5
#define FAR_SHARE 0.25
#define UNOPENED_SHARE 0.5

struct own_program {
	int64_t hour;
	uint32_t far, unopened;
};

enum visit_kind {
	VISIT_EXPLAINED,
	VISIT_UNOPENED,
	VISIT_FAR,
};

struct visit {
	uint64_t messages;
	enum visit_kind counted;
};

void own_programs_init(struct own_programs *own_programs)
{
	own_programs->programs =
		table_new(sizeof(uint64_t), sizeof(struct own_program), PROGRAMS, NULL, NULL);
	own_programs->visits =
		table_new(sizeof(uint64_t), sizeof(struct visit), VISITS, NULL, NULL);
	own_programs->opened = table_new(sizeof(uint64_t), sizeof(int64_t), OWNERS, NULL, NULL);
}

void own_programs_done(struct own_programs *own_programs)
{
	table_free(own_programs->programs);
	table_free(own_programs->visits);
	table_free(own_programs->opened);
}

void own_programs_serialize(struct own_programs *own_programs, struct serializer *serializer)
{
	serializer_table(serializer, own_programs->programs, sizeof(uint64_t),
			 sizeof(struct own_program), NULL);
	serializer_table(serializer, own_programs->visits, sizeof(uint64_t), sizeof(struct visit),
			 NULL);
	serializer_table(serializer, own_programs->opened, sizeof(uint64_t), sizeof(int64_t), NULL);
}

static void own_programs_note_opened(struct own_programs *own_programs,
				     const struct detector_input *input, const char *account,
				     int64_t time_us)
{
	uint64_t key = history_name(input->history, account);

	*(int64_t *)table_touch(own_programs->opened, &key, NULL) = time_us;
}

void own_programs_note_sessions(struct own_programs *own_programs,
				const struct detector_input *input)
{
	const struct snapshot *snapshot = input->snapshot;

	for (size_t i = 0; i < snapshot->n_attempts; i++)
		if (snapshot->attempts[i].count[OUTCOME_SUCCESS] && *snapshot->attempts[i].account)
			own_programs_note_opened(own_programs, input, snapshot->attempts[i].account,
						 snapshot->attempts[i].last_us);
	for (size_t i = 0; i < snapshot->n_reads; i++)
		if (snapshot->reads[i].reader == READER_SESSION && *snapshot->reads[i].account)
			own_programs_note_opened(own_programs, input, snapshot->reads[i].account,
						 snapshot->reads[i].last_us);
}

static enum visit_kind own_programs_kind(const struct own_programs *own_programs, uint64_t account,
					 const struct visit *visit, int64_t now_us)
{
	const int64_t *opened_us = table_find(own_programs->opened, &account);

	if (visit->messages >= FAR_MESSAGES && (!opened_us || now_us - *opened_us > SESSION_US))
		return VISIT_FAR;
	return !opened_us || now_us - *opened_us > US_PER_DAY ? VISIT_UNOPENED : VISIT_EXPLAINED;
}

static bool own_program_is_above(const struct own_program *own_program,
				 const struct detector_input *input, double least,
				 struct own_program_verdict *ret)
{
	double accounts = (double)history_accounts(input->history);
	double far = fmin(fmax(ceil(FAR_SHARE * accounts), LEAST_FAR), least);
	double all = fmax(ceil(UNOPENED_SHARE * accounts), least);
	uint32_t unopened = own_program->far + own_program->unopened;

	if (own_program->far >= far)
		*ret = (struct own_program_verdict){own_program->far, (uint32_t)far, true};
	else if (unopened >= all)
		*ret = (struct own_program_verdict){unopened, (uint32_t)all, false};
	else
		return false;
	return true;
}

bool own_programs_observe(struct own_programs *own_programs, const struct detector_input *input,
			  const struct read_row *row, double least, struct own_program_verdict *ret)
{
	uint64_t actor = history_name(input->history, row->actor);
	uint64_t account = history_name(input->history, row->account), key;
	struct own_program *own_program = table_touch(own_programs->programs, &actor, NULL);
	int64_t hour = row->last_us / US_PER_HOUR;
	enum visit_kind kind;
	struct visit *visit;

	if (own_program->hour != hour)
		*own_program = (struct own_program){.hour = hour};
	key = history_join(history_join(actor, account), (uint64_t)hour);
	visit = table_touch(own_programs->visits, &key, NULL);
	visit->messages += row->messages + row->mailbox_files;
	kind = own_programs_kind(own_programs, account, visit, row->last_us);
	if (kind <= visit->counted)
		return false;
	own_program->unopened -= visit->counted == VISIT_UNOPENED && own_program->unopened > 0;
	own_program->unopened += kind == VISIT_UNOPENED;
	own_program->far += kind == VISIT_FAR;
	visit->counted = kind;
	return own_program_is_above(own_program, input, least, ret);
}
