/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attack: the list of accounts was stolen and is used.
 *
 * Idea: the name of a honey account is nowhere but in the credential store, so whoever tries it has
 * read the store. One attempt proves it.
 */
#include "detect/detector.h"

#include <stdlib.h>

#include "base/mem.h"

static void *honey_account_new(const double *settings)
{
	(void)settings;
	return xcalloc(1, 1);
}

static void honey_account_report(const struct contact *contact, struct finding_list *ret)
{
	const struct attempt_row *row = contact->row;
	struct finding *finding = finding_add(
		ret, honey_account_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, row->account,
		"%s, a honey account, was %s by %s. Normal: nobody tries it. Only somebody who has "
		"read the list of accounts knows this name.",
		row->account, contact->is_success ? "opened" : "tried",
		*row->source ? row->source : "an unknown source");

	finding->first_us = row->first_us;
	finding->last_us = row->last_us;
	finding_add_account(finding, row->account,
			    contact->is_success ? HARM_OPENED : HARM_TRIED, row->last_us);
	json_object_set_new(finding->evidence, "source", json_string(row->source));
	json_object_set_new(finding->evidence, "service", json_string(row->service));
	json_object_set_new(finding->evidence, "succeeded", json_boolean(contact->is_success));
}

static void honey_account_observe(void *state, const struct detector_input *input,
				  struct finding_list *ret)
{
	(void)state;
	for (size_t i = 0; i < input->n_contacts; i++)
		if (input->contacts[i].state == ACCOUNT_HONEY)
			honey_account_report(&input->contacts[i], ret);
}

const struct detector honey_account_detector = {
	.name = "honey_account",
	.help = "an account that only a thief of the list can know is tried",
	.keys = NULL,
	.new = honey_account_new,
	.observe = honey_account_observe,
	.free = free,
};
