/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an alert accepts, and what it must never take in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "model/acceptance.h"

/* An alert of a detector about a program, with that evidence. */
static int accept_text(const char *detector, const char *program, const char *evidence,
		       struct acceptance *ret)
{
	struct alert alert = {.id = "7", .detector = detector, .subject_kind = SUBJECT_ACTOR,
			      .subject = (char *)program,
			      .evidence = json_loads(evidence, 0, NULL)};
	char wrong[512] = "";
	int r;

	assert_non_null(alert.evidence);
	r = acceptance_of_alert(&alert, ret, wrong, sizeof(wrong));
	assert_int_equal(r < 0, wrong[0] != '\0');
	json_decref(alert.evidence);
	return r;
}

static void a_reader_is_pinned_by_program_user_unit_and_script(void **state)
{
	struct acceptance acceptance;

	(void)state;
	assert_int_equal(accept_text("foreign_reader", "/usr/bin/python3.11",
				     "{\"uid\": 0, \"unit\": \"borg.service\", \"script\": \"/usr/bin/borg\"}",
				     &acceptance), 0);
	assert_string_equal(acceptance.program, "/usr/bin/python3.11");
	assert_string_equal(acceptance.unit, "borg.service");
	assert_string_equal(acceptance.script, "/usr/bin/borg");
	assert_int_equal(acceptance.uid, 0);
	acceptance_done(&acceptance);
	/* below cron the script tells it from other jobs; the unit still belongs to it */
	assert_int_equal(accept_text("foreign_reader", "/usr/bin/python3.11",
				     "{\"uid\": 0, \"unit\": \"cron.service\", \"script\": \"/usr/bin/borg\"}",
				     &acceptance), 0);
	assert_string_equal(acceptance.unit, "cron.service");
	assert_string_equal(acceptance.script, "/usr/bin/borg");
	acceptance_done(&acceptance);
	assert_int_equal(accept_text("credential_reader", "/usr/bin/tar",
				     "{\"uid\": 33, \"unit\": \"session-5.scope\", \"script\": null}",
				     &acceptance), 0);
	assert_string_equal(acceptance.unit, "");
	acceptance_done(&acceptance);
}

static void what_could_be_somebody_else_is_refused(void **state)
{
	static const char *const texts[][3] = {
		{"foreign_reader", "/usr/bin/python3", "{\"uid\": 0}"},
		{"foreign_reader", "/usr/bin/bash", "{\"uid\": 0, \"unit\": \"session-5.scope\"}"},
		{"foreign_reader", "/usr/bin/python3", "{\"uid\": 0, \"unit\": \"cron.service\"}"},
		{"foreign_reader", "/usr/bin/perl", "{\"uid\": 33, \"unit\": \"crond.service\"}"},
		{"foreign_reader", "/bin/sh", "{\"uid\": 0, \"unit\": \"ssh@1-[::1]:22.service\"}"},
		{"foreign_reader", "/bin/bash", "{\"uid\": 0, \"unit\": \"init.scope\"}"},
		{"foreign_reader", "/usr/bin/sh", "{\"uid\": 0, \"unit\": \"user@1.service/a.service\"}"},
		{"foreign_reader", "device 0:57:/usr/bin/tar", "{\"uid\": 0}"},
		{"foreign_reader", ".../bin/tar", "{\"uid\": 0}"},
		{"foreign_reader", "(unknown)", "{\"uid\": 0}"},
		{"foreign_reader", "kernel", "{\"uid\": 0}"},
		{"foreign_reader", "/usr/bin/tar", "{}"},
		{"takeover", "/usr/bin/tar", "{\"uid\": 0}"},
		{"second_account", "/usr/lib/dovecot/imap", "{\"uid\": 8, \"session_account\": \"a\"}"},
	};
	struct acceptance acceptance;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		assert_int_equal(accept_text(texts[i][0], texts[i][1], texts[i][2], &acceptance), -22);
}

/* Is a finding of the same reader with this evidence answered? */
static bool answers(struct acceptance *acceptance, const char *detector, const char *program,
		    const char *evidence, int64_t now_us)
{
	struct acceptances list = {.items = acceptance, .count = 1};
	struct finding finding = {.detector = detector, .subject_kind = SUBJECT_ACTOR,
				  .subject = (char *)program,
				  .evidence = json_loads(evidence, 0, NULL)};
	bool answered = acceptances_answer(&list, &finding, now_us);

	json_decref(finding.evidence);
	return answered;
}

