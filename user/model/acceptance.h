/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A reader that an operator accepted, from the alert about it. */
#ifndef WAX_MODEL_ACCEPTANCE_H
#define WAX_MODEL_ACCEPTANCE_H

#include "model/alert.h"
#include "model/known_readers.h"

struct acceptance {
	int64_t id;
	char *alert, *detector;
	char *program, *unit, *script;
	uint32_t uid;
	/* second_account: one session's account opens this other one's mail. Else "". */
	char *session_account, *opened_account;
	int64_t measure; /* of a volume: up to twice as much is accepted; 0: it is about no volume */
	char *note, *by_name;
	uint32_t by_uid;
	int64_t at_us, until_us; /* until_us 0: it has no end */
};

#define ACCEPTANCES_CAP 1024

/* Zero-initialised it is empty. */
struct acceptances {
	struct acceptance *items;
	size_t count;
};

/*
 * What an alert would accept. Returns 0, or -EINVAL with a sentence in ret_wrong (size bytes) when
 * it names no reader that could be distinguished from others. The texts of ret are owned.
 */
int acceptance_of_alert(const struct alert *alert, struct acceptance *ret, char *ret_wrong,
			size_t size);
void acceptance_done(struct acceptance *acceptance);

/* Takes over the texts. */
void acceptances_add(struct acceptances *acceptances, struct acceptance *acceptance);
void acceptances_done(struct acceptances *acceptances);
/* Those that make a reader known; adds to ret. */
void acceptances_list_readers(const struct acceptances *acceptances, struct known_readers *ret);
/* Does one of them answer this finding of a reader that is known: a volume, a pair of accounts? */
bool acceptances_answer(const struct acceptances *acceptances, const struct finding *finding,
			int64_t now_us);
/* The one of this alert that is in force; NULL when there is none. */
const struct acceptance *acceptances_find(const struct acceptances *acceptances, const char *alert,
					  int64_t now_us);
/* The one of the same reader, which this one would replace; NULL when there is none. */
const struct acceptance *acceptances_find_same(const struct acceptances *acceptances,
					       const struct acceptance *other, int64_t now_us);
bool acceptance_is_in_force(const struct acceptance *acceptance, int64_t now_us);

/* The object of the document `accepted`. New reference. */
json_t *acceptance_to_json(const struct acceptance *acceptance);
/* Reads back what matters of it. Returns 0 or -EINVAL. */
int acceptance_from_json(const json_t *object, struct acceptance *ret);

#endif
