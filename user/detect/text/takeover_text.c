/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All begin alike: the account, and from where it was opened for the first time. */
#include "detect/text/takeover_text.h"

#include <math.h>
#include <stdio.h>

#include "base/time.h"
#include "detect/text/alert_text.h"

static void takeover_text_complete(struct finding *finding, const char *account, const char *source,
				   int64_t opened_us, int64_t first_us, int64_t last_us)
{
	finding->first_us = first_us < last_us ? first_us : last_us;
	finding->last_us = last_us;
	finding_add_account(finding, account, HARM_OPENED, opened_us);
	json_object_set_new(finding->evidence, "source", json_string(source));
	json_object_set_new(finding->evidence, "seconds",
			    json_real((double)(last_us - finding->first_us) / US_PER_SECOND));
}

void takeover_report_source(const struct contact *contact, double threshold,
			    struct finding_list *ret)
{
	const struct attempt_row *row = contact->row;
	int64_t first_us = contact->score ? contact->score->first_us : row->first_us;
	uint64_t failed = contact->failures_before > contact->tried_before
				  ? contact->failures_before
				  : contact->tried_before;
	char mailboxes[ALERT_TEXT_BYTES], age[ALERT_TEXT_BYTES];
	struct finding *finding;

	alert_text_count(failed, "other mailbox", "other mailboxes", mailboxes);
	alert_text_duration(row->last_us - first_us, age);
	finding = finding_add(
		ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, row->account,
		"%s was opened for the first time by %s, which failed on %s within "
		"%s. Normal: an owner's new device or network does not try other "
		"people's mailboxes.",
		row->account, row->source, mailboxes, age);
	takeover_text_complete(finding, row->account, row->source, row->last_us, first_us,
			       row->last_us);
	json_object_set_new(finding->evidence, "other_accounts_failed",
			    json_integer((json_int_t)failed));
	evidence_report(finding->evidence, EVIDENCE_RATIO, contact->nats_before, threshold);
	evidence_contribute(finding->evidence, "mailboxes on which the source failed before",
			    (double)failed, contact->nats_before);
}

void takeover_report_account(const struct contact *contact, const struct attacked_account *account,
			     enum severity severity, struct finding_list *ret)
{
	const struct attempt_row *row = contact->row;
	char failures[ALERT_TEXT_BYTES], age[ALERT_TEXT_BYTES];
	struct finding *finding;

	alert_text_count(account->failures, "failed login", "failed logins", failures);
	alert_text_duration(row->last_us - account->first_us, age);
	finding = finding_add(
		ret, takeover_detector.name, severity, SUBJECT_ACCOUNT, row->account,
		"%s was opened for the first time by %s, after %s within %s from networks "
		"that never opened it. Normal: an owner's new device or network succeeds at once "
		"or after a few typing errors.",
		row->account, *row->source ? row->source : "an unknown source", failures, age);
	takeover_text_complete(finding, row->account, row->source, row->last_us, account->first_us,
			       row->last_us);
	json_object_set_new(finding->evidence, "failures_on_account",
			    json_integer((json_int_t)account->failures));
	evidence_report(finding->evidence, EVIDENCE_RATIO, account->nats, ATTACKED_NATS / 2);
	evidence_contribute(finding->evidence, "failures on the account", (double)account->failures,
			    account->nats);
}

void takeover_report_return(const struct moved *moved, const struct attempt_row *row,
			    struct finding_list *ret)
{
	char failures[ALERT_TEXT_BYTES], age[ALERT_TEXT_BYTES];
	struct finding *finding;

	alert_text_count(moved->failures, "failed login", "failed logins", failures);
	alert_text_duration(moved->time_us - moved->first_us, age);
	finding = finding_add(
		ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, row->account,
		"%s was opened for the first time by %s, after %s within %s from its network. The "
		"owner did not move: %s, from where he came before, opened it since. Normal: an "
		"old address is not used again after a new one.",
		row->account, moved->source, failures, age, row->source);
	takeover_text_complete(finding, row->account, moved->source, moved->time_us,
			       moved->first_us, row->last_us);
	json_object_set_new(finding->evidence, "failures_on_account",
			    json_integer((json_int_t)moved->failures));
	evidence_report(finding->evidence, EVIDENCE_RATIO,
			(double)moved->failures * ATTACKED_FAILURE_NATS, ATTACKED_NATS);
	evidence_contribute(finding->evidence, "failures on the account", (double)moved->failures,
			    (double)moved->failures * ATTACKED_FAILURE_NATS);
}

