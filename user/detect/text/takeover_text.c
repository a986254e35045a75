/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each has one sentence and the numbers behind it. */
#include "detect/text/takeover_text.h"

#include <math.h>
#include <stdio.h>

#include "base/time.h"
#include "detect/text/alert_text.h"

static void finish(struct finding *finding, const char *account, const char *source,
		   int64_t first_us, int64_t last_us)
{
	finding->first_us = first_us < last_us ? first_us : last_us;
	finding->last_us = last_us;
	finding_add_account(finding, account);
	json_object_set_new(finding->evidence, "source", json_string(source));
	json_object_set_new(finding->evidence, "seconds",
			    json_real((double)(last_us - finding->first_us) / US_PER_SECOND));
}

void takeover_tell_of_source(const struct contact *contact, double level, struct finding_list *ret)
{
	const struct attempt_row *row = contact->row;
	int64_t first_us = contact->score ? contact->score->first_us : row->first_us;
	char mailboxes[PHRASE_BYTES], age[PHRASE_BYTES];
	struct finding *finding;

	alert_text_count(contact->failures_before, "other mailbox", "other mailboxes", mailboxes);
	alert_text_duration(row->last_us - first_us, age);
	finding = finding_add(ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT,
			      row->account,
			      "%s was opened for the first time by %s, which had failed on %s in "
			      "the last %s; an owner's new device or network does not try other "
			      "people's mailboxes first.",
			      row->account, row->source, mailboxes, age);
	finish(finding, row->account, row->source, first_us, row->last_us);
	json_object_set_new(finding->evidence, "other_accounts_failed",
			    json_integer((json_int_t)contact->failures_before));
	evidence_tell(finding->evidence, contact->nats_before, level);
	evidence_contribute(finding->evidence, "mailboxes on which the source failed before",
			    (double)contact->failures_before, contact->nats_before);
}

void takeover_tell_of_account(const struct contact *contact, const struct attacked_account *account,
			      struct finding_list *ret)
{
	const struct attempt_row *row = contact->row;
	char failures[PHRASE_BYTES], age[PHRASE_BYTES];
	struct finding *finding;

	alert_text_count(account->failures, "failed login", "failed logins", failures);
	alert_text_duration(row->last_us - account->first_us, age);
	finding = finding_add(
		ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, row->account,
		"%s was opened for the first time by %s, after %s in the last %s from "
		"networks that had never opened it; an owner's new device or network "
		"succeeds at once or after a few typing errors.",
		row->account, *row->source ? row->source : "an unknown source", failures, age);
	finish(finding, row->account, row->source, account->first_us, row->last_us);
	json_object_set_new(finding->evidence, "failures_on_account",
			    json_integer((json_int_t)account->failures));
	evidence_tell(finding->evidence, account->nats, ATTACKED_NATS / 2);
	evidence_contribute(finding->evidence, "failures on the account", (double)account->failures,
			    account->nats);
}

#define READ_BYTES (PHRASE_BYTES + 32)

/* "and lost 120 messages to it, " */
static void alert_text_read(uint64_t messages, char *ret_text)
{
	char count[PHRASE_BYTES];

	alert_text_count(messages, "message", "messages", count);
	ret_text[0] = '\0';
	if (messages)
		(void)snprintf(ret_text, READ_BYTES, "and lost %s to it, ", count);
}

void takeover_tell_of_siege(const struct loss *loss, int64_t since_us, struct finding_list *ret)
{
	double odds = loss->odds * exp(loss->doubts + loss->read_nats);
	char age[PHRASE_BYTES], read[READ_BYTES];
	struct finding *finding;

	alert_text_duration(loss->last_us - since_us, age);
	alert_text_read(loss->messages, read);
	finding = finding_add(
		ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, loss->account,
		"%s was opened for the first time by %s %samid an attack on its tenant "
		"that has lasted %s; of such logins from networks never seen here "
		"%.0f in 100 belong to the attack.",
		loss->account, loss->source, read, age, fmin(100 * odds / (1 + odds), 99));
	finish(finding, loss->account, loss->source, since_us, loss->last_us);
	evidence_tell(finding->evidence, log(odds), log(loss->read_nats > 0 ? READ_ODDS : TAKEOVER_ODDS));
	evidence_contribute(finding->evidence, "odds that the login is the attack's", 1,
			    log(loss->odds));
	if (loss->doubts > 0)
		evidence_contribute(finding->evidence, "what else spoke against the login", 1,
				    loss->doubts);
	evidence_contribute(finding->evidence, "messages read", (double)loss->messages,
			    loss->read_nats);
}

void takeover_tell_of_reading(const struct first_access *first_access, const struct read_row *row,
			      double login_nats, double read_nats, double level,
			      struct finding_list *ret)
{
	char messages[PHRASE_BYTES];
	struct finding *finding;

	alert_text_count(first_access->messages, "message", "messages", messages);
	finding = finding_add(
		ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, first_access->account,
		"%s was opened for the first time by %s and lost %s to it, after "
		"failures that spoke of guessing; an owner's new device seldom reads so "
		"many and hardly ever after such failures.",
		first_access->account, first_access->source, messages);
	finish(finding, first_access->account, first_access->source, first_access->time_us, row->last_us);
	evidence_tell(finding->evidence, login_nats + read_nats, level);
	evidence_contribute(finding->evidence, "what spoke against the login", 1, login_nats);
	evidence_contribute(finding->evidence, "messages read", (double)first_access->messages,
			    read_nats);
}

void takeover_tell_of_next(const struct first_access *first_access, const struct read_row *row,
			   int64_t since_us, double odds, double least, struct finding_list *ret)
{
	char messages[PHRASE_BYTES], age[PHRASE_BYTES];
	struct finding *finding;

	alert_text_count(first_access->messages, "message", "messages", messages);
	alert_text_duration(since_us, age);
	finding = finding_add(ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT,
			      first_access->account,
			      "%s was opened for the first time by %s and lost %s to it, %s after "
			      "another mailbox of its tenant was taken over and read; that "
			      "strangers do so by chance is %.0f times less likely.",
			      first_access->account, first_access->source, messages, age, fmin(odds, 10000));
	finish(finding, first_access->account, first_access->source, first_access->time_us, row->last_us);
	evidence_tell(finding->evidence, log(odds), log(least));
	evidence_contribute(finding->evidence, "messages read, soon after another takeover",
			    (double)first_access->messages, log(odds));
}

void takeover_tell_of_past(const struct first_access *opened, const struct contact *contact,
			   const struct detector_input *input, struct finding_list *ret)
{
	const struct source_score *score = contact->score;
	char tried[PHRASE_BYTES], age[PHRASE_BYTES];
	struct finding *finding;

	alert_text_count(source_failures(score), "other mailbox", "other mailboxes", tried);
	alert_text_duration(contact->row->last_us - opened->time_us, age);
	finding = finding_add(
		ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, opened->account,
		"%s was opened for the first time by %s, whose network failed on %s "
		"within %s of it; an owner's new device or network does not try other "
		"people's mailboxes.",
		opened->account, opened->source, tried, age);
	finish(finding, opened->account, opened->source, opened->time_us, contact->row->last_us);
	json_object_set_new(finding->evidence, "other_accounts_failed",
			    json_integer((json_int_t)source_failures(score)));
	evidence_tell(finding->evidence, source_nats(score), input->sources->level);
	evidence_contribute(finding->evidence, "first contacts of the network",
			    (double)source_contacts(score), source_nats(score));
}