static void a_volume_is_accepted_up_to_twice_as_much(void **state)
{
	struct acceptance acceptance;

	(void)state;
	assert_int_equal(accept_text("credential_volume", "/usr/bin/tar",
				     "{\"uid\": 0, \"excess_bytes\": 1000}", &acceptance), 0);
	assert_true(answers(&acceptance, "credential_volume", "/usr/bin/tar",
			    "{\"uid\": 0, \"excess_bytes\": 2000}", 1));
	assert_false(answers(&acceptance, "credential_volume", "/usr/bin/tar",
			     "{\"uid\": 0, \"excess_bytes\": 2002}", 1));
	assert_false(answers(&acceptance, "credential_volume", "/usr/bin/tar",
			     "{\"uid\": 1, \"excess_bytes\": 1000}", 1));
	acceptance.until_us = 5;
	assert_false(answers(&acceptance, "credential_volume", "/usr/bin/tar",
			     "{\"uid\": 0, \"excess_bytes\": 1000}", 5));
	acceptance_done(&acceptance);
}

static void an_alert_is_found_as_long_as_its_acceptance_is_in_force(void **state)
{
	struct acceptance acceptance;
	const struct acceptances list = {.items = &acceptance, .count = 1};

	(void)state;
	assert_int_equal(accept_text("foreign_reader", "/usr/bin/tar", "{\"uid\": 5}", &acceptance), 0);
	assert_ptr_equal(acceptances_find(&list, "7", 5), &acceptance);
	assert_null(acceptances_find(&list, "8", 5));
	acceptance.until_us = 5;
	assert_non_null(acceptances_find(&list, "7", 4));
	assert_null(acceptances_find(&list, "7", 5));
	acceptance_done(&acceptance);
}

static void a_pair_of_accounts_is_accepted_and_no_other(void **state)
{
	static const char pair[] = "{\"uid\": 8, \"session_account\": \"a@x\","
				   " \"opened_account\": \"b@x\"}";
	struct acceptance acceptance;
	struct acceptances list = {.items = &acceptance, .count = 1};
	struct known_readers readers = {};

	(void)state;
	assert_int_equal(accept_text("second_account", "/usr/lib/dovecot/imap", pair, &acceptance), 0);
	assert_true(answers(&acceptance, "second_account", "/usr/lib/dovecot/imap", pair, 1));
	assert_false(answers(&acceptance, "second_account", "/usr/lib/dovecot/imap",
			     "{\"uid\": 8, \"session_account\": \"a@x\","
			     " \"opened_account\": \"c@x\"}", 1));
	acceptances_list_readers(&list, &readers);
	assert_int_equal(readers.count, 0);
	acceptance_done(&acceptance);
}

static void the_document_says_what_a_replay_needs(void **state)
{
	struct acceptance acceptance, read;
	json_t *object;

	(void)state;
	assert_int_equal(accept_text("foreign_reader", "/usr/bin/tar", "{\"uid\": 5}", &acceptance), 0);
	acceptance.id = 3;
	acceptance.until_us = 1782864000000000;
	object = acceptance_to_json(&acceptance);
	assert_int_equal(acceptance_from_json(object, &read), 0);
	assert_int_equal(read.until_us, acceptance.until_us);
	assert_string_equal(read.program, "/usr/bin/tar");
	assert_int_equal(read.uid, 5);
	json_object_set_new(object, "uid", json_string("0"));
	acceptance_done(&read);
	assert_int_equal(acceptance_from_json(object, &read), -22);
	json_decref(object);
	acceptance_done(&acceptance);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_is_pinned_by_program_user_unit_and_script),
		cmocka_unit_test(what_could_be_somebody_else_is_refused),
		cmocka_unit_test(a_volume_is_accepted_up_to_twice_as_much),
		cmocka_unit_test(an_alert_is_found_as_long_as_its_acceptance_is_in_force),
		cmocka_unit_test(a_pair_of_accounts_is_accepted_and_no_other),
		cmocka_unit_test(the_document_says_what_a_replay_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