void takeover_report_in_attack(const struct login_in_attack *login, int64_t attack_us,
			       struct finding_list *ret)
{
	double odds = login->odds * exp(login->suspicion_nats + login->read_nats);
	double least = login->read_nats > 0 ? TAKEOVER_READ_ODDS : TAKEOVER_LOGIN_ODDS;
	char age[ALERT_TEXT_BYTES], messages[ALERT_TEXT_BYTES];
	struct finding *finding;

	alert_text_duration(login->last_us - attack_us, age);
	alert_text_count(login->messages, "message", "messages", messages);
	finding = finding_add(
		ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, login->account,
		"%s was opened for the first time by %s%s%s, during an attack on its tenant that "
		"began %s ago. Of such logins from networks never seen here, about %.0f in 100 "
		"belong to the attack.",
		login->account, login->source, login->messages ? ", which read " : "",
		login->messages ? messages : "", age, fmin(100 * odds / (1 + odds), 99));
	takeover_text_complete(finding, login->account, login->source, login->first_us, attack_us,
			       login->last_us);
	evidence_report(finding->evidence, EVIDENCE_RATIO, log(odds), log(least));
	evidence_contribute(finding->evidence, "odds that the login is the attack's", 1,
			    log(login->odds));
	if (login->suspicion_nats > 0)
		evidence_contribute(finding->evidence, "failures before the login", 1,
				    login->suspicion_nats);
	evidence_contribute(finding->evidence, "messages read", (double)login->messages,
			    login->read_nats);
}

void takeover_report_reading(const struct first_access *first_access, const struct read_row *row,
			     double login_nats, double read_nats, double threshold,
			     struct finding_list *ret)
{
	char messages[ALERT_TEXT_BYTES];
	struct finding *finding;

	alert_text_count(first_access->messages, "message", "messages", messages);
	finding = finding_add(
		ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT,
		first_access->account,
		"%s was opened for the first time by %s, which read %s; the login itself looked "
		"like a guess. Normal: an owner's new device seldom reads so many messages, and "
		"hardly ever after such a login.",
		first_access->account, first_access->source, messages);
	takeover_text_complete(finding, first_access->account, first_access->source,
			       first_access->time_us, first_access->time_us, row->last_us);
	evidence_report(finding->evidence, EVIDENCE_RATIO, login_nats + read_nats, threshold);
	evidence_contribute(finding->evidence, "failures before the login, or long disuse", 1,
			    login_nats);
	evidence_contribute(finding->evidence, "messages read", (double)first_access->messages,
			    read_nats);
}

void takeover_report_next(const struct first_access *first_access, const struct read_row *row,
			  int64_t since_us, double odds, double least_odds,
			  struct finding_list *ret)
{
	char messages[ALERT_TEXT_BYTES], age[ALERT_TEXT_BYTES];
	struct finding *finding;

	alert_text_count(first_access->messages, "message", "messages", messages);
	alert_text_duration(since_us, age);
	finding = finding_add(ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT,
			      first_access->account,
			      "%s was opened for the first time by %s, which read %s, %s after "
			      "another mailbox of the tenant was taken over and read. The same "
			      "attacker is %.0f times more likely than another new network.",
			      first_access->account, first_access->source, messages, age,
			      fmin(odds, 10000));
	takeover_text_complete(finding, first_access->account, first_access->source,
			       first_access->time_us, first_access->time_us, row->last_us);
	evidence_report(finding->evidence, EVIDENCE_RATIO, log(odds), log(least_odds));
	evidence_contribute(finding->evidence, "messages read, soon after another takeover",
			    (double)first_access->messages, log(odds));
}

void takeover_report_past(const struct first_access *first_access, const struct contact *contact,
			  const struct detector_input *input, struct finding_list *ret)
{
	const struct source_score *score = contact->score;
	char tried[ALERT_TEXT_BYTES], age[ALERT_TEXT_BYTES];
	struct finding *finding;

	alert_text_count(source_failures(score), "other mailbox", "other mailboxes", tried);
	alert_text_duration(contact->row->last_us - first_access->time_us, age);
	finding = finding_add(ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT,
			      first_access->account,
			      "%s was opened for the first time by %s, whose network also failed on %s, "
			      "up to %s later. Normal: an owner's new device or network does not "
			      "try other people's mailboxes.",
			      first_access->account, first_access->source, tried, age);
	takeover_text_complete(finding, first_access->account, first_access->source,
			       first_access->time_us, first_access->time_us,
			       contact->row->last_us);
	json_object_set_new(finding->evidence, "other_accounts_failed",
			    json_integer((json_int_t)source_failures(score)));
	evidence_report(finding->evidence, EVIDENCE_RATIO, source_nats(score),
			input->sources->threshold);
	evidence_contribute(finding->evidence, "first contacts of the network",
			    (double)source_contacts(score), source_nats(score));
}
