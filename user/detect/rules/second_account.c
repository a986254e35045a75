/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attack: a process that serves one mailbox is used to read another, through a flaw in the mail
 * server or by whoever took the process over.
 *
 * Idea: a session opens mail of the account that is logged in and of no other. The sensor sends an
 * event for each open that is not so; each raises an alert. So does a session that says it serves
 * an account that did not log in: what it opens then would be that account's own.
 */
#include "detect/detector.h"

#include <stdlib.h>

#include "base/mem.h"
#include "detect/text/alert_text.h"

static void *second_account_new(const double *settings)
{
	(void)settings;
	return xcalloc(1, 1);
}

static void second_account_report(const struct event_row *event, struct finding_list *ret)
{
	_cleanup_free_ char *who = alert_text_actor(event->pid, event->uid, event->login_uid,
						    event->unit, event->script, /* parent= */ "");
	const char *program = *event->actor ? event->actor : "An unknown program",
		   *source = *event->source ? event->source : "an unknown address",
		   *opened = *event->object ? event->object : "another account",
		   *subject = *event->actor ? event->actor : "(unknown)";
	struct finding *finding;

	if (event->kind == EVENT_OTHER_LOGIN)
		finding = finding_add(
			ret, second_account_detector.name,
			event->may_have_logged_in ? SEVERITY_WARNING : SEVERITY_CRITICAL,
			SUBJECT_ACTOR, subject,
			"%s %s says that it serves %s from %s, but that account did not "
			"log in for it. Normal: a session serves the account that logged in.%s",
			program, who, opened, source,
			event->may_have_logged_in ? " The kernel left out events (runs_skipped): "
						    "the sensor may have missed the login."
						  : "");
	else
		finding = finding_add(
			ret, second_account_detector.name, SEVERITY_CRITICAL, SUBJECT_ACTOR,
			subject,
			"%s %s, serving %s from %s, opened mail of %s. Normal: a session reads "
			"only the mailbox that it logged in to.",
			program, who, *event->account ? event->account : "an unknown account",
			source, opened);

	finding->first_us = finding->last_us = event->time_us;
	if (*event->object)
		finding_add_account(finding, event->object, HARM_READ, event->time_us);
	json_object_set_new(finding->evidence, "pid", json_integer(event->pid));
	alert_text_actor_evidence(finding->evidence, event->uid, event->login_uid, event->unit,
				  event->script, event->parent);
	json_object_set_new(finding->evidence, "session_account", json_string(event->account));
	json_object_set_new(finding->evidence, "source", json_string(event->source));
	json_object_set_new(finding->evidence, "opened_account", json_string(event->object));
}

static void second_account_observe(void *state, const struct detector_input *input,
				   struct finding_list *ret)
{
	const struct snapshot *snapshot = input->snapshot;
	(void)state;
	for (size_t i = 0; i < snapshot->n_events; i++)
		if (snapshot->events[i].kind == EVENT_SECOND_ACCOUNT ||
		    snapshot->events[i].kind == EVENT_OTHER_LOGIN)
			second_account_report(&snapshot->events[i], ret);
}

const struct detector second_account_detector = {
	.name = "second_account",
	.help = "a mail session opens another account's mail",
	.keys = NULL,
	.new = second_account_new,
	.observe = second_account_observe,
	.free = free,
};
